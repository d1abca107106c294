package pace

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"
)

func every(gap time.Duration, n int) iter.Seq2[int, time.Duration] {
	return func(yield func(int, time.Duration) bool) {
		for i := range n {
			if !yield(i, time.Duration(i)*gap) {
				return
			}
		}
	}
}

// clock is a time that only sleeping moves.
type clock struct{ at, late time.Duration }

func (c *clock) now() time.Duration        { return c.at }
func (c *clock) sleep(until time.Duration) { c.at = max(c.at, until+c.late) }

func TestReleasesAtTheDueTime(t *testing.T) {
	c := &clock{}
	var at, dues []time.Duration
	err := follow(t.Context(), c.now, c.sleep, time.Second, every(25*time.Millisecond, 4),
		func(_ int, due time.Duration) {
			at, dues = append(at, c.at), append(dues, due)
		})
	want := []time.Duration{1000, 1025, 1050, 1075}
	for i := range want {
		want[i] *= time.Millisecond
	}
	if err != nil || !slices.Equal(at, want) || !slices.Equal(dues, want) {
		t.Errorf("released at %v for %v, want %v; %v", at, dues, want, err)
	}
}

func TestReleasesEverythingThatIsDue(t *testing.T) {
	c := &clock{late: 9500 * time.Microsecond} // each wake-up comes this late
	bursts := map[time.Duration]int{}
	n := 0
	_ = follow(t.Context(), c.now, c.sleep, 0, every(time.Millisecond, 100), func(i int, due time.Duration) {
		if i != n || c.at < due {
			t.Errorf("request %d came as number %d at %v, due %v", i, n, c.at, due)
		}
		n++
		bursts[c.at]++
	})
	if n != 100 || len(bursts) > 12 {
		t.Errorf("%d requests in %d bursts, want 100 in about 10", n, len(bursts))
	}
}

func TestStopsWhenTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := &clock{}
	var n int
	slept := 0
	err := follow(ctx, c.now, func(until time.Duration) {
		if slept++; slept == 3 {
			cancel()
		}
		c.sleep(until)
	}, 0, every(time.Hour, 3), func(int, time.Duration) { n++ })
	if !errors.Is(err, context.Canceled) || n != 1 || c.at != 3*longestNap {
		t.Errorf("%v after %d requests, %v", err, n, c.at)
	}

	// A backlog that is due at once must not be worked off after the end.
	c, n = &clock{at: time.Hour}, 0
	ctx, cancel = context.WithCancel(t.Context())
	_ = follow(ctx, c.now, c.sleep, 0, every(1, 1000), func(int, time.Duration) {
		if n++; n == 10 {
			cancel()
		}
	})
	if n != 10 {
		t.Errorf("%d requests were released, the context ended at the 10th", n)
	}
}

// The real clock on a shared machine: never early, and mostly prompt.
func TestRealTime(t *testing.T) {
	epoch := time.Now()
	var lags []time.Duration
	err := Run(t.Context(), epoch, 5*time.Millisecond, every(500*time.Microsecond, 1000),
		func(_ int, due time.Duration) {
			lags = append(lags, time.Since(epoch)-due)
		})
	slices.Sort(lags)
	if err != nil || len(lags) != 1000 || lags[0] < 0 {
		t.Fatalf("%v: %d requests, the earliest %v from its time", err, len(lags), lags[0])
	}
	t.Logf("lag p50 %v p99 %v max %v", lags[500], lags[990], lags[999])
	if lags[500] > 10*time.Millisecond {
		t.Errorf("the median lag is %v", lags[500])
	}
}
