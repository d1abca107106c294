package epoll

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/loadgen/wire"
)

// perLoop is the rate above which a plan is given another loop, requests per second. It is well below
// what one carries. Below it one loop is better than several: reuse is exactly last in first out,
// and the other cores are the server's.
const perLoop = 20_000

// Engine offers plans to one target. It may run one plan after another, or several at once.
type Engine struct {
	target   loadgen.Target
	requests *wire.Requests
	remote   wire.Remote
	to       address
	from     []address // taken in turn; none: the kernel chooses
	loops    int       // 0: as many as the plan needs

	mu        sync.Mutex
	lastLoops int // of the run that ended last
	lastUse   *loadgen.LoopUse
}

var _ loadgen.Looped = (*Engine)(nil)

// New prepares an engine. It resolves the target's name once, here, so that no lookup falls into the
// load; a name that does not resolve is no error, but the outcome (DNSFailed) of every request.
//
// The errors are the target's, or errors.ErrUnsupported where the target is https or the kernel older
// than Linux 5.11 (epoll_pwait2): those are for package portable.
func New(t loadgen.Target) (*Engine, error) {
	t, err := t.Complete()
	if err != nil {
		return nil, err
	}
	if err := checkSupported(t); err != nil {
		return nil, err
	}
	if err := checkKernel(); err != nil {
		return nil, err
	}
	if err := wire.CheckLocal(t.LocalAddrs); err != nil {
		return nil, err
	}
	e := &Engine{target: t, requests: wire.NewRequests(t), remote: wire.Resolve(t)}
	if e.remote.Err == nil {
		e.to, e.from, err = addresses(e.remote, t.LocalAddrs)
	}
	return e, err
}

// checkKernel tries the one system call that a kernel in use may lack.
func checkKernel() error {
	p, err := newPoller()
	if err != nil {
		return err
	}
	defer p.close()
	if _, errno := p.wait(0); errno != 0 {
		return fmt.Errorf("epoll_pwait2: %w: the epoll engine needs Linux 5.11: use the portable engine",
			errors.Join(errno, errors.ErrUnsupported))
	}
	return nil
}

// Name is what a record calls this engine.
func (e *Engine) Name() string { return "epoll" }

// Remote is the address that requests go to, after the name was resolved: of several addresses the
// first IPv4 one, else the first. It is empty where the name did not resolve.
func (e *Engine) Remote() string { return e.remote.Address }

// Run implements loadgen.Engine. Its loops record from their own threads, between system calls, each to a
// shard of rec where it has any: what that takes, the requests after it wait for. When ctx ends, requests
// that were not released by then are not recorded. Connections kept for reuse live as long as the run: each
// trial begins without any.
func (e *Engine) Run(ctx context.Context, epoch time.Time, start time.Duration, p plan.Plan,
	rec loadgen.Recorder) error {
	if err := p.Validate(); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	loops, places := make([]*loop, e.loopsFor(p)), newPlaces(e.target.MaxInFlight)
	for i := range loops {
		poller, err := newPoller()
		if err != nil {
			for _, l := range loops[:i] {
				l.poller.close()
			}
			return err
		}
		loops[i] = newLoop(e, poller, shareOf(i, len(loops), e.requests.Cycle()), epoch)
		loops[i].ctx, loops[i].rec = ctx, loadgen.ShardOf(rec)
		loops[i].places = places
		loops[i].quantum = e.target.QuantumAt(p.MaxRate())
		loops[i].requests = e.requests.ForRun(epoch, start, p.First)
	}
	defer keepStamping(e.to.family())()
	defer holdProcessors(len(loops))()
	var running sync.WaitGroup
	for _, l := range loops {
		running.Go(func() {
			// The thread outlives the loop, because it would take its run delay with it (package self).
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			l.run(start, p)
		})
	}
	running.Wait()
	e.mu.Lock()
	e.lastLoops, e.lastUse = len(loops), worst(loops)
	e.mu.Unlock()
	return ctx.Err()
}

// LastLoops implements loadgen.Looped.
func (e *Engine) LastLoops() (n int, most *loadgen.LoopUse) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.lastLoops, e.lastUse
}

// loopsFor says how many loops a plan needs: no more than there are cores, than connections may be idle,
// since each loop has a share of those, or than requests may be in flight.
func (e *Engine) loopsFor(p plan.Plan) int {
	n := e.loops
	if n == 0 {
		n = min(int(math.Ceil(p.MaxRate()/perLoop)), runtime.GOMAXPROCS(0))
	}
	if e.target.MaxIdle > 0 {
		n = min(n, e.target.MaxIdle)
	}
	return max(1, min(n, e.target.MaxInFlight))
}

// share is one of several equal parts of something.
type share struct {
	index, of int
	cycle     int // after how many requests their kinds come again; 0: that does not matter
}

// shareOf is one of equal parts of requests whose kinds come again after cycle of them. Where the parts and
// the kinds would keep step, one part having all of a kind, each cycle begins with another part.
func shareOf(index, of, cycle int) share {
	for n := 2; n <= of; n++ {
		if of%n == 0 && cycle%n == 0 {
			return share{index, of, cycle}
		}
	}
	return share{index, of, 0}
}

// has says whether the i-th request is in the share: they are dealt in turn.
func (s share) has(i int) bool {
	if s.cycle > 0 {
		i += i / s.cycle
	}
	return i%s.of == s.index
}

// part is how much of n it is; the parts add up to n.
func (s share) part(n int) int {
	if s.index < n%s.of {
		return n/s.of + 1
	}
	return n / s.of
}
