package probe

import (
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// message is a netlink message with its payload.
func message(kind uint16, seq uint32, payload ...byte) []byte {
	b := make([]byte, nlHeader, nlHeader+len(payload))
	binary.NativeEndian.PutUint32(b, uint32(nlHeader+len(payload)))
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint32(b[8:], seq)
	return append(b, payload...)
}

// errnoPayload is what NLMSG_DONE and NLMSG_ERROR begin with.
func errnoPayload(e unix.Errno) []byte {
	return binary.NativeEndian.AppendUint32(nil, uint32(-int32(e)))
}

func TestDumpMessages(t *testing.T) {
	const seq = 9
	listener := message(unix.SOCK_DIAG_BY_FAMILY, seq, 1, 2, 3, 4)
	stale := message(unix.NLMSG_DONE, seq-1, errnoPayload(0)...)
	for _, test := range []struct {
		name string
		b    []byte
		n    int
		done bool
		err  error
	}{
		{"a piece that is not the last", append(listener, listener...), 2, false, nil},
		{"the end", append(listener, message(unix.NLMSG_DONE, seq, errnoPayload(0)...)...), 1, true, nil},
		{"the end of an earlier dump", append(stale, listener...), 1, false, nil},
		{"refused", message(unix.NLMSG_ERROR, seq, errnoPayload(unix.ENOENT)...), 0, true, unix.ENOENT},
		{"failed midway", append(listener, message(unix.NLMSG_DONE, seq, errnoPayload(unix.EINVAL)...)...), 1,
			true, unix.EINVAL},
		{"cut in the header", listener[:10], 0, false, errShort},
		{"cut in the payload", listener[:18], 0, false, errShort},
		{"no errno", message(unix.NLMSG_DONE, seq), 0, true, errShort},
		{"length below the header", make([]byte, 32), 0, false, errShort},
	} {
		n := 0
		done, err := eachDiag(test.b, seq, func([]byte) error { n++; return nil })
		if n != test.n || done != test.done || !errors.Is(err, test.err) {
			t.Errorf("%s: %d sockets, done %v, %v", test.name, n, done, err)
		}
	}
	failing := errors.New("no")
	done, err := eachDiag(append(listener, message(unix.NLMSG_DONE, seq, errnoPayload(0)...)...), seq,
		func([]byte) error { return failing })
	if !done || !errors.Is(err, failing) {
		t.Errorf("an error of the caller: done %v, %v", done, err)
	}
}

// A kernel without the drops in SKMEMINFO (before 4.9) leaves them unknown, not zero.
func TestInetListenerWithoutDrops(t *testing.T) {
	b := make([]byte, inetMsgLen)
	b[0] = unix.AF_INET
	binary.BigEndian.PutUint16(b[4:], 8000)
	copy(b[8:], []byte{10, 77, 0, 3})
	attr := make([]byte, 4+4*memDrops)
	binary.NativeEndian.PutUint16(attr, uint16(len(attr)))
	binary.NativeEndian.PutUint16(attr[2:], inetMemInfo)
	l, err := parseInetListener(append(b, attr...))
	if err != nil || l.hasDrops || l.addr.String() != "10.77.0.3:8000" {
		t.Errorf("%+v, %v", l, err)
	}
	if _, err := parseInetListener(b[:inetMsgLen-1]); !errors.Is(err, errShort) {
		t.Errorf("cut short: %v", err)
	}
	if _, err := parseInetListener(append(b, attr[:9]...)); !errors.Is(err, errShort) {
		t.Errorf("attribute cut short: %v", err)
	}
}

func FuzzDump(f *testing.F) {
	inet := make([]byte, inetMsgLen)
	inet[0] = unix.AF_INET6
	attr := []byte{40, 0, inetMemInfo, 0, 40: 0}
	f.Add(message(unix.SOCK_DIAG_BY_FAMILY, 1, append(inet, attr[:40]...)...))
	f.Add(message(unix.SOCK_DIAG_BY_FAMILY, 1, append(make([]byte, unixMsgLen), 12, 0, unixRQLen, 0, 3, 0, 0,
		0, 2, 0, 0, 0, 6, 0, unixName, 0, 0, 'x', 0, 0)...))
	f.Add(append(message(unix.NLMSG_ERROR, 1, errnoPayload(unix.ENOENT)...), 1, 2, 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := connections{ports: []uint16{0, 8000}}
		c.use.reset(portRange{low: 0, high: 65535})
		eachDiag(b, 1, func(p []byte) error {
			parseInetListener(p)
			c.addMessage(p)
			_, err := parseUnixListener(p)
			return err
		})
	})
}
