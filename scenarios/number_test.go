package scenarios

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

// numbering is an engine that notes the number of every request that it is given.
type numbering struct {
	mu    sync.Mutex
	times map[int]int
}

func (n *numbering) Run(_ context.Context, _ time.Time, _ time.Duration, p plan.Plan,
	rec loadgen.Recorder) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for seq := range p.Due() {
		n.times[p.First+seq]++
		rec.Record(loadgen.Result{Seq: seq, Outcome: loadgen.OK})
	}
	return nil
}

// TestNumbersAreTheRuns: no two requests of a run have the same number, whatever they are for: the first one
// that greets a server, the trials of each lane, and the few beside the load.
func TestNumbersAreTheRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := &numbering{times: map[int]int{}}
		s := &Setup{}
		s.Lanes = []Lane{{Name: "direct", Engine: engine}, {Name: "proxy", Engine: engine}}
		s.Observation = &Observation{Rate: 5, Before: time.Second, After: 2 * time.Second,
			engines: map[string]loadgen.Engine{"direct": engine, "proxy": engine}}
		var err error
		if s.Trials, err = trials(s.Lanes, plan.Steps(10, 30, 3, time.Second, plan.Constant, 1)); err != nil {
			t.Fatal(err)
		}
		for _, l := range s.Lanes {
			if _, err := s.once(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Run(t.Context(), time.Now(), &journal{}); err != nil {
			t.Fatal(err)
		}
		const all = 2 + 2*(10+20+30) + 2*(5+10)
		if len(engine.times) != all {
			t.Errorf("%d numbers for %d requests", len(engine.times), all)
		}
		for n, times := range engine.times {
			if times != 1 || n < 0 || n >= all {
				t.Errorf("%d requests had the number %d", times, n)
			}
		}
	})
}
