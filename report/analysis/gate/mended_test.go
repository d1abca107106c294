package gate

import (
	"testing"

	"weir/report/result"
)

// A change at 2 s mends the lane at 4 s, its 502s at 3 s; what was due before the change does not count. It
// takes a clean tail of 5 s: a pause between failures is none, and nor is the last second of a load. A stray
// failure in hundreds is no lack of it.
func TestMended(t *testing.T) {
	lane := func(name string, late ...uint64) result.Lane {
		tl := result.Timeline{
			BinS: 1, Bad: map[string][]uint64{"http_502": make([]uint64, len(late)), "late": late},
			Marks: []result.Mark{{AtS: 0, Code: "first_error"}, {AtS: 2, Code: "event"}},
		}
		copy(tl.Bad["http_502"], []uint64{5, 5, 5})
		for i := range late {
			tl.AtS, tl.Offered = append(tl.AtS, float64(i)), append(tl.Offered, 90)
		}
		return result.Lane{Name: name, Timeline: tl}
	}
	a := &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{
		lane("mended", 1, 1, 1, 1, 0, 0, 0, 0, 0),
		lane("stray", 9, 9, 9, 9, 0, 0, 0, 1, 0, 0, 0),
		lane("pause", 9, 9, 9, 9, 0, 0, 0, 0, 0, 9, 9),
		lane("short", 9, 9, 9, 9, 9, 9, 0, 0, 0),
		lane("lasting", 1, 1, 1, 1, 1, 1, 1, 1, 1),
		{Name: "untouched", Timeline: result.Timeline{BinS: 1, AtS: []float64{0}, Offered: []float64{9}}},
	}}
	for expr, want := range map[string]Verdict{
		"mended.mended.time in 1.9s..2.1s":          Pass,
		"mended.mended.http_502.time in 0.9s..1.1s": Pass,
		"mended.mended.http_504.time == 0s":         Pass,
		"stray.mended.time in 1.9s..2.1s":           Pass,
		"pause.mended.time > 8s":                    Pass,
		"pause.mended.time < 30s":                   Inconclusive,
		"short.mended.time > 3s":                    Pass,
		"short.mended.time < 30s":                   Inconclusive,
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
