package gate

import (
	"math"
	"strings"
	"testing"

	"weir/report/analysis"
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

// TestPlateau: by hand. 4 workers × 2, 17 places, of 1000 requests in 10 s half fail: (500 − 17 − 8/2·½) ÷ 10 = 48.1 req/s.
func TestPlateau(t *testing.T) {
	overloaded := func(bad uint64) analysis.Trial {
		return analysis.Trial{Rate: 100, Duration: 10, Due: 1000, Bad: bad, Complete: true}
	}
	l := analysis.Lane{Plateau: ptr(48.1), BacklogLimit: ptr(uint32(16))}
	for i := range 6 {
		l.Trials = append(l.Trials, overloaded(uint64(490+4*i)))
	}
	cut, ramp, light, empty := overloaded(900), overloaded(900), overloaded(50), overloaded(900)
	cut.Complete, ramp.Rate, empty.Duration = false, 0, 0
	a := analysis.Analysis{Capacity: analysis.Capacity{Workers: 4, WorkerConnections: 2}}
	l.Trials = append(l.Trials, cut, ramp, light, empty)
	fill := func(bad float64) float64 { return (1000 - bad - 17 - 4*bad/1000) / 10 }
	got := plateau(scope{run: &a, lane: &l})
	if want := (interval{value: 48.1, low: fill(510), high: fill(490)}); math.Abs(got.low-want.low) > 1e-9 || math.Abs(got.high-want.high) > 1e-9 || got.value != want.value {
		t.Errorf("%+v, want %+v", got, want)
	}
	if math.Abs(fill(500)-48.1) > 1e-9 {
		t.Error(fill(500))
	}
	*l.Plateau = 49.5 // the order's bounds never exclude the value itself
	if got := plateau(scope{run: &a, lane: &l}); got.high != 49.5 || got.low != fill(510) {
		t.Errorf("%+v", got)
	}
	*l.Plateau = 40
	if got := plateau(scope{run: &a, lane: &l}); got.low != 40 {
		t.Errorf("%+v", got)
	}
	l.Trials = l.Trials[1:]
	if got := plateau(scope{run: &a, lane: &l}); !strings.Contains(got.absent, "5 trials were overloaded") {
		t.Errorf("%+v", got)
	}
	l.BacklogLimit = nil
	if got := plateau(scope{run: &a, lane: &l}); !strings.Contains(got.absent, "backlog limit") {
		t.Errorf("%+v", got)
	}
}
