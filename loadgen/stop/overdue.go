package stop

import (
	"iter"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
)

// A request that is still open and older than a rule on latency allows is bad already, whatever becomes of it: a
// server that has stopped answering is seen when the first of them is too old, not when the first is given up.

// trial is what a watcher knows of one whose requests are under way.
type trial struct {
	start   time.Duration
	ended   map[time.Duration]uint64 // requests with an outcome, by the bin in which they were due
	overdue []overdue                // by rule
}

// overdue counts the requests of one trial that are too old for one rule, by the bin in which they were due. It goes
// through the plan behind the clock.
type overdue struct {
	slower  time.Duration // 0: the rule does not ask
	next    func() (seq int, due time.Duration, ok bool)
	stop    func()
	due     time.Duration // of the first request that it has not come to
	more    bool
	lastNow time.Duration // of the last sweep; 0: none

	counted map[time.Duration]uint64 // as overdue, and have not ended
	open    uint64                   // the sum of those
}

func (w *Watcher) newTrial(start time.Duration, p plan.Plan) *trial {
	t := &trial{start: start, ended: map[time.Duration]uint64{}, overdue: make([]overdue, len(w.rules))}
	for i, r := range w.rules {
		o := &t.overdue[i]
		o.counted = map[time.Duration]uint64{}
		if o.slower = r.slower; r.slower > 0 {
			o.next, o.stop = iter.Pull2(p.Due())
			_, o.due, o.more = o.next()
		}
	}
	return t
}

func (t *trial) end() {
	for _, o := range t.overdue {
		if o.stop != nil {
			o.stop()
		}
	}
}

// ended is how many of a bin's ended requests the rule has had as overdue.
func (o *overdue) ended(b *count.Bin) uint64 {
	n := min(o.counted[b.At], b.Ended()+b.Of(loadgen.Canceled))
	if n == 0 {
		return 0
	}
	o.counted[b.At] -= n
	o.open -= n
	return min(n, b.Ended())
}

// sweep returns how many requests have become overdue: those of whole bins that were too old at the last sweep and still
// have not ended. Since then whoever has an answer of them in hand had the time to say so, also after a moment in which
// nothing ran.
func (o *overdue) sweep(t *trial, now time.Duration) (n uint64) {
	if o.slower == 0 {
		return 0
	}
	oldest := o.lastNow - o.slower
	o.lastNow = now
	for o.more {
		bin := (t.start + o.due).Truncate(count.Width)
		if bin+count.Width > oldest {
			break
		}
		planned := uint64(0)
		for o.more && t.start+o.due < bin+count.Width {
			planned++
			_, o.due, o.more = o.next()
		}
		if open := planned - min(planned, t.ended[bin]); open > 0 {
			o.counted[bin] += open
			o.open += open
			n += open
		}
	}
	return n
}
