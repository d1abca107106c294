package portable

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"weir/loadgen"
	"weir/loadgen/wire"
)

// dialer opens one connection with one connect(). What it learns on the way, the local port and the
// SYNs that were lost, it notes in res. The connection it returns is in l.
type dialer interface {
	dial(ctx context.Context, deadline time.Time, l *live, res *loadgen.Result) (net.Conn, error)
}

// netDialer dials through package net. It is for systems where direct connecting is not written, and
// knows of lost SYNs only where observe does.
type netDialer struct {
	remote wire.Remote
	locals turns[net.Addr]
}

func newNetDialer(r wire.Remote, t loadgen.Target) (dialer, error) {
	d := &netDialer{remote: r}
	for _, a := range t.LocalAddrs {
		d.locals.all = append(d.locals.all, net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
	}
	return d, nil
}

// turns gives out its elements in turn, to many goroutines; the zero value where it has none.
type turns[T any] struct {
	all  []T
	next atomic.Uint64
}

func (t *turns[T]) take() (one T) {
	if len(t.all) > 0 {
		one = t.all[(t.next.Add(1)-1)%uint64(len(t.all))]
	}
	return one
}

func (d *netDialer) dial(ctx context.Context, deadline time.Time, l *live, res *loadgen.Result) (net.Conn,
	error) {
	// Package net dials again, unasked and up to twice, when the kernel had no local port or connected
	// the socket to itself. The second attempt would make a second socket: it is refused one.
	sockets := 0
	one := net.Dialer{Deadline: deadline, LocalAddr: d.locals.take(), KeepAlive: -1,
		Control: func(_, _ string, _ syscall.RawConn) error {
			if sockets++; sockets > 1 {
				return errRedial
			}
			return nil
		}}
	c, err := one.DialContext(ctx, d.remote.Network, d.remote.Address)
	if errors.Is(err, errRedial) {
		return nil, syscall.EADDRNOTAVAIL
	}
	if err != nil {
		return nil, err
	}
	if a, ok := c.LocalAddr().(*net.TCPAddr); ok {
		res.LocalPort = a.Port
	}
	if t, ok := c.(*net.TCPConn); ok {
		if raw, err := t.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { observe(fd, res) })
		}
	}
	l.add(c)
	return c, nil
}

var errRedial = errors.New("a second attempt was refused")

// live is the set of connections that a run is waiting on, so that its end can interrupt them all.
type live struct {
	mu    sync.Mutex
	conns map[interruptible]struct{}
	ended atomic.Bool
}

type interruptible interface{ SetDeadline(time.Time) error }

func newLive() *live { return &live{conns: map[interruptible]struct{}{}} }

func (l *live) add(c interruptible) {
	l.mu.Lock()
	l.conns[c] = struct{}{}
	l.mu.Unlock()
}

func (l *live) remove(c interruptible) {
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
}

var past = time.Unix(1, 0)

// end makes every wait on a connection of the set return at once, now and from now on.
func (l *live) end() {
	l.ended.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.SetDeadline(past)
	}
}

// arm gives c, which must be in the set, a deadline that does not undo the end: either this sees that
// it has come, or end's own SetDeadline comes after ours.
func (l *live) arm(c interruptible, deadline time.Time) {
	_ = c.SetDeadline(deadline)
	if l.ended.Load() {
		_ = c.SetDeadline(past)
	}
}
