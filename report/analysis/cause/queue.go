package cause

import (
	"weir/loadgen"
	"weir/probe/nginxlog"
	"weir/report/result"
	"weir/report/runfile"
)

// queueRules are for failures that a full queue produces. A full queue is not the only thing that produces
// them, so each needs a counter that accounts for them.
var queueRules = []rule{
	{refusedAtOnce, result.UnixQueueOverflow, "unix_queue_full", eagain},
	{notCounted, result.Undetermined, "queue_not_counted", nil},
	{anotherOverflowed, result.AnotherListener, "another_listener_overflowed", nil},
	{perhapsOnlyACKs, result.Undetermined, "perhaps_only_acks", nil},
	{fullWithoutDrops, result.AcceptQueueOverflow, "accept_queue_full", accountingWithoutDrops},
	{overflowed, result.AcceptQueueOverflow, "accept_queue_full", accounting},
	{listenerNotKnown, result.Undetermined, "listener_not_known", nil},
	{synQueueOverflowed, result.SYNQueueOverflow, "syn_queue_full", nil},
	{anyOverflow, result.Undetermined, "too_few_overflows", nil},
	{anySYNDrop, result.Undetermined, "too_few_syn_drops", nil},
	{anyListenDrop, result.Undetermined, "listener_dropped_nothing", nil},
	{always, result.Undetermined, "kernel_dropped_nothing", nil},
}

// fullRules say why an accept queue was full. More came than the workers serve. On average less came than
// that, but in bursts which the queue could not take. Or less came, evenly, and the workers had no processor.
// Each needs its own evidence; where none is conclusive, the queue was full and that is all.
var fullRules = []rule{
	{capacityNotKnown, result.AcceptQueueOverflow, "", nil},
	{aboveCapacity, result.WorkerBoundOverflow, "why_worker_bound", dueAbove},
	{burstsSuffice, result.BurstOverflow, "why_bursts", simulated},
	{belowWithoutProcessor, result.ServerCPUStarved, "why_starved", starved},
	{belowCapacity, result.AcceptQueueOverflow, "why_not_known", nil},
	{always, result.AcceptQueueOverflow, "", dueNear},
}

// refusedAtOnce: connect() on a unix socket answers EAGAIN for a full queue, and for nothing else.
func refusedAtOnce(m *matter) bool {
	throughProxy := min(m.Proxy.Errors[nginxlog.UnixQueueFull], m.failed.Outcomes[loadgen.HTTP502])
	return 2*(m.failed.Outcomes[loadgen.QueueFull]+throughProxy) > m.n
}

func notCounted(m *matter) bool { return m.Kernel.Overflows == nil }

func anotherOverflowed(m *matter) bool { return value(m.Kernel.Namespace) > 0 && droppedNothing(m) }

// perhapsOnlyACKs: bare ACKs that TCP_DEFER_ACCEPT ignores are among a listener's drops, and no loss.
func perhapsOnlyACKs(m *matter) bool {
	drops := m.Kernel.Drops
	return anyOverflow(m) && drops != nil && m.Kernel.Deferrable == *drops && !m.Queue.Full
}

// fullWithoutDrops: an old kernel has no counter of a listener's own drops.
func fullWithoutDrops(m *matter) bool {
	return anyOverflow(m) && m.Kernel.Drops == nil && agrees(m) && m.Queue.Full
}

func overflowed(m *matter) bool {
	k := &m.Kernel
	return anyOverflow(m) && k.Drops != nil && m.explains(k.Drops) && m.explains(k.Overflows)
}

func listenerNotKnown(m *matter) bool   { return anyOverflow(m) && m.Queue.Listener == "" }
func synQueueOverflowed(m *matter) bool { return m.explains(m.synDrops()) }
func anyOverflow(m *matter) bool        { return value(m.Kernel.Overflows) > 0 }
func anySYNDrop(m *matter) bool         { return value(m.synDrops()) > 0 }
func anyListenDrop(m *matter) bool      { return value(m.Kernel.ListenDrops) > 0 }
func agrees(m *matter) bool             { return m.Reconciliation.Verdict == result.Agree }

// synDrops is how many SYNs the listener dropped at most that met no full accept queue, by the namespace's
// counters and by its own drops; nil where neither of the namespace's is known.
func (m *matter) synDrops() *uint64 {
	k := &m.Kernel
	if k.QueueDrops == nil && k.ListenDrops == nil {
		return nil
	}
	n := max(value(k.QueueDrops), less(value(k.ListenDrops), value(k.Namespace)))
	if k.Drops != nil {
		n = min(n, less(*k.Drops, value(k.Overflows)))
	}
	return &n
}

func less(a, b uint64) uint64 { return a - min(a, b) }

func capacityNotKnown(m *matter) bool { return m.Capacity.Rate == 0 }
func aboveCapacity(m *matter) bool    { return m.nearlyAll(m.failed.Due.Above) }
func belowCapacity(m *matter) bool    { return m.nearlyAll(m.failed.Due.Below) }

// nearlyAll is the same share as explained, of the requests that were due in the tenths of a second with
// failures.
func (m *matter) nearlyAll(n uint64) bool {
	all := m.failed.Due.All
	return all > 0 && float64(n) >= explained*float64(all)
}

// simulatedShare of the overflows, or more, and the schedule needs no other cause beside it.
const simulatedShare = 0.5

// burstsSuffice: a simulated server overflows on these arrivals about as often. Just below the capacity is
// only to be told from just above where the backend stamped its busy periods.
func burstsSuffice(m *matter) bool {
	notAbove := m.Capacity.Stamped && m.nearlyAll(less(m.failed.Due.All, m.failed.Due.Above))
	if n := m.Capacity.Simulated; belowCapacity(m) || notAbove {
		return n != nil && float64(*n) >= simulatedShare*float64(value(m.Kernel.Overflows))
	}
	return false
}

func belowWithoutProcessor(m *matter) bool { return belowCapacity(m) && withoutProcessor(m) }

// starvedShare of the time of all workers together is enough to call them starved.
const starvedShare = 0.10

func withoutProcessor(m *matter) bool {
	return m.Processor != nil && m.Processor.Starved() >= starvedShare
}

// order is the first step of the ladder: the overflow came no later than the failure.
func order(m *matter) proof {
	if m.Kernel.Began == nil || m.failed.First == nil || *m.Kernel.Began > *m.failed.First+runfile.BinWidth {
		return proof{}
	}
	args := result.Args{"overflow": *m.Kernel.Began, "failure": *m.failed.First}
	return proof{level: 1}.and(result.Found("evidence_order", args))
}

// accounting is the second: so many overflows, so many failures.
func accounting(m *matter) proof {
	p := order(m)
	if p.level == 0 || !agrees(m) {
		return p
	}
	p.level = 2
	r := m.Reconciliation
	args := result.Args{"overflows": r.Overflows, "failures": r.ClientFailures, "rule": r.Rule}
	return p.and(result.Found("evidence_accounting", args))
}

func accountingWithoutDrops(m *matter) proof {
	return accounting(m).and(result.Finding{Code: "evidence_without_drops"})
}

// eagain needs no counter. Nothing counts on a unix socket, so order is all that can be shown beside it.
func eagain(m *matter) proof {
	p := proof{}.and(result.Finding{Code: "evidence_eagain"})
	if m.failed.First != nil && m.Queue.Full && m.Queue.FullAt <= *m.failed.First+runfile.BinWidth {
		p.level = 1
	}
	return p
}

func dueAbove(m *matter) proof { return m.due("evidence_above", m.failed.Due.Above) }
func dueNear(m *matter) proof {
	return m.due("evidence_near", less(m.failed.Due.All, m.failed.Due.Below))
}

func (m *matter) due(code result.Code, n uint64) proof {
	args := result.Args{"n": n, "all": m.failed.Due.All, "capacity": m.Capacity.Rate}
	return proof{}.and(result.Found(code, args))
}

func simulated(m *matter) proof {
	p := proof{}.and(result.Found("evidence_simulated", result.Args{"n": *m.Capacity.Simulated}))
	if withoutProcessor(m) {
		return p.and(starved(m).found...)
	}
	return p
}

func starved(m *matter) proof {
	p := m.Processor
	if p.Stopped > p.Waited {
		return proof{}.and(result.Found("evidence_stopped", result.Args{"share": p.Stopped}))
	}
	return proof{}.and(result.Found("evidence_waited", result.Args{"share": p.Waited, "workers": p.Workers}))
}
