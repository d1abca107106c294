package portable

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"weir/loadgen"
	"weir/loadgen/wire"
)

// direct connects by itself: one nonblocking socket, one connect(2), then the runtime's poller. Package
// net would do the same in three times the allocations, and more than once where it sees fit.
type direct struct {
	remote wire.Remote
	family int
	// A Sockaddr is scratch space for the call that it is given to, so each connect makes its own.
	to   func() unix.Sockaddr
	from turns[func() unix.Sockaddr] // nil: the kernel chooses
}

func newDialer(r wire.Remote, t loadgen.Target) (dialer, error) {
	d := &direct{remote: r}
	if r.Network == "unix" {
		d.family, d.to = unix.AF_UNIX, func() unix.Sockaddr { return &unix.SockaddrUnix{Name: r.Address} }
		return d, nil
	}
	var err error
	if d.family, d.to, err = sockaddr(r.TCP); err != nil {
		return nil, err
	}
	for _, local := range t.LocalAddrs {
		_, from, err := sockaddr(netip.AddrPortFrom(local.Unmap(), 0))
		if err != nil {
			return nil, err
		}
		d.from.all = append(d.from.all, from)
	}
	return d, nil
}

func sockaddr(a netip.AddrPort) (family int, make func() unix.Sockaddr, err error) {
	if a.Addr().Is4() {
		sa4 := unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
		return unix.AF_INET, func() unix.Sockaddr { sa := sa4; return &sa }, nil
	}
	sa6 := unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	if zone := a.Addr().Zone(); zone != "" {
		if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
			sa6.ZoneId = uint32(n)
		} else if i, err := net.InterfaceByName(zone); err == nil {
			sa6.ZoneId = uint32(i.Index)
		} else {
			return 0, nil, fmt.Errorf("zone of %v: %w", a, err)
		}
	}
	return unix.AF_INET6, func() unix.Sockaddr { sa := sa6; return &sa }, nil
}

func (d *direct) dial(_ context.Context, deadline time.Time, l *live, res *loadgen.Result) (net.Conn, error) {
	fd, err := d.connect()
	if err != nil {
		return nil, err
	}
	// A file, not a net.Conn: package net takes over only connected sockets, and only copies of them.
	c := &socket{File: os.NewFile(uintptr(fd), d.remote.Address), remote: d.remote}
	l.add(c)
	if d.family != unix.AF_UNIX {
		l.arm(c, deadline)
		err = d.finish(c, l, res)
	}
	if err != nil {
		l.remove(c)
		c.Close()
		return nil, err
	}
	return c, nil
}

// connect makes a socket and calls connect(2) on it, which for AF_UNIX answers at once (EAGAIN: the
// accept queue is full) and for TCP leaves the handshake to be waited for.
func (d *direct) connect() (fd int, err error) {
	fd, err = unix.Socket(d.family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if d.family != unix.AF_UNIX {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if from := d.from.take(); from != nil {
		// The port is chosen by connect, which knows the destination, and so may be one that is in use
		// towards another (ip(7), IP_BIND_ADDRESS_NO_PORT).
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		if err := unix.Bind(fd, from()); err != nil {
			unix.Close(fd)
			return -1, os.NewSyscallError("bind", err)
		}
	}
	// A signal (EINTR) does not stop the handshake either.
	if err := unix.Connect(fd, d.to()); err != nil && err != unix.EINPROGRESS && err != unix.EINTR {
		unix.Close(fd)
		return -1, os.NewSyscallError("connect", err)
	}
	return fd, nil
}

// finish waits for the handshake of c and notes what it cost.
func (d *direct) finish(c *socket, l *live, res *loadgen.Result) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	// The poller calls back at once and then after every wake-up, until the answer is final.
	err = raw.Write(func(fd uintptr) (final bool) {
		failed, final = outcome(int(fd))
		if final {
			observe(fd, res)
		}
		return final
	})
	if err != nil {
		// The time is up, and SYNs may have been lost; or we did not run, and it is long connected. The
		// runtime does not look.
		final := false
		_ = raw.Control(func(fd uintptr) {
			observe(fd, res)
			failed, final = outcome(int(fd))
		})
		if !final || l.ended.Load() {
			return err
		}
	}
	if failed == nil && res.LocalPort == int(d.remote.TCP.Port()) && selfConnected(c) {
		// With nobody listening on an ephemeral port, the kernel may choose that very port for us, and
		// the simultaneous open of RFC 9293 section 3.5 then connects the socket to itself.
		failed = os.NewSyscallError("connect", unix.ECONNREFUSED)
	}
	return failed
}

// outcome asks a connecting socket how it stands. A wake-up without an error may be spurious, so only
// having a peer counts as connected.
func outcome(fd int) (failed error, final bool) {
	pending, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return os.NewSyscallError("getsockopt", err), true
	}
	if pending != 0 {
		return os.NewSyscallError("connect", syscall.Errno(pending)), true
	}
	_, err = unix.Getpeername(fd)
	return nil, err == nil
}

// observe notes what a connecting socket has cost: its local port and its lost SYNs.
func observe(fd uintptr, res *loadgen.Result) {
	if local, err := unix.Getsockname(int(fd)); err == nil {
		res.LocalPort = port(local)
	}
	// On a socket that is connecting, or has just connected, all retransmits are of its SYN (net/ipv4/tcp.c,
	// tcp_get_info).
	if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
		res.SYNRetrans = int(info.Total_retrans)
	}
}

func port(a unix.Sockaddr) int {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return a.Port
	case *unix.SockaddrInet6:
		return a.Port
	}
	return 0
}

func selfConnected(c *socket) (same bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	_ = raw.Control(func(fd uintptr) {
		local, err := unix.Getsockname(int(fd))
		if err != nil {
			return
		}
		peer, err := unix.Getpeername(int(fd))
		if err != nil {
			return
		}
		same = sameAddress(local, peer)
	})
	return same
}

func sameAddress(a, b unix.Sockaddr) bool {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		b, ok := b.(*unix.SockaddrInet4)
		return ok && a.Port == b.Port && a.Addr == b.Addr
	case *unix.SockaddrInet6:
		b, ok := b.(*unix.SockaddrInet6)
		return ok && a.Port == b.Port && a.Addr == b.Addr
	}
	return false
}

// socket is a connection on a file descriptor of ours. os.File reads, writes and waits through the
// runtime's poller; its errors carry the errno.
type socket struct {
	*os.File
	remote wire.Remote
}

// SetLinger is net.TCPConn's.
func (s *socket) SetLinger(seconds int) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER,
			&unix.Linger{Onoff: 1, Linger: int32(seconds)})
	})
	return cmp.Or(err, failed)
}

func (s *socket) LocalAddr() net.Addr  { return addr{s.remote.Network, ""} }
func (s *socket) RemoteAddr() net.Addr { return addr{s.remote.Network, s.remote.Address} }

type addr struct{ network, text string }

func (a addr) Network() string { return a.network }
func (a addr) String() string  { return a.text }
