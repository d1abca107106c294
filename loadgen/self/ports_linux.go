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
// (ip_local_port_range); false where it is not known.
func LocalPorts() (n int, known bool) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0, false
	}
	return portRange(text)
}

// portRange reads "low high".
func portRange(text []byte) (n int, known bool) {
	fields := bytes.Fields(text)
	if len(fields) != 2 {
		return 0, false
	}
	low, errLow := strconv.ParseUint(string(fields[0]), 10, 16)
	high, errHigh := strconv.ParseUint(string(fields[1]), 10, 16)
	if errLow != nil || errHigh != nil || high < low {
		return 0, false
	}
	return int(high-low) + 1, true
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
