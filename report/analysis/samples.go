package analysis

import (
	"sort"
	"time"

	"weir/probe"
)

// search returns the first index whose element satisfies after, which must hold for all later ones too.
func search[T any](s []T, after func(T) bool) int {
	return sort.Search(len(s), func(i int) bool { return after(s[i]) })
}

// window is a stretch of a host's samples that covers a trial: the last reading before anything was
// offered, all within, and the first after everything had come to rest.
type window []sample

// cover returns the samples of the trial's host from the last at or before its start to the first whose counters
// were read at or after the end; nil where they do not reach that far. A reading that lies after the next trial's start
// would hold that trial's overflows too, so the last one before it stands in, if it saw the load's end.
// Counters may be older than their sample, as long as the listener drops nothing (counters.age_us): the connections of
// a trial's last moment are not in them.
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
func (w window) delta(counter int) *uint64 {
	if len(w) < 2 {
		return nil
	}
	return rose(w[0].counters[counter], w[len(w)-1].counters[counter])
}

// overflows is how often the accept queue at an address overflowed, at most. TcpExtListenOverflows counts
// for the whole network namespace, where other listeners may overflow too; what this one dropped itself
// (sk_drops, at least one for each of its overflows) bounds its share. Without own drops the namespace's
// count is all there is. A unix socket's queue is counted by nothing: nil.
func (w window) overflows(addr string) *uint64 {
	n := w.delta(listenOverflows)
	if n == nil || probe.IsUnix(addr) {
		return nil
	}
	if own := w.drops(addr); own != nil && *own < *n {
		return own
	}
	return n
}

// drops is by how much the sk_drops of the sockets at an address grew over the window; nil where the
// kernel does not tell. Each socket is followed by its cookie; one that is new began at 0, and one that
// went away, as a reopened listener's does, keeps what it had: what it dropped was this address's all the
// same. The kernel's counter is 32 bits wide and may pass zero.
func (w window) drops(addr string) *uint64 {
	if len(w) < 2 || w[0].unlisted { // what the sockets had dropped before is not known
		return nil
	}
	before, after := map[uint64]uint32{}, map[uint64]uint32{}
	last := false // the last sample tells
	for i, s := range w {
		last = false
		for _, l := range s.listeners {
			switch {
			case l.Addr != addr || l.Drops == nil:
				continue
			case i == 0:
				before[l.Cookie] = *l.Drops
			default:
				after[l.Cookie], last = *l.Drops, true
			}
		}
	}
	// Where the last listing failed, the sockets may be there and have dropped more.
	if len(after) == 0 || !last && w[len(w)-1].unlisted {
		return nil
	}
	var sum uint64
	for cookie, n := range after {
		sum += uint64(n - before[cookie])
	}
	return &sum
}

// queue is what the samples say of the accept queue at an address.
type queue struct {
	depth *uint32 // the deepest one socket was seen; nil: never seen
	limit *uint32 // the largest backlog limit
	slots int     // places in all its sockets, at most: each holds limit+1
	full  bool    // a socket was seen with limit+1 in its queue
	held  uint32  // the limit of the first that was
	at    time.Duration
}

// queue looks at every sample of the window. SO_REUSEPORT gives an address several sockets, each with a
// queue of its own.
func (w window) queue(addr string) queue {
	var q queue
	for _, s := range w {
		slots := 0
		for _, l := range s.listeners {
			if l.Addr != addr {
				continue
			}
			slots += int(l.Limit) + 1
			if q.depth == nil || l.Depth > *q.depth {
				depth := l.Depth
				q.depth = &depth
			}
			if q.limit == nil || l.Limit > *q.limit {
				limit := l.Limit
				q.limit = &limit
			}
			if l.Depth > l.Limit && !q.full {
				q.full, q.held, q.at = true, l.Limit, s.at
			}
		}
		q.slots = max(q.slots, slots)
	}
	return q
}

// firstOverflow is when the queue at an address first overflowed: between from and to, which are the
// times of two samples.
func (w window) firstOverflow(addr string) (from, to time.Duration, ok bool) {
	for i := 1; i < len(w); i++ {
		if value(w[i-1:i+1].overflows(addr)) > 0 {
			return w[i-1].at, w[i].at, true
		}
	}
	return 0, 0, false
}
