package conformance

import (
	"context"
	"errors"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

// limits checks the two ways in which a request ends because of us.
func limits(t *testing.T, open Open) {
	silent := func(v *visit) { v.head(); v.hang() }
	t.Run("shed", func(t *testing.T) {
		var s *server
		var r *Results
		var target loadgen.Target
		for range 5 { // again, where the machine stood still until the first requests had timed out
			s = serve(t, "tcp", silent)
			target = s.target()
			target.MaxInFlight, target.Timeout = 3, 500*time.Millisecond
			if r = offer(t, open, target, few); r.lateness() < target.Timeout/2 {
				break
			}
		}
		if sent, shed := r.count(loadgen.ResponseTimeout), r.count(loadgen.Shed); sent != 3 || shed != 7 ||
			s.accepted.Load() != 3 {
			t.Errorf("%d sent and %d shed, %d attempts at the server; want 3, 7 and 3", sent, shed,
				s.accepted.Load())
		}
		for _, res := range r.All {
			if res.Outcome == loadgen.Shed && res.Done-res.Due > target.Timeout/2 {
				t.Errorf("request %d was decided on %v after it was due", res.Seq, res.Done-res.Due)
			}
		}
	})
	t.Run("canceled", func(t *testing.T) {
		s := serve(t, "tcp", silent)
		interrupt(t, open, s.target())
	})
	t.Run("over before it begins", func(t *testing.T) {
		s := serve(t, "tcp", silent)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r, err := offerUntil(t, ctx, open, s.target(), few)
		if !errors.Is(err, context.Canceled) || s.accepted.Load() != 0 {
			t.Errorf("%v, %d results and %d attempts at the server", err, len(r.All), s.accepted.Load())
		}
	})
	t.Run("a bad plan is an error", func(t *testing.T) {
		s := serve(t, "tcp", silent)
		e, err := open(s.target())
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Run(t.Context(), time.Now(), 0, plan.Plan{}, &Results{}); err == nil {
			t.Error("no error")
		}
	})
}

// interrupt ends a long run early against a target that never answers.
func interrupt(t *testing.T, open Open, target loadgen.Target) {
	t.Helper()
	for range 5 { // again, where the machine stood still until the context had ended
		if interrupted(t, open, target) > 0 {
			return
		}
	}
	t.Error("no request was recorded")
}

// interrupted returns how many requests were recorded.
func interrupted(t *testing.T, open Open, target loadgen.Target) int {
	t.Helper()
	const after = 300 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	timer := time.AfterFunc(after, cancel)
	defer timer.Stop()
	began := time.Now()
	long := plan.Plan{Stages: []plan.Stage{{From: 100, To: 100, Duration: time.Minute}}}
	r, err := offerUntil(t, ctx, open, target, long)
	took := time.Since(began)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v, want the context's error", err)
	}
	if took > after+patience/4 {
		t.Errorf("Run took %v, its context ended after %v", took, after)
	}
	r.check(t, 0, 0, loadgen.Canceled)
	if n := len(r.All); float64(n) > 100*took.Seconds()+1 {
		t.Errorf("%d requests were recorded in %v at 100/s", n, took)
	}
	return len(r.All)
}
