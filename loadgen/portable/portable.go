// Package portable is the open-loop engine that runs everywhere and speaks everything: HTTP and FastCGI over
// TCP, unix sockets and TLS. Each request has a goroutine, and the runtime's poller does the rest.
//
// It believes that a generator must not help: no request is ever tried twice, no connection is opened that
// was not asked for, no error is translated into another. So it does not use fasthttp's client or net/http's,
// which retry and redial behind their caller's back, but fasthttp's response reader on connections that it
// dials itself; what is a response and where it ends, package http1 says, as for the event loop. Attempts on
// the wire equal requests sent.
//
// It is not for the highest rates; an event loop without a goroutine a request is.
package portable

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"weir/loadgen"
	"weir/loadgen/pace"
	"weir/loadgen/plan"
	"weir/loadgen/wire"
)

// Engine offers plans to one target. It may run one plan after another, or several at once.
type Engine struct {
	target   loadgen.Target
	requests *wire.Requests
	remote   wire.Remote
	dialer   dialer
	tls      *tls.Config // nil: plain

	exchanges sync.Pool // of *exchange
}

var _ loadgen.Engine = (*Engine)(nil)

// New prepares an engine. It resolves the target's name once, here, so that no lookup falls into the
// load; a name that does not resolve is no error, but the outcome (DNSFailed) of every request.
// The errors are the target's: a URL that is none, a local address that this machine does not have.
func New(t loadgen.Target) (*Engine, error) { return newEngine(t, newDialer) }

func newEngine(t loadgen.Target, dial func(wire.Remote, loadgen.Target) (dialer, error)) (*Engine, error) {
	t, err := t.Complete()
	if err != nil {
		return nil, err
	}
	if err := wire.CheckLocal(t.LocalAddrs); err != nil {
		return nil, err
	}
	u, err := url.Parse(t.URL)
	if err != nil {
		return nil, err
	}
	e := &Engine{target: t, requests: wire.NewRequests(t), remote: wire.Resolve(t)}
	if e.remote.Err == nil {
		if err := e.remote.CheckFamily(t.LocalAddrs); err != nil {
			return nil, err
		}
		if e.dialer, err = dial(e.remote, t); err != nil {
			return nil, err
		}
	}
	if u.Scheme == "https" {
		e.tls = &tls.Config{
			ServerName:         u.Hostname(),
			InsecureSkipVerify: t.Insecure,
			NextProtos:         []string{"http/1.1"},
		}
	}
	e.exchanges.New = func() any { return newExchange() }
	return e, nil
}

// Name is what a record calls this engine.
func (e *Engine) Name() string { return "portable" }

// Remote is the address that requests go to, after the name was resolved: of several addresses the
// first IPv4 one, else the first. It is empty where the name did not resolve.
func (e *Engine) Remote() string { return e.remote.Address }

// Run implements loadgen.Engine. When ctx ends, requests that were not released by then are not
// recorded. Connections kept for reuse live as long as the run: each trial begins without any.
func (e *Engine) Run(ctx context.Context, epoch time.Time, start time.Duration, p plan.Plan,
	rec loadgen.Recorder) error {
	if err := p.Validate(); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	r := &run{Engine: e, ctx: ctx, epoch: epoch, requests: e.requests.ForRun(epoch, start, p.First), rec: rec,
		live: newLive()}
	r.idle = idle{timeout: e.target.IdleTimeout, most: e.target.MaxIdle, leave: r.leave}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		r.live.end()
		close(interrupted)
	})
	_ = pace.Run(ctx, epoch, start, p.Due(), r.release)
	r.carrying.Wait()
	if !stop() {
		<-interrupted
	}
	r.idle.end()
	return ctx.Err()
}

// run is one Run of an engine.
type run struct {
	*Engine
	ctx   context.Context
	epoch time.Time
	rec   loadgen.Recorder

	requests *wire.Requests
	carrying sync.WaitGroup
	inFlight atomic.Int64
	looked   time.Duration // until then no other request has ended; release's alone
	live     *live
	idle     idle
}

func (r *run) now() time.Duration { return time.Since(r.epoch) }

// release starts request seq, or sheds it: a request that waited for its turn would be sent late, and
// the load would follow the server instead of the plan.
func (r *run) release(seq int, due time.Duration) {
	if r.full(due) {
		r.rec.Record(loadgen.Result{Seq: seq, Due: due, Done: r.now(), Outcome: loadgen.Shed})
		return
	}
	r.inFlight.Add(1)
	r.carrying.Add(1)
	go r.carry(seq, due)
}

// breath is how long the others may run before a request is shed late.
const breath = time.Millisecond

// full says that there is no place for a request that was due then. Where that is past, we did not run, and
// answers may have come meanwhile that no goroutine has read: they get time to, as long as any of them ends.
func (r *run) full(due time.Duration) bool {
	full := func() bool { return r.inFlight.Load() >= int64(r.target.MaxInFlight) }
	if full() && r.looked < due && r.now() > due+breath {
		time.Sleep(breath)
		if full() {
			r.looked = r.now()
		}
	}
	return full()
}

func (r *run) carry(seq int, due time.Duration) {
	defer r.carrying.Done()
	x := r.exchanges.Get().(*exchange)
	result := x.do(r, loadgen.Result{Seq: seq, Due: due})
	r.exchanges.Put(x)
	r.inFlight.Add(-1)
	r.rec.Record(result)
}
