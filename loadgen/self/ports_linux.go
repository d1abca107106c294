package self

import (
	"bytes"
	"net"
	"os"
	"strconv"
	"time"
)

// timeWait is how long Linux keeps a connection in TIME_WAIT: TCP_TIMEWAIT_LEN, include/net/tcp.h.
const timeWait = 60 * time.Second

// LocalPorts is how many ports the kernel chooses from for a connection to one address and port
// (ip_local_port_range, less ip_local_reserved_ports); false where it is not known.
func LocalPorts() (n int, known bool) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0, false
	}
	reserved, _ := os.ReadFile("/proc/sys/net/ipv4/ip_local_reserved_ports") // absent: none is
	return freePorts(text, reserved)
}

// freePorts reads a range, "low high", and what is taken out of it, "8080,9000-9100": in order, and nothing
// twice (kernel/sysctl.c, proc_do_large_bitmap).
func freePorts(span, reserved []byte) (n int, known bool) {
	fields := bytes.Fields(span)
	if len(fields) != 2 {
		return 0, false
	}
	low, high, ok := portRange(fields[0], fields[1])
	if !ok {
		return 0, false
	}
	n = high - low + 1
	for part := range bytes.SplitSeq(bytes.TrimSpace(reserved), []byte(",")) {
		first, last, found := bytes.Cut(part, []byte("-"))
		if !found {
			last = first
		}
		if from, to, ok := portRange(first, last); ok {
			n -= max(0, min(to, high)-max(from, low)+1)
		}
	}
	return n, true
}

func portRange(first, last []byte) (low, high int, ok bool) {
	from, errFrom := strconv.ParseUint(string(first), 10, 16)
	to, errTo := strconv.ParseUint(string(last), 10, 16)
	return int(from), int(to), errFrom == nil && errTo == nil && from <= to
}

// PortHeld is how long a local port cannot be used again for the same address after we closed its connection
// first. With tcp_tw_reuse, which is 2 by default, on loopback alone, it can after one second
// (Documentation/networking/ip-sysctl.rst).
func PortHeld(remote net.IP) time.Duration {
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_tw_reuse")
	reuse := string(bytes.TrimSpace(text))
	if err == nil && (reuse == "1" || reuse == "2" && remote.IsLoopback()) {
		return time.Second
	}
	return timeWait
}
