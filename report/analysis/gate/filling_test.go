package gate

import (
	"testing"

	"weir/report/result"
)

// How long a queue took to overflow and to empty: of one that did neither while it was watched, the least that it takes is known.
func TestFilling(t *testing.T) {
	filled := result.Lane{Name: "direct", Overflows: ptr(uint64(9)), BacklogLimit: ptr(uint32(16)), MaxOpen: 160,
		Trials:   []result.Trial{{Start: 1, Duration: 2, DrainedAfter: ptr(.5)}, {Start: 5, Duration: 2, DrainedAfter: ptr(3.)}},
		Timeline: result.Timeline{Marks: []result.Mark{{AtS: 5.25, Code: "first_overflow"}}},
	}
	never := result.Lane{Name: "proxy", Overflows: ptr(uint64(0)), BacklogLimit: ptr(uint32(16)), Trials: []result.Trial{{Start: 1, Duration: 2}}}
	a := &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{filled, never, {Name: "blind"}}}
	for expr, want := range map[string]Verdict{
		"direct.filled.time in 0.249s..0.251s":       Pass,
		"direct.drained.time == 3s":                  Pass,
		"direct.in_flight.max == 160":                Pass,
		"proxy.filled.time > 1s":                     Pass,
		"proxy.filled.time < 9s":                     Inconclusive,
		"proxy.filled.time < 1s":                     Fail,
		"proxy.filled.time / direct.filled.time > 7": Pass,
		"proxy.drained.time < 9s":                    Inconclusive,
		"blind.filled.time > 1s":                     Inconclusive,
		"blind.drained.time < 1s":                    Inconclusive,
	} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
}
