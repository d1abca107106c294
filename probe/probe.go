package probe

import "time"

// Sample is one look at the listeners of a host, with its counters of then or shortly before (counters.age_us), and the
// last reading of its slow sources (slow.at_us).
type Sample struct {
	Host      string            // which host's kernel was read: "backend", "local"
	At        time.Duration     // offset from the run's epoch, when the reading began
	Took      time.Duration     // how long it took, without the slow sources: theirs is slow.took_us
	Counters  map[string]uint64 // monotonic, by nstat's names: TcpExtListenOverflows. Absent is not zero. See the package's table
	Gauges    map[string]uint64 // levels: sockstat.TCP.tw
	Listeners []Listener        // in the order of Addr, then Cookie
	Errors    []SourceError     // sources that failed in this reading
}

// Listener is one listening socket as inet_diag or unix_diag shows it.
type Listener struct {
	Addr   string  `json:"addr"`   // "10.77.0.3:8000", "[::]:8000" or a unix path
	Cookie uint64  `json:"cookie"` // the kernel's identity of the socket: a new one is a new listener
	Inode  uint32  `json:"inode,omitempty"`
	Depth  uint32  `json:"depth"`           // Recv-Q: connections in the accept queue now
	Limit  uint32  `json:"limit"`           // Send-Q: the backlog after the kernel's clamp; Limit+1 connections fit
	Drops  *uint32 `json:"drops,omitempty"` // sk_drops; nil where the kernel does not tell (AF_UNIX)
}

// Source adds what it knows to a sample.
type Source interface {
	Name() string
	Read(*Sample) error
}
