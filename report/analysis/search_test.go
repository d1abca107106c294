package analysis

import (
	"strings"
	"testing"
	"time"

	mlrsearch "weir/loadgen/search"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/words"
	"weir/report/world"
)

// searched is a server with the trials that a search makes of it.
func searched(w world.World) (world.World, mlrsearch.Spec) {
	spec := mlrsearch.New(400, w.Backlog+1, 1, time.Second, 3*time.Minute)
	w.Rates, w.Search = nil, &spec
	return w, spec
}

// TestSearchFromRecord: the record alone gives the bounds again.
func TestSearchFromRecord(t *testing.T) {
	w, spec := searched(world.Demo())
	a := analyze(t, record(t, w))
	s := a.Lanes[0].Search
	if s == nil || !a.Valid || !a.Conclusive() || len(s.Goals) != 2 || s.Trials != len(a.Lanes[0].Trials) ||
		s.Spoiled != 0 {
		t.Fatalf("%+v, valid %v (%v)", s, a.Valid, a.InvalidReasons)
	}
	for _, g := range s.Goals {
		// 400/s, and at most the places of the server once in a trial more
		if !g.Regular || g.Lasting == nil || *g.Lasting > 402 || *g.Lasting < 385 ||
			*g.Lower > 400+25/spec.Trial.Seconds()+2 || *g.Lower < 392 || *g.Upper < 400 ||
			*g.Lower < *g.Upper*.98 {
			t.Errorf("loss %g: %.2f held, %.2f did not, %q", g.LossRatio, *g.Lower, *g.Upper,
				words.Of(g.Reason))
		}
	}
	if a.Lanes[0].ErrorOnset != nil || a.Lanes[0].NoOnset.Code != "onset_of_search" {
		t.Error("an onset was estimated from rates that a search chose")
	}
	if a.Verdict[0].Code != "sustained_rate" || len(a.Warnings) != 0 {
		t.Errorf("%v, warnings %v", a.Verdict[0], a.Warnings)
	}
}

// TestSearchOfDeepQueueIsInconclusive: Gunicorn's backlog takes in what is too much for as long as a trial of
// 4 s lasts. The bounds are 2 % apart, and the lower one is a tenth above what the server does.
func TestSearchOfDeepQueueIsInconclusive(t *testing.T) {
	w := world.Demo()
	w.Backlog = 2048
	w, spec := searched(w)
	a := analyze(t, record(t, w))
	if spec.Trial != 4*time.Second || a.Conclusive() {
		t.Fatalf("trials of %v, %+v", spec.Trial, a.Lanes[0].Search)
	}
	for _, g := range a.Lanes[0].Search.Goals {
		if g.Regular || g.Lower == nil || *g.Lower < 430 || g.Lasting == nil || *g.Lasting > 402 ||
			g.Reason.Code != "search_trials_short" || g.Reason.Args["slots"] != 2049 {
			t.Errorf("%+v", g)
		}
	}
}

// TestSearchLeavesSpoiledTrialsOut: a trial without a processor for the generator counts for nothing, and
// disqualifies the run only where no other is left.
func TestSearchLeavesSpoiledTrialsOut(t *testing.T) {
	w, _ := searched(world.Demo())
	w.End = func(e *runfile.TrialEnd) {
		if e.Index == 0 {
			e.Generator.CPU = 2 * e.Generator.Wall
		}
	}
	a := analyze(t, record(t, w))
	if s := a.Lanes[0].Search; !a.Valid || s.Spoiled != 1 || s.Trials != len(a.Lanes[0].Trials)-1 ||
		a.Lanes[0].Trials[0].Spoiled.Code != "processors_busy" {
		t.Errorf("valid %v, %+v", a.Valid, s)
	}
	w.End = func(e *runfile.TrialEnd) { e.Generator.CPU = 2 * e.Generator.Wall }
	a = analyze(t, record(t, w))
	if a.Valid || a.Conclusive() || a.Lanes[0].Search.Goals[0].Lower != nil {
		t.Errorf("no trial can be believed: valid %v, %+v", a.Valid, a.Lanes[0].Search)
	}
}

// TestSearchThatEndsEarlyIsInconclusive, and says which of the two ends it was.
func TestSearchThatEndsEarlyIsInconclusive(t *testing.T) {
	for reason, says := range map[string]result.Code{runfile.Complete: "search_budget",
		runfile.Interrupted: "search_ended"} {
		w, _ := searched(world.Demo())
		w.Stop, w.Reason = 5, reason
		a := analyze(t, record(t, w))
		if g := a.Lanes[0].Search.Goals[0]; a.Conclusive() || g.Regular || g.Reason.Code != says ||
			!strings.Contains(words.Of(a.Verdict[0]), "inconclusive") {
			t.Errorf("%s: %+v, %s", reason, g, words.Of(a.Verdict[0]))
		}
	}
}
