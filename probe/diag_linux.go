package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// diagConn asks the kernel's socket diagnostics (sock_diag(7)) for dumps.
type diagConn struct {
	conn *netlink.Conn
	req  netlink.Message
}

const (
	tcpListen = 10 // TCP_LISTEN, include/net/tcp_states.h; AF_UNIX uses the same number

	diagTimeout  = time.Second // the kernel answers a dump while it is asked: a bound, not a wait
	maxListeners = 4096        // one port's SO_REUSEPORT group may be large, but not without end
)

// dialDiag opens a socket in the calling thread's network namespace.
func dialDiag() (*diagConn, error) {
	conn, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, nil)
	if err != nil {
		return nil, fmt.Errorf("opening a NETLINK_SOCK_DIAG socket: %w", err)
	}
	return &diagConn{conn: conn}, nil
}

func (c *diagConn) Close() error { return c.conn.Close() }

// dump sends one request and calls each for every socket of the answer.
func (c *diagConn) dump(req []byte, each func([]byte) error) error {
	if err := c.conn.SetDeadline(time.Now().Add(diagTimeout)); err != nil {
		return err
	}
	sent, err := c.conn.Send(netlink.Message{
		Header: netlink.Header{Type: unix.SOCK_DIAG_BY_FAMILY, Flags: netlink.Request | netlink.Dump},
		Data:   req,
	})
	if err != nil {
		return dumpError(err)
	}
	n := 0
	for m, err := range c.conn.ReceiveIter() {
		if err != nil {
			return dumpError(err)
		}
		if m.Header.Sequence != sent.Header.Sequence {
			continue // the rest of an answer that an earlier reading gave up on
		}
		if n++; n > maxListeners {
			return fmt.Errorf("more than %d listening sockets: the rest is not shown", maxListeners)
		}
		if err := each(m.Data); err != nil {
			return err
		}
	}
	return nil
}

func dumpError(err error) error {
	if errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("the kernel has no socket diagnostics for this family (modprobe inet_diag tcp_diag unix_diag): %w", err)
	}
	return fmt.Errorf("dumping listeners: %w", err)
}

// errShort is a message or attribute that ends before it should.
var errShort = errors.New("a socket diagnostics message is cut short")

// eachAttr walks struct rtattr list (include/uapi/linux/rtnetlink.h): length, type, payload, padding
// to four bytes.
func eachAttr(b []byte, each func(kind uint16, value []byte)) error {
	for len(b) > 0 {
		if len(b) < 4 {
			return errShort
		}
		n := int(binary.NativeEndian.Uint16(b))
		if n < 4 || n > len(b) {
			return errShort
		}
		each(binary.NativeEndian.Uint16(b[2:]), b[4:n])
		b = b[min((n+3)&^3, len(b)):]
	}
	return nil
}
