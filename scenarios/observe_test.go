package scenarios

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/runfile"
)

// timetable is a Recorder that notes when each trial begins and ends.
type timetable struct {
	journal
	mu     sync.Mutex // an observation goes on beside the trial before it
	trials []runfile.Trial
	ends   map[int]time.Duration
}

func (t *timetable) Write(rec runfile.Record) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch rec := rec.(type) {
	case *runfile.Trial:
		t.trials = append(t.trials, *rec)
	case *runfile.TrialEnd:
		t.ends[rec.Index] = rec.End
	}
	return nil
}

// slowest answers a second after the plan's end.
type slowest struct{}

func (slowest) Run(ctx context.Context, epoch time.Time, start time.Duration, p plan.Plan,
	_ loadgen.Recorder) error {
	return sleep(ctx, time.Until(epoch.Add(start+p.Duration()+time.Second)))
}

// TestObservationFollowsTheLoadAtOnce, while the load's answers are still awaited, once for each lane.
func TestObservationFollowsTheLoadAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes := []Lane{{Name: "direct", Engine: slowest{}}, {Name: "proxy", Engine: slowest{}}}
		e := Experiment{Lanes: lanes, Observation: &Observation{
			Rate: 10, Before: time.Second, After: 5 * time.Second,
			engines: map[string]loadgen.Engine{"direct": slowest{}, "proxy": slowest{}},
		}}
		var err error
		if e.Trials, err = trials(lanes, plan.Steps(10, 20, 2, 2*time.Second, plan.Constant, 1)); err != nil {
			t.Fatal(err)
		}
		rec := &timetable{ends: map[int]time.Duration{}}
		if err := e.Run(t.Context(), time.Now(), rec); err != nil {
			t.Fatal(err)
		}
		var roles []string
		seen := map[int]bool{}
		for i, x := range rec.trials {
			roles = append(roles, x.Lane+" "+x.Role)
			if seen[x.Index] {
				t.Errorf("two trials have index %d", x.Index)
			}
			seen[x.Index] = true
			if x.Role != runfile.Recovery {
				continue
			}
			load := rec.trials[i-1]
			if want := load.Start + load.Plan.Duration() + lead; x.Start != want || load.Lane != x.Lane ||
				rec.ends[load.Index] < x.Start {
				t.Errorf("the observation of %s begins at %v, want %v, while answers are awaited", x.Lane,
					x.Start, want)
			}
			if i+1 < len(rec.trials) && rec.trials[i+1].Start < rec.ends[x.Index] {
				t.Error("the next trial began before the observation was over")
			}
		}
		want := []string{"direct baseline", "proxy baseline", "direct ", "proxy ", "proxy ", "proxy recovery",
			"direct ", "direct recovery"}
		if len(roles) != len(want) {
			t.Fatalf("%q, want %q", roles, want)
		}
		for i := range want {
			if roles[i] != want[i] {
				t.Errorf("%q, want %q", roles, want)
				break
			}
		}
	})
}
