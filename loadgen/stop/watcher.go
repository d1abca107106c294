package stop

import (
	"sync"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
)

// lookEvery is how often the rules look at what was counted.
const lookEvery = 10 * time.Millisecond

// Watcher holds the state of rules over one lane. Several trials may share it: they go on where the last one ended.
type Watcher struct {
	alarm func(Alarm)
	rules []Rule

	mu       sync.Mutex
	sums     []cusum
	requests uint64
	over     bool
}

// Watch returns a Watcher that calls alarm once, with the first rule that is broken. Whoever reads the count
// calls it and waits meanwhile: it should just cancel a context.
func Watch(rules []Rule, alarm func(Alarm)) *Watcher {
	w := &Watcher{alarm: alarm, rules: rules}
	for _, r := range rules {
		w.sums = append(w.sums, newCusum(r.limit))
	}
	return w
}

// Trial shows what is counted of a trial to the rules while it goes on, and those that stay open: its plan began, or will
// begin, at epoch+start. The caller ends it when all results have been recorded.
//
// The rules look every hundredth of a second. They see how many requests ended since, and how many of these were bad,
// but not in which order: the bad ones are taken to lie evenly among the others. That delays an alarm by up to a look
// and raises none that the order would not have raised.
func (w *Watcher) Trial(results *count.Counter, epoch time.Time, start time.Duration, p plan.Plan) (end func()) {
	t := w.newTrial(start, p)
	results.Watch(t.take)
	stop := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				results.Read()
				t.sweep(time.Since(epoch))
			case <-stop:
				return
			}
		}
	})
	return func() {
		close(stop)
		looking.Wait()
		t.end()
	}
}

// take shows the rules what was counted since the last reading.
func (t *trial) take(r *count.Reading) {
	if a, broken := t.judge(r); broken {
		t.alarm(a) // not under the lock
	}
}

// judge returns the alarm of the rule that was broken by the fewest of these requests; of two, the first.
func (t *trial) judge(now *count.Reading) (a Alarm, broken bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return a, false
	}
	soonest := uint64(0)
	for i, r := range t.rules {
		n, bad := t.seen(i, now)
		after, alarm := t.sums[i].take(n, bad, now.First, now.Last)
		if alarm && (!broken || after < soonest) {
			soonest, broken = after, true
			a = newAlarm(r, &t.sums[i], t.requests+after)
		}
	}
	for _, b := range now.Bins {
		t.requests += b.Ended()
	}
	t.over = broken
	return a, broken
}

// seen is how many requests a rule has to look at, and how many of them are bad. Those that it had while they were open
// are not among them.
func (t *trial) seen(rule int, now *count.Reading) (n, bad uint64) {
	for _, b := range now.Bins {
		here, badHere := b.Ended(), t.rules[rule].bad(b)
		if o := t.overdue[rule]; o != nil {
			had := o.ended(b.At, b.Ended()+b.Of(loadgen.Canceled), badHere)
			here, badHere = here-had, badHere-had
		}
		n, bad = n+here, bad+badHere
	}
	return n, bad
}
