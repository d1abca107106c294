package analysis

import (
	"math"
	"testing"
	"time"

	"weir/loadgen/plan"
	"weir/report/runfile"
)

// Whether requests were sent together follows from how the generator was set and from the rates that it
// offered.
func TestWakeQuantumOfARun(t *testing.T) {
	at := func(rate float64) *trial {
		return &trial{Trial: runfile.Trial{Plan: plan.Plan{Stages: []plan.Stage{{From: rate, To: rate,
			Duration: time.Second}}}}}
	}
	for _, c := range []struct {
		set    time.Duration
		trials []*trial
		want   float64
	}{
		{300 * time.Microsecond, []*trial{at(100), at(4999)}, 300e-6},
		{300 * time.Microsecond, []*trial{at(100), at(10_000)}, 300e-6},
		{300 * time.Microsecond, []*trial{at(30_000)}, 100e-6},
		{100 * time.Microsecond, []*trial{at(5000)}, 100e-6},
		{0, []*trial{at(10_000)}, 0}, // not asked for, or of a release that had none
		{300 * time.Microsecond, nil, 0},
	} {
		l := &lane{Lane: runfile.Lane{Options: &runfile.Options{WakeQuantum: c.set}}, trials: c.trials}
		if got := l.options().WakeQuantum; math.Abs(got-c.want) > 1e-9 {
			t.Errorf("set to %v, %d trials: %v s, want %v", c.set, len(c.trials), got, c.want)
		}
	}
}
