package stop

import (
	"sync"
	"time"

	"weir/loadgen"
)

// A shard hands over what it saw after batch results, or with the first that is done handOver after the
// last hand-over.
const (
	batch    = 32
	handOver = 10 * time.Millisecond
)

// Watcher holds the state of rules over one lane. Recorders of several trials may share it: they go on
// where the last one ended.
type Watcher struct {
	alarm func(Alarm)
	rules []Rule

	mu       sync.Mutex
	sums     []cusum
	requests uint64
	over     bool
}

// Watch returns a Watcher that calls alarm once, with the first rule that is broken. It is called by
// whoever recorded the result, which waits meanwhile: it should just cancel a context.
func Watch(rules []Rule, alarm func(Alarm)) *Watcher {
	w := &Watcher{alarm: alarm, rules: rules}
	for _, r := range rules {
		w.sums = append(w.sums, newCusum(r.limit))
	}
	return w
}

// seen is what a rule looks at.
type seen struct {
	done, latency time.Duration
	outcome       loadgen.Outcome
	seq           int
}

func look(r loadgen.Result) seen { return seen{r.Done, r.Done - r.Due, r.Outcome, r.Seq} }

// take gives results of a trial to the rules, in order.
func (w *Watcher) take(t *trial, results []seen) {
	if a, ok := w.judge(t, results); ok {
		w.alarm(a) // not under the lock: it may wait for others that record
	}
}

func (w *Watcher) judge(t *trial, results []seen) (Alarm, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range results {
		if w.over {
			break
		}
		counted := t.ended(s.seq)
		if s.outcome == loadgen.Canceled {
			continue
		}
		w.requests++
		for i, r := range w.rules {
			if counted&(1<<i) != 0 {
				continue // as overdue
			}
			if w.sums[i].add(r.bad(s), s.done) {
				w.over = true
				return newAlarm(r, &w.sums[i], s.done, w.requests), true
			}
		}
	}
	return Alarm{}, false
}

// Recorder returns a recorder that gives all results to next at once and shows them to the rules.
//
// It can be divided. Its shards show results in batches, so that threads do not wait for each other:
// the rules see every result with its own outcome, those of a shard in order, those of different shards
// interleaved by the batch. That can delay an alarm by a batch from each shard or, where results come
// more seldom, by handOver and one result; it does not bias it. The results that wait in a shard when a
// run ends are never looked at: there is nothing left to stop.
func (w *Watcher) Recorder(next loadgen.Recorder) loadgen.Recorder {
	return &recorder{Watcher: w, next: next, trial: &trial{}}
}

type recorder struct {
	*Watcher
	next   loadgen.Recorder
	trial  *trial
	shards struct {
		sync.Mutex
		all []*shard
	}
}

func (r *recorder) Record(result loadgen.Result) {
	r.next.Record(result)
	one := [1]seen{look(result)}
	r.take(r.trial, one[:])
}

func (r *recorder) Shard() loadgen.Recorder {
	s := &shard{recorder: r, next: loadgen.ShardOf(r.next)}
	r.shards.Lock()
	r.shards.all = append(r.shards.all, s)
	r.shards.Unlock()
	return s
}

func (r *recorder) Unwrap() loadgen.Recorder { return r.next }

type shard struct {
	*recorder
	next   loadgen.Recorder
	mu     sync.Mutex // contended when what waits is looked at, which is seldom
	waits  [batch]seen
	n      int
	handed time.Duration // when the last result was done that was handed over
}

func (s *shard) Unwrap() loadgen.Recorder { return s.next }

func (s *shard) Record(result loadgen.Result) {
	s.next.Record(result)
	s.mu.Lock()
	s.waits[s.n] = look(result)
	s.n++
	full := s.n == batch || result.Done-s.handed >= handOver
	if full {
		s.handed = result.Done
	}
	s.mu.Unlock()
	if full {
		s.handOver()
	}
}

// handOver shows the rules what waits.
func (s *shard) handOver() {
	s.mu.Lock()
	a, broken := s.judge(s.trial, s.waits[:s.n])
	s.n = 0
	s.mu.Unlock()
	if broken {
		s.alarm(a)
	}
}
