package probe

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

// Since is by how much the counter grew since an earlier reading; nil where it is absent in one of both, or began anew
// between them.
func (r Reading) Since(before Reading) *uint64 {
	if !r.Known || !before.Known || r.Value < before.Value {
		return nil
	}
	return new(r.Value - before.Value)
}

// counterNames are the counters that a sample carries, by nstat's names: the table's prefix, then the
// column. They are of the whole network namespace and count from its creation. A kernel that lacks one
// (TCPReqQFull* came with 2.6.38, TCPSynRetrans with 3.15, TCPMigrateReq* with 5.14) leaves it
// absent. Their meanings: Documentation/networking/snmp_counter.rst, include/uapi/linux/snmp.h.
var counterNames = []string{
	// The accept queue, and the SYN queue before it. ListenOverflows counts packets, not connections:
	// a retransmitted SYN counts again. ListenDrops counts them too, and drops for other reasons.
	"TcpExtListenOverflows",
	"TcpExtListenDrops",
	"TcpExtTCPReqQFullDrop",
	"TcpExtTCPReqQFullDoCookies",
	"TcpExtSyncookiesSent",
	"TcpExtSyncookiesRecv",
	"TcpExtSyncookiesFailed",
	"TcpExtTCPDeferAcceptDrop",
	"TcpExtTCPMigrateReqSuccess",
	"TcpExtTCPMigrateReqFailure",

	// Resets: who gave up on whom, and why.
	"TcpExtEmbryonicRsts",
	"TcpExtTCPAbortOnData",
	"TcpExtTCPAbortOnClose",
	"TcpExtTCPAbortOnMemory",
	"TcpExtTCPAbortOnTimeout",
	"TcpExtTCPAbortOnLinger",
	"TcpExtTCPAbortFailed",
	"TcpOutRsts",
	"TcpEstabResets",
	"TcpAttemptFails",

	// What the other end of an overflow sees: SYNs sent again, then a timeout.
	"TcpExtTCPSynRetrans",
	"TcpExtTCPTimeouts",
	"TcpRetransSegs",

	// Connections opened, and what is left of them afterwards.
	"TcpActiveOpens",
	"TcpPassiveOpens",
	"TcpExtTW",
	"TcpExtTWRecycled",
	"TcpExtTCPTimeWaitOverflow",

	// Losses that overflow must not be blamed for.
	"TcpExtTCPBacklogDrop", // a socket's own lock backlog; nothing to do with listen()
	"TcpExtTCPRcvQDrop",
	"TcpInErrs",
	"TcpInSegs",
	"TcpOutSegs",
}
