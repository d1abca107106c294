package probe

import "strings"

// Metric is what is known of a counter or a gauge of a Sample, beside its value. The table Metrics has all of
// them: whoever shows, exports or judges one reads it there.
type Metric struct {
	Name   string // nstat's, or with the file first and the unit last; a * at the end stands for any rest
	Source string // that reads it
	Kind   Kind
	Unit   Unit // of the value
	Scope  Scope
	Weight Weight // in the live table
	Help   string // one sentence or more
}

// Kind says whether a value only grows.
type Kind string

// The kinds of metrics.
const (
	Counter Kind = "counter" // from when the namespace or the host began, or the probe first saw the process
	Gauge   Kind = "gauge"   // a level
)

// Unit is what a value counts.
type Unit string

// The units of metrics.
const (
	Things       Unit = "" // packets, connections, …: as the help says
	Nanoseconds  Unit = "ns"
	Microseconds Unit = "µs"
	Ticks        Unit = "1/100 s" // USER_HZ
	Hundredths   Unit = "1/100 %"
	Pages        Unit = "pages" // of memory
)

// Scope is whom a value is about.
type Scope string

// The scopes of metrics.
const (
	Namespace Scope = "namespace" // all sockets of the network namespace
	Host      Scope = "host"      // the whole machine
	Watched   Scope = "listener"  // the watched listeners, or the connections to their ports
	Processes Scope = "processes" // those that hold a watched listener
	Cgroups   Scope = "cgroup"    // those of these processes
	Itself    Scope = "probe"     // the reading
)

// Weight is how grave it is that a counter moves.
type Weight int

// The weights of counters.
const (
	Traffic Weight = iota // things go on
	Symptom               // something was tried again, or reset: maybe nothing, maybe a symptom
	Loss                  // something was thrown away
)

// Names that several packages reckon with.
const (
	ListenOverflows  = "TcpExtListenOverflows"
	ListenDrops      = "TcpExtListenDrops"
	DeferAcceptDrops = "TcpExtTCPDeferAcceptDrop"

	CountersAge = "counters.age_us"
	UnixAge     = "unix_diag.age_us"
	SlowAt      = "slow.at_us"
	SlowTook    = "slow.took_us"
)

// Metrics are all counters and gauges that a sample may have. Counters of netstat and snmp are the columns of
// these files that are read. A kernel that lacks one (TCPReqQFull* came with 2.6.38, TCPSynRetrans with 3.15,
// TCPMigrateReq* with 5.14) leaves it absent. Their meanings: Documentation/networking/snmp_counter.rst,
// include/uapi/linux/snmp.h.
var Metrics = []Metric{
	// The accept queue, and the SYN queue before it.
	{ListenOverflows, "netstat", Counter, Things, Namespace, Loss,
		"Packets (SYNs, final ACKs) dropped because an accept queue was full. A retransmitted " +
			"packet counts again."},
	{ListenDrops, "netstat", Counter, Things, Namespace, Loss,
		"Packets that listeners dropped for any reason, overflows included."},
	{"TcpExtTCPReqQFullDrop", "netstat", Counter, Things, Namespace, Loss,
		"SYNs dropped because a SYN queue was full and SYN cookies are off."},
	{"TcpExtTCPReqQFullDoCookies", "netstat", Counter, Things, Namespace, Symptom,
		"SYNs answered with a cookie because a SYN queue was full."},
	{"TcpExtSyncookiesSent", "netstat", Counter, Things, Namespace, Symptom,
		"SYN cookies sent."},
	{"TcpExtSyncookiesRecv", "netstat", Counter, Things, Namespace, Symptom,
		"SYN cookies that came back."},
	{"TcpExtSyncookiesFailed", "netstat", Counter, Things, Namespace, Symptom,
		"SYN cookies that came back wrong."},
	{DeferAcceptDrops, "netstat", Counter, Things, Namespace, Traffic,
		"Bare ACKs that TCP_DEFER_ACCEPT ignored until data came. Each is a drop of its listener, " +
			"and no loss."},
	{"TcpExtTCPMigrateReqSuccess", "netstat", Counter, Things, Namespace, Traffic,
		"Handshakes passed to another member when a listener of an SO_REUSEPORT group closed."},
	{"TcpExtTCPMigrateReqFailure", "netstat", Counter, Things, Namespace, Loss,
		"Handshakes lost when a listener of an SO_REUSEPORT group closed."},

	// Resets: who gave up on whom, and why.
	{"TcpExtEmbryonicRsts", "netstat", Counter, Things, Namespace, Symptom,
		"Resets received or sent during a handshake; by listeners too, with " +
			"tcp_abort_on_overflow=1."},
	{"TcpExtTCPAbortOnData", "netstat", Counter, Things, Namespace, Symptom,
		"Connections reset because data came after they were closed."},
	{"TcpExtTCPAbortOnClose", "netstat", Counter, Things, Namespace, Symptom,
		"Connections reset because they were closed with data unread."},
	{"TcpExtTCPAbortOnMemory", "netstat", Counter, Things, Namespace, Loss,
		"Connections reset because memory for sockets ran out."},
	{"TcpExtTCPAbortOnTimeout", "netstat", Counter, Things, Namespace, Symptom,
		"Connections given up after too many retransmissions."},
	{"TcpExtTCPAbortOnLinger", "netstat", Counter, Things, Namespace, Symptom,
		"Connections reset because they lingered too long."},
	{"TcpExtTCPAbortFailed", "netstat", Counter, Things, Namespace, Symptom,
		"Resets that could not be sent, for want of memory."},
	{"TcpOutRsts", "snmp", Counter, Things, Namespace, Symptom,
		"Resets sent."},
	{"TcpEstabResets", "snmp", Counter, Things, Namespace, Symptom,
		"Established connections that were reset."},
	{"TcpAttemptFails", "snmp", Counter, Things, Namespace, Symptom,
		"Connection attempts that failed."},

	// What the other end of an overflow sees: SYNs sent again, then a timeout.
	{"TcpExtTCPSynRetrans", "netstat", Counter, Things, Namespace, Symptom,
		"SYNs and SYN-ACKs that were retransmitted."},
	{"TcpExtTCPTimeouts", "netstat", Counter, Things, Namespace, Symptom,
		"Retransmission timeouts."},
	{"TcpRetransSegs", "snmp", Counter, Things, Namespace, Symptom,
		"Segments that were retransmitted."},

	// Connections opened, and what is left of them afterwards.
	{"TcpActiveOpens", "snmp", Counter, Things, Namespace, Traffic,
		"Connections opened from here."},
	{"TcpPassiveOpens", "snmp", Counter, Things, Namespace, Traffic,
		"Connections accepted by the kernel."},
	{"TcpExtTW", "netstat", Counter, Things, Namespace, Traffic,
		"Sockets that left TIME_WAIT when its time was over."},
	{"TcpExtTWRecycled", "netstat", Counter, Things, Namespace, Traffic,
		"Sockets in TIME_WAIT that a new connection took over."},
	{"TcpExtTCPTimeWaitOverflow", "netstat", Counter, Things, Namespace, Loss,
		"Connections that skipped TIME_WAIT because there were too many."},
	{"sockstat.TCP.tw", "sockstat", Gauge, Things, Namespace, Traffic,
		"Sockets in TIME_WAIT."},
	{"sockstat.TCP.inuse", "sockstat", Gauge, Things, Namespace, Traffic,
		"IPv4 TCP sockets that hold a port."},
	{"sockstat.TCP.orphan", "sockstat", Gauge, Things, Host, Traffic,
		"TCP sockets that their owner has closed, and the kernel has not."},
	{"sockstat.TCP.mem", "sockstat", Gauge, Pages, Host, Traffic,
		"Memory of TCP socket buffers, to compare with tcp_mem."},

	// Losses that overflow must not be blamed for.
	{"TcpExtTCPBacklogDrop", "netstat", Counter, Things, Namespace, Loss,
		"Packets dropped because a busy socket's own lock backlog was full. This is not the " +
			"backlog of listen()."},
	{"TcpExtTCPRcvQDrop", "netstat", Counter, Things, Namespace, Loss,
		"Packets dropped because a receive queue was full."},
	{"TcpInErrs", "snmp", Counter, Things, Namespace, Symptom,
		"Segments that arrived damaged."},
	{"TcpInSegs", "snmp", Counter, Things, Namespace, Traffic,
		"Segments received."},
	{"TcpOutSegs", "snmp", Counter, Things, Namespace, Traffic,
		"Segments sent, without retransmissions."},
	{"softnet.dropped", "softnet", Counter, Things, Host, Loss,
		"Packets dropped before any socket saw them."},
	{"softnet.time_squeeze", "softnet", Counter, Things, Host, Symptom,
		"Receive rounds that ended because their budget was used up."},

	// What may run short at the side that connects.
	{"tcp.towards.syn_sent", "connections", Gauge, Things, Watched, Traffic,
		"Connection attempts to the watched ports that are not answered yet."},
	{"tcp.towards.time_wait", "connections", Gauge, Things, Watched, Traffic,
		"Sockets in TIME_WAIT towards the watched ports."},
	{"tcp.towards.established", "connections", Gauge, Things, Watched, Traffic,
		"Established connections to the watched ports."},
	{"ports.used", "connections", Gauge, Things, Watched, Traffic,
		"Local ports in use by the fullest tuple of source address, destination address and " +
			"watched port."},
	{"ports.range", "connections", Gauge, Things, Watched, Traffic,
		"Local ports that such a tuple has in all."},
	{"ports.tuples", "connections", Gauge, Things, Watched, Traffic,
		"Tuples of source address, destination address and watched port in use."},

	// The listener, as other tables show it.
	{"listen.syn_recv", "syn_queue", Gauge, Things, Watched, Traffic,
		"Connections in the SYN queues of the watched listeners."},
	{"listen.sockets", "tcp_table", Gauge, Things, Watched, Traffic,
		"Sockets that listen on the watched ports, where their network namespace may not be " +
			"entered."},
	{"listen.depth", "tcp_table", Gauge, Things, Watched, Traffic,
		"Connections in the fullest of their accept queues, whose limit is not known."},
	{"trace.accept.count", "trace", Counter, Things, Watched, Traffic,
		"Accepted connections whose time in the accept queue was measured."},
	{"trace.accept.unaccounted", "trace", Counter, Things, Watched, Traffic,
		"Accepted connections whose time in the accept queue was not measured."},
	{"trace.accept.wait_ns", "trace", Counter, Nanoseconds, Watched, Traffic,
		"Time that the measured connections spent in the accept queue, all together."},
	{"trace.accept.wait.*", "trace", Counter, Things, Watched, Traffic,
		"Measured connections by their time in the accept queue; the name ends in the bucket's " +
			"number."},
	{"trace.rst.sent.*", "trace", Counter, Things, Watched, Traffic,
		"Resets that the kernel sent from the watched ports; the name ends in whom they were for, " +
			"and the kernel's reason."},
	{"trace.rst.received", "trace", Counter, Things, Watched, Traffic,
		"Connections to the watched ports that a reset ended."},

	// Who had the processors.
	{"sched.listener.processes", "schedstat", Gauge, Things, Processes, Traffic,
		"Processes that hold a watched listening socket."},
	{"sched.listener.threads", "schedstat", Gauge, Things, Processes, Traffic,
		"Threads of these processes."},
	{"sched.listener.cpu_ns", "schedstat", Counter, Nanoseconds, Processes, Traffic,
		"Time for which these threads ran."},
	{"sched.listener.run_delay_ns", "schedstat", Counter, Nanoseconds, Processes, Traffic,
		"Time for which these threads could run, but had no CPU."},
	{"cgroup.cpu.nr_periods", "cgroup", Counter, Things, Cgroups, Traffic,
		"Periods of the CPU quota."},
	{"cgroup.cpu.nr_throttled", "cgroup", Counter, Things, Cgroups, Symptom,
		"Periods in which the CPU quota stopped the processes."},
	{"cgroup.cpu.throttled_us", "cgroup", Counter, Microseconds, Cgroups, Symptom,
		"Time for which the CPU quota stopped the processes."},
	{"stat.cpu.steal", "steal", Counter, Ticks, Host, Symptom,
		"CPU time that the hypervisor gave to others, all CPUs together."},
	{"psi.cpu.some.avg10", "pressure", Gauge, Hundredths, Host, Traffic,
		"Share of the last 10 s in which some task waited for a CPU."},
	{"psi.cpu.some.total_us", "pressure", Counter, Microseconds, Host, Traffic,
		"Time in which some task waited for a CPU."},

	// How old the values are.
	{CountersAge, "netstat", Gauge, Microseconds, Itself, Traffic,
		"Age of the values of netstat, snmp, sockstat and steal; absent where they were read with " +
			"the sample."},
	{UnixAge, "unix_diag", Gauge, Microseconds, Itself, Traffic,
		"Age of the unix listeners, as walks through all sockets are rare; absent where there was " +
			"one for the sample."},
	{SlowAt, "slow", Gauge, Microseconds, Itself, Traffic,
		"When connections, syn_queue, schedstat, cgroup, pressure, softnet and trace were read, " +
			"from the epoch."},
	{SlowTook, "slow", Gauge, Microseconds, Itself, Traffic,
		"How long it took to read them."},
}

// families are the metrics whose names have a rest, by what comes before it; byName are the others.
var families, byName = func() (families []Metric, byName map[string]Metric) {
	byName = map[string]Metric{}
	for _, m := range Metrics {
		if strings.HasSuffix(m.Name, "*") {
			families = append(families, m)
		} else {
			byName[m.Name] = m
		}
	}
	return families, byName
}()

// MetricOf is what is known of a counter or gauge; false where nothing is.
func MetricOf(name string) (Metric, bool) {
	if m, known := byName[name]; known {
		return m, true
	}
	for _, m := range families {
		if strings.HasPrefix(name, strings.TrimSuffix(m.Name, "*")) {
			return m, true
		}
	}
	return Metric{}, false
}

// Reading is a counter as a sample has it, or its absence.
type Reading struct {
	Value uint64
	Known bool
}

// ReadingOf is one of a sample's counters.
func ReadingOf(counters map[string]uint64, name string) Reading {
	v, known := counters[name]
	return Reading{v, known}
}

// Counter reads one of the sample's counters.
func (s *Sample) Counter(name string) Reading { return ReadingOf(s.Counters, name) }

// Since is by how much the counter grew since an earlier reading; nil where it is absent in one of both, or
// began anew between them.
func (r Reading) Since(before Reading) *uint64 {
	if !r.Known || !before.Known || r.Value < before.Value {
		return nil
	}
	return new(r.Value - before.Value)
}
