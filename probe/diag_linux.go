package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// diagConn asks the kernel's socket diagnostics (sock_diag(7)) for dumps. It speaks netlink by itself,
// with two system calls and no allocation a dump: by way of a general netlink library the two dumps of
// inet_diag took 115 µs and 127 allocations, more than all other sources together.
type diagConn struct {
	fd    int
	seq   uint32
	buf   []byte
	brief bool // dumps take microseconds: the scheduler need not know
}

const (
	tcpListen = 10 // TCP_LISTEN, include/net/tcp_states.h; AF_UNIX uses the same number

	diagBuffer = 64 << 10 // a dump comes in pieces of at most 32 KiB (net/netlink/af_netlink.c, netlink_dump)
	maxPieces  = 4096     // a dump of unix sockets may be large, but not without end

	nlHeader = 16 // struct nlmsghdr, include/uapi/linux/netlink.h
)

// dialDiag opens a socket in the calling thread's network namespace. It is connected to the kernel, so
// that no other process can answer in its place.
func dialDiag() (*diagConn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("opening a NETLINK_SOCK_DIAG socket: %w", os.NewSyscallError("socket", err))
	}
	// The kernel answers while it is asked; the timeout only keeps a surprise from becoming a hang.
	err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1})
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("connecting to the kernel's socket diagnostics: %w", err)
	}
	return &diagConn{fd: fd, buf: make([]byte, diagBuffer)}, nil
}

func (c *diagConn) Close() error { return os.NewSyscallError("close", unix.Close(c.fd)) }

// newDiagRequest makes a dump request with room for a payload of n bytes, which is returned apart.
func newDiagRequest(n int) (msg, payload []byte) {
	msg = make([]byte, nlHeader+n)
	binary.NativeEndian.PutUint32(msg, uint32(len(msg)))
	binary.NativeEndian.PutUint16(msg[4:], unix.SOCK_DIAG_BY_FAMILY)
	binary.NativeEndian.PutUint16(msg[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	return msg, msg[nlHeader:]
}

// dump sends one request and calls each for every socket of the answer. It reads to the answer's end
// whatever happens, because the kernel refuses a second dump (EBUSY) while one is unread.
func (c *diagConn) dump(msg []byte, each func([]byte) error) error {
	c.seq++
	binary.NativeEndian.PutUint32(msg[8:], c.seq)
	if err := c.send(msg); err != nil {
		return fmt.Errorf("asking for a dump of listeners: %w", err)
	}
	var first error
	for range maxPieces {
		n, err := c.receive()
		if err != nil {
			return fmt.Errorf("reading a dump of listeners: %w", err)
		}
		done, err := eachDiag(c.buf[:n], c.seq, each)
		if first == nil {
			first = err
		}
		if done {
			return first
		}
	}
	return fmt.Errorf("a dump of listeners does not end after %d pieces", maxPieces)
}

func (c *diagConn) send(msg []byte) error {
	if c.brief {
		if _, err := sendBriefly(c.fd, msg); !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
	_, err := ignoringEINTR(unix.Write, c.fd, msg)
	return err
}

func (c *diagConn) receive() (int, error) {
	if c.brief {
		if n, err := receiveBriefly(c.fd, c.buf); !errors.Is(err, unix.EAGAIN) &&
			!errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
	return ignoringEINTR(unix.Read, c.fd, c.buf)
}

func ignoringEINTR(call func(int, []byte) (int, error), fd int, b []byte) (int, error) {
	for {
		if n, err := call(fd, b); !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// eachDiag walks the messages of one piece; done is the end of the dump, err the first thing that went
// wrong. Messages of another sequence are what an earlier reading left when it timed out.
func eachDiag(b []byte, seq uint32, each func([]byte) error) (done bool, err error) {
	for len(b) > 0 {
		if len(b) < nlHeader {
			return false, errShort
		}
		n := int(binary.NativeEndian.Uint32(b))
		if n < nlHeader || n > len(b) {
			return false, errShort
		}
		payload := b[nlHeader:n]
		if binary.NativeEndian.Uint32(b[8:]) == seq {
			switch binary.NativeEndian.Uint16(b[4:]) {
			case unix.NLMSG_DONE, unix.NLMSG_ERROR: // both begin with a negative errno, or 0
				if e := diagError(payload); e != nil && err == nil {
					err = e
				}
				return true, err
			case unix.SOCK_DIAG_BY_FAMILY, inetCompatType:
				if e := each(payload); e != nil && err == nil {
					err = e
				}
			}
		}
		b = b[min(align4(n), len(b)):]
	}
	return false, err
}

func diagError(payload []byte) error {
	if len(payload) < 4 {
		return errShort
	}
	code := int32(binary.NativeEndian.Uint32(payload))
	if code >= 0 {
		return nil
	}
	err := fmt.Errorf("dumping listeners: %w", unix.Errno(-code))
	if errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("%w: the kernel has no socket diagnostics for this family (modprobe tcp_diag unix_diag)", err)
	}
	return err
}

// errShort is a message or attribute that ends before it should.
var errShort = errors.New("a socket diagnostics message is cut short")

func align4(n int) int { return (n + 3) &^ 3 }

// eachAttr walks a list of struct rtattr (include/uapi/linux/rtnetlink.h): length, type, payload,
// padding to four bytes.
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
		b = b[min(align4(n), len(b)):]
	}
	return nil
}
