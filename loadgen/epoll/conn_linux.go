package epoll

import (
	"cmp"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"weir/loadgen"
	"weir/loadgen/http1"
	"weir/loadgen/wire"
)

type phase uint8

const (
	idle phase = iota // between two requests, or unused
	connecting
	writing
	reading
)

// conn is a connection and the request on it. Its memory is used again for later ones.
type conn struct {
	fd         int
	slot       int32
	generation int32 // how often the slot was used, so that old events do not find the new connection
	phase      phase
	// Events are edges, told once (epoll(7)). noticed keeps what one said that the next read must know:
	// that there was something to read when nobody read, or that the peer is closing. A read then goes on
	// until the kernel has no more.
	noticed   bool
	hungUp    bool // an event said that the peer is closing
	prompt    bool // small segments do not wait for an ACK: TCP_NODELAY is set, or it is no TCP
	localPort int
	carried   int           // requests, this one included
	written   int           // bytes of the request
	unsent    []byte        // the request, where it could not be sent at once
	writeErr  syscall.Errno // how writing failed
	res       loadgen.Result
	parser    http1.Parser
	links     [2]link
}

// enter notes what a connection does from now on.
func (l *loop) enter(c *conn, p phase) {
	if c.phase.isSending() {
		l.sending--
	}
	if c.phase = p; p.isSending() {
		l.sending++
	}
}

func (p phase) isSending() bool { return p == connecting || p == writing }

const closing = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR

// handle deals with what epoll says of a connection.
func (l *loop) handle(c *conn, events uint32) {
	c.hungUp = c.hungUp || events&closing != 0
	if events&closing != 0 || events&unix.EPOLLIN != 0 && c.phase != reading {
		c.noticed = true
	}
	switch c.phase {
	case idle: // not acted on: the request that finds it closed says so, as a proxy's would
	case connecting:
		l.connected(c, events)
	case writing:
		l.write(c)
	case reading:
		if events&(unix.EPOLLIN|closing) != 0 {
			l.read(c)
		}
	}
}

// write sends what it can of the request.
func (l *loop) write(c *conn) {
	request := c.unsent
	if request == nil {
		request = l.requests.At(c.res.Seq, &l.scratch)
	}
	if !c.prompt && len(request) > smallestSegment {
		// A last small segment would wait for the ACK of another (net/ipv4/tcp_output.c, tcp_nagle_check). A
		// request of one segment goes alone: what the connection carried before is answered, and acknowledged
		// with that.
		setOption(c.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		c.prompt = true
	}
	for turn := 0; c.written < len(request); turn++ {
		if turn == turns {
			c.unsent = l.own(request)
			l.poller.rearm(c)
			return
		}
		n, errno := send(c.fd, request[c.written:min(len(request), c.written+readBuffer)])
		if errno == unix.EAGAIN {
			c.unsent = l.own(request)
			return
		}
		if errno != 0 {
			// The peer may have answered before it broke the connection off (413 and close).
			c.writeErr, c.noticed = errno, true
			break
		}
		c.written += n
	}
	if c.writeErr == 0 {
		c.res.Written = l.now()
	}
	l.enter(c, reading)
	if c.noticed {
		l.read(c)
	}
}

// smallestSegment is the least MSS of a path that carries IPv4 (RFC 9293 section 3.7.1).
const smallestSegment = 536

// own returns bytes of a request that stay as they are, also when the loop's scratch space is used again.
func (l *loop) own(request []byte) []byte {
	if &request[0] == &l.scratch[:1][0] {
		return slices.Clone(request)
	}
	return request
}

// read reads what there is of the response. A short read has emptied the socket (epoll(7)), so that
// asking again would be a system call for nothing, unless the peer is known to have closed.
func (l *loop) read(c *conn) {
	for range turns {
		b, at, told, errno := l.receiver.receive(c.fd, c.res.Sent)
		switch {
		case errno == unix.EAGAIN:
			c.noticed = false
			return
		case errno != 0 || len(b) == 0:
			l.ended(c, errno)
			return
		}
		whole := c.res.FirstByte == 0
		if whole {
			// It may have come before the call returned that sent the request.
			c.res.FirstByte = max(at, c.res.Connected, c.res.Written)
		}
		rest, err := c.parser.Feed(b)
		c.res.Status = c.parser.Status
		if err != nil {
			l.finish(c, loadgen.BadResponse, 0)
			return
		}
		if c.parser.Complete() {
			if !told || !whole {
				l.beAlert()
			}
			l.answered(c, max(at, c.res.FirstByte), len(rest) == 0)
			return
		}
		if len(b) < readBuffer && !c.noticed {
			return
		}
	}
	l.poller.rearm(c)
}

// ended deals with the end of the connection: errno is 0 where the peer closed.
func (l *loop) ended(c *conn, errno syscall.Errno) {
	began := c.res.FirstByte != 0
	c.hungUp = c.hungUp || errno == 0 || errno == unix.ECONNRESET
	switch {
	case errno == 0 && c.parser.Close():
		l.beAlert()
		l.answered(c, l.now(), false)
	case began:
		l.finish(c, readOutcome(errno, began), errno)
	case c.res.Reused && wire.Stale(c.fd, l.remote.Network, cmp.Or(c.writeErr, errno), c.written):
		l.finish(c, loadgen.ReusedClosed, cmp.Or(c.writeErr, errno))
	case c.writeErr != 0 && c.written > 0:
		l.finish(c, loadgen.WriteFailed, c.writeErr)
	case c.writeErr == unix.ECONNRESET:
		// The RST was there before our first byte. The kernel tells of it once; a read then finds EOF.
		l.finish(c, loadgen.ResetBeforeResponse, c.writeErr)
	default:
		l.finish(c, readOutcome(errno, began), errno)
	}
}

// answered ends a request whose response is complete. Bytes that nobody asked for would be taken for
// the next response, so only a connection without any is kept.
func (l *loop) answered(c *conn, at time.Duration, clean bool) {
	t := &l.target
	keep := clean && c.writeErr == 0 && t.Connections == loadgen.Reuse && c.parser.Reusable() &&
		(t.RequestsPerConnection == 0 || c.carried < t.RequestsPerConnection)
	l.end(c, at, wire.StatusOutcome(c.res.Status), 0, keep)
}

// finish ends a request and its connection.
func (l *loop) finish(c *conn, o loadgen.Outcome, errno syscall.Errno) {
	l.beAlert()
	l.end(c, l.now(), o, errno, false)
}

func (l *loop) end(c *conn, at time.Duration, o loadgen.Outcome, errno syscall.Errno, keep bool) {
	c.res.Done, c.res.Outcome, c.res.Errno = at, o, errno
	l.opening.remove(c)
	l.open.remove(c)
	l.places.giveBack()
	connected := c.phase != connecting
	l.enter(c, idle)
	c.unsent = nil
	switch {
	case keep:
		l.keep(c)
	case connected:
		c.res.Closed, c.res.Unread = c.closer(), wire.Unread(c.fd)
		l.discard(c)
	default:
		l.observe(c)
		l.discard(c)
	}
	l.rec.Record(c.res)
}

// closer says who closes the connection first, right before we do.
func (c *conn) closer() loadgen.Closer {
	if c.hungUp || wire.PeerClosed(c.fd) {
		return loadgen.ByPeer
	}
	return loadgen.ByUs
}

// keep leaves a connection for the next request. The surplus is closed from the end that was used least
// recently, as NGINX does (ngx_http_upstream_keepalive_module.c).
func (l *loop) keep(c *conn) {
	l.idle.push(c, l.now())
	if l.mostIdle > 0 && l.idle.len > l.mostIdle {
		l.leave(l.idle.front)
	}
}

// take returns the idle connection that was used last, nil if at that time there is none. One on which
// something came unasked is closed instead; whether one is still open is for the request to find out. The
// kernel is asked each time: the event of what came since the last look is not fetched yet.
func (l *loop) take(at time.Duration) *conn {
	for c := l.idle.back; c != nil; c = l.idle.back {
		// The loop may be late: what has been idle for too long, but is not closed yet, is not used either.
		if wire.Unread(c.fd) == 0 && !l.idle.over(c, at) {
			l.idle.remove(c)
			return c
		}
		l.leave(c)
	}
	return nil
}

// leave closes an idle connection.
func (l *loop) leave(c *conn) {
	l.idle.remove(c)
	d := loadgen.Departure{At: l.now(), Closed: c.closer(), Unread: wire.Unread(c.fd)}
	l.discard(c)
	loadgen.Depart(l.rec, d)
}

// discard closes a connection and keeps its memory for another.
func (l *loop) discard(c *conn) {
	if l.target.Close == loadgen.Reset {
		resetOnClose(c.fd)
	}
	closeSocket(c.fd)
	c.generation++
	l.unused = append(l.unused, c)
}

// refuse ends a request that got no connection.
func (l *loop) refuse(res loadgen.Result, o loadgen.Outcome, errno syscall.Errno) {
	l.places.giveBack()
	l.record(res, o, errno)
}

func (l *loop) record(res loadgen.Result, o loadgen.Outcome, errno syscall.Errno) {
	res.Done, res.Outcome, res.Errno = l.now(), o, errno
	l.rec.Record(res)
}
