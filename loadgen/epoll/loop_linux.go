package epoll

import (
	"cmp"
	"context"
	"syscall"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/loadgen/wire"
)

const (
	// longestNap bounds how long the end of the context may go unnoticed.
	longestNap = 10 * time.Millisecond
	// burst is how many requests that are due (or overdue) are sent before the loop looks at the connections
	// it has: a generator that is late must not also read its clock late. While it is prompt it may send
	// another for each event.
	burst  = 32
	prompt = time.Millisecond
	// few events are dealt with before the clock is looked at: one by one would be more prompt, and cost a
	// tenth more, because sending and receiving are much code each and a processor's caches hold one of them.
	few = 8
	// readBuffer is a loop's, not a connection's: what is read is parsed and forgotten at once.
	readBuffer = 64 << 10 // bytes
	// turns bounds how many full buffers one connection may read, or write, while others wait.
	turns = 16
)

// loop carries a share of a plan's requests, on one thread. Only run and what it calls touch it.
type loop struct {
	*Engine
	ctx   context.Context
	epoch time.Time
	rec   loadgen.Recorder
	share share
	meter meter
	use   *loadgen.LoopUse // once it has ended

	poller   poller
	receiver *receiver
	conns    []*conn // by slot; epoll's events name them
	unused   []*conn
	scratch  []byte // room for a request, grows to the largest
	requests *wire.Requests
	turn     int           // of the local addresses
	idle     timeouts      // connections between requests, the one used last at the end
	opening  timeouts      // requests whose connect() is under way
	open     timeouts      // all requests in flight
	places   *places       // for those of all loops
	mostIdle int           // how many connections may be idle, 0: all
	batch    int           // events that the last wait brought
	handled  int           // of those
	looked   time.Duration // all that had happened until then has been dealt with
	told     int           // events in full batches since looking
	looking  time.Duration // when the first of those was asked for
	released int           // requests since that wait
	sending  int           // connections that are being opened or written to
	alert    time.Duration // until then the loop wakes up for whatever happens
	quantum  time.Duration // from one doze's end to the next one's, at least
	woke     time.Duration // when the last ended
	dozed    bool          // before the last wait: what that brought, came before what is due since
}

func newLoop(e *Engine, p poller, s share, epoch time.Time) *loop {
	t := e.target
	return &loop{
		Engine: e, share: s, epoch: epoch, poller: p, receiver: newReceiver(epoch, readBuffer),
		scratch:  make([]byte, 0, 4096),
		requests: e.requests, turn: s.index, places: newPlaces(t.MaxInFlight), mostIdle: s.part(t.MaxIdle),
		// a connection is never idle and being opened
		idle:    timeouts{after: cmp.Or(t.IdleTimeout, never), link: 0},
		opening: timeouts{after: min(t.ConnectTimeout, t.Timeout), link: 0},
		open:    timeouts{after: t.Timeout, link: 1},
	}
}

func (l *loop) now() time.Duration { return time.Since(l.epoch) }

// run follows the schedule and, between its requests, what happens on the connections; then it waits
// for the last of them.
func (l *loop) run(start time.Duration, p plan.Plan) {
	defer sharpen()()
	l.meter = newMeter(l.now())
	defer func() { l.use = l.meter.end(l.now()) }()
	for seq, due := range p.Due() {
		if l.share.has(seq) {
			if !l.attendUntil(due + start) {
				break
			}
			l.release(seq, due+start)
		}
	}
	for l.open.len > 0 && l.ctx.Err() == nil {
		l.attend(l.now(), never)
	}
	for c := l.open.front; c != nil; c = l.open.front {
		l.finish(c, loadgen.Canceled, 0)
	}
	for c := l.idle.front; c != nil; c = l.idle.front {
		l.leave(c)
	}
	l.poller.close()
}

const never = time.Duration(1<<63 - 1)

// attendUntil looks after the connections until the next request is due, and reports false if the context
// ended first. What is due goes first, between any two connections: a batch of events can take milliseconds
// where each of them is a handshake. But a loop that has more to send than it can must not forget its
// connections over it, so that it sends only so many requests a batch.
func (l *loop) attendUntil(due time.Duration) bool {
	for {
		at := l.now()
		if at >= due && l.mayRelease(due, at < due+prompt) {
			l.released++
			return l.ctx.Err() == nil
		}
		l.attend(at, due)
		if l.ctx.Err() != nil {
			return false
		}
	}
}

// mayRelease says whether a request that is due goes before the events that are waiting. It does not where it
// would be shed: what they tell, or what the kernel has to tell of the time until it was due, may be that
// another has ended. Nor does it after a doze, before the first few of them: they are older, and may tell of
// a connection that is free for it, or no longer to be used.
func (l *loop) mayRelease(due time.Duration, isPrompt bool) bool {
	allowed := burst
	if isPrompt {
		allowed += l.handled
	}
	switch {
	case l.released >= allowed:
		return false
	case l.places.full():
		return l.handled == l.batch && l.looked >= due
	}
	return l.handled == l.batch || !(l.dozed && l.handled == 0)
}

// attend does one thing: it deals with some events, ends a request whose time is up or, where there is
// neither, waits for something to happen, until then at the latest.
func (l *loop) attend(at, then time.Duration) {
	l.meter.tick(at)
	if l.handled < l.batch {
		l.handleSome()
		return
	}
	if l.expire(l.looked) {
		return
	}
	l.released, l.handled = 0, 0
	then = min(then, l.opening.next(), l.open.next(), l.idle.next(), at+longestNap)
	if l.dozed = l.mayDoze(at, then); l.dozed {
		doze(max(then, l.woke+l.quantum) - at)
		at = l.now()
		then, l.woke = at, at // what came meanwhile is there now
	}
	var errno syscall.Errno
	l.batch, errno = l.poller.wait(then - at)
	if errno == 0 { // EINTR: nothing was looked for
		l.look(at)
	}
}

// handleSome deals with a few events.
func (l *loop) handleSome() {
	for n := 0; n < few && l.handled < l.batch; n++ {
		// An event may be of a connection that is closed, its slot taken again: while the process forks a
		// child, that has a copy of the socket until its exec, and epoll goes by the last one.
		event := l.poller.events[l.handled]
		l.handled++
		if c := l.conns[event.Fd]; c.generation == event.Pad {
			l.handle(c, event.Events)
		}
	}
}

// look notes that events were asked for at a time. A loop that was not run for a while must not take for a
// timeout what it has not yet read: an answer that came in time waits in the kernel. A batch that is not full
// was all there is; the kernel keeps events in the order in which they came (fs/eventpoll.c, ep_send_events),
// one for each connection, so that after as many as there are connections the first of them must have been
// told.
func (l *loop) look(at time.Duration) {
	if l.told == 0 {
		l.looking = at
	}
	switch l.told += l.batch; {
	case l.batch < batch:
		l.looked, l.told = at, 0
	case l.told > len(l.conns):
		l.looked, l.told = l.looking, 0
	}
}

// expire ends a request whose time is up, in the phase in which it is, or an idle connection, and reports
// whether there was one.
func (l *loop) expire(at time.Duration) bool {
	if c := l.opening.expired(at); c != nil {
		l.finish(c, loadgen.ConnectTimeout, 0)
		return true
	}
	if c := l.open.expired(at); c != nil {
		if c.phase == writing {
			l.finish(c, loadgen.WriteFailed, 0)
		} else {
			l.finish(c, loadgen.ResponseTimeout, 0)
		}
		return true
	}
	if c := l.idle.expired(at); c != nil {
		l.leave(c)
		return true
	}
	return false
}

// release sends a request, or sheds it: a request that waited for its turn would be sent late, and the
// load would follow the server instead of the plan.
func (l *loop) release(seq int, due time.Duration) {
	res := loadgen.Result{Seq: seq, Due: due}
	if !l.places.take() {
		l.record(res, loadgen.Shed, 0)
		return
	}
	res.Sent = l.now()
	if c := l.take(res.Sent); c != nil {
		l.reuse(c, res)
		return
	}
	if l.remote.Err != nil {
		l.refuse(res, loadgen.DNSFailed, 0)
		return
	}
	l.connect(res)
}
