package cause

import (
	"time"

	"weir/report/result"
)

// lateRules are for answers after the deadline. A lost SYN delays an answer by a second or more, a long queue
// by as long as its depth takes.
var lateRules = []rule{
	{lateByLostSYNs, result.AcceptQueueOverflow, "late_by_lost_syns", order},
	{waitedBeyondDeadline, result.QueuedTooLong, "late_in_queue", lostSYNs},
	{lateByTheProxysSYNs, result.AcceptQueueOverflow, "late_by_the_proxys_syns", order},
	{lostSYNsTookPart, result.Undetermined, "late_partly_by_lost_syns", nil},
	{always, result.SlowResponse, "late_and_slow", nil},
}

// slowRules are for requests that were given up without an answer, although their connection was made.
var slowRules = []rule{
	{waitedOrNotConnected, result.AcceptQueueOverflow, "slow_in_or_before_queue", order},
	{waitedBeyondTimeout, result.DeadWork, "slow_in_queue", nil},
	{withoutProcessor, result.ServerCPUStarved, "slow_starved", starved},
	{theProxysSYNsTookPart, result.Undetermined, "slow_or_lost_syns", nil},
	{always, result.SlowResponse, "slow", nil},
}

func lateByLostSYNs(m *matter) bool {
	return m.Retrial && anyOverflow(m) && value(m.Kernel.Drops) > 0 && 2*m.lateBySYN() > m.n
}

// lateBySYN is how many answers lost SYNs alone made late; where single connections are not known, as many as
// SYNs were lost.
func (m *matter) lateBySYN() uint64 {
	if m.LateBySYN != nil {
		return *m.LateBySYN
	}
	return m.SYNRetrans
}

func waitedBeyondDeadline(m *matter) bool { return m.waited() > m.Deadline }
func waitedBeyondTimeout(m *matter) bool  { return m.waited() > m.Timeout }

// waited is how long the last request of the longest queue that was seen had to wait for its answer, depth ÷
// μ + S; 0 where it is not known, or nothing was seen in the queue.
func (m *matter) waited() time.Duration {
	if m.Queue.Depth == nil || *m.Queue.Depth == 0 || m.Capacity.Rate == 0 {
		return 0
	}
	return time.Duration(float64(*m.Queue.Depth)/m.Capacity.Rate*1e9) + m.Capacity.Service
}

// lateByTheProxysSYNs: the client lost no SYN, so those that were dropped were a proxy's.
func lateByTheProxysSYNs(m *matter) bool {
	return m.Retrial && m.SYNRetrans == 0 && m.Queue.Full && m.explains(m.Kernel.Overflows)
}

func lostSYNsTookPart(m *matter) bool {
	return m.Retrial && m.some(max(m.SYNRetrans, value(m.Kernel.Overflows)))
}

// waitedOrNotConnected: behind a proxy the client's own connection does not show whether its request had a
// place in the backend's queue. The proxy's access log would.
func waitedOrNotConnected(m *matter) bool {
	own := min(value(m.Kernel.Overflows), value(m.Kernel.Drops))
	return waitedBeyondTimeout(m) && m.Retrial && m.Proxied && !m.Proxy.AccessLog && m.some(own)
}

func theProxysSYNsTookPart(m *matter) bool {
	return m.Proxied && m.Retrial && m.some(value(m.Kernel.Overflows))
}

func lostSYNs(m *matter) proof {
	n := min(m.lateBySYN(), m.n)
	if n == 0 {
		return proof{}
	}
	return proof{}.and(result.Found("evidence_lost_syns", result.Args{"n": n}))
}
