package stop

import (
	"iter"
	"time"

	"weir/loadgen/count"
	"weir/loadgen/plan"
)

// A request that is still open and older than a rule on latency allows is bad already, whatever becomes of it: a
// server that has stopped answering is seen when the first of them is too old, not when the first is given up.

// trial is what a watcher knows of one whose requests are under way.
type trial struct {
	*Watcher
	start   time.Duration
	overdue []*overdue // by the rule's position; nil of rules that are not on latency
}

// overdue counts the requests of one trial that are too old for one rule. It goes through the plan behind the clock,
// and knows of each bin how many of its requests it has come to and how many have ended. What it has come to and has
// not ended is open; of a bin that it has come to in part, the ended ones may be later ones, so it then counts at
// least as many as are known to be open.
type overdue struct {
	slower time.Duration
	next   func() (seq int, due time.Duration, ok bool)
	stop   func()
	due    time.Duration // of the first request that it has not come to
	more   bool          // there is one
	bins   map[time.Duration]*dueBin
	open   uint64        // those that were counted and have not ended
	looked time.Duration // the last sweep; 0: none
}

// dueBin is of the requests that are due in one bin.
type dueBin struct{ come, ended, counted uint64 }

func (w *Watcher) newTrial(start time.Duration, p plan.Plan) *trial {
	t := &trial{Watcher: w, start: start, overdue: make([]*overdue, len(w.rules))}
	for i, r := range w.rules {
		if r.slower > 0 {
			o := &overdue{slower: r.slower, bins: map[time.Duration]*dueBin{}}
			o.next, o.stop = iter.Pull2(p.Due())
			_, o.due, o.more = o.next()
			t.overdue[i] = o
		}
	}
	return t
}

func (t *trial) end() {
	for _, o := range t.overdue {
		if o != nil {
			o.stop()
		}
	}
}

func (o *overdue) bin(at time.Duration) *dueBin {
	b := o.bins[at]
	if b == nil {
		b = &dueBin{}
		o.bins[at] = b
	}
	return b
}

// ended notes that requests of a bin have ended, bad ones among them, and returns how many of the bad ones the rule has
// had already. A bad one is taken to be one of those where there are any: in the end it comes to the same.
func (o *overdue) ended(at time.Duration, all, bad uint64) (had uint64) {
	b := o.bin(at)
	b.ended += all
	had = min(b.counted, bad)
	b.counted -= had
	o.open -= had
	return had
}

// sweep returns how many requests are newly too old. It takes those that were too old at the last sweep and still have
// not ended: since then whoever has an answer of them in hand had the time to say so, also after a moment in which
// nothing ran.
func (o *overdue) sweep(now, start time.Duration) (more uint64) {
	oldest := o.looked - o.slower
	o.looked = now
	for ; o.more && start+o.due < oldest; _, o.due, o.more = o.next() {
		o.bin((start + o.due).Truncate(count.Width)).come++
	}
	for at, b := range o.bins {
		if known := b.ended + b.counted; b.come > known {
			more += b.come - known
			b.counted += b.come - known
		}
		if at+count.Width <= oldest && b.ended >= b.come {
			delete(o.bins, at)
		}
	}
	o.open += more
	return more
}

// sweep shows the rules what is overdue.
func (t *trial) sweep(now time.Duration) {
	if a, broken := t.judgeOpen(now); broken {
		t.alarm(a)
	}
}

func (t *trial) judgeOpen(now time.Duration) (a Alarm, broken bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return a, false
	}
	for i, o := range t.overdue {
		if o == nil {
			continue
		}
		before := o.open
		n := o.sweep(now, t.start)
		if after, alarm := t.sums[i].take(n, n, now, now); alarm {
			t.over = true
			return newAlarm(t.rules[i], &t.sums[i], t.requests+before+after), true
		}
	}
	return a, false
}
