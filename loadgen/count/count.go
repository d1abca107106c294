// Package count adds up the results of one trial, in tenths of a second, as cheaply as it can be done: each
// thread of an engine counts for itself, and some ten times a second or more somebody reads what came since.
// Whoever wants to know how a trial goes (the record, the progress line, a search, the rules that end a load)
// is shown that reading; nobody stands between an engine and its count. Anybody may read, and all are shown
// it: so that the rules which end a load, for example, do not wait for a disk.
//
// What failed, was late or was bad is defined here and nowhere else (Bin).
//
// It keeps latencies as plain values. Histograms are for those who write them down: a bin has few values, a
// histogram of 200 KB for each bin that may still get a late answer would need hundreds of megabytes.
package count

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"weir/loadgen"
)

const (
	examplesPerBin = 2       // failed requests of one outcome and bin that are kept whole, of each thread
	maxHeld        = 1 << 20 // results of one thread, not yet read, at which it waits
)

// Counter takes the results of one trial. It is a loadgen.Sharded and takes departures.
type Counter struct {
	deadline time.Duration
	reading  sync.Mutex // one at a time; guards watchers
	watchers []func(*Reading)

	mu     sync.Mutex
	shards []*shard
	shared *shard // of threads that did not ask for one
}

var _ loadgen.Sharded = (*Counter)(nil)

// New counts for a lane whose ok answers are late after the deadline, from when they were due; 0: never.
func New(deadline time.Duration) *Counter {
	c := &Counter{deadline: deadline}
	c.shared = c.newShard()
	return c
}

// Watch has each reading shown to see, one of each thread that has counted something. It must not keep a
// reading, and must not call Read. What was read before is not shown again, so watchers come before the first
// result.
func (c *Counter) Watch(see func(*Reading)) {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.watchers = append(c.watchers, see)
}

// Record counts a result.
func (c *Counter) Record(r loadgen.Result) { c.shared.Record(r) }

// Depart counts the end of a connection that carried no request.
func (c *Counter) Depart(d loadgen.Departure) { c.shared.Depart(d) }

// Shard is a Recorder for one thread.
func (c *Counter) Shard() loadgen.Recorder { return c.newShard() }

func (c *Counter) newShard() *shard {
	examples := map[exampleKey]int{}
	s := &shard{filling: newBins(c.deadline, examples), spare: newBins(c.deadline, examples)}
	s.room.L = &s.mu
	c.mu.Lock()
	c.shards = append(c.shards, s)
	c.mu.Unlock()
	return s
}

func (c *Counter) all() []*shard {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.shards)
}

// Read shows the watchers what was counted since it was last called. All that was recorded before it was
// called has been shown when it returns.
func (c *Counter) Read() {
	c.reading.Lock()
	defer c.reading.Unlock()
	for _, s := range c.all() {
		filled := s.take()
		if filled.held > 0 {
			r := filled.reading()
			for _, see := range c.watchers {
				see(r)
			}
		}
		s.giveBack(filled)
	}
}

// Departed is how the connections ended that carried no request, so far.
func (c *Counter) Departed() (sum Closings) {
	for _, s := range c.all() {
		s.mu.Lock()
		sum.Add(s.departed)
		s.mu.Unlock()
	}
	return sum
}

// shard adds up the results of one thread. Its lock is contended for an instant at each reading: two sets of
// bins take turns, one being filled while the other is read.
type shard struct {
	mu      sync.Mutex
	filling *bins
	spare   *bins // nil while it is being read
	room    sync.Cond

	departed Closings
}

// Record waits only where a million results are held because nobody reads them, as when a disk does not keep
// up: losing them would be worse, and the lag shows it.
func (s *shard) Record(r loadgen.Result) {
	s.mu.Lock()
	for s.filling.held >= maxHeld {
		s.room.Wait()
	}
	s.filling.add(&r)
	s.mu.Unlock()
}

func (s *shard) Depart(d loadgen.Departure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.departed.count(d.Closed, d.Unread)
}

func (s *shard) take() *bins {
	s.mu.Lock()
	defer s.mu.Unlock()
	filled := s.filling
	s.filling, s.spare = s.spare, nil
	s.room.Broadcast()
	return filled
}

// giveBack returns bins that were read, for their memory.
func (s *shard) giveBack(b *bins) {
	b.reset()
	s.mu.Lock()
	s.spare = b
	s.mu.Unlock()
}

// bins are what one thread has counted since the last reading.
type bins struct {
	deadline time.Duration
	open     map[time.Duration]*Bin
	unused   []*Bin
	// Results come nearly in order, so the bin of the last one is nearly always that of the next.
	lastDue, lastDone, lastSent *Bin

	held     int // results
	read     Reading
	examples map[exampleKey]int // how many there are; of both sets of a shard, until the trial ends
}

type exampleKey struct {
	at      time.Duration
	outcome loadgen.Outcome
}

func newBins(deadline time.Duration, examples map[exampleKey]int) *bins {
	return &bins{deadline: deadline, open: map[time.Duration]*Bin{}, examples: examples}
}

func (b *bins) add(r *loadgen.Result) {
	if b.held == 0 {
		b.read.First = r.Done
	}
	b.held++
	b.read.Last = max(b.read.Last, r.Done)
	outcome := outcomeNumber(r.Outcome)
	due := b.bin(&b.lastDue, r.Due)
	due.due[outcome]++
	b.bin(&b.lastDone, r.Done).done[outcome]++
	due.connection(r)

	latency := r.Done - r.Due
	// What was canceled before it began has no send time; a send time of zero is one only at the very start.
	sent := r.Outcome.Sent() && (r.Sent > 0 || r.Due == 0)
	if sent {
		b.bin(&b.lastSent, r.Sent).Sent++
		due.Lag = append(due.Lag, int64(r.Sent-r.Due))
	}
	switch {
	case r.Outcome == loadgen.OK:
		due.Latency = append(due.Latency, int64(latency))
		due.FromSent = append(due.FromSent, int64(r.Done-r.Sent))
		b.phases(r)
		if b.deadline > 0 && latency > b.deadline {
			due.Late++
		}
	case sent:
		due.FailLatency = append(due.FailLatency, int64(latency))
		b.example(due.At, r)
	}
}

// phases keeps how long an ok request took to connect, and until its first byte.
func (b *bins) phases(r *loadgen.Result) {
	// at once: what a tenth of a second at 8,000 requests a second takes, without growing on the way
	const room = 1024
	if b.read.FirstByte == nil {
		b.read.FirstByte, b.read.Connect = make([]int64, 0, room), make([]int64, 0, room)
	}
	if r.Connected > 0 {
		b.read.Connect = append(b.read.Connect, int64(r.Connected-r.Sent))
	}
	if r.FirstByte > 0 {
		b.read.FirstByte = append(b.read.FirstByte, int64(r.FirstByte-r.Sent))
	}
}

func (b *bins) example(at time.Duration, r *loadgen.Result) {
	key := exampleKey{at, r.Outcome}
	if b.examples[key] < examplesPerBin {
		b.examples[key]++
		b.read.Failures = append(b.read.Failures, *r)
	}
}

// bin returns the bin of a time, by way of the one that was asked for last.
func (b *bins) bin(last **Bin, at time.Duration) *Bin {
	if o := *last; o != nil && at >= o.At && at < o.At+Width {
		return o
	}
	at = max(at, 0).Truncate(Width)
	o := b.open[at]
	if o == nil {
		if n := len(b.unused); n > 0 {
			o, b.unused = b.unused[n-1], b.unused[:n-1]
		} else {
			o = &Bin{}
		}
		o.At = at
		b.open[at] = o
	}
	*last = o
	return o
}

// reading is what was counted, with its bins in the order of time.
func (b *bins) reading() *Reading {
	b.read.Bins = slices.AppendSeq(b.read.Bins, maps.Values(b.open))
	slices.SortFunc(b.read.Bins, func(x, y *Bin) int { return cmp.Compare(x.At, y.At) })
	return &b.read
}

// reset empties the bins and keeps their memory, but for what a burst has left.
func (b *bins) reset() {
	const keep = 64
	for _, o := range b.open {
		if len(b.unused) < keep {
			o.Empty()
			b.unused = append(b.unused, o)
		}
	}
	clear(b.open)
	b.lastDue, b.lastDone, b.lastSent = nil, nil, nil
	r := &b.read
	b.read = Reading{Bins: r.Bins[:0], Connect: r.Connect[:0], FirstByte: r.FirstByte[:0],
		Failures: r.Failures[:0]}
	b.held = 0
}
