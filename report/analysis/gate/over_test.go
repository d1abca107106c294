package gate

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"weir/report/result"
)

// binned is a run of one lane: two trials of 2 s with a gap between them, in bins of 0.1 s with 10 requests
// each and a second after each trial in which nothing was offered.
func binned() *result.Analysis {
	l := result.Lane{Name: "direct", Overflows: ptr(uint64(0)), Trials: []result.Trial{
		{Start: 1, Duration: 2, Overflows: ptr(uint64(0))},
		{Start: 6, Duration: 2, Overflows: ptr(uint64(0))}}}
	tl := &l.Timeline
	tl.BinS, tl.Bad = .1, map[string][]uint64{}
	for _, from := range []int{10, 60} {
		for i := range 30 {
			offered := 100.
			if i >= 20 {
				offered = 0
			}
			tl.AtS, tl.Offered = append(tl.AtS, float64(from+i)/10), append(tl.Offered, offered)
			tl.Goodput = append(tl.Goodput, offered)
			tl.Overflows, tl.RecvQ = append(tl.Overflows, ptr(uint64(0))), append(tl.RecvQ, ptr(uint32(2)))
		}
	}
	tl.Bad["http_500"], tl.Bad["late"] = make([]uint64, 60), make([]uint64, 60)
	return &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{l}}
}

func TestOver(t *testing.T) {
	for _, c := range []struct {
		name, expr string
		change     func(*result.Timeline)
		want       Verdict
		why        string
	}{
		{"none", "overflows == 0 over 1s", nil, Pass, "from 1 s on, of 42"},
		{"all of a stretch", "overflows == 0 over 3s", nil, Pass, "of 2."},
		{"no such stretch", "overflows == 0 over 3100ms", nil, Inconclusive,
			"no window of 3.1s: the longest stretch is 3s"},
		{"not in these bins", "overflows == 0 over 250ms", nil, Inconclusive,
			"Windows of 250ms are not whole bins of 100 ms"},
		{"narrower than a bin", "overflows == 0 over 10ms", nil, Inconclusive, "not whole bins"},
		{"one, after the load", "overflows == 0 over 1s",
			func(tl *result.Timeline) { tl.Overflows[59] = ptr(uint64(1)) }, Fail, "from 8 s on"},
		{"few at a time", "overflows <= 2 over 500ms", func(tl *result.Timeline) {
			for i := 0; i < 60; i += 3 {
				tl.Overflows[i] = ptr(uint64(1))
			}
		}, Pass, ""},
		{"one too many at once", "overflows <= 2 over 500ms", func(tl *result.Timeline) {
			tl.Overflows[7], tl.Overflows[9], tl.Overflows[11] = ptr(uint64(1)), ptr(uint64(1)),
				ptr(uint64(1))
		}, Fail, "from 1.7 s on"},
		{"told of later", "overflows == 0 over 1s", func(tl *result.Timeline) { tl.Overflows[35] = nil },
			Pass, ""},
		{"told of later, and some", "overflows <= 4 over 1s", func(tl *result.Timeline) {
			tl.Overflows[35], tl.Overflows[36] = nil, ptr(uint64(5))
		}, Fail, "from 6 s on"},
		{"its own or of before", "overflows != 5 over 100ms", func(tl *result.Timeline) {
			tl.Overflows[35], tl.Overflows[36] = nil, ptr(uint64(5))
		}, Inconclusive, "from 6.5 s on"},
		{"of before or its own", "overflows < 5 over 100ms", func(tl *result.Timeline) {
			tl.Overflows[35], tl.Overflows[36] = nil, ptr(uint64(5))
		}, Inconclusive, "from 6.5 s on"},
		{"not told", "overflows == 0 over 1s", func(tl *result.Timeline) { tl.Overflows[59] = nil },
			Inconclusive, "from 8 s on"},
		{"deep once", "max_recv_q < 5 over 1s", func(tl *result.Timeline) { tl.RecvQ[35] = ptr(uint32(5)) },
			Fail, "from 6 s on"},
		{"deep enough everywhere", "max_recv_q >= 2 over 100ms", nil, Pass, ""},
		{"a share while load was offered", "bad.rate < 12% over 1s", nil, Pass, "of 22."},
		{"too few for the level", "bad.rate < 5% over 1s", nil, Inconclusive, "of 22."},
		{"a bad second", "bad.rate < 20% over 1s", func(tl *result.Timeline) {
			for i := 5; i < 15; i++ {
				tl.Bad["http_500"][i] = 5
			}
		}, Fail, ""},
		{"late counts", "bad.count == 0 over 1s", func(tl *result.Timeline) { tl.Bad["late"][3] = 1 }, Fail,
			"from 1 s on"},
		{"late is no error", "failed.count == 0 over 1s", func(tl *result.Timeline) { tl.Bad["late"][3] = 1 },
			Pass, ""},
		{"one outcome", "outcome.http_500.count <= 1 over 1s",
			func(tl *result.Timeline) { tl.Bad["http_500"][3] = 2 }, Fail, ""},
		// the drain has none: a count knows of no load
		{"ok requests", "outcome.ok.count >= 100 over 1s", nil, Fail, ""},
		{"goodput", "goodput.rate > 85/s over 1s", nil, Pass, ""},
		{"goodput gone", "goodput.rate > 85/s over 1s", func(tl *result.Timeline) {
			for i := range 5 {
				tl.Bad["http_500"][i] = 10
			}
		}, Fail, "from 1 s on"},
	} {
		a := binned()
		if c.change != nil {
			c.change(&a.Lanes[0].Timeline)
		}
		if r := only(t, c.expr, a, nil); r.Result != c.want || !strings.Contains(reason(r), c.why) {
			t.Errorf("%s: %s: %+v, want %s, %q", c.name, c.expr, r, c.want, c.why)
		}
	}
}

// TestOverflowsAtTheEdges: five overflows that a reading told of after a bin without one belong to either.
func TestOverflowsAtTheEdges(t *testing.T) {
	a := binned()
	l := &a.Lanes[0]
	l.Timeline.Overflows[35], l.Timeline.Overflows[36], l.Timeline.Overflows[38] = nil, ptr(uint64(5)),
		ptr(uint64(2))
	for w, want := range map[stretch]interval{
		{34, 35}: {value: 0, low: 0, high: 0}, {34, 36}: {value: 0, low: 0, high: 5},
		{35, 36}: {value: 0, low: 0, high: 5},
		{35, 37}: {value: 5, low: 5, high: 5}, {36, 37}: {value: 5, low: 0, high: 5},
		{36, 39}: {value: 7, low: 2, high: 7},
		{34, 39}: {value: 7, low: 7, high: 7},
	} {
		if got := overflowsIn(scope{run: a, lane: l}, w); !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %+v, want %+v", w, got, want)
		}
	}
}

// TestOverUnread: where the kernel was not read around a trial, a window is the least that it can be.
func TestOverUnread(t *testing.T) {
	a := binned()
	a.Lanes[0].Trials[1].Overflows = nil
	a.Lanes[0].Timeline.Overflows[3] = ptr(uint64(2))
	for expr, want := range map[string]Verdict{"overflows <= 9 over 1s": Inconclusive,
		"overflows >= 0 over 1s": Pass, "overflows <= 1 over 1s": Fail} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
}

// TestOverShowsTheWorst: a window that passes is shown where it was closest to failing.
func TestOverShowsTheWorst(t *testing.T) {
	a := binned()
	a.Lanes[0].Timeline.RecvQ[40] = ptr(uint32(4))
	a.Lanes[0].Timeline.RecvQ[20] = ptr(uint32(1))
	for expr, want := range map[string]float64{"max_recv_q <= 9 over 200ms": 4,
		"max_recv_q >= 1 over 100ms": 1} {
		if r := only(t, expr, a, nil); r.Result != Pass || *r.Value != want {
			t.Errorf("%s: %+v", expr, r)
		}
	}
	a.Lanes[0].Timeline.Bad["late"][7], a.Lanes[0].Timeline.Bad["late"][12] = 3, 7
	for expr, want := range map[string]float64{"bad.rate < 95% over 100ms": .7,
		"goodput.rate > 1/s over 100ms": 30} {
		if r := only(t, expr, a, nil); r.Result != Pass || math.Abs(*r.Value-want) > 1e-9 {
			t.Errorf("%s: %+v", expr, r)
		}
	}
}

// TestOverRecorded: the windows of a real record have what they need.
func TestOverRecorded(t *testing.T) {
	a := recorded(t)
	for expr, want := range map[string]Verdict{
		"direct.overflows <= 10000 over 1s": Pass, "direct.overflows == 0 over 1s": Fail,
		"direct.bad.rate < 70% over 1s": Pass,
		"direct.bad.rate < 10% over 1s": Fail, "direct.max_recv_q <= 17 over 1s": Pass,
		"direct.goodput.rate > 50/s over 1s": Pass,
	} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
	one := only(t, "direct.bad.count >= 0 over 2900ms", a, nil)
	if one.Value == nil || math.IsNaN(*one.Value) {
		t.Errorf("%+v", one)
	}
}
