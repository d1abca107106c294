package probe

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
)

// tuple is what local ports are taken for: they run out for it alone (EADDRNOTAVAIL, errno 99), and another
// destination has them all again.
type tuple struct {
	source, destination netip.Addr
	port                uint16 // of the destination
}

// maxTuples bounds what is kept of a table that is not ours.
const maxTuples = 4096

// portUse counts the connections of a walk.
type portUse struct {
	ports                          portRange
	tuples                         map[tuple]uint64 // local ports within the range that they use
	synSent, timeWait, established uint64
	beyond                         uint64 // connections of tuples over maxTuples
}

// States as inet_diag numbers them, include/net/tcp_states.h.
const (
	tcpEstablished = 1
	tcpSynSent     = 2
	tcpTimeWait    = 6
	tcpClose       = 7
)

func (u *portUse) reset(r portRange) {
	tuples := u.tuples
	if tuples == nil {
		tuples = make(map[tuple]uint64)
	}
	for k, used := range tuples {
		if tuples[k] = 0; used == 0 {
			delete(tuples, k) // gone since the last walk
		}
	}
	*u = portUse{ports: r, tuples: tuples}
}

func (u *portUse) add(state byte, source, destination netip.AddrPort) {
	switch state {
	case tcpSynSent:
		u.synSent++
	case tcpEstablished:
		u.established++
	case tcpTimeWait:
		u.timeWait++
	}
	if !u.ports.has(source.Port()) {
		return
	}
	k := tuple{source.Addr(), destination.Addr(), destination.Port()}
	if _, known := u.tuples[k]; !known && len(u.tuples) >= maxTuples {
		u.beyond++
		return
	}
	u.tuples[k]++
}

func (u *portUse) tell(s *Sample) error {
	s.Gauges["tcp.towards.syn_sent"] = u.synSent
	s.Gauges["tcp.towards.time_wait"] = u.timeWait
	s.Gauges["tcp.towards.established"] = u.established
	if u.ports.size() == 0 {
		return nil // the range could not be read, and the error was told
	}
	var most, n uint64
	for _, used := range u.tuples {
		if used > 0 {
			most, n = max(most, used), n+1
		}
	}
	s.Gauges["ports.used"], s.Gauges["ports.range"], s.Gauges["ports.tuples"] = most, u.ports.size(), n
	if u.beyond > 0 {
		return fmt.Errorf("more than %d (source, destination, port) tuples: %d connections of others are not counted in ports.*", maxTuples, u.beyond)
	}
	return nil
}

// portRange is ip_local_port_range without ip_local_reserved_ports.
type portRange struct {
	low, high uint16
	reserved  [][2]uint16
}

func (r portRange) has(port uint16) bool {
	if r.high == 0 || port < r.low || port > r.high {
		return false
	}
	for _, x := range r.reserved {
		if x[0] <= port && port <= x[1] {
			return false
		}
	}
	return true
}

// size is how many ports there are to choose from; 0 where the range is not known.
func (r portRange) size() uint64 {
	if r.high == 0 {
		return 0
	}
	n := uint64(r.high) - uint64(r.low) + 1
	for _, x := range r.reserved { // the kernel's bitmap lists them in order, none twice
		if low, high := max(x[0], r.low), min(x[1], r.high); low <= high {
			n -= uint64(high-low) + 1
		}
	}
	return n
}

// parsePortRange reads "32768\t60999" and "8080,9148-9150".
func parsePortRange(text, reserved []byte) (r portRange, err error) {
	f := bytes.Fields(text)
	if len(f) != 2 {
		return r, fmt.Errorf("ip_local_port_range is %.40q, not two ports", text)
	}
	if r.low, r.high, err = portPair(f[0], f[1]); err != nil {
		return portRange{}, fmt.Errorf("ip_local_port_range: %w", err)
	}
	after := 0
	for part := range bytes.SplitSeq(bytes.TrimSpace(reserved), []byte(",")) {
		if len(part) == 0 {
			continue
		}
		first, last, ok := bytes.Cut(part, []byte("-"))
		if !ok {
			last = first
		}
		low, high, err := portPair(first, last)
		if err == nil && int(low) < after {
			err = fmt.Errorf("%.20q is out of order", part)
		}
		if err != nil {
			return portRange{}, fmt.Errorf("ip_local_reserved_ports: %w", err)
		}
		after = int(high) + 1
		r.reserved = append(r.reserved, [2]uint16{low, high})
	}
	return r, nil
}

func portPair(a, b []byte) (low, high uint16, err error) {
	x, err := strconv.ParseUint(string(a), 10, 16)
	if err != nil {
		return 0, 0, err
	}
	y, err := strconv.ParseUint(string(b), 10, 16)
	if err == nil && y < x {
		err = fmt.Errorf("%d-%d is no range", x, y)
	}
	return uint16(x), uint16(y), err
}
