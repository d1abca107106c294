package scenarios

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/loadgen/search"
	"weir/report/runfile"
)

// pool is an engine whose server does 100 requests a second and queues 17; what is more is lost.
type pool struct{ late time.Duration }

func (p pool) Run(ctx context.Context, epoch time.Time, start time.Duration, load plan.Plan,
	rec loadgen.Recorder) error {
	n := load.Count()
	served := int(100*load.Duration().Seconds()) + 17
	rec = loadgen.ShardOf(rec)
	for seq, at := range load.Due() {
		if err := sleep(ctx, time.Until(epoch.Add(start+at))); err != nil {
			return err
		}
		r := loadgen.Result{Seq: seq, Due: start + at, Sent: start + at + p.late, Done: start + at +
			20*time.Millisecond, Outcome: loadgen.OK}
		if seq >= n-max(0, n-served) {
			r.Outcome = loadgen.ConnectTimeout
		}
		rec.Record(r)
	}
	return sleep(ctx, 900*time.Millisecond)
}

func searching(start float64, budget time.Duration, engines ...loadgen.Engine) *Setup {
	s := &Setup{Capacity: runfile.Capacity{Workers: 2, ServiceTime: 20 * time.Millisecond}, slots: 17}
	for i, e := range engines {
		s.Lanes = append(s.Lanes, Lane{Name: string(rune('a' + i)), Engine: e,
			Deadline: 500 * time.Millisecond})
	}
	s.pace(0, 20*time.Millisecond)
	if err := s.searching(SearchOptions{Start: start, Shortest: time.Second, Budget: budget,
		Arrival: plan.Constant}); err != nil {
		panic(err)
	}
	return s
}

// chosen is a Recorder that notes the loads of the trials, and when the last one ended.
type chosen struct {
	journal
	loads map[string][]float64
	last  time.Duration
}

func (c *chosen) Write(rec runfile.Record) error {
	switch rec := rec.(type) {
	case *runfile.Trial:
		if c.loads == nil {
			c.loads = map[string][]float64{}
		}
		c.loads[rec.Lane] = append(c.loads[rec.Lane], rec.Rate)
	case *runfile.TrialEnd:
		c.last = rec.DrainedAt
	}
	return nil
}

func TestSearchClosesInOnTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, rec := searching(100, 10*time.Minute, pool{}, pool{}), &chosen{}
		if err := s.Experiment.Run(t.Context(), time.Now(), rec); err != nil {
			t.Fatal(err)
		}
		for _, lane := range []string{"a", "b"} { // each with its own search, in turn
			loads := rec.loads[lane]
			if len(loads) < 8 || len(loads) > 40 || loads[0] != 100 || loads[len(loads)-1] < 97 ||
				loads[len(loads)-1] > 106 {
				t.Errorf("lane %s went to %.1f, want 8 to 40 trials from 100 that end near there", lane,
					loads)
			}
		}
	})
}

// TestSearchKeepsItsBudget whatever it is: no trial is under way after it, and the end is no error.
func TestSearchKeepsItsBudget(t *testing.T) {
	for _, budget := range []time.Duration{1200 * time.Millisecond, 5 * time.Second, 12 * time.Second,
		20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s, rec := searching(400, budget, pool{}), &chosen{}
			if err := s.Experiment.Run(t.Context(), time.Now(), rec); err != nil {
				t.Fatalf("budget %v: %v", budget, err)
			}
			if rec.last > budget {
				t.Errorf("budget %v: the last trial ended at %v", budget, rec.last)
			}
			if n := len(rec.loads["a"]); budget >= 12*time.Second && n < 3 {
				t.Errorf("budget %v: only %d trials", budget, n)
			}
		})
	}
}

// TestSearchDoesNotBelieveALateGenerator: what was sent too late is no loss, so that nothing is learnt.
func TestSearchDoesNotBelieveALateGenerator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, rec := searching(400, 10*time.Minute, pool{late: 300 * time.Millisecond}), &chosen{}
		if err := s.Experiment.Run(t.Context(), time.Now(), rec); err != nil {
			t.Fatal(err)
		}
		for _, load := range rec.loads["a"] {
			if load != 400 {
				t.Fatalf("the search went on to %.1f from trials that cannot be believed", load)
			}
		}
		if n := len(rec.loads["a"]); n != 5 {
			t.Errorf("the load was tried %d times, want 5", n)
		}
	})
}

func TestSearchIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		s := searching(100, 10*time.Minute, pool{})
		if err := s.Experiment.Run(ctx, time.Now(), &chosen{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want its user's end", err)
		}
	})
	s := &Setup{}
	if err := s.searching(SearchOptions{Budget: time.Minute, Shortest: time.Second}); err == nil {
		t.Error("a search without a start")
	}
	if spec := (search.Spec{}); spec.Validate() == nil {
		t.Error("an empty search")
	}
}
