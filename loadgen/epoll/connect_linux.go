package epoll

import (
	"syscall"

	"golang.org/x/sys/unix"

	"weir/loadgen"
	"weir/loadgen/wire"
)

// connect opens a connection, with one connect(2), for the request that res names. For AF_UNIX the
// answer comes at once (EAGAIN: the accept queue is full), for TCP when the handshake is over.
func (l *loop) connect(res loadgen.Result) {
	fd, errno := openSocket(l.to.family())
	if errno != 0 {
		l.refuse(res, wire.ConnectOutcome(errno, l.remote.Network), errno)
		return
	}
	if l.to.family() != unix.AF_UNIX {
		stamped(fd)
	}
	if len(l.from) > 0 {
		// The port is chosen by connect, which knows the destination, and so may be one that is in use
		// towards another (ip(7), IP_BIND_ADDRESS_NO_PORT).
		setOption(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		errno = bind(fd, &l.from[l.turn%len(l.from)])
		l.turn += l.share.of
	}
	if errno == 0 {
		errno = connect(fd, &l.to)
	}
	if errno != 0 && errno != unix.EINPROGRESS && errno != unix.EINTR {
		closeSocket(fd)
		l.refuse(res, wire.ConnectOutcome(errno, l.remote.Network), errno)
		return
	}
	c := l.slot()
	c.fd, c.localPort, c.carried, c.noticed, c.hungUp, c.prompt = fd, 0, 0, false, false,
		l.to.family() == unix.AF_UNIX
	l.begin(c, res)
	l.enter(c, connecting)
	l.opening.push(c, res.Sent)
	if failed := l.poller.add(c); failed != 0 {
		l.finish(c, wire.ConnectOutcome(failed, l.remote.Network), failed)
		return
	}
	if errno == 0 {
		l.connected(c, unix.EPOLLOUT)
	}
}

// connected deals with the end of a handshake. That the socket is writable says that it is connected,
// where nothing failed; a failure is asked for (net/ipv4/tcp.c, tcp_poll).
func (l *loop) connected(c *conn, events uint32) {
	var errno syscall.Errno
	if events&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		errno = pendingError(c.fd)
	} else if events&unix.EPOLLOUT == 0 {
		return
	}
	l.observe(c)
	if l.to.family() != unix.AF_UNIX {
		// With nobody listening on an ephemeral port, the kernel may choose that very port for us, and
		// the simultaneous open of RFC 9293 section 3.5 then connects the socket to itself.
		if errno == 0 && c.res.LocalPort == int(l.remote.TCP.Port()) && selfConnected(c.fd) {
			errno = unix.ECONNREFUSED
		}
	}
	if errno != 0 {
		l.finish(c, wire.ConnectOutcome(errno, l.remote.Network), errno)
		return
	}
	c.res.Connected = l.now()
	c.localPort = c.res.LocalPort
	l.opening.remove(c)
	l.enter(c, writing)
	l.write(c)
}

// observe notes what connecting has cost so far: the local port and the SYNs that were sent again.
func (l *loop) observe(c *conn) {
	if l.to.family() != unix.AF_UNIX {
		c.res.LocalPort, c.res.SYNRetrans = localPort(c.fd), lostSYNs(c.fd)
	}
}

// reuse sends the request that res names on a connection that has carried others.
func (l *loop) reuse(c *conn, res loadgen.Result) {
	res.Reused, res.LocalPort = true, c.localPort
	l.begin(c, res)
	l.enter(c, writing)
	l.write(c)
}

func (l *loop) begin(c *conn, res loadgen.Result) {
	c.res = res
	c.written, c.writeErr = 0, 0
	c.carried++
	c.parser.Reset(l.requests.IsHead(res.Seq), l.target.MaxBody)
	l.open.push(c, res.Sent)
}

// slot returns a connection to fill.
func (l *loop) slot() *conn {
	if last := len(l.unused) - 1; last >= 0 {
		c := l.unused[last]
		l.unused = l.unused[:last]
		return c
	}
	c := &conn{slot: int32(len(l.conns))}
	l.conns = append(l.conns, c)
	return c
}
