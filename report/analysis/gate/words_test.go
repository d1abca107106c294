package gate

import (
	"math"
	"reflect"
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
		{interval{value: .02, low: .01, high: .03}, Pass, "20.0 ms [10.0, 30.0]", "", "vlh"},
		{interval{value: .02, low: .01, high: .3}, Inconclusive, "20.0 ms [10.0, 300]", "reaches over the limit", "vlh"},
		{interval{value: .02, low: .01, high: .3, note: said("x")}, Inconclusive, "20.0 ms [10.0, 300]", "x", "vlh"},
		{exact(.02), Fail, "20.0 ms", "", "vlh"},
		{interval{value: .02, low: .01, high: inf}, Inconclusive, "20.0 ms [10.0, ∞]", "reaches", "vl"},
		{interval{value: nan, low: .3, high: inf}, Fail, "at least 300 ms", "", "l"},
		{interval{value: nan, low: 0, high: .1}, Pass, "0 s to 100 ms", "", "lh"},
		{interval{value: nan, low: 0, high: inf}, Invalid, "not known", "", ""},
		{interval{value: .02, low: 0, high: inf}, Inconclusive, "20.0 ms [0, ∞]", "reaches", "vl"},
		{missing("why"), Inconclusive, "not known", "why", ""},
		{interval{value: 1, low: 1, high: 1, absent: said("why"), note: said("and")}, Inconclusive, "not known", "why and", ""},
	} {
		r := a.result(c.i, c.v)
		known := ""
		for k, x := range map[string]*float64{"v": r.Value, "l": r.Low, "h": r.High} {
			if (x != nil) != strings.Contains(c.known, k) {
				known += k
			}
		}
		if r.Measured != c.text || !strings.Contains(reason(r), c.reason) || c.reason == "" && reason(r) != "" || known != "" || r.Unit != "time" {
			t.Errorf("%+v %s: %+v, wrong of %q", c.i, c.v, r, known)
		}
	}
}

// TestPlateau is the analysis's own interval, or says why there is none.
func TestPlateau(t *testing.T) {
	l := result.Lane{Plateau: ptr(48.1), PlateauBounds: &result.Bounds{Low: 47, High: 49}, BacklogLimit: ptr(uint32(16))}
	if got, want := plateau(scope{lane: &l}), (interval{value: 48.1, low: 47, high: 49}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	l.PlateauBounds = nil
	if got := plateau(scope{lane: &l}); !strings.Contains(got.absent.Text, "fewer than 6 trials") {
		t.Errorf("%+v", got)
	}
	l.BacklogLimit = nil
	if got := plateau(scope{lane: &l}); !strings.Contains(got.absent.Text, "backlog limit") {
		t.Errorf("%+v", got)
	}
}
