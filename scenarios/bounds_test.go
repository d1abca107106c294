package scenarios

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/runfile"
)

// endless is an engine of a hundred requests a second, until its context ends.
type endless struct{}

func (endless) Run(ctx context.Context, epoch time.Time, _ time.Duration, _ plan.Plan,
	rec loadgen.Recorder) error {
	for sleep(ctx, 10*time.Millisecond) == nil {
		at := time.Since(epoch)
		rec.Record(loadgen.Result{Due: at, Sent: at, Done: at, Outcome: loadgen.OK})
	}
	return ctx.Err()
}

func bounded(longest time.Duration) *Setup {
	s := &Setup{}
	s.MaxDuration = longest
	s.Lanes = []Lane{{Name: "direct", Engine: endless{}}}
	s.Trials = []runfile.Trial{{Index: 0, Lane: "direct"}}
	return s
}

// TestBounds: the load ends after --max-duration, by whatever else ends its context, and by an interrupt, and
// the error says by which; the trial under way is in the record.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		began := time.Now()
		err := bounded(7*time.Second).Run(t.Context(), began, &j)
		if cut, ok := errors.AsType[*CutShort](err); !ok || cut.After != 7*time.Second ||
			time.Since(began) != 7*time.Second {
			t.Errorf("%v after %v, want CutShort after 7 s", err, time.Since(began))
		}
		if len(j.ends) != 1 {
			t.Errorf("%d trials ended, want the one that was cut short", len(j.ends))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		why, began := errors.New("enough"), time.Now()
		ctx, end := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { end(why) })
		if err := bounded(time.Minute).Run(ctx, began, &journal{}); err != why ||
			time.Since(began) != time.Second {
			t.Errorf("%v after %v, want what ended it", err, time.Since(began))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := bounded(time.Minute).Run(ctx, time.Now(), &journal{}); err != context.Canceled {
			t.Errorf("%v, want that it was interrupted", err)
		}
	})
}
