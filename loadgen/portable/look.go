package portable

import (
	"net"

	"weir/loadgen/wire"
)

// lastLook is a socket that asks the kernel once more when a request's time is up. The runtime ends a wait
// whose deadline has passed without looking: after a process that did not run for a while, that is before it
// has read what came in time. Our own stall must not become the server's timeout.
//
// What had come when the time was up is read, and nothing later: a server that goes on sending does not hold
// its request open. Nor does it look when the run has ended.
type lastLook struct {
	net.Conn
	live   *live
	looked bool // since begin
	there  int  // bytes that had come by then and are not yet read
}

// begin forgets the last request.
func (l *lastLook) begin() { l.looked = false }

func (l *lastLook) late(err error) bool { return timedOut(err) && !l.live.ended.Load() }

func (l *lastLook) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if n > 0 || len(p) == 0 || !l.late(err) {
		return n, err
	}
	control(l.Conn, func(fd int) {
		if !l.looked {
			l.looked, l.there = true, wire.Unread(fd)
		}
		if got, failed, final := receive(fd, p, l.there); final {
			n, err = got, failed
			l.there -= got
		}
	})
	return n, err
}

func (l *lastLook) Write(p []byte) (int, error) {
	n, err := l.Conn.Write(p)
	if n < len(p) && l.late(err) {
		control(l.Conn, func(fd int) {
			if sent := send(fd, p[n:]); sent > 0 {
				n += sent
			}
		})
		if n == len(p) {
			err = nil
		}
	}
	return n, err
}
