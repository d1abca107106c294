package analysis

import (
	"maps"
	"slices"
	"time"

	"weir/loadgen"
	"weir/report/runfile"
)

// figures are a trial's sums.
type figures struct {
	outcomes   map[loadgen.Outcome]uint64
	due        uint64 // requests with an outcome
	sent       uint64
	late       uint64 // ok, but after the deadline
	bad        uint64 // not ok, or late
	synRetrans uint64
	opened     uint64 // connections
	closings   runfile.Closings
	overflows  *uint64 // of the lane's listener, from the trial's start until it had drained
	namespace  *uint64 // TcpExtListenOverflows: of all listeners in its network namespace
	drops      *uint64 // sk_drops of the lane's listener
	cover      window  // the samples from the trial's start until it had drained
	queue      queue
	complete   bool // every request of the plan has an outcome, and none was canceled
}

// measure adds up every trial of the run, and what it takes to sort the failures.
func (r *run) measure() {
	for _, t := range r.trials {
		f := &t.figures
		f.outcomes = map[loadgen.Outcome]uint64{}
		for _, b := range t.bins {
			for o, n := range b.due {
				f.outcomes[o] += n
				f.due += n
			}
			f.sent += b.sent
			f.late += b.late
			f.synRetrans += b.synRetrans
			f.opened += b.opened
			f.closings = addClosings(f.closings, b.closings)
		}
		f.bad = f.due - (f.outcomes[loadgen.OK] - f.late)
		f.complete = t.end != nil && f.due == uint64(t.Due) && f.outcomes[loadgen.Canceled] == 0

		f.cover = r.cover(t)
		own := f.cover.listener(t.lane.Listener)
		f.overflows, f.namespace, f.drops = own.Overflows, own.Namespace, own.Drops
		f.queue = r.within(t).queue(t.lane.Listener)
	}
	for _, l := range r.lanes {
		for _, t := range l.trials {
			l.slots = max(l.slots, t.figures.queue.slots)
		}
		l.expired = r.expiry(l)
	}
}

// good is how many requests were answered in time.
func (f *figures) good() uint64 { return f.due - f.bad }

// duration is how long the plan offers load.
func (t *trial) duration() time.Duration { return t.Plan.Duration() }

// rate is the offered rate; of a plan that changes it, the mean.
func (t *trial) rate() float64 {
	if d := t.duration().Seconds(); t.Rate == 0 && d > 0 {
		return float64(t.Due) / d
	}
	return t.Rate
}

// constant reports whether the trial is one for the estimators: a single rate, from start to end.
func (t *trial) constant() bool { return t.Rate > 0 && t.duration() > 0 }

// drained reports whether the queue was seen empty afterwards.
func (t *trial) drained() bool { return t.end != nil && t.end.Drained }

// drainedAfter is when the queue was seen empty, from the end of the load.
func (t *trial) drainedAfter() *float64 {
	if !t.drained() {
		return nil
	}
	s := max(0, (t.end.DrainedAt - t.Start - t.duration()).Seconds())
	return &s
}

// complete returns the lane's trials that ran to their end, in order of time.
func (l *lane) complete() []*trial {
	var out []*trial
	for _, t := range l.trials {
		if t.figures.complete {
			out = append(out, t)
		}
	}
	return out
}

// sum adds a figure over the trials; nil where no trial has it.
func (l *lane) sum(of func(*figures) *uint64) *uint64 {
	var total *uint64
	for _, t := range l.trials {
		if v := of(&t.figures); v != nil {
			if total == nil {
				total = new(uint64)
			}
			*total += *v
		}
	}
	return total
}

// grown is by how much a counter grew during the lane's trials; nil where no trial has it.
func (l *lane) grown(which counter) *uint64 {
	return l.sum(func(f *figures) *uint64 { return f.cover.delta(which) })
}

func (l *lane) overflows() *uint64 { return l.sum(func(f *figures) *uint64 { return f.overflows }) }

// outcomes adds up the lane's outcomes.
func (l *lane) outcomes() map[loadgen.Outcome]uint64 {
	out := map[loadgen.Outcome]uint64{}
	for _, t := range l.trials {
		for o, n := range t.figures.outcomes {
			out[o] += n
		}
	}
	return out
}

// queue is the fullest that the lane's trials saw.
func (l *lane) queue() queue {
	var q queue
	for _, t := range l.trials {
		tq := t.figures.queue
		if tq.depth != nil && (q.depth == nil || *tq.depth > *q.depth) {
			q.depth = tq.depth
		}
		if tq.limit != nil && (q.limit == nil || *tq.limit > *q.limit) {
			q.limit = tq.limit
		}
		if tq.full && !q.full {
			q.full, q.held, q.at = true, tq.held, tq.at
		}
		q.slots = max(q.slots, tq.slots)
	}
	return q
}

// maxOpen is how many of a trial's requests were under way at once, the most at the end of a bin.
func (t *trial) maxOpen() (most uint64) {
	var sent, ended uint64
	for _, at := range slices.Sorted(maps.Keys(t.bins)) {
		sent, ended = sent+t.bins[at].sent, ended+t.bins[at].ended
		most = max(most, sent-min(sent, ended)) // what was canceled before it was sent ended all the same
	}
	return most
}

func (l *lane) late() (n uint64) {
	for _, t := range l.trials {
		n += t.figures.late
	}
	return n
}

// bad is how many requests due in the bin were not answered well and in time.
func (b *bin) bad() (n uint64) {
	for o, k := range b.due {
		if o != loadgen.OK {
			n += k
		}
	}
	return n + b.late
}
