package analysis

import (
	"testing"
	"time"

	"weir/loadgen/plan"
	"weir/report/runfile"
)

// A check counts where it was sent: before the load, during it, or after it.
func TestHealthByPhase(t *testing.T) {
	at := func(s float64, source, class string) runfile.Event {
		return runfile.Event{At: time.Duration(s * float64(time.Second)), Source: source, Class: class, Count: 1}
	}
	tr := &trial{Trial: runfile.Trial{Start: time.Second, Plan: plan.Steps(50, 50, 1, 2*time.Second, plan.Constant, 1)[0]}}
	r := &run{events: []runfile.Event{
		at(.5, "health", "ok"), at(1, "health", "slow"), at(1.5, "nginx.error", "failed"), at(2.9, "health", "failed"), at(3, "health", "failed"), at(4, "health", "ok"),
	}}
	got := r.health(&lane{trials: []*trial{tr}})
	want := Health{Before: HealthCounts{OK: 1}, During: HealthCounts{Slow: 1, Failed: 1}, After: HealthCounts{OK: 1, Failed: 1}}
	if got == nil || *got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	r.events = r.events[2:3]
	if got := r.health(&lane{trials: []*trial{tr}}); got != nil {
		t.Errorf("nobody checked, and it is %+v", got)
	}
}
