package epoll

import (
	"context"
	"runtime"
	"testing"
	"time"

	"weir/loadgen"
	"weir/scenarios/lab/labtest"
)

// counting takes results and forgets them.
type counting struct{ n int }

func (c *counting) Record(loadgen.Result) { c.n++ }

// lastUse offers a rate for a second to a socket that is not there, which costs the least that a request can.
func lastUse(t *testing.T, rate float64) *loadgen.LoopUse {
	t.Helper()
	target := loadgen.Target{URL: "http://bench.test/", Network: "unix", Address: "/nowhere/at/all"}
	e := with(open(t, target), 1)
	ctx, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
	defer cancel()
	_ = e.Run(ctx, time.Now(), 0, level(rate, 1100*time.Millisecond), &counting{})
	n, use := e.LastLoops()
	if n != 1 || use == nil {
		t.Fatalf("%d loops, %+v", n, use)
	}
	return use
}

// TestSaturatedLoopIsSeen: a loop that has more to do than it can says so, on however many processors.
func TestSaturatedLoopIsSeen(t *testing.T) {
	labtest.NotQuick(t)
	if use := lastUse(t, 3_000_000); use.CPU+use.Delay < .8 {
		t.Errorf("saturated: %+v", use)
	}
	if use := lastUse(t, 100); use.CPU > .5 {
		t.Errorf("at rest: %+v", use)
	}
}

// TestMeter: the worst stretch counts, not the mean, and what the thread did before does not.
func TestMeter(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began := time.Now()
	now := func() time.Duration { return time.Since(began) }
	burn := func(d time.Duration) {
		for from := now(); now()-from < d; {
		}
	}
	burn(200 * time.Millisecond)
	m := newMeter(now())
	if !m.on {
		t.Skip("the kernel keeps no account of threads")
	}
	time.Sleep(300 * time.Millisecond)
	m.next = now()
	m.tick(now())
	quiet := m.busiest
	burn(300 * time.Millisecond)
	m.next = now()
	m.tick(now())
	worst := m.busiest
	time.Sleep(300 * time.Millisecond)
	use := m.end(now())
	if quiet < 0 || quiet > .3 || worst < 2*quiet || use == nil || use.CPU != worst || use.Delay < 0 {
		t.Errorf("quiet %v, burning %v, then %+v", quiet, worst, use)
	}
	if m.end(now()) != nil || (&meter{}).end(0) != nil {
		t.Error("nothing was measured, and yet")
	}
	short := newMeter(now())
	if use := short.end(now()); use != nil {
		t.Errorf("an instant: %+v", use)
	}
}

// TestLoopThatWaitedWhileItSent: seconds in which it had nothing to do afterwards take nothing away from
// that.
func TestLoopThatWaitedWhileItSent(t *testing.T) {
	m := meter{on: true, busiest: -1}
	for s := time.Duration(1); s <= 12; s++ {
		m.stretch(account{at: s * time.Second, ran: min(s, 2) * time.Second / 10,
			waited: min(s, 2) * time.Second * 9 / 10})
	}
	if use := m.end(12 * time.Second); use == nil || use.Delay < .89 || use.Delay > .91 || use.CPU > .11 {
		t.Errorf("%+v, want 0.9 and 0.1", use)
	}
}
