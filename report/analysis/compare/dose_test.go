package compare

import (
	"math"
	"strings"
	"testing"

	"weir/report/result"
	"weir/report/words"
)

// doseRun has this capacity and onset.
func doseRun(capacity, onset float64) *result.Analysis {
	return &result.Analysis{Name: "run", Valid: true, Capacity: result.Capacity{Computed: &capacity},
		Lanes: []result.Lane{{Name: "direct", ErrorOnset: &result.Onset{RPS: onset, Low: onset * .98,
			High: onset * 1.02, Method: "hinge"}}}}
}

// vague has an onset that is its capacity, give or take a fifth.
func vague(capacity float64) *result.Analysis {
	a := doseRun(capacity, capacity)
	a.Lanes[0].ErrorOnset.Low, a.Lanes[0].ErrorOnset.High = .8*capacity, 1.2*capacity
	return a
}

// TestDosesOnce: a run that is given twice is one, and what else differs between runs is said.
func TestDosesOnce(t *testing.T) {
	a, b, c := doseRun(100, 100), doseRun(200, 200), doseRun(400, 400)
	a.Environment, c.Environment = map[string]string{"kernel": "6.1"}, map[string]string{"kernel": "6.2"}
	b.Lanes[0].ConnectTimeout = .9
	l := Doses([]*result.Analysis{a, b, a}).Lanes[0]
	if len(l.Points) != 2 || len(l.Left) != 1 ||
		!strings.Contains(words.Of(l.Left[0]), "the same run counts once") {
		t.Errorf("%+v", l)
	}
	l = Doses([]*result.Analysis{a, b, c}).Lanes[0]
	said := ""
	for _, w := range l.Warnings {
		said += string(w.Code) + " "
	}
	if said != "kernel connect_timeout " {
		t.Errorf("warnings %+v", l.Warnings)
	}
}

// TestDoses: an onset that is capacity shows a dose-response, one that never moves, or moves by half, does
// not, and what cannot tell says so.
func TestDoses(t *testing.T) {
	invalid, blind := doseRun(300, 300), doseRun(400, 400)
	invalid.Valid, blind.Lanes[0].ErrorOnset = false, nil
	for _, c := range []struct {
		runs  []*result.Analysis
		shown bool
		slope float64
		says  result.Code
	}{
		{[]*result.Analysis{doseRun(400, 398), doseRun(100, 101), doseRun(200, 199), invalid, blind}, true, 1,
			"dose_shown"},
		{[]*result.Analysis{doseRun(400, 99), doseRun(100, 101), doseRun(200, 100)}, false, 0, "dose_none"},
		{[]*result.Analysis{doseRun(400, 200), doseRun(100, 100), doseRun(200, 141.4)}, false, .5,
			"dose_other"},
		{[]*result.Analysis{doseRun(400, 230), doseRun(100, 100), doseRun(200, 145)}, false, .6,
			"dose_unclear"},
		{[]*result.Analysis{doseRun(400, 382), doseRun(400, 382.5), doseRun(100, 100), doseRun(100, 99.9),
			doseRun(200, 195.4), doseRun(200, 195.6)}, true, .968, "dose_shown"},
		{[]*result.Analysis{vague(400), vague(100), vague(200)}, false, 1, "dose_unclear"},
		{[]*result.Analysis{doseRun(400, 400), doseRun(100, 100), invalid}, false, math.NaN(), "dose_few"},
		{[]*result.Analysis{doseRun(110, 110), doseRun(100, 100), doseRun(105, 105)}, false, math.NaN(),
			"dose_close"},
	} {
		l := Doses(c.runs).Lanes[0]
		if l.Shown != c.shown || l.Verdict.Code != c.says || (l.Slope == nil) != math.IsNaN(c.slope) ||
			l.Slope != nil && math.Abs(*l.Slope-c.slope) > .02 {
			t.Errorf("%+v, want shown %v, slope %v, %q", l, c.shown, c.slope, c.says)
		}
		if len(l.Points)+len(l.Left) != len(c.runs) ||
			len(l.Points) > 1 && *l.Points[0].Capacity.Value != 100 {
			t.Errorf("%d points and %d left out of %d runs", len(l.Points), len(l.Left), len(c.runs))
		}
	}
}
