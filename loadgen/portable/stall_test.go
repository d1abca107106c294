package portable

import (
	"context"
	"errors"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/conformance"
	"weir/loadgen/pace"
	"weir/loadgen/plan"
	"weir/loadgen/self"
	"weir/scenarios/lab/labtest"
)

// A server that stalls must not slow the schedule: 2,000 req/s against a listener that accepts nothing,
// first with room in its queue (connected, never answered) and then without (SYNs dropped).
//
// Other programs on the machine take the CPU from us for many milliseconds at a time, and no engine can do
// anything about that; so beside the engine a bare pacer follows the same schedule and releases nothing, and
// where that one is late the engine may be late too. One that waits for the server is late by hundreds of
// milliseconds, every time; another program is not there every time. How late the engine is on an idle
// machine is for `make bench-peers` to say.
func TestStalledServerDoesNotDelayTheSchedule(t *testing.T) {
	labtest.NotQuick(t)
	floor := 10 * time.Millisecond
	if raced { // which slows the engine ten times, and the kernel not at all
		floor = 50 * time.Millisecond
	}
	const tries = 3
	for try := 1; ; try++ {
		lag, bare := stall(t)
		bound := max(floor, 10*bare)
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
	l, err := net.Listen("tcp", "127.0.0.1:0") // its backlog is somaxconn
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	e, err := New(loadgen.Target{
		URL: "http://" + l.Addr().String() + "/", ConnectTimeout: 900 * time.Millisecond,
		Timeout: 1500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Plan{Stages: []plan.Stage{{From: 2000, To: 2000, Duration: 3 * time.Second}},
		Arrival: plan.Poisson, Seed: 1}
	due := p.Count()
	r := &conformance.Results{All: make([]loadgen.Result, 0, due)}
	epoch, start := time.Now(), 50*time.Millisecond
	var reference []time.Duration
	var pacer sync.WaitGroup
	pacer.Go(func() {
		_ = pace.Run(t.Context(), epoch, start, p.Due(), func(_ int, due time.Duration) {
			reference = append(reference, time.Since(epoch)-due)
		})
	})
	stop := self.Measure()
	if err := e.Run(t.Context(), epoch, start, p, r); err != nil {
		t.Fatal(err)
	}
	usage := stop()
	pacer.Wait()

	var lags []time.Duration
	outcomes := map[loadgen.Outcome]int{}
	for _, res := range r.All {
		outcomes[res.Outcome]++
		if res.Sent > 0 {
			lags = append(lags, res.Sent-res.Due)
		}
	}
	if n := len(lags); float64(n)/float64(due) < 0.999 || len(r.All) != due {
		t.Fatalf("%d of %d sent, %d recorded", n, due, len(r.All))
	}
	slices.Sort(lags)
	slices.Sort(reference)
	quantiles := func(lags []time.Duration) (p50, p99, most time.Duration) {
		n := len(lags)
		return lags[n/2], lags[n*99/100], lags[n-1]
	}
	p50, lag, most := quantiles(lags)
	t.Logf("sent %d of %d: %v", len(lags), due, outcomes)
	t.Logf("lag p50 %v p99 %v max %v", p50, lag, most)
	p50, bare, most = quantiles(reference)
	t.Logf("bare pacer: p50 %v p99 %v max %v", p50, bare, most)
	t.Logf("cpu %v and run delay %v of %v on %d", usage.CPU, usage.RunDelay, usage.Wall, usage.CPUs)
	return lag, bare
}

// A run leaves nothing behind, not even one that was interrupted with requests in flight.
func TestRunLeavesNoGoroutine(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // never accepts
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	e, err := New(loadgen.Target{URL: "http://" + l.Addr().String() + "/", Connections: loadgen.Reuse})
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Plan{Stages: []plan.Stage{{From: 500, To: 500, Duration: time.Minute}}}
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	r := &conformance.Results{}
	if err := e.Run(ctx, time.Now(), 0, p, r); !errors.Is(err, context.DeadlineExceeded) || len(r.All) < 10 {
		t.Errorf("%v after %d requests", err, len(r.All))
	}
	for range 100 { // a goroutine that has returned may still be counted for a moment
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// A request that is due late, all places being taken, is not shed before the others could end; one that is
// due now is, and so are those that were due before nothing ended.
func TestNothingIsShedUnasked(t *testing.T) {
	r := &run{Engine: &Engine{target: loadgen.Target{MaxInFlight: 1}}, epoch: time.Now().Add(-time.Minute)}
	r.inFlight.Store(1)
	if !r.full(r.now()) || r.looked != 0 {
		t.Error("a request that was due now waited for others")
	}
	if !r.full(time.Second) || r.looked == 0 {
		t.Errorf("nothing had ended: looked at %v", r.looked)
	}
	if before := r.looked; !r.full(2*time.Second) || r.looked != before {
		t.Error("looked again for one that was due before")
	}
	for range 20 { // a timer may be late
		r.looked = 0
		r.inFlight.Store(1)
		time.AfterFunc(breath/4, func() { r.inFlight.Add(-1) })
		if !r.full(time.Second) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("full, though a request has ended")
}
