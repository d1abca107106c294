package report

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"weir/report/result"
)

// TestAxisCutsTheTimeBetweenTrials: the k-th trials of two lanes take the same stretch, every bin keeps
// its distance from its trial's start, and no bin is lost.
func TestAxisCutsTheTimeBetweenTrials(t *testing.T) {
	a := demo()
	f := draw(a)
	for i, lane := range f.Lanes {
		tl := lane.Timeline
		bins := 0
		for k, b := range tl.Blocks {
			bins += b.To - b.From
			if other := f.Lanes[1-i].Timeline.Blocks[k]; other.Start != b.Start || other.Width != b.Width {
				t.Errorf("trial %d stands at %v in one lane and at %v in the other", k, b.Start, other.Start)
			}
			for j := b.From; j < b.To; j++ { // the page places bin j by its block's first one
				ats, after := a.Lanes[i].Timeline.AtS, float64(j-b.From)*tl.Bin
				if math.Abs(b.At+after-ats[j]) > 1e-6 {
					t.Fatalf("bin %d of trial %d begins at %v, want %v", j, k, b.At+after, ats[j])
				}
				want := ats[j] - a.Lanes[i].Trials[k].Start
				if got := b.X + after - b.Start; math.Abs(got-want) > 1e-3 {
					t.Fatalf("bin %d of trial %d stands %.3f s after its start, want %.3f", j, k, got, want)
				}
			}
		}
		if all := len(a.Lanes[i].Timeline.AtS); bins != all {
			t.Errorf("%d of %d bins are drawn", bins, all)
		}
	}
}

// TestBinsOffTheTrialsGrid: bins begin on tenths of the run's clock, trials where they like.
func TestBinsOffTheTrialsGrid(t *testing.T) {
	trials := []result.Trial{{Start: 1.03}, {Start: 3.07}}
	timeline := &result.Timeline{BinS: .1, AtS: []float64{1.0, 1.1, 1.2, 3.0, 3.1, 3.2}}
	for k, want := range [][2]int{{0, 3}, {3, 6}} {
		if from, to := within(timeline, trials, k); from != want[0] || to != want[1] {
			t.Errorf("trial %d has bins %d to %d, want %v", k, from, to, want)
		}
	}
}

func TestMarksFallOnTheAxis(t *testing.T) {
	f := draw(demo())
	for _, lane := range f.Lanes {
		for _, m := range lane.Timeline.Marks {
			b := lane.Timeline.Blocks[6] // the first trial above capacity
			if m.X < b.Start || m.X > b.Start+b.Width {
				t.Errorf("%s at %.2f, outside of its trial at %.2f", m.Code, m.X, b.Start)
			}
		}
	}
}

// TestLateIsDrawn: answers that came too late are bad, though their outcome is ok.
func TestLateIsDrawn(t *testing.T) {
	a := demo()
	trial := &a.Lanes[0].Trials[14]
	trial.Bad += 40
	f := draw(a)
	if got := f.Lanes[0].Bad["late"]; len(got) != 15 || got[14] != 40/2.5 {
		t.Errorf("late: %v, want 16 req/s in the last trial", got)
	}
	if f.Classes[len(f.Classes)-1] != "late" {
		t.Errorf("classes %v do not name it", f.Classes)
	}
}

// TestRampInAReport: a trial whose plan changes the rate is no point of figure 1, has its span where others
// have their rate, and no rate in the CSV.
func TestRampInAReport(t *testing.T) {
	a := demo()
	ramp := &a.Lanes[0].Trials[0]
	ramp.Rate, ramp.Stages = 0, []result.Stage{{From: 20, To: 80, Duration: ramp.Duration}}
	f := draw(a).Lanes[0]
	if len(f.Trials) != len(a.Lanes[0].Trials)-1 || f.Timeline.Blocks[0].Load != "20 to 80 req/s" ||
		f.Timeline.Blocks[1].Load == "" {
		t.Errorf("%d points of %d trials; %+v", len(f.Trials), len(a.Lanes[0].Trials), f.Timeline.Blocks[:2])
	}
	if row := trials(&a.Lanes[0]).Rows[0].Cells; row[0].Text.String() != "20 to 80" {
		t.Errorf("%q", row)
	}
	var bins strings.Builder
	if err := CSV(&bins, a); err != nil ||
		!strings.Contains(bins.String(), "direct,"+fmt.Sprint(ramp.Index)+",,") {
		t.Errorf("%v, %.300s", err, bins.String())
	}
}

// TestBracketIsNoInterval: an onset that was only seen to lie between two rates is drawn so, and the legend
// does not call its bounds a 95 % interval.
func TestBracketIsNoInterval(t *testing.T) {
	const interval, between = "onset, with 95 % interval",
		"onset: between two rates, which is no 95 % interval"
	for method, want := range map[result.Method]string{result.Hinge: interval, result.FirstTrial: between} {
		a := demo()
		for i := range a.Lanes {
			a.Lanes[i].ErrorOnset = nil
			a.Lanes[i].OverflowOnset.Method = method
		}
		var page strings.Builder
		if err := HTML(&page, a); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(page.String(), interval); got != (want == interval) ||
			!strings.Contains(page.String(), want) {
			t.Errorf("%s: the legend does not say %q alone", method, want)
		}
		if f := draw(a); f.Lanes[0].Bracket != (want == between) {
			t.Errorf("%s: bracket %v", method, f.Lanes[0].Bracket)
		}
	}
}
