package prom

import (
	"strings"
	"unicode"
)

// help explains the counters that this program is about. The others are what nstat calls them.
var help = map[string]string{
	"TcpExtListenOverflows":       "Packets (SYNs, final ACKs) dropped because an accept queue was full. Retransmissions count again; all listeners of the namespace together.",
	"TcpExtListenDrops":           "Packets dropped by listeners for any reason, overflows included.",
	"TcpExtTCPReqQFullDrop":       "SYNs dropped because a SYN queue was full and SYN cookies are off.",
	"TcpExtTCPReqQFullDoCookies":  "SYNs answered with a cookie because a SYN queue was full.",
	"TcpExtSyncookiesSent":        "SYN cookies sent.",
	"TcpExtEmbryonicRsts":         "Resets received or sent in the middle of a handshake; by listeners too, with tcp_abort_on_overflow=1.",
	"TcpExtTCPSynRetrans":         "SYNs and SYN-ACKs sent again.",
	"TcpExtTCPTimeWaitOverflow":   "Connections that skipped TIME_WAIT because there were too many.",
	"TcpExtTCPTimeouts":           "Retransmission timeouts.",
	"TcpOutRsts":                  "Resets sent.",
	"TcpEstabResets":              "Established connections that were reset.",
	"TcpAttemptFails":             "Connection attempts that failed.",
	"TcpRetransSegs":              "Segments sent again.",
	"stat.cpu.steal":              "CPU time in which the hypervisor ran someone else, all CPUs of the host together.",
	"sockstat.TCP.tw":             "Sockets in TIME_WAIT.",
	"sched.listener.run_delay_ns": "Time in which the listener's processes could run, but had no CPU.",
	"sched.listener.cpu_ns":       "Time in which the listener's processes ran.",
	"cgroup.cpu.throttled_us":     "Time for which the listener's cgroups were stopped by their CPU quota.",
	"psi.cpu.some.total_us":       "Time in which some task of the host waited for a CPU.",
	"softnet.dropped":             "Packets dropped before any socket saw them, on the whole host.",
	"ports.used":                  "Local ports in use by the (source, destination, port) tuple that uses most.",
	"ports.range":                 "Local ports that such a tuple has in all.",
	"tcp.towards.time_wait":       "Sockets in TIME_WAIT towards the watched ports.",
	"tcp.towards.syn_sent":        "Connects to the watched ports that are under way.",
	"TcpExtTCPDeferAcceptDrop":    "Bare ACKs that TCP_DEFER_ACCEPT ignored until data comes: each is a drop of its listener, and no loss.",
	"TcpExtTCPMigrateReqFailure":  "Handshakes lost when a listener of an SO_REUSEPORT group closed.",
	"TcpExtTCPAbortOnClose":       "Connections reset because they were closed with data unread.",
	"TcpExtTCPAbortOnData":        "Connections reset because data came after they were closed.",
	"cgroup.cpu.nr_throttled":     "Periods in which the listener's cgroups were stopped by their CPU quota.",
	"sched.listener.processes":    "Processes that hold a watched listening socket.",
	"TcpExtSyncookiesFailed":      "Cookies that came back wrong.",
	"TcpExtTCPMigrateReqSuccess":  "Handshakes handed on when a listener of an SO_REUSEPORT group closed.",
	"tcp.towards.established":     "Established connections to the watched ports.",
	"TcpExtSyncookiesRecv":        "Cookies that came back.",
	"sched.listener.threads":      "Threads of the processes that hold a watched listening socket.",
	"TcpExtTCPAbortOnLinger":      "Connections reset because they lingered too long.",
	"TcpExtTCPAbortOnMemory":      "Connections reset because memory for sockets ran out.",
	"TcpExtTCPAbortOnTimeout":     "Connections given up after too many retransmissions.",
	"TcpExtTCPBacklogDrop":        "Packets dropped because a busy socket's own lock backlog was full; nothing to do with listen().",
	"TcpExtTCPRcvQDrop":           "Packets dropped because a receive queue was full.",
	"TcpPassiveOpens":             "Connections accepted by the kernel.",
	"TcpActiveOpens":              "Connections opened from here.",
	"TcpExtTW":                    "Sockets that left TIME_WAIT by time.",
	"psi.cpu.some.avg10":          "Share of the last 10 s in which some task of the host waited for a CPU.",
	"softnet.time_squeeze":        "Receive rounds that ran out of their budget, on the whole host.",
	"cgroup.cpu.nr_periods":       "Periods of the CPU quota of the listener's cgroups.",
	"sockstat.TCP.inuse":          "IPv4 TCP sockets that hold a port.",
	"sockstat.TCP.orphan":         "TCP sockets closed by their owner but not yet by the kernel, on the whole host.",
	"sockstat.TCP.mem":            "Pages of TCP socket buffers, on the whole host.",
	"ports.tuples":                "(source, destination, port) tuples in use towards the watched ports.",
}

// metric is how a kernel name is written here.
type metric struct {
	name  string
	help  string
	scale float64 // to base units: seconds, ratios
}

// units are the ends of names that are no base unit.
var units = []struct {
	end, instead string
	scale        float64
}{
	{"_ns", "_seconds", 1e-9}, {"_us", "_seconds", 1e-6},
	{"cpu.steal", "cpu_steal_seconds", 1. / 100}, // USER_HZ
	{".avg10", "_ratio", 1e-4},                   // 1/100 %
}

// named gives the conventional name of a kernel counter or gauge: weir_listen_overflows_total for
// TcpExtListenOverflows. Another kernel's counters get theirs by the same rule.
func named(kernel string, counter bool) metric {
	m := metric{name: kernel, scale: 1, help: help[kernel]}
	for _, u := range units {
		if stem, ok := strings.CutSuffix(m.name, u.end); ok {
			m.name, m.scale = stem+u.instead, u.scale
			break
		}
	}
	for _, prefix := range []string{"TcpExtTCP", "TcpExt", "Tcp", "stat."} {
		if rest, ok := strings.CutPrefix(m.name, prefix); ok && rest != "" {
			m.name = rest
			break
		}
	}
	m.name = "weir_" + snake(m.name)
	if counter {
		m.name += "_total"
	}
	if m.help == "" {
		m.help = "The kernel's " + kernel + "."
	}
	return m
}

// snake turns CamelCase and dots into snake_case: ReqQFullDoCookies into req_q_full_do_cookies.
func snake(s string) string {
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case r == '_' || !(unicode.IsLetter(r) || unicode.IsDigit(r)) || r > unicode.MaxASCII:
			b.WriteByte('_')
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1])):
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
