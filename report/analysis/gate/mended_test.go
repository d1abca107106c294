package gate

import (
	"testing"

	"weir/report/analysis"
)

// A change at 2 s mends the lane at 4 s, its 502s at 3 s; what was due before the change does not count.
func TestMended(t *testing.T) {
	timeline := func(bad []uint64) analysis.Timeline {
		return analysis.Timeline{
			BinS: 1, AtS: []float64{0, 1, 2, 3, 4, 5}, Offered: []float64{9, 9, 9, 9, 9, 9},
			Bad:   map[string][]uint64{"http_502": {5, 5, 5, 0, 0, 0}, "late": bad},
			Marks: []analysis.Mark{{AtS: 0, Code: "first_error"}, {AtS: 2, Code: "event"}},
		}
	}
	a := &analysis.Analysis{Valid: true, Ended: "complete", Lanes: []analysis.Lane{
		{Name: "mended", Timeline: timeline([]uint64{1, 1, 1, 1, 0, 0})},
		{Name: "lasting", Timeline: timeline([]uint64{1, 1, 1, 1, 1, 1})},
		{Name: "untouched", Timeline: analysis.Timeline{BinS: 1, AtS: []float64{0}, Offered: []float64{9}}},
	}}
	for expr, want := range map[string]Verdict{
		"mended.mended.time in 1.9s..2.1s":          Pass,
		"mended.mended.http_502.time in 0.9s..1.1s": Pass,
		"mended.mended.http_504.time == 0s":         Pass,
		"lasting.mended.time > 3s":                  Pass,
		"lasting.mended.time < 3s":                  Fail,
		"lasting.mended.time < 30s":                 Inconclusive, // requests failed to the end
		"untouched.mended.time < 30s":               Inconclusive,
	} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
}
