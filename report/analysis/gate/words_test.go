package gate

import (
	"math"
	"strings"
	"testing"

	"weir/report/result"
)

func TestWords(t *testing.T) {
	a := parse(t, "latency.p99 < 250ms")
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		i      interval
		v      Verdict
		text   string
		reason string
		known  string // of value, low and high
	}{
		{interval{value: .02, low: .01, high: .03}, Pass, "20ms [10ms, 30ms]", "", "vlh"},
		{interval{value: .02, low: .01, high: .3}, Inconclusive, "20ms [10ms, 300ms]", "reaches over the limit", "vlh"},
		{interval{value: .02, low: .01, high: .3, note: "x"}, Inconclusive, "20ms [10ms, 300ms]", "x", "vlh"},
		{exact(.02), Fail, "20ms", "", "vlh"},
		{interval{value: .02, low: .01, high: inf}, Inconclusive, "20ms [10ms, ∞]", "reaches", "vl"},
		{interval{value: nan, low: .3, high: inf}, Fail, "? [300ms, ∞]", "", "l"},
		{interval{value: nan, low: 0, high: .1}, Pass, "? [0ms, 100ms]", "", "lh"},
		{interval{value: nan, low: 0, high: inf}, Invalid, "not known", "", ""},
		{interval{value: .02, low: 0, high: inf}, Inconclusive, "20ms [0ms, ∞]", "reaches", "vl"},
		{missing("why"), Inconclusive, "not known", "why", ""},
		{interval{value: 1, low: 1, high: 1, absent: "why", note: "and"}, Inconclusive, "not known", "why; and", ""},
	} {
		r := a.result(c.i, c.v)
		known := ""
		for k, x := range map[string]*float64{"v": r.Value, "l": r.Low, "h": r.High} {
			if (x != nil) != strings.Contains(c.known, k) {
				known += k
			}
		}
		if r.Measured != c.text || !strings.Contains(r.Reason, c.reason) || c.reason == "" && r.Reason != "" || known != "" || r.Unit != "time" {
			t.Errorf("%+v %s: %+v, wrong of %q", c.i, c.v, r, known)
		}
	}
}

// TestPlateau is the analysis's own interval, or says why there is none.
func TestPlateau(t *testing.T) {
	l := result.Lane{Plateau: ptr(48.1), PlateauBounds: &result.Bounds{Low: 47, High: 49}, BacklogLimit: ptr(uint32(16))}
	if got, want := plateau(scope{lane: &l}), (interval{value: 48.1, low: 47, high: 49}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	l.PlateauBounds = nil
	if got := plateau(scope{lane: &l}); !strings.Contains(got.absent, "fewer than 6 trials") {
		t.Errorf("%+v", got)
	}
	l.BacklogLimit = nil
	if got := plateau(scope{lane: &l}); !strings.Contains(got.absent, "backlog limit") {
		t.Errorf("%+v", got)
	}
}
