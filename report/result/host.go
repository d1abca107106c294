package result

// Host is what a probed host's kernel said over the whole run. A null was not measured there.
type Host struct {
	// as the record names it: "backend", "local", …
	Name string `json:"name"`
	// of its network namespace: TcpExtListenOverflows
	Overflows *uint64 `json:"overflows"`
	OwnDrops  *uint64 `json:"listener_drops"` // sk_drops of the watched listeners
	// how many of the overflows other listeners must have caused
	OthersAtLeast *uint64         `json:"others_overflows_min"`
	Others        []OtherListener `json:"other_listeners"` // that dropped packets, the most first
	// watched listeners that were closed and opened anew
	Restarts []Restart `json:"restarts"`
	// unfinished handshakes with the watched listeners, the most that was seen, twice a second
	SYNQueue *uint64 `json:"max_syn_queue"`
	// connections that waited in the fullest queue of the watched ports, the most that was seen, where the
	// listener itself may not be looked at
	Waiting *uint64 `json:"max_listen_depth"`
	// connects from here towards the load's target that had no answer yet, the most that was seen
	SYNSent *uint64 `json:"max_towards_syn_sent"`
	// connections towards it in TIME_WAIT, the most that was seen
	TimeWait    *uint64 `json:"max_towards_time_wait"`
	Established *uint64 `json:"max_towards_established"` // and established
	// local ports that the fullest (source, destination, port) held at once
	PortsUsed  *uint64 `json:"max_ports_used"`
	PortsRange *uint64 `json:"ports_range"` // of how many
	// settings that were others after the load than before it
	SysctlChanges []SysctlChange `json:"sysctl_changes"`
	Traced        *Traced        `json:"traced"` // null: nothing was traced (--trace)
	Clock         *Clock         `json:"clock"`  // null: it is ours
}

// Clock is how the times of a probe on another machine became ours: an offset is added to them, which is
// estimated over the pipe that the samples come through.
type Clock struct {
	// "ping", or "arrival" where the probe answers none: then a sample is of when it came
	Method    string  `json:"method"`
	Estimates int     `json:"estimates"` // that the record has
	Offset    float64 `json:"offset_s"`  // the last; the probe's own times count from when it was started
	Moved     float64 `json:"moved_s"`   // the last minus the first
	// a time may truly be this much earlier, by the widest estimate; null: nothing bounds it
	Early *float64 `json:"early_s"`
	Late  float64  `json:"late_s"`  // or this much later
	RTT   float64  `json:"rtt_s"`   // round trip of the ping that the last estimate rests on
	Ahead float64  `json:"ahead_s"` // its wall clock minus ours
	Drift *Drift   `json:"drift"`   // null: too few pings, or too short a time
	Text  Finding  `json:"text"`    // how far its times can be trusted, in words
}

// Drift is how much faster that clock ran than ours, in parts per million.
type Drift struct {
	PPM  float64 `json:"ppm"`  // the estimate
	Low  float64 `json:"low"`  // it cannot have been less, if it was constant
	High float64 `json:"high"` // nor more
}

// Traced is what eBPF saw of a host's watched TCP listeners, from the first sample to the last.
type Traced struct {
	// connections whose time in the accept queue was taken
	Accepts     uint64     `json:"accepts"`
	Unaccounted uint64     `json:"accepts_unaccounted"` // accepted ones of which it was not
	Wait        *TraceWait `json:"accept_queue_wait_s"` // null: none was accepted
	// the mean wait that Little's law makes of the sampled Recv-Q: the other instrument
	ByRecvQ     *float64  `json:"recvq_wait_s"`
	SentRST     []SentRST `json:"rst_sent"`     // the most first
	ReceivedRST uint64    `json:"rst_received"` // connections that an RST from the peer ended
}

// TraceWait says how long connections stood in the accept queue. A quantile is the upper end of a bucket a
// quarter wide.
type TraceWait struct {
	Mean float64 `json:"mean"` // exact
	P50  float64 `json:"p50"`  // half of them waited no longer
	P90  float64 `json:"p90"`  // nine in ten
	P99  float64 `json:"p99"`  // 99 in a hundred
	Max  float64 `json:"max"`  // all
}

// SentRST is a kind of RST that the kernel sent from the watched listeners' ports.
type SentRST struct {
	For    string `json:"for"`    // listener, connection, no_socket
	Reason string `json:"reason"` // the kernel's; "" before Linux 6.10
	Count  uint64 `json:"count"`  // how many
}

// OtherListener is one that was not watched and dropped packets.
type OtherListener struct {
	Addr string `json:"addr"` // where it listens
	// sk_drops from before the load until after it, at least: what a socket dropped that went away meanwhile
	// is not known
	Drops uint64 `json:"drops"`
}

// Restart is a listener that was replaced while the run lasted.
type Restart struct {
	Addr  string `json:"addr"`  // where it listens
	Times int    `json:"times"` // how often none of the sockets before was left
}

// SysctlChange is a setting that changed while the run lasted.
type SysctlChange struct {
	Name   string `json:"name"`   // such as net.core.somaxconn
	Before string `json:"before"` // "": absent
	After  string `json:"after"`  // "": absent
}
