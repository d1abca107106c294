package portable

import (
	"net"
	"slices"
	"syscall"
	"time"

	"weir/loadgen"
	"weir/loadgen/wire"
)

// conn is an open connection and what must be remembered from one request to the next.
type conn struct {
	net.Conn            // TLS, or look itself
	look      *lastLook // at socket
	socket    net.Conn  // what the kernel knows
	localPort int
	// requests; the last that it may carry says nothing of that, it is the same bytes as any
	carried int
	since   time.Time // idle since then
}

// stale says that a request found its connection closed, see wire.Stale. err is how writing failed, else
// how reading ended.
func (c *conn) stale(network string, err error, taken int) (stale bool) {
	if brokenOff(err) {
		c.control(func(fd int) { stale = wire.Stale(fd, network, errnoOf(err), taken) })
	}
	return stale
}

// ends is who closes the connection first, if it is closed now, and how many bytes are unread then. It is the
// peer, if its end was seen, in one of the errors, or is in the kernel, unread.
func (c *conn) ends(seen ...error) (first loadgen.Closer, unread int) {
	closed := slices.ContainsFunc(seen, brokenOff)
	c.control(func(fd int) {
		closed = closed || wire.PeerClosed(fd)
		unread = wire.Unread(fd)
	})
	if closed {
		return loadgen.ByPeer, unread
	}
	return loadgen.ByUs, unread
}

// take returns an idle connection, or nil. One on which something came unasked is closed instead; over TLS
// that is not seen, where it may well be the protocol's own.
func (r *run) take() *conn {
	for c := r.idle.take(); c != nil; c = r.idle.take() {
		unasked := 0
		if r.tls == nil {
			c.control(func(fd int) { unasked = wire.Unread(fd) })
		}
		if unasked == 0 {
			return c
		}
		r.leave(c)
	}
	return nil
}

// leave closes an idle connection.
func (r *run) leave(c *conn) {
	d := loadgen.Departure{At: r.now()}
	d.Closed, d.Unread = c.ends()
	c.end(r.target.Close)
	loadgen.Depart(r.rec, d)
}

func (c *conn) control(f func(fd int)) { control(c.socket, f) }

func control(socket net.Conn, f func(fd int)) {
	if s, ok := socket.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { f(int(fd)) })
		}
	}
}

// end closes the connection. A linger of 0 makes an RST of it (tcp(7), SO_LINGER); on a unix socket it means
// nothing.
func (c *conn) end(how loadgen.Closing) {
	if s, ok := c.socket.(interface{ SetLinger(int) error }); ok && how == loadgen.Reset {
		_ = s.SetLinger(0)
	}
	c.Close()
}
