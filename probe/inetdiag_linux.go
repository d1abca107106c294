package probe

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// inetDiag is the source of the TCP listeners: queue depth, limit and drops of each socket.
//
// Meaning: Depth is sk_ack_backlog, Limit sk_max_ack_backlog, Drops sk_drops, the packets that this very
// socket threw away, which attributes an overflow; among them are others, of a full SYN queue and each bare
// ACK that TCP_DEFER_ACCEPT ignores. Scope: the network namespace; every member of an SO_REUSEPORT group is a
// socket of its own. Privilege: none. Cost: some 5 µs for a listener that is known, and 25 µs ten times a
// second to look for others, beside 20,000 connections as beside none: a dump of LISTEN walks the listeners'
// table only (net/ipv4/inet_diag.c, inet_diag_dump_icsk; oneByOne); of more than four listeners, and of an
// SO_REUSEPORT group, such a look at each reading. Gotcha: a second listener of a port is seen a tenth of a
// second late; a destination port in the request would skip the listeners; depth is a glimpse, and a burst
// between two readings is not seen, but in the drops; a restarted server is a new Cookie.
type inetDiag struct {
	dump  *inetDump
	ports []uint16          // none: all
	addrs map[uint64]naming // by cookie, so that an address is written out once
	known oneByOne
	found []inetListener
	add   func([]byte) error // of a dump
	one   func([]byte) error // of a single answer
}

type naming struct {
	addr netip.AddrPort
	text string
}

type inetListener struct {
	addr         netip.AddrPort
	cookie       uint64
	inode        uint32
	depth, limit uint32
	drops        uint32
	hasDrops     bool
}

const (
	inetReqLen  = 56 // struct inet_diag_req_v2, include/uapi/linux/inet_diag.h
	inetMsgLen  = 72 // struct inet_diag_msg
	inetMemInfo = 7  // INET_DIAG_SKMEMINFO
	memDrops    = 8  // SK_MEMINFO_DROPS, include/uapi/linux/sock_diag.h: since 4.9
)

func newInetDiag(ports []uint16) (*inetDiag, error) {
	conn, err := dialDiag()
	if err != nil {
		return nil, err
	}
	conn.brief = true
	d := &inetDiag{dump: newInetDump(conn, inetMemInfo, 1<<tcpListen, onlyPort(ports), 0),
		ports: slices.Clone(ports), addrs: make(map[uint64]naming)}
	d.add, d.one = d.addMessage, d.addOne
	return d, nil
}

func (d *inetDiag) Name() string { return "inet_diag" }
func (d *inetDiag) Close() error { return d.dump.conn.Close() }

func (d *inetDiag) Read(s *Sample) error {
	err := d.find(time.Now())
	drops := make([]uint32, len(d.found))
	s.Listeners = slices.Grow(s.Listeners, len(d.found))
	for i, l := range d.found {
		out := Listener{Addr: d.text(l), Cookie: l.cookie, Inode: l.inode, Depth: l.depth, Limit: l.limit}
		if l.hasDrops {
			drops[i] = l.drops
			out.Drops = &drops[i]
		}
		s.Listeners = append(s.Listeners, out)
	}
	return err
}

// find asks for the listeners that are known, and looks for all where one is missing, or the last look is a
// while ago.
func (d *inetDiag) find(now time.Time) error {
	d.found = d.found[:0]
	if d.known.ready(now) {
		if d.known.read(d.dump.conn, d.one) == nil {
			return nil
		}
		d.found = d.found[:0]
	}
	d.known.reset()
	d.known.walked = now
	err := d.dump.read(d.add)
	if err != nil {
		d.known.reset()
	}
	return err
}

func (d *inetDiag) addOne(b []byte) error {
	l, err := parseInetListener(b)
	if err == nil {
		d.found = append(d.found, l)
	}
	return err
}

func (d *inetDiag) addMessage(b []byte) error {
	l, err := parseInetListener(b)
	if err != nil {
		return err
	}
	if len(d.ports) > 0 && !slices.Contains(d.ports, l.addr.Port()) {
		return nil
	}
	if len(d.found) >= maxListeners {
		return fmt.Errorf("more than %d listeners: the rest is not shown", maxListeners)
	}
	d.found = append(d.found, l)
	d.known.learn(b)
	return nil
}

// text is the address as Addr shows it.
func (d *inetDiag) text(l inetListener) string {
	known, ok := d.addrs[l.cookie]
	if ok && known.addr == l.addr {
		return known.text
	}
	if len(d.addrs) > 2*len(d.found)+64 { // most are of listeners long gone
		clear(d.addrs)
	}
	text := l.addr.String()
	d.addrs[l.cookie] = naming{l.addr, text}
	return text
}

// parseInetListener reads struct inet_diag_msg and its attributes. Ports and addresses are in network
// order, the rest in the machine's.
func parseInetListener(b []byte) (l inetListener, err error) {
	if len(b) < inetMsgLen {
		return l, errShort
	}
	ip := netip.AddrFrom16([16]byte(b[8:24]))
	if b[0] == unix.AF_INET {
		ip = netip.AddrFrom4([4]byte(b[8:12]))
	}
	l = inetListener{
		addr:   netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[4:])),
		cookie: uint64(binary.NativeEndian.Uint32(b[44:])) | uint64(binary.NativeEndian.Uint32(b[48:]))<<32,
		depth:  binary.NativeEndian.Uint32(b[56:]),
		limit:  binary.NativeEndian.Uint32(b[60:]),
		inode:  binary.NativeEndian.Uint32(b[68:]),
	}
	err = eachAttr(b[inetMsgLen:], func(kind uint16, value []byte) {
		if kind == inetMemInfo && len(value) >= 4*(memDrops+1) {
			l.drops, l.hasDrops = binary.NativeEndian.Uint32(value[4*memDrops:]), true
		}
	})
	return l, err
}
