package analysis

import (
	"testing"
	"time"

	"weir/loadgen/plan"
	"weir/report/world"
)

// TestRampHasNoRate: what changes is no rate, and random arrivals are said to be random.
func TestRampHasNoRate(t *testing.T) {
	w := world.Demo()
	w.Rates = nil
	w.Plans = []plan.Plan{
		{Stages: []plan.Stage{{From: 20, To: 80, Duration: 2 * time.Second}}},
		{Stages: []plan.Stage{{From: 50, To: 50, Duration: 2 * time.Second}}, Arrival: plan.Poisson},
	}
	trials := analyze(t, record(t, w)).Lanes[0].Trials
	ramp, random := trials[0], trials[1]
	if low, high := ramp.Rates(); ramp.Rate != 0 || ramp.MeanRate() != 50 || low != 20 || high != 80 ||
		ramp.Arrival != "constant" {
		t.Errorf("%+v", ramp)
	}
	if low, high := random.Rates(); random.Rate != 50 || random.MeanRate() != 50 || low != 50 || high != 50 ||
		random.Arrival != "poisson" {
		t.Errorf("%+v", random)
	}
}
