package stop

import (
	"iter"
	"sync"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

// A request that is still open and older than a rule on latency allows is bad already, whatever becomes of it: a
// server that has stopped answering is seen when the first of them is too old, not when the first is given up.

// Sweeps come at least so often while requests may become overdue, and no oftener.
const (
	rarest = 100 * time.Millisecond
	oftest = 10 * time.Millisecond
)

// trial is what a watcher knows of one whose requests are under way.
type trial struct {
	start   time.Duration
	overdue []*overdue
}

// overdue counts the requests of one trial that are too old for one rule. It goes through the plan behind the clock:
// what it comes to, and has not heard of, is open.
type overdue struct {
	rule      int // of the watcher's
	slower    time.Duration
	next      func() (seq int, due time.Duration, ok bool)
	stop      func()
	seq       int           // the first that it has not come to; -1 where there is none
	due       time.Duration // when that is
	done      set           // of those from seq on
	undone    uint64        // those that were counted and have not ended
	lastSweep time.Duration // 0: none
}

func (w *Watcher) newTrial(start time.Duration, p plan.Plan) *trial {
	t := &trial{start: start}
	for i, r := range w.rules {
		if r.slower > 0 {
			o := &overdue{rule: i, slower: r.slower}
			o.next, o.stop = iter.Pull2(p.Due())
			o.step()
			t.overdue = append(t.overdue, o)
		}
	}
	return t
}

func (o *overdue) step() {
	seq, due, ok := o.next()
	if !ok {
		seq = -1
	}
	o.seq, o.due = seq, due
}

// ended notes that a request has ended, and reports whether the rule has had it already.
func (o *overdue) ended(seq int) (counted bool) {
	if o.seq >= 0 && seq >= o.seq {
		o.done.add(seq)
		return false
	}
	if o.undone > 0 {
		o.undone--
		return true
	}
	return false
}

// ended notes that a request has ended, and says, in a bit for each, which rules have had it already.
func (t *trial) ended(seq int) (counted uint64) {
	for _, o := range t.overdue {
		if o.ended(seq) {
			counted |= 1 << o.rule
		}
	}
	return counted
}

// sweep takes those that were too old at the last sweep and still have not ended: since then whoever has an answer
// of them in hand had the time to say so, also after a moment in which nothing ran.
func (o *overdue) sweep(now, start time.Duration, bad func() (alarm bool)) (alarm bool) {
	oldest := o.lastSweep - o.slower
	o.lastSweep = now
	for ; o.seq >= 0 && start+o.due < oldest; o.step() {
		if o.done.take(o.seq) {
			continue
		}
		o.undone++
		if bad() {
			return true
		}
	}
	return false
}

// Trial returns a recorder for one trial, see Recorder, that also sees the requests which stay open: the plan began, or
// will begin, at epoch+start. The caller ends it, when all results have been recorded.
func (w *Watcher) Trial(next loadgen.Recorder, epoch time.Time, start time.Duration, p plan.Plan) (rec loadgen.Recorder, end func()) {
	r := &recorder{Watcher: w, next: next, trial: w.newTrial(start, p)}
	if len(r.trial.overdue) == 0 {
		return r, func() {}
	}
	every := rarest
	for _, o := range r.trial.overdue {
		every = min(every, max(oftest, o.slower/4))
	}
	stop := make(chan struct{})
	var sweeping sync.WaitGroup
	sweeping.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.sweep(time.Since(epoch))
			case <-stop:
				return
			}
		}
	})
	return r, func() {
		close(stop)
		sweeping.Wait()
		for _, o := range r.trial.overdue {
			o.stop()
		}
	}
}

// sweep looks at what waits in the shards, and then for what is overdue.
func (r *recorder) sweep(now time.Duration) {
	r.shards.Lock()
	all := r.shards.all
	r.shards.Unlock()
	for _, s := range all {
		s.handOver()
	}
	if a, ok := r.judgeOpen(r.trial, now); ok {
		r.alarm(a)
	}
}

func (w *Watcher) judgeOpen(t *trial, now time.Duration) (a Alarm, broken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return a, false
	}
	for _, o := range t.overdue {
		c := &w.sums[o.rule]
		if o.sweep(now, t.start, func() bool { return c.add(true, now) }) {
			w.over = true
			return newAlarm(w.rules[o.rule], c, now, w.requests+o.undone), true
		}
	}
	return a, false
}

// set is a set of numbers that grow: the lowest are taken away as others come.
type set struct {
	words []uint64
	first int // the number of the first bit, a multiple of 64
}

func (s *set) add(n int) {
	for i := (n - s.first) / 64; i >= len(s.words); {
		s.words = append(s.words, 0)
	}
	s.words[(n-s.first)/64] |= 1 << (n % 64)
}

// take reports whether n is in the set. All numbers up to it may be forgotten.
func (s *set) take(n int) bool {
	i := (n - s.first) / 64
	if i >= len(s.words) {
		return false
	}
	in := s.words[i]&(1<<(n%64)) != 0
	if i > 64 && i > len(s.words)/2 {
		s.first += 64 * i
		s.words = s.words[:copy(s.words, s.words[i:])]
	}
	return in
}
