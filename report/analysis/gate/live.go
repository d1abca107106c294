package gate

import (
	"fmt"
	"math"
	"sync"
	"time"

	"weir/loadgen/count"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/analysis/estimate"
	"weir/report/unit"
)

// Live ends a run's load early: where an expression of --abort-if is clearly true, and where an assertion
// that says abort can no longer pass. It is shown what the run shows its record.
//
// What only grows is decided for certain: no number that may still come could mend it. A share is decided
// where it is probable: without a window by a CUSUM over all requests as they end (estimate.CUSUM), with one
// where the interval of what failed in it, of all that the plan makes due in it, lies beyond the limit. A
// percentile of the latency is the share of those that took longer or failed; a request that is still open
// and older than that is one of them already, so that a server which has stopped answering is seen soon.
type Live struct {
	end   func(*Stopped)
	now   func() time.Duration // since the epoch
	every time.Duration        // between two looks

	mu       sync.Mutex
	lanes    map[string]PlannedLane
	rules    []*rule
	accounts probe.Accounts
	running  *liveTrial // nil: none
	over     bool
}

// Stopped is the error of a run whose load Live ended.
type Stopped struct {
	Lane   string
	Expr   string
	Assert bool   // it is an assertion that can no longer pass; else an expression of --abort-if that is true
	Text   string // what was seen
}

func (s *Stopped) Error() string {
	if s.Assert {
		return fmt.Sprintf("%s: the assertion %q can no longer pass: %s", s.Lane, s.Expr, s.Text)
	}
	return fmt.Sprintf("%s: %s: %s", s.Lane, s.Expr, s.Text)
}

// lookEvery is how often Live looks at what was counted: it waits for no record to be written.
const lookEvery = 10 * time.Millisecond

// liveTrial is what belongs to the trial that is running, by the record's bins.
type liveTrial struct {
	lane         PlannedLane
	start, first time.Duration // of its plan, and of bin 0
	planned      []uint64      // requests by when they were due
	last         *liveSample   // nil: none yet

	over    chan struct{} // nil: nobody looks
	looking sync.WaitGroup
}

// liveSample is a sample with the account of the listener that the load goes to.
type liveSample struct {
	probe.Sample
	listener probe.State
}

// rule is one expression in one lane.
type rule struct {
	Assertion
	*metric
	lane    string
	until   Verdict // that ends the load
	windows int     // of its length, in the lane's plan

	sum     float64         // of what only grows, so far
	bins    []float64       // in the trial that is running: the same, or the requests that a share is of
	share   *estimate.CUSUM // of a share without a window
	overdue *overdue        // of a percentile
}

// NewLive calls end, once, with what ends the load; it returns nil where nothing can. Now is the time since
// the epoch.
func NewLive(abortIf, asserts []Assertion, lanes []PlannedLane, now func() time.Duration,
	end func(*Stopped)) *Live {
	l := &Live{end: end, now: now, every: lookEvery, lanes: map[string]PlannedLane{},
		accounts: probe.Accounts{}}
	for _, lane := range lanes {
		l.lanes[lane.Name] = lane
	}
	add := func(a Assertion, until Verdict) {
		for _, lane := range lanes {
			if t := a.Terms[0]; t.Lane != "" && t.Lane != lane.Name {
				continue
			}
			r := &rule{Assertion: a, metric: a.Terms[0].metric, lane: lane.Name, until: until}
			r.windows, _ = lane.fitting(a.Over)
			if !r.grows() && a.Over == 0 {
				r.share = estimate.NewCUSUM(a.allowedShare())
			}
			l.rules = append(l.rules, r)
		}
	}
	for _, a := range abortIf {
		add(a, Pass)
	}
	for _, a := range asserts {
		if a.Abort {
			add(a, Fail)
		}
	}
	if len(l.rules) == 0 {
		return nil
	}
	return l
}

// allowedShare is the share of requests that a rule over a share or a percentile allows.
func (a Assertion) allowedShare() float64 {
	switch m := a.Terms[0].metric; {
	case m.tail():
		return 1 - m.q
	case a.Op == Less || a.Op == LessEqual:
		return 1 - a.Limit.Low
	}
	return a.Limit.Low
}

// against is how many of a bin's ended requests speak against the server.
func (r *rule) against(b *count.Bin) uint64 {
	if r.tail() {
		n := b.Failed()
		for _, took := range b.Latency {
			if time.Duration(took).Seconds() > r.Limit.Low {
				n++
			}
		}
		return n
	}
	k := r.of.in(b)
	if r.Op == Less || r.Op == LessEqual {
		k = b.Ended() - min(k, b.Ended())
	}
	return k
}

// Trial begins one of the load, whose plan begins at start.
func (l *Live) Trial(lane string, start time.Duration, p plan.Plan) {
	t := &liveTrial{lane: l.lanes[lane], start: start, first: start.Truncate(count.Width)}
	t.planned = make([]uint64, int((start+p.Duration()-t.first)/count.Width)+1)
	for _, due := range p.Due() {
		if i, ok := t.bin(start + due); ok {
			t.planned[i]++
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = t
	for _, r := range l.rules {
		if r.lane != lane {
			continue
		}
		if r.bins = make([]float64, len(t.planned)); r.tail() {
			r.overdue = newOverdue(time.Duration(r.Limit.Low*float64(time.Second)), start, p)
		}
	}
}

// Watch looks at what is counted of the trial that began last, until it ends.
func (l *Live) Watch(c *count.Counter) {
	l.mu.Lock()
	t := l.running
	l.mu.Unlock()
	c.Watch(func(reading *count.Reading) {
		l.decide(t, func(r *rule) (string, uint64) { return r.see(t, reading) })
	})
	if l.every == 0 {
		return
	}
	t.over = make(chan struct{})
	t.looking.Go(func() {
		tick := time.NewTicker(l.every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				c.Read()
				l.look()
			case <-t.over:
				return
			}
		}
	})
}

// look counts the requests that have become too old.
func (l *Live) look() {
	l.mu.Lock()
	t := l.running
	l.mu.Unlock()
	l.decide(t, func(r *rule) (string, uint64) { return r.sweep(t, l.now()) })
}

// TrialEnd ends the trial that is running.
func (l *Live) TrialEnd() {
	l.mu.Lock()
	t := l.running
	l.running = nil
	for _, r := range l.rules {
		if r.overdue != nil {
			r.overdue.stop()
			r.overdue = nil
		}
	}
	l.mu.Unlock()
	if t != nil && t.over != nil {
		close(t.over)
		t.looking.Wait()
	}
}

func (t *liveTrial) bin(at time.Duration) (int, bool) {
	i := int((at - t.first) / count.Width)
	return i, at >= t.first && i < len(t.planned)
}

// decide asks the rules of the trial's lane. The load is ended by the one that the fewest requests decided;
// of two, by the first.
func (l *Live) decide(t *liveTrial, ask func(*rule) (text string, after uint64)) {
	l.mu.Lock()
	var stopped *Stopped
	if !l.over && t != nil && l.running == t {
		soonest := uint64(math.MaxUint64)
		for _, r := range l.rules {
			if r.lane != t.lane.Name {
				continue
			}
			if text, after := ask(r); text != "" && (stopped == nil || after < soonest) {
				soonest, l.over = after, true
				stopped = &Stopped{Lane: r.lane, Expr: r.Expr, Assert: r.until == Fail, Text: text}
			}
		}
	}
	l.mu.Unlock()
	if stopped != nil { // not under the lock: whoever is called may wait for others
		l.end(stopped)
	}
}

// Sample takes what a probe read.
func (l *Live) Sample(s probe.Sample) {
	l.mu.Lock()
	l.accounts.Add(s)
	t := l.running
	var now *liveSample
	if t != nil && t.lane.ListenerHost == s.Host && s.At >= t.start {
		now = &liveSample{s, l.accounts.State(s.Host, t.lane.Listener)}
	}
	l.mu.Unlock()
	if now == nil {
		return
	}
	l.decide(t, func(r *rule) (string, uint64) {
		if r.samples == nil {
			return "", 0
		}
		x, ok := r.samples(now, t.last)
		if !ok {
			return "", 0
		}
		return r.grow(t, s.At, s.At, x), 0
	})
	if now.listener.Whole() {
		l.mu.Lock()
		t.last = now
		l.mu.Unlock()
	}
}

// see says what was found where a reading decides the rule, and by how many of its requests.
func (r *rule) see(t *liveTrial, reading *count.Reading) (text string, after uint64) {
	if r.counts != nil {
		for _, b := range reading.Bins {
			if text = r.grow(t, b.At, reading.Last, r.counts(b)); text != "" {
				break
			}
		}
	}
	if r.grows() {
		return text, math.MaxUint64
	}
	var ended, against uint64
	from, to := len(r.bins), 0
	for _, b := range reading.Bins {
		n, k := b.Ended(), r.against(b)
		if r.overdue != nil {
			had := r.overdue.ended(b, k)
			n, k = n-had, k-had
		}
		if i, ok := t.bin(b.At); ok {
			r.bins[i] += float64(k)
			from, to = min(from, i), max(to, i+1)
		}
		ended, against = ended+n, against+k
	}
	if r.share == nil {
		return r.window(t, from, to), math.MaxUint64
	}
	return r.take(ended, against, reading.First, reading.Last)
}

// sweep says what was found where requests that have become too old decide the rule.
func (r *rule) sweep(t *liveTrial, now time.Duration) (text string, after uint64) {
	if r.overdue == nil {
		return "", 0
	}
	var sum uint64
	from, to := len(r.bins), 0
	for at, n := range r.overdue.sweep(now) {
		sum += n
		if i, ok := t.bin(at); ok {
			r.bins[i] += float64(n)
			from, to = min(from, i), max(to, i+1)
		}
	}
	if r.share == nil {
		return r.window(t, from, to), math.MaxUint64
	}
	return r.take(sum, sum, now, now)
}

func (r *rule) take(n, bad uint64, from, to time.Duration) (text string, after uint64) {
	after, alarm := r.share.Take(n, bad, from, to)
	if !alarm {
		return "", 0
	}
	s := r.share
	return fmt.Sprintf("%d of the %d requests that ended from %.2f s to %.2f s (%s)",
			s.Bad, s.Of, s.Since.Seconds(), s.At.Seconds(), unit.Share.Format(float64(s.Bad)/float64(s.Of))),
		after
}

// grow adds to what only grows in the bin of a moment, and says what it has become where that decides the
// rule.
func (r *rule) grow(t *liveTrial, at, known time.Duration, x float64) (text string) {
	enter := func(to *float64) {
		if r.most {
			*to = max(*to, x)
		} else {
			*to += x
		}
	}
	enter(&r.sum)
	i, inside := t.bin(at)
	if inside {
		enter(&r.bins[i])
	}
	switch {
	case r.Over > 0 && inside:
		return r.window(t, i, i+1)
	case r.Over > 0 || judge(interval{value: r.sum, low: r.sum, high: math.Inf(1)}, r.Op, r.Limit) != r.until:
		return ""
	}
	return fmt.Sprintf("it is %s after %.2f s", r.metric.unit.Format(r.sum), known.Seconds())
}

// window says what was found in the first window about some bins that decides the rule.
func (r *rule) window(t *liveTrial, from, to int) (text string) {
	n := int(r.Over / count.Width)
	for j := max(0, from-n+1); j < min(to, len(r.bins)-n+1); j++ {
		var sum float64
		var due uint64
		for i := j; i < j+n; i++ {
			if due += t.planned[i]; r.most {
				sum = max(sum, r.bins[i])
			} else {
				sum += r.bins[i]
			}
		}
		begins := (t.first + time.Duration(j)*count.Width).Seconds()
		if r.grows() {
			if judge(interval{value: sum, low: sum, high: math.Inf(1)}, r.Op, r.Limit) == r.until {
				return fmt.Sprintf("it is %s in the %v from %.1f s on", r.metric.unit.Format(sum), r.Over,
					begins)
			}
			continue
		}
		level := 1 - (1-r.Level/100)/float64(max(1, r.windows))
		if low, _ := estimate.WilsonAt(min(uint64(sum), due), due, level); due > 0 && low > r.allowedShare() {
			return fmt.Sprintf("%.0f of the %d requests due in the %v from %.1f s on (%s)", sum, due, r.Over,
				begins, unit.Share.Format(sum/float64(due)))
		}
	}
	return ""
}
