package probe

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

// inetDump is a question to inet_diag about TCP sockets of both families. Its older form answers for IPv4 and
// IPv6 in one walk (net/ipv4/inet_diag.c, inet_diag_dump_compat), which halves what a dump costs; the present
// one walks once for each family, and is asked where a kernel no longer knows the other.
type inetDump struct {
	conn     *diagConn
	both     []byte // nil where it was refused
	families [2][]byte
}

const (
	inetCompatType = 18 // TCPDIAG_GETSOCK, include/uapi/linux/inet_diag.h
	inetCompatLen  = 60 // struct inet_diag_req
)

// newInetDump asks for the sockets in the states of the mask, with that local and remote port (0: any), and
// with the extension's attribute (0: none).
func newInetDump(conn *diagConn, ext byte, states uint32, local, remote uint16) *inetDump {
	d := &inetDump{conn: conn}
	msg, req := newDiagRequest(inetCompatLen)
	binary.NativeEndian.PutUint16(msg[4:], inetCompatType)
	if ext != 0 {
		req[3] = 1 << (ext - 1)
	}
	binary.BigEndian.PutUint16(req[4:], local)
	binary.BigEndian.PutUint16(req[6:], remote)
	binary.NativeEndian.PutUint32(req[52:], states)
	d.both = msg
	for i, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		msg, v2 := newDiagRequest(inetReqLen)
		v2[0], v2[1], v2[2] = family, unix.IPPROTO_TCP, req[3]
		binary.NativeEndian.PutUint32(v2[4:], states)
		binary.BigEndian.PutUint16(v2[8:], local)
		binary.BigEndian.PutUint16(v2[10:], remote)
		d.families[i] = msg
	}
	return d
}

// read calls each for every socket. A family that fails hides not the other.
func (d *inetDump) read(each func([]byte) error) error {
	if d.both != nil {
		err := d.conn.dump(d.both, each)
		if !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.ENOENT) {
			return err
		}
		d.both = nil // refused before anything was told
	}
	err := d.conn.dump(d.families[0], each)
	return errors.Join(err, d.conn.dump(d.families[1], each))
}

func onlyPort(ports []uint16) uint16 {
	if len(ports) == 1 {
		return ports[0]
	}
	return 0
}
