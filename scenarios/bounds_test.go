package scenarios

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/loadgen/stop"
	"weir/report/runfile"
)

// failing is an engine whose requests all fail, a hundred a second, until its context ends.
type failing struct{ outcome loadgen.Outcome }

func (f failing) Run(ctx context.Context, epoch time.Time, _ time.Duration, _ plan.Plan, rec loadgen.Recorder) error {
	for sleep(ctx, 10*time.Millisecond) == nil {
		at := time.Since(epoch)
		rec.Record(loadgen.Result{Due: at, Sent: at, Done: at, Outcome: f.outcome})
	}
	return ctx.Err()
}

func bounded(outcome loadgen.Outcome, b Bounds) *Setup {
	s := &Setup{}
	s.Bounds = b
	s.Lanes = []Lane{{Name: "direct", Engine: failing{outcome}}}
	s.Trials = []runfile.Trial{{Index: 0, Lane: "direct"}}
	return s
}

// silent is an engine whose requests are not answered.
type silent struct{}

func (silent) Run(ctx context.Context, epoch time.Time, start time.Duration, p plan.Plan, rec loadgen.Recorder) error {
	<-ctx.Done()
	now := time.Since(epoch)
	for seq, due := range p.Due() {
		if start+due <= now {
			rec.Record(loadgen.Result{Seq: seq, Due: start + due, Sent: start + due, Done: now, Outcome: loadgen.Canceled})
		}
	}
	return ctx.Err()
}

// TestSilentServerIsAbortedEarly: a rule on latency does not wait until the first requests are given up.
func TestSilentServerIsAbortedEarly(t *testing.T) {
	rule, err := stop.Parse("latency.p99 > 500ms")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := bounded(loadgen.OK, Bounds{MaxDuration: time.Minute, AbortIf: []stop.Rule{rule}})
		s.Lanes[0].Engine = silent{}
		s.Trials[0].Plan = plan.Plan{Stages: []plan.Stage{{From: 100, To: 100, Duration: 50 * time.Second}}}
		began := time.Now()
		err := s.Run(t.Context(), began, &journal{})
		if aborted, ok := errors.AsType[*Aborted](err); !ok || aborted.Lane != "direct" || aborted.Bad < 20 {
			t.Fatalf("%v, want Aborted", err)
		}
		if took := time.Since(began); took < 700*time.Millisecond || took > 1100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

func TestBounds(t *testing.T) {
	rule, err := stop.Parse("failures > 5%")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var j journal
		began := time.Now()
		err := bounded(loadgen.OK, Bounds{MaxDuration: 7 * time.Second, AbortIf: []stop.Rule{rule}}).Run(t.Context(), began, &j)
		if cut, ok := errors.AsType[*CutShort](err); !ok || cut.After != 7*time.Second || time.Since(began) != 7*time.Second {
			t.Errorf("%v after %v, want CutShort after 7 s", err, time.Since(began))
		}
		if len(j.ends) != 1 {
			t.Errorf("%d trials ended, want the one that was cut short", len(j.ends))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := bounded(loadgen.HTTP503, Bounds{MaxDuration: time.Minute, AbortIf: []stop.Rule{rule}}).Run(t.Context(), began, &journal{})
		aborted, ok := errors.AsType[*Aborted](err)
		if !ok || aborted.Lane != "direct" || aborted.Rule != "failures > 5%" || !strings.HasPrefix(err.Error(), "direct: failures > 5%: ") {
			t.Fatalf("%v, want Aborted", err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := bounded(loadgen.OK, Bounds{MaxDuration: time.Minute}).Run(ctx, time.Now(), &journal{}); err != context.Canceled {
			t.Errorf("%v, want that it was interrupted", err)
		}
	})
}
