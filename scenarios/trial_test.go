package scenarios

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/runfile"
)

// journal is a Recorder that notes the order of things. It is read when they are over.
type journal struct {
	mu      sync.Mutex
	entries []string
	ends    []runfile.TrialEnd
	samples int
}

func (j *journal) note(what string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, what)
}

func (j *journal) Results(int) *count.Counter {
	results := count.New(500 * time.Millisecond)
	results.Watch(func(r *count.Reading) {
		for _, b := range r.Bins {
			for range b.Ended() {
				j.note("result")
			}
		}
	})
	return results
}

func (j *journal) Write(rec runfile.Record) error {
	switch rec := rec.(type) {
	case *runfile.Trial:
		j.note("trial " + rec.Lane)
	case *runfile.TrialEnd:
		j.note("end")
		j.mu.Lock()
		j.ends = append(j.ends, *rec)
		j.mu.Unlock()
	case *runfile.Sample:
		j.mu.Lock()
		j.samples++
		j.mu.Unlock()
	}
	return nil
}

// oneRequest is an engine that answers once, after a second.
type oneRequest struct{}

func (oneRequest) Run(ctx context.Context, _ time.Time, _ time.Duration, _ plan.Plan,
	rec loadgen.Recorder) error {
	err := sleep(ctx, time.Second)
	rec.Record(loadgen.Result{Outcome: loadgen.OK})
	return err
}

// emptiesAfter is a probe whose listener's queue is empty from a given time on.
func emptiesAfter(d time.Duration) Watcher {
	return func(ctx context.Context, epoch time.Time, rec Recorder) {
		for sleep(ctx, 10*time.Millisecond) == nil {
			depth := uint32(3)
			if time.Since(epoch) >= d {
				depth = 0
			}
			rec.Write(&runfile.Sample{Sample: probe.Sample{Host: "h", At: time.Since(epoch),
				Listeners: []probe.Listener{{Addr: "a", Depth: depth}}}})
		}
	}
}

func experiment(drainedAt time.Duration) Experiment {
	return Experiment{
		Lanes:    []Lane{{Name: "direct", Engine: oneRequest{}, Listener: "a", ListenerHost: "h"}},
		Trials:   []runfile.Trial{{Index: 0, Lane: "direct"}, {Index: 1, Lane: "direct"}},
		Watchers: []Watcher{emptiesAfter(drainedAt)}, SampleEvery: 10 * time.Millisecond,
		Baseline: 500 * time.Millisecond, Rest: 100 * time.Millisecond, DrainLimit: 30 * time.Second,
	}
}

func TestTrialWaitsUntilQueueIsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, j := experiment(10*time.Second), &journal{}
		if err := e.Run(t.Context(), time.Now(), j); err != nil {
			t.Fatal(err)
		}
		if want := []string{"trial direct", "result", "end", "trial direct", "result",
			"end"}; !slices.Equal(j.entries, want) {
			t.Errorf("recorded %q, want %q", j.entries, want)
		}
		if e := j.ends[0]; !e.Drained || e.DrainedAt < 10*time.Second || e.End > 2*time.Second {
			t.Errorf("the first trial ended at %v and drained (%v) at %v, want ~1.5s and 10s", e.End,
				e.Drained, e.DrainedAt)
		}
	})
}

// A server that died has no queue to wait for; one that restarts has.
func TestTrialGivesUpOnListenerThatIsGone(t *testing.T) {
	for name, c := range map[string]struct {
		back, waited time.Duration
		drained      bool
	}{
		"gone":      {back: time.Hour, waited: gone},
		"restarted": {back: 3 * time.Second, waited: 2 * time.Second, drained: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, j := experiment(0), &journal{}
				e.Trials = e.Trials[:1]
				e.Watchers = []Watcher{func(ctx context.Context, epoch time.Time, rec Recorder) {
					for sleep(ctx, 10*time.Millisecond) == nil {
						s := probe.Sample{Host: "h", At: time.Since(epoch)}
						if s.At < time.Second || s.At > c.back {
							s.Listeners = []probe.Listener{{Addr: "a"}}
						}
						rec.Write(&runfile.Sample{Sample: s})
					}
				}}
				if err := e.Run(t.Context(), time.Now(), j); err != nil {
					t.Fatal(err)
				}
				end := j.ends[0]
				if waited := end.DrainedAt - end.End; end.Drained != c.drained ||
					waited < c.waited-time.Second || waited > c.waited+time.Second {
					t.Errorf("drained %v after %v, want %v after about %v", end.Drained, waited, c.drained,
						c.waited)
				}
			})
		})
	}
}

func TestTrialGivesUpOnQueueThatNeverEmpties(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, j := experiment(time.Hour), &journal{}
		if err := e.Run(t.Context(), time.Now(), j); err != nil {
			t.Fatal(err)
		}
		if e := j.ends[0]; e.Drained || e.DrainedAt-e.End < 30*time.Second ||
			e.DrainedAt-e.End > 31*time.Second {
			t.Errorf("drained is %v after %v of waiting, want false after 30s", e.Drained, e.DrainedAt-e.End)
		}
	})
}

func TestInterruptedTrialIsEndedAndRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		e, j := experiment(0), &journal{}
		if err := e.Run(ctx, time.Now(), j); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run returned %v, want the context's error", err)
		}
		if len(j.ends) != 1 || j.ends[0].Drained {
			t.Errorf("trial ends are %+v, want one, not drained", j.ends)
		}
	})
}

func TestQueueTapSumsSocketsOfOneAddress(t *testing.T) {
	tap := newQueueTap(&journal{})
	_ = tap.Write(&runfile.Sample{Sample: probe.Sample{Host: "h", At: 5, Listeners: []probe.Listener{
		{Addr: "a", Cookie: 1, Depth: 0}, {Addr: "a", Cookie: 2, Depth: 4}, {Addr: "b", Depth: 7},
	}}})
	if a := tap.listener(Lane{ListenerHost: "h", Listener: "a"}); a.Sum != 4 || a.Sockets != 2 || a.At != 5 ||
		a.Seen != 5 {
		t.Errorf("%+v, want 4 in two sockets at 5", a)
	}
	if a := tap.listener(Lane{ListenerHost: "other", Listener: "a"}); a.Sockets != 0 {
		t.Error("a listener of another host was taken for ours")
	}
}

func TestTrialsAlternateLanes(t *testing.T) {
	lanes := []Lane{{Name: "direct"}, {Name: "proxy"}}
	got, err := trials(lanes, plan.Steps(10, 40, 3, time.Second, plan.Constant, 1))
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for i, tr := range got {
		if tr.Index != i || tr.Due != int(tr.Rate) {
			t.Errorf("trial %d is %+v", i, tr)
		}
		order = append(order, tr.Lane)
	}
	if want := []string{"direct", "proxy", "proxy", "direct", "direct", "proxy"}; !slices.Equal(order, want) {
		t.Errorf("lanes are %v, want %v", order, want)
	}
	if _, err := trials(lanes, []plan.Plan{{Stages: []plan.Stage{{From: 1e6, To: 1e6, Duration: time.Hour}},
		Arrival: plan.Constant}}); err == nil {
		t.Error("a plan of 7.2 billion requests was accepted")
	}
}

func TestModeFollowsFirstSYNRetransmit(t *testing.T) {
	for d, want := range map[time.Duration]string{900 * time.Millisecond: runfile.Loss,
		time.Second: runfile.Retrial, time.Minute: runfile.Retrial} {
		if got := Mode(d); got != want {
			t.Errorf("Mode(%v) = %s, want %s", d, got, want)
		}
	}
}

// worker is an engine that works as long as its schedule lasts, and then waits for three times as long.
type worker struct{}

func (worker) Run(ctx context.Context, epoch time.Time, start time.Duration, p plan.Plan,
	_ loadgen.Recorder) error {
	for until := start + p.Duration(); time.Since(epoch) < until; {
	}
	return sleep(ctx, 3*p.Duration())
}

// TestGeneratorIsJudgedByItsLoad, and not by how long it then waits for a server that hangs.
func TestGeneratorIsJudgedByItsLoad(t *testing.T) {
	const d = 300 * time.Millisecond
	j := &journal{}
	e := Experiment{Lanes: []Lane{{Name: "direct", Engine: worker{}}},
		Trials: []runfile.Trial{{Lane: "direct"}}}
	e.Trials[0].Plan = plan.Plan{Stages: []plan.Stage{{From: 10, To: 10, Duration: d}}}
	if err := e.Run(t.Context(), time.Now(), j); err != nil {
		t.Fatal(err)
	}
	u := j.ends[0].Generator
	asked := u.CPU
	if u.RunDelay != nil {
		asked += *u.RunDelay
	}
	if u.Wall < d || u.Wall > 2*d || asked < u.Wall/2 {
		t.Errorf("%+v: want some %v, for most of which it was busy or waited to be", u, d)
	}
}
