package stop

import (
	"sync"
	"time"

	"weir/loadgen/count"
	"weir/loadgen/plan"
)

// Watcher holds the state of rules over one lane. Several trials may share it: they go on where the last one ended.
type Watcher struct {
	alarm func(Alarm)
	rules []Rule

	mu       sync.Mutex
	sums     []cusum
	requests uint64
	over     bool
}

// Watch returns a Watcher that calls alarm once, with the first rule that is broken. It is called by whoever reads the
// count, which waits meanwhile: it should just cancel a context.
func Watch(rules []Rule, alarm func(Alarm)) *Watcher {
	w := &Watcher{alarm: alarm, rules: rules}
	for _, r := range rules {
		w.sums = append(w.sums, newCusum(r.limit))
	}
	return w
}

// Trial shows the rules what is counted of a trial whose plan begins, or will begin, at epoch+start, and the requests of
// it that stay open. It is called before the first result, and end after the last reading. What is never read is never
// looked at: at the end of a run there is nothing left to stop.
func (w *Watcher) Trial(c *count.Counter, epoch time.Time, start time.Duration, p plan.Plan) (end func()) {
	t := w.newTrial(start, p)
	c.Watch(func(r *count.Reading) {
		if a, broken := w.judge(t, r, time.Since(epoch)); broken {
			w.alarm(a) // not under the lock: it may wait for others
		}
	})
	return t.end
}

// judge takes one reading. A rule counts each request once: as overdue, or as ended.
func (w *Watcher) judge(t *trial, r *count.Reading, now time.Duration) (Alarm, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return Alarm{}, false
	}
	for _, b := range r.Bins {
		t.ended[b.At] += b.Ended()
		w.requests += b.Ended()
	}
	for i, rule := range w.rules {
		var ended, bad uint64
		for _, b := range r.Bins {
			before := t.overdue[i].ended(b)
			ended += b.Ended() - before
			bad += rule.bad(b) - min(before, rule.bad(b))
		}
		at := r.Last
		if len(r.Bins) == 0 { // all threads have been read
			ended = t.overdue[i].sweep(t, now)
			bad, at = ended, now
		}
		if w.sums[i].add(ended, min(bad, ended), at) {
			w.over = true
			return newAlarm(rule, &w.sums[i], at, w.requests+t.overdue[i].open), true
		}
	}
	return Alarm{}, false
}
