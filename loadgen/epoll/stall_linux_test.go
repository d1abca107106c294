package epoll

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"weir/loadgen/conformance"
	"weir/loadgen/pace"
	"weir/loadgen/plan"
	"weir/scenarios/lab/labtest"
)

// A server that stalls must not slow the schedule: 2,000 req/s against a listener that accepts nothing, first
// with room in its queue (connected, never answered) and then without (SYNs dropped). As in package portable,
// a bare pacer follows the same schedule, and shows how late the machine alone makes one. A loop that waits
// for a server is late by hundreds of milliseconds, every time; another program on the machine is not there
// every time.
func TestStalledServerDoesNotDelayTheSchedule(t *testing.T) {
	labtest.NotQuick(t)
	const tries = 3
	for try := 1; ; try++ {
		lag, bare := stall(t)
		bound := max(20*time.Millisecond, 10*bare)
		if lag <= bound {
			return
		}
		if t.Logf("try %d: p99 lag %v, want at most %v", try, lag, bound); try == tries {
			t.Fatalf("late in each of %d tries", tries)
		}
	}
}

// stall offers the load and returns the 99th percentile of its lag, and of a bare pacer's at its side.
func stall(t *testing.T) (lag, bare time.Duration) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // its backlog is somaxconn
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	target := at(l)
	target.ConnectTimeout, target.Timeout = 600*time.Millisecond, 900*time.Millisecond
	e := open(t, target)
	p := plan.Plan{Stages: []plan.Stage{{From: 2000, To: 2000, Duration: 2500 * time.Millisecond}},
		Arrival: plan.Poisson, Seed: 1}
	r := &conformance.Results{}
	epoch, start := time.Now(), 50*time.Millisecond
	var reference []time.Duration
	var pacer sync.WaitGroup
	pacer.Go(func() {
		_ = pace.Run(t.Context(), epoch, start, p.Due(), func(_ int, due time.Duration) {
			reference = append(reference, time.Since(epoch)-due)
		})
	})
	if err := e.Run(t.Context(), epoch, start, p, r); err != nil {
		t.Fatal(err)
	}
	pacer.Wait()
	slices.Sort(reference)
	lags, due := lagsOf(r), p.Count()
	if n := len(lags); float64(n)/float64(due) < 0.999 || len(r.All) != due {
		t.Fatalf("%d of %d sent, %d recorded", n, due, len(r.All))
	}
	quantile := func(of []time.Duration, q int) time.Duration { return of[(len(of)-1)*q/100] }
	lag, bare = quantile(lags, 99), quantile(reference, 99)
	t.Logf("lag p50 %v p99 %v max %v", quantile(lags, 50), lag, quantile(lags, 100))
	t.Logf("bare pacer: p50 %v p99 %v max %v", quantile(reference, 50), bare, quantile(reference, 100))
	return lag, bare
}
