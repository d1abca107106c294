package probe

import (
	"strings"
	"time"
)

// Sample is one look at the listeners of a host, with its counters of then or shortly before
// (counters.age_us), and the last reading of its slow sources (slow.at_us).
type Sample struct {
	Host      string            `json:"host"`                // whose kernel was read: "backend", "local"
	At        time.Duration     `json:"at"`                  // offset from the epoch, when the reading began
	Took      time.Duration     `json:"took"`                // without the slow sources (slow.took_us)
	Counters  map[string]uint64 `json:"counters,omitempty"`  // as in Metrics. Absent is not zero
	Gauges    map[string]uint64 `json:"gauges,omitempty"`    // levels: sockstat.TCP.tw
	Listeners []Listener        `json:"listeners,omitempty"` // in the order of Addr, then Cookie
	Errors    []SourceError     `json:"errors,omitempty"`    // sources that failed in this reading
}

// Listener is one listening socket as inet_diag or unix_diag shows it.
type Listener struct {
	Addr string `json:"addr"` // "10.77.0.3:8000", "[::]:8000" or a unix path
	// the kernel's identity of the socket: a new one is a new listener
	Cookie uint64 `json:"cookie"`
	Inode  uint32 `json:"inode,omitempty"` // inode of its socket, which /proc/PID/fd names
	Depth  uint32 `json:"depth"`           // Recv-Q: connections in the accept queue now
	// Send-Q: the backlog after the kernel's clamp; Limit+1 connections fit
	Limit uint32  `json:"limit"`
	Drops *uint32 `json:"drops,omitempty"` // sk_drops; nil where the kernel does not tell (AF_UNIX)
}

// Unix reports whether it is an AF_UNIX socket.
func (l Listener) Unix() bool { return IsUnix(l.Addr) }

// IsUnix tells the address of an AF_UNIX socket, a path or the name of an abstract one ("@app"), from
// ADDRESS:PORT.
func IsUnix(addr string) bool { return strings.Contains(addr, "/") || strings.HasPrefix(addr, "@") }

// Source adds what it knows to a sample.
type Source interface {
	Name() string
	Read(*Sample) error
}
