package analysis

import (
	"time"

	"weir/probe"
	"weir/report/result"
)

var (
	passiveOpens     = keep("TcpPassiveOpens") // connections made to all listeners of the network namespace
	listenerCPU      = keep("sched.listener.cpu_ns")
	listenerRunDelay = keep("sched.listener.run_delay_ns")
	throttled        = keep("cgroup.cpu.throttled_us")
)

// backend is what a lane's load was to its listener's host.
func (r *run) backend(l *lane) (b result.Backend) {
	if !probe.IsUnix(l.Listener) {
		b.Connections = l.grown(passiveOpens)
		b.PerRequest = l.perRequest(func(f *figures) *uint64 { return f.cover.delta(passiveOpens) })
	}
	b.CPU = r.processor(l)
	if p := r.starvation(l); p != nil {
		share := p.Starved()
		b.Starved = &share
	}
	return b
}

// perRequest is a figure ÷ requests sent, of the trials that have it; nil where none has, or none sent any.
func (l *lane) perRequest(of func(*figures) *uint64) *float64 {
	var sum, sent uint64
	for _, t := range l.trials {
		if v := of(&t.figures); v != nil {
			sum += *v
			sent += t.figures.sent
		}
	}
	if sent == 0 {
		return nil
	}
	per := float64(sum) / float64(sent)
	return &per
}

// processor is the CPU time in seconds of the processes that hold the lane's listener, for each request sent
// between the same readings of it; nil where it was not read twice in any trial.
func (r *run) processor(l *lane) *float64 {
	var ns uint64
	var sent float64
	for _, t := range l.trials {
		first, last, ok := r.inside(t)
		if grew := last.counters.since(first.counters, listenerCPU); ok && grew != nil {
			ns += *grew
			sent += t.sentBetween(first.from, last.from)
		}
	}
	if sent == 0 {
		return nil
	}
	per := float64(ns) / float64(time.Second) / sent
	return &per
}
