package gate

import (
	"iter"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
)

// A request that is still open and older than a percentile of the latency allows counts already, whatever
// becomes of it: a server that has stopped answering is seen when the first of them is too old, not when the
// first is given up.

// overdue counts the requests of one trial that are too old for one rule. It goes through the plan behind the
// clock, and knows of each bin how many of its requests it has come to and how many have ended. What it has
// come to and has not ended is open; of a bin that it has come to in part, the ended ones may be later ones,
// so it then counts at least as many as are known to be open.
type overdue struct {
	slower time.Duration
	start  time.Duration // of the plan
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

func newOverdue(slower, start time.Duration, p plan.Plan) *overdue {
	o := &overdue{slower: slower, start: start, bins: map[time.Duration]*dueBin{}}
	o.next, o.stop = iter.Pull2(p.Due())
	_, o.due, o.more = o.next()
	return o
}

func (o *overdue) bin(at time.Duration) *dueBin {
	b := o.bins[at]
	if b == nil {
		b = &dueBin{}
		o.bins[at] = b
	}
	return b
}

// ended notes which requests of a bin have ended, of which so many were slow or failed, and returns how many
// of those the rule has had already. One of them is taken to be one that it had where there are any: in the
// end it comes to the same.
func (o *overdue) ended(b *count.Bin, bad uint64) (had uint64) {
	of := o.bin(b.At)
	of.ended += b.Ended() + b.Of(loadgen.Canceled)
	had = min(of.counted, bad)
	of.counted -= had
	o.open -= had
	return had
}

// sweep returns how many requests are newly too old, by the bins in which they were due. It takes those that
// were too old at the last sweep and still have not ended: since then whoever has an answer of them in hand
// had the time to say so, also after a moment in which nothing ran.
func (o *overdue) sweep(now time.Duration) (more map[time.Duration]uint64) {
	oldest := o.looked - o.slower
	o.looked = now
	for ; o.more && o.start+o.due < oldest; _, o.due, o.more = o.next() {
		o.bin((o.start + o.due).Truncate(count.Width)).come++
	}
	more = map[time.Duration]uint64{}
	for at, b := range o.bins {
		if known := b.ended + b.counted; b.come > known {
			more[at] = b.come - known
			o.open += b.come - known
			b.counted += b.come - known
		}
		if at+count.Width <= oldest && b.ended >= b.come {
			delete(o.bins, at)
		}
	}
	return more
}
