package analysis

import (
	"iter"
	"math"
	"sort"
	"time"

	"weir/probe"
	"weir/report/runfile"
)

// search returns the first index whose element satisfies after, which must hold for all later ones too.
func search[T any](s []T, after func(T) bool) int {
	return sort.Search(len(s), func(i int) bool { return after(s[i]) })
}

// counter is one of those that the analysis keeps of every sample: its place in kept.
type counter int

// kept are their names. All others are too many to keep: a hundred, a hundred times a second.
var kept []string

// keep declares one where it is read, by its name in the table of the probe.
func keep(name string) counter {
	if m, known := probe.MetricOf(name); !known || m.Kind != probe.Counter {
		panic("the probe's table has no counter " + name)
	}
	kept = append(kept, name)
	return counter(len(kept) - 1)
}

// counters are the readings of those in kept; none: nothing was read.
type counters []probe.Reading

func (c counters) of(which counter) probe.Reading {
	if len(c) == 0 {
		return probe.Reading{}
	}
	return c[which]
}

// since is by how much one grew; nil where that is not known.
func (c counters) since(before counters, which counter) *uint64 {
	return c.of(which).Since(before.of(which))
}

// window is a stretch of a host's samples that covers a trial: the last reading before anything was
// offered, all within, and the first after everything had come to rest.
type window []sample

// cover returns the samples of the trial's host from the last at or before its start to the first whose
// counters were read at or after the end; nil where they do not reach that far. A reading that lies after the
// next trial's start would hold that trial's overflows too, so the last one before it stands in, if it saw
// the load's end. Counters may be older than their sample, as long as the listener drops nothing
// (counters.age_us): the connections of a trial's last moment are not in them.
func (r *run) cover(t *trial) window {
	s := r.samples[t.lane.ListenerHost]
	first := search(s, func(x sample) bool { return x.at > t.Start }) - 1
	if first < 0 || t.end == nil {
		return nil
	}
	if last, ok := t.beforeObservation(s); ok && last >= first {
		return window(s[first : last+1])
	}
	rest := max(t.end.End, t.end.DrainedAt)
	last := search(s, func(x sample) bool { return x.at >= rest })
	for last < len(s) && s[last].counted < rest {
		last++
	}
	if last == len(s) || s[last].at > t.until {
		last--
		if s[last].at < t.end.End {
			return nil
		}
	}
	return window(s[first : last+1])
}

// within returns the host's samples from the trial's start until it had drained, or the next began.
func (r *run) within(t *trial) window {
	s := r.samples[t.lane.ListenerHost]
	end := t.until
	if t.end != nil {
		end = min(end, max(t.end.End, t.end.DrainedAt))
	}
	from := search(s, func(x sample) bool { return x.at >= t.Start })
	to := search(s, func(x sample) bool { return x.at > end })
	return window(s[from:max(from, to)])
}

// observed is the cover of a trial, or what there is of it where the run was killed: enough to see when the
// queue overflowed, too little to count how often.
func (r *run) observed(t *trial) window {
	if w := r.cover(t); w != nil {
		return w
	}
	return r.within(t)
}

// delta is by how much a counter grew over the window; nil where it is absent at either end, or was reset.
func (w window) delta(which counter) *uint64 {
	if len(w) < 2 {
		return nil
	}
	return w[len(w)-1].counters.since(w[0].counters, which)
}

// listener is what happened at an address over the window.
func (w window) listener(addr string) probe.Between {
	if len(w) < 2 {
		return probe.Between{}
	}
	return w[len(w)-1].listener(addr).Since(w[0].listener(addr))
}

// queue is what the samples say of the accept queue at an address, of its fullest socket each time.
type queue struct {
	depth *uint32 // the deepest that it was seen; nil: never seen
	limit *uint32 // the largest backlog limit
	slots int     // places in all its sockets, at most
	full  bool    // a socket was seen with limit+1 in its queue
	held  uint32  // the limit of the first that was
	at    time.Duration
}

func (w window) queue(addr string) queue {
	var q queue
	for _, s := range w {
		l := s.listener(addr)
		if l.Sockets == 0 {
			continue
		}
		q.slots = max(q.slots, int(min(l.Places, math.MaxInt32)))
		if q.depth == nil || l.Depth > *q.depth {
			q.depth = new(l.Depth)
		}
		if q.limit == nil || l.Limit > *q.limit {
			q.limit = new(l.Limit)
		}
		if l.Full() && !q.full {
			q.full, q.held, q.at = true, l.Limit, s.at
		}
	}
	return q
}

// firstOverflow is when the queue at an address first overflowed: between from and to, which are the
// times of two samples.
func (w window) firstOverflow(addr string) (from, to time.Duration, ok bool) {
	for step := range w.steps(addr) {
		if value(step.Overflows) > 0 {
			return step.from, step.to, true
		}
	}
	return 0, 0, false
}

// step is what happened at an address from one sample to the next.
type step struct {
	from, to time.Duration
	probe.Between
}

// steps leaves out the samples that miss drops of the address.
func (w window) steps(addr string) iter.Seq[step] {
	return func(yield func(step) bool) {
		var last *sample
		for i := range w {
			now := w[i].listener(addr)
			if !now.Whole() {
				continue
			}
			if last != nil && !yield(step{last.at, w[i].at, now.Since(last.listener(addr))}) {
				return
			}
			last = &w[i]
		}
	}
}

// value is 0 for what is not known.
func value(n *uint64) uint64 {
	if n == nil {
		return 0
	}
	return *n
}

// slowReading is what the probe's slow sources said at once, some time between from and to. It is read twice
// a second and rides on the samples that follow (package probe), up to half a second older than they are: of
// the tenth of a second between two trials it mostly tells nothing, and a sample of a trial's beginning has
// what was before it.
type slowReading struct {
	from, to time.Duration
	counters counters // those of slow sources are meant
}

// maxSlowTime bounds what is believed of the times at which slow sources were read: a year.
const maxSlowTime = uint64(365 * 24 * time.Hour / time.Microsecond)

// sameSlow is how far the times of one reading may lie apart: those of another host move with what is known
// of its clock. Two readings are no nearer than 0.45 s.
const sameSlow = 200 * time.Millisecond

// readSlowly notes the reading that a sample carries, each once. One of before the epoch has no time that a
// gauge can hold. Where a sample says nothing of it, its counters are taken for the sample's own.
func (r *run) readSlowly(rec *probe.Sample, counters counters) {
	at, timed := rec.Gauges[probe.SlowAt]
	took, early := rec.Gauges[probe.SlowTook]
	read := slowReading{from: rec.At, to: rec.At, counters: counters}
	switch {
	case timed && at <= maxSlowTime && took <= maxSlowTime:
		read.from = time.Duration(at) * time.Microsecond
		read.to = read.from + time.Duration(took)*time.Microsecond
	case timed:
		return // of this we cannot make sense
	case early:
		read.from, read.to = 0, 0
	}
	all := r.slow[rec.Host]
	if n := len(all); timed && n > 0 && (read.from-all[n-1].from).Abs() < sameSlow {
		return
	}
	told := counters.of(listenerRunDelay).Known || counters.of(throttled).Known ||
		counters.of(listenerCPU).Known
	if n := len(all); told && (n == 0 || all[n-1].from != read.from) {
		r.slow[rec.Host] = append(all, read)
	}
}

// inside are the first and the last reading of slow sources that lie wholly within a trial, until it had come
// to rest or the next began: what is read from them is the trial's, and of nothing that was before or after
// it. false where there are not two, as in a trial of less than a second.
func (r *run) inside(t *trial) (first, last slowReading, ok bool) {
	s := r.slow[t.lane.ListenerHost]
	end := t.until
	if t.end != nil {
		end = min(end, max(t.end.End, t.end.DrainedAt))
	}
	from := search(s, func(x slowReading) bool { return x.from >= t.Start })
	to := from
	for to < len(s) && s[to].to <= end {
		to++
	}
	if to-from < 2 {
		return slowReading{}, slowReading{}, false
	}
	return s[from], s[to-1], true
}

// sentBetween is how many of the trial's requests were sent between two times; of a bin that lies on an edge
// its share.
func (t *trial) sentBetween(from, to time.Duration) float64 {
	var ns uint64 // whole numbers: their sum is the same in any order
	for at, b := range t.bins {
		if part := min(at+runfile.BinWidth, to) - max(at, from); part > 0 {
			ns += b.sent * uint64(part)
		}
	}
	return float64(ns) / float64(runfile.BinWidth)
}
