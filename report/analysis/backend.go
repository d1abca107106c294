package analysis

import (
	"fmt"
	"time"

	"weir/probe"
	"weir/report/result"
)

// backend is what a lane's load was to its listener's host.
func (r *run) backend(l *lane) (b result.Backend) {
	if !probe.IsUnix(l.Listener) {
		b.Connections = l.sum(func(f *figures) *uint64 { return f.accepted })
		b.PerRequest = l.perRequest(func(f *figures) *uint64 { return f.accepted })
	}
	b.CPU = r.processor(l)
	if share, _, known := r.starved(l); known {
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

// processor is the CPU time in seconds of the processes that hold the lane's listener, for each request that was sent
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

// starved is for which share of their time the listener's processes could have run and had no processor, or were
// stopped by their group's quota; false where the kernel was not asked, or does not tell.
func (r *run) starved(l *lane) (share float64, text string, known bool) {
	workers := r.header.Capacity.Workers
	if workers == 0 {
		return 0, "", false
	}
	var delayed, stopped, wall time.Duration
	for _, t := range l.trials {
		first, last, ok := r.inside(t)
		delay, quota := last.counters.since(first.counters, listenerRunDelay), last.counters.since(first.counters, throttled)
		if !ok || delay == nil && quota == nil {
			continue
		}
		known = true
		wall += last.from - first.from
		delayed += time.Duration(min(value(delay), uint64(forever)))
		stopped += time.Duration(min(value(quota), uint64(forever/time.Microsecond))) * time.Microsecond
	}
	if wall <= 0 {
		return 0, "", false
	}
	// Other threads of the processes wait too, and those of a stopped group together: no more than always.
	run := min(1, delayed.Seconds()/wall.Seconds()/float64(workers))
	quota := min(1, stopped.Seconds()/wall.Seconds())
	if quota > run {
		return quota, fmt.Sprintf("the CPU quota of the workers' group stopped them for %.0f %% of the time (cpu.stat throttled_usec)", 100*quota), known
	}
	return run, fmt.Sprintf("the workers could have run but had no processor for %.0f %% of the time (schedstat run delay, %d workers)", 100*run, workers), known
}
