package analysis

import (
	"reflect"
	"testing"
	"time"

	"weir/report/result"

	"weir/loadgen/plan"
	"weir/report/runfile"
)

// A check counts where it was sent: before the load, during it, or after it. How long it took counts if it
// was answered.
func TestHealthByPhase(t *testing.T) {
	at := func(s float64, source, class string, took ...time.Duration) runfile.Event {
		e := runfile.Event{At: time.Duration(s * float64(time.Second)), Source: source, Class: class,
			Count: 1}
		for _, e.Took = range took {
		}
		return e
	}
	tr := &trial{Trial: runfile.Trial{Start: time.Second,
		Plan: plan.Steps(50, 50, 1, 2*time.Second, plan.Constant, 1)[0]}}
	r := &run{events: []runfile.Event{
		at(.5, "health", "ok"), at(1, "health", "slow", 1500*time.Millisecond),
		at(1.1, "health", "ok", time.Millisecond), at(1.2, "health", "ok", 20*time.Millisecond),
		at(1.5, "nginx.error", "failed"), at(2.9, "health", "failed", 5*time.Second),
		at(3, "health", "failed", time.Second), at(4, "health", "ok"),
	}}
	got := r.health(&lane{trials: []*trial{tr}})
	want := result.Health{Before: result.HealthCounts{OK: 1},
		During: result.HealthCounts{OK: 2, Slow: 1, Failed: 1, P50: inSeconds(20 * time.Millisecond),
			Max: inSeconds(1500 * time.Millisecond)}, After: result.HealthCounts{OK: 1, Failed: 1}}
	if got == nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	r.events = r.events[4:5]
	if got := r.health(&lane{trials: []*trial{tr}}); got != nil {
		t.Errorf("nobody checked, and it is %+v", got)
	}
}
