// Package conformance holds the promises of loadgen.Engine as a test suite, so that engines of
// different make can be trusted alike: each outcome is provoked by a real server that misbehaves in
// one way, over real sockets, and must come out under its own name, with its errno, after as many
// attempts as there were requests.
//
// It is no benchmark and says nothing about speed.
package conformance

import (
	"context"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

// Open makes the engine under test. It is called once for each case.
type Open = func(loadgen.Target) (loadgen.Engine, error)

// Run runs the whole suite. Linux alone has the cases that need its queues, namespaces or limits.
// Some cases run the test binary again as a child, so Run must be reached by a test whose name is t's.
func Run(t *testing.T, open func(loadgen.Target) (loadgen.Engine, error)) {
	group(t, "served", open, served)
	group(t, "tls", open, secured)
	group(t, "connecting", open, connecting)
	group(t, "writing", open, writing)
	group(t, "reuse", open, reuse)
	group(t, "framing", open, framing)
	group(t, "requests", open, requests)
	group(t, "stale", open, stale)
	group(t, "keepalive", open, keepalive)
	group(t, "closing", open, closing)
	group(t, "limits", open, limits)
	system(t, open)
}

// group runs one part of the suite beside the others: most of its time is waiting.
func group(t *testing.T, name string, open Open, part func(*testing.T, Open)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		part(t, open)
	})
}

// few is a plan of ten requests, fast.
var few = plan.Plan{Stages: []plan.Stage{{From: 200, To: 200, Duration: 50 * time.Millisecond}}}

const fewCount = 10

// patience is a timeout that ends a case only if the engine is broken.
const patience = 10 * time.Second

// Results is a Recorder that keeps what an engine records.
type Results struct {
	All   []loadgen.Result // once the engine's Run has returned
	mu    sync.Mutex
	left  []loadgen.Departure
	epoch time.Time
	pause time.Duration // that recording takes
}

func (r *Results) Record(res loadgen.Result) {
	r.mu.Lock()
	r.All = append(r.All, res)
	r.mu.Unlock()
	if r.pause > 0 {
		time.Sleep(r.pause)
	}
}

func (r *Results) Depart(d loadgen.Departure) {
	r.mu.Lock()
	r.left = append(r.left, d)
	r.mu.Unlock()
}

func (r *Results) count(o loadgen.Outcome) (n int) {
	for _, res := range r.All {
		if res.Outcome == o {
			n++
		}
	}
	return n
}

// offer runs a plan against a target and checks what holds for every run that was not interrupted: each
// request is recorded once, at its due time, with its phases in order.
func offer(t *testing.T, open Open, target loadgen.Target, p plan.Plan) *Results {
	t.Helper()
	r, err := offerUntil(t, t.Context(), open, target, p)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	if len(r.All) != p.Count() {
		t.Errorf("%d results for %d requests", len(r.All), p.Count())
	}
	return r
}

func offerUntil(t *testing.T, ctx context.Context, open Open, target loadgen.Target, p plan.Plan) (*Results,
	error) {
	t.Helper()
	r := &Results{}
	return r, offerTo(t, ctx, open, target, p, r)
}

// offerTo lets r record.
func offerTo(t *testing.T, ctx context.Context, open Open, target loadgen.Target, p plan.Plan,
	r *Results) error {
	t.Helper()
	engine, err := open(target)
	if err != nil {
		t.Fatalf("opening the engine: %v", err)
	}
	epoch := time.Now()
	const start = 10 * time.Millisecond
	r.epoch = epoch
	err = engine.Run(ctx, epoch, start, p, r)
	ended := time.Since(epoch)

	due := map[int]time.Duration{}
	for i, d := range p.Due() {
		due[i] = d + start
	}
	for _, d := range r.left {
		if d.At < start || d.At > ended || d.Closed == "" {
			t.Errorf("a connection ended so: %+v", d)
		}
	}
	slices.SortFunc(r.All, func(a, b loadgen.Result) int { return a.Seq - b.Seq })
	for i, res := range r.All {
		if i > 0 && r.All[i-1].Seq == res.Seq {
			t.Errorf("request %d was recorded twice", res.Seq)
		}
		if d, ok := due[res.Seq]; !ok || res.Due != d {
			t.Errorf("request %d was due at %v, its record says %v", res.Seq, d, res.Due)
		}
		if res.Done > ended {
			t.Errorf("request %d was done at %v, after Run had returned at %v", res.Seq, res.Done, ended)
		}
		checkPhases(t, res)
		checkClosed(t, res, target.Connections)
	}
	return err
}

// checkPhases checks that the phases that were reached came in their order, and that none was left out
// that the outcome implies.
func checkPhases(t *testing.T, res loadgen.Result) {
	t.Helper()
	last := res.Due
	for _, at := range []time.Duration{res.Sent, res.Connected, res.Written, res.FirstByte, res.Done} {
		if at == 0 {
			continue
		}
		if at < last {
			t.Errorf("phases out of order: %+v", res)
			return
		}
		last = at
	}
	answered := res.Status != 0
	switch {
	case res.Done == 0 || res.Outcome == "":
		t.Errorf("a result without an end: %+v", res)
	case res.Outcome == loadgen.Shed && res.Sent != 0, res.Reused && res.Connected != 0:
		t.Errorf("a phase that cannot have been: %+v", res)
	case answered && (res.Sent == 0 || res.FirstByte == 0 || !res.Reused && res.Connected == 0):
		t.Errorf("an answer without the phases before it: %+v", res)
	}
}

// check checks that every request had one of the wanted outcomes, and the errno and status.
func (r *Results) check(t *testing.T, errno syscall.Errno, status int, want ...loadgen.Outcome) {
	t.Helper()
	for _, res := range r.All {
		if !slices.Contains(want, res.Outcome) || res.Errno != errno || res.Status != status {
			t.Errorf("request %d: %s, errno %d (%v), status %d; want %v, errno %d, status %d",
				res.Seq, res.Outcome, res.Errno, res.Errno, res.Status, want, errno, status)
			return
		}
	}
}

// checkClosed checks that a connection which was not kept says who closed it.
func checkClosed(t *testing.T, res loadgen.Result, connections loadgen.Connections) {
	t.Helper()
	connected := res.Connected != 0 || res.Reused
	kept := connections == loadgen.Reuse && res.Status != 0
	ended := []loadgen.Outcome{loadgen.ResetBeforeResponse, loadgen.ClosedBeforeResponse,
		loadgen.ReusedClosed, loadgen.ResetMidResponse, loadgen.Truncated}
	switch {
	case !connected && res.Closed != "", connected && !kept && res.Closed == "",
		connected && slices.Contains(ended, res.Outcome) && res.Closed != loadgen.ByPeer:
		t.Errorf("request %d, connected %v, is %s and closed by %q", res.Seq, connected, res.Outcome,
			res.Closed)
	}
}
