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
}

func look(r loadgen.Result) seen { return seen{r.Done, r.Done - r.Due, r.Outcome} }

// take gives results to the rules, in order.
func (w *Watcher) take(results []seen) {
	if a, ok := w.judge(results); ok {
		w.alarm(a) // not under the lock: it may wait for others that record
	}
}

func (w *Watcher) judge(results []seen) (Alarm, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range results {
		if w.over {
			break
		}
		if s.outcome == loadgen.Canceled {
			continue
		}
		w.requests++
		for i, r := range w.rules {
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
func (w *Watcher) Recorder(next loadgen.Recorder) loadgen.Recorder { return &recorder{w, next} }

type recorder struct {
	*Watcher
	next loadgen.Recorder
}

func (r *recorder) Record(result loadgen.Result) {
	r.next.Record(result)
	one := [1]seen{look(result)}
	r.take(one[:])
}

func (r *recorder) Shard() loadgen.Recorder {
	return &shard{Watcher: r.Watcher, next: loadgen.ShardOf(r.next)}
}

type shard struct {
	*Watcher
	next   loadgen.Recorder
	waits  [batch]seen
	n      int
	handed time.Duration // when the last result was done that was handed over
}

func (s *shard) Record(result loadgen.Result) {
	s.next.Record(result)
	s.waits[s.n] = look(result)
	s.n++
	if s.n == batch || result.Done-s.handed >= handOver {
		n := s.n
		s.n, s.handed = 0, result.Done
		s.take(s.waits[:n])
	}
}
