package probe

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// connections is the slow source of what is under way towards the watched ports: tcp.towards.* and ports.*.
//
// Meaning: syn_sent are connects that have had no answer, because the SYN was dropped on a full queue or
// its answer was lost; they are seen on the host that connects. ports.used is the fullest tuple of source
// address, destination address and destination port, in all states but LISTEN: when it reaches ports.range
// its connects fail with EADDRNOTAVAIL, unless tcp_tw_reuse lets one take over a TIME_WAIT. Scope: the
// network namespace; the sockets that a server accepted lead elsewhere and are not counted. Privilege:
// none. Cost: a walk through the table of all connections for each family, some 4 ms, and 8 ms beside 26,000
// sockets that match: so at most twice a second (net/ipv4/inet_diag.c, inet_diag_dump_icsk). Gotcha: the
// table changes while it is walked, so a count may be off by what came and went meanwhile; a server that
// closes first has the TIME_WAIT on its side, towards the clients' ports, and only sockstat.TCP.tw sees
// them.
type connections struct {
	conn            *diagConn
	dumps           []*inetDump // one a port, while they are few
	ports           []uint16
	local, reserved *procFile // of the namespace; nil where the range cannot be read
	use             portUse
	add             func([]byte) error
}

// maxPortWalks bounds how often the table is walked in one reading, once for each port: beyond it a single
// walk with an answer for every socket is the cheaper one.
const maxPortWalks = 3

func newConnections(ports []uint16) (*connections, error) {
	conn, err := dialDiag()
	if err != nil {
		return nil, err
	}
	c := &connections{conn: conn, ports: slices.Clone(ports)}
	c.add = c.addMessage
	const states = 0xfff &^ (1<<tcpListen | 1<<tcpClose)
	if len(ports) > maxPortWalks { // then the kernel tells of all, and they are compared here
		ports = []uint16{0}
	}
	for _, port := range ports {
		c.dumps = append(c.dumps, newInetDump(conn, 0, states, 0, port))
	}
	if c.local, err = openProc("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		c.reserved, _ = openProc("/proc/sys/net/ipv4/ip_local_reserved_ports") // since 2.6.35: none before
	}
	return c, nil
}

func (c *connections) Name() string { return "connections" }

func (c *connections) Close() error {
	err := c.conn.Close()
	for _, f := range []*procFile{c.local, c.reserved} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

func (c *connections) Read(s *Sample) error {
	r, rangeErr := c.portRange()
	c.use.reset(r)
	if err := c.walk(); err != nil {
		return errors.Join(rangeErr, err) // half a walk is no count
	}
	return errors.Join(rangeErr, c.use.tell(s))
}

func (c *connections) walk() error {
	for _, d := range c.dumps {
		if err := d.read(c.add); err != nil {
			return err
		}
	}
	return nil
}

func (c *connections) portRange() (portRange, error) {
	if c.local == nil {
		return portRange{}, nil
	}
	text, err := c.local.read()
	if err != nil {
		return portRange{}, err
	}
	var reserved []byte
	if c.reserved != nil {
		if reserved, err = c.reserved.read(); err != nil {
			return portRange{}, err
		}
	}
	return parsePortRange(text, reserved)
}

func (c *connections) addMessage(b []byte) error {
	if len(b) < inetMsgLen {
		return errShort
	}
	port := binary.BigEndian.Uint16(b[6:])
	if !slices.Contains(c.ports, port) {
		return nil
	}
	c.use.add(b[1], netip.AddrPortFrom(inetAddr(b[0], b[8:]), binary.BigEndian.Uint16(b[4:])),
		netip.AddrPortFrom(inetAddr(b[0], b[24:]), port))
	return nil
}

// inetAddr reads an address of struct inet_diag_sockid. An IPv4 address that an IPv6 socket uses shares
// its ports with the IPv4 sockets.
func inetAddr(family byte, b []byte) netip.Addr {
	if family == unix.AF_INET {
		return netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.AddrFrom16([16]byte(b[:16])).Unmap()
}
