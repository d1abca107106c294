package analysis

import (
	"maps"
	"slices"
	"time"

	"weir/loadgen"
	"weir/report/result"
	"weir/report/runfile"
)

const (
	backFactor = 2                     // × the baseline's median
	backSlack  = 10 * time.Millisecond // and that, for a busy machine
	backShare  = 0.9                   // of the tenths of a second from then on
	backLeast  = 3                     // of them: less shows nothing
)

// observed sums up what an observation's record says of one tenth of a second: few requests, as in every bin.
func (l *loader) observed(t *trial, rec *runfile.Bin) error {
	b, err := l.binOf(t, rec)
	if err != nil {
		return err
	}
	return runfile.ReadHistogram(rec.Latency, func(low, high time.Duration, n uint64) {
		b.slowest = max(b.slowest, low)
		c, seen := t.latency[low]
		if !seen {
			l.counters++
		}
		if l.counters <= maxCounters {
			t.latency[low] = counted{high, c.n + n}
		}
	})
}

// recovery says how the lane recovered; nil where that was not observed.
func (r *run) recovery(l *lane) *result.Recovery {
	after := l.after
	if after == nil || len(l.trials) == 0 {
		return nil
	}
	last := l.trials[len(l.trials)-1]
	from, to := last.Start+last.duration(), after.Start+after.duration()
	if after.end == nil { // the run ended meanwhile
		for at := range after.bins {
			to = min(to, max(from, at+runfile.BinWidth))
		}
	}
	out := &result.Recovery{Rate: after.Rate, ObservedS: (to - from).Seconds(), Code: "unknown"}
	var limit time.Duration
	if base, ok := l.before.median(); ok {
		limit = backFactor*base + backSlack
		out.BaselineS, out.LimitS = inSeconds(base), inSeconds(limit)
		out.LatencyS = after.back(from, limit)
	}
	w := r.between(l, from, to)
	depths := w.depths(l.Listener)
	out.QueueEmptyS = emptied(depths, from)
	if last.end != nil {
		out.DeadWorkS = deadWork(depths, last.end.End, after)
	}
	half := window(w[search(w, func(s sample) bool { return s.at >= from+(to-from)/2 }):])
	out.Overflows = half.listener(l.Listener).Overflows
	judge(out, depths)
	return out
}

// beforeObservation is the last sample of a trial that an observation follows at once: what overflows later
// may be the observation's. In retrial mode the load's own SYNs come again later, so that there the two are
// not parted.
func (t *trial) beforeObservation(s []sample) (last int, ok bool) {
	after := t.lane.after
	if after == nil || t.lane.Mode != runfile.Loss || t.end == nil || after.Start < t.Start ||
		after.Start > t.end.DrainedAt {
		return 0, false
	}
	last = search(s, func(x sample) bool { return x.at > after.Start }) - 1
	return last, last >= 0 && s[last].at > t.Start+t.duration()
}

// judge names what happened.
func judge(o *result.Recovery, depths []depthReading) {
	if len(depths) > 0 {
		o.QueueLeft = &depths[len(depths)-1].depth
	}
	queued := o.QueueLeft != nil && o.QueueEmptyS == nil
	args := result.Args{"observed": o.ObservedS, "rate": o.Rate}
	switch {
	case o.LatencyS != nil && !queued:
		o.Code = "recovered"
		args["back"], args["empty"] = o.LatencyS, o.QueueEmptyS
		if d := o.DeadWorkS; d != nil && *d > 0 {
			args["dead"] = *d
		}
	case value(o.Overflows) > 0:
		o.Code = "retry_storm"
		args["n"] = *o.Overflows
	case queued && o.DeadWorkS != nil && *o.DeadWorkS > 0:
		o.Code = "dead_work"
		args["left"] = *o.QueueLeft
	case queued:
		o.Code = "not_recovered"
		args["left"] = *o.QueueLeft
	case o.BaselineS == nil:
	default:
		o.Code = "not_recovered"
		args["limit"] = *o.LimitS
	}
	o.Text = result.Finding{Code: result.Code("recovery_" + o.Code), Args: args}
}

// median of an observation's answers; false where it has none.
func (t *trial) median() (time.Duration, bool) {
	if t == nil {
		return 0, false
	}
	var n, below uint64
	for _, c := range t.latency {
		n += c.n
	}
	for _, low := range slices.Sorted(maps.Keys(t.latency)) {
		if below += t.latency[low].n; 2*below >= n {
			return low, true
		}
	}
	return 0, false
}

// back is when, after from, nine of ten tenths of a second with a request had all of them answered within the
// limit, for the rest of the observation. Nil: never, or too late to be sure.
func (t *trial) back(from, limit time.Duration) *float64 {
	good, n := 0, 0
	var since *float64
	for _, at := range slices.Backward(slices.Sorted(maps.Keys(t.bins))) {
		b := t.bins[at]
		var due uint64
		for _, k := range b.due {
			due += k
		}
		if due == 0 {
			continue
		}
		n++
		if b.due[loadgen.OK] < due || b.slowest > limit {
			continue
		}
		if good++; n >= backLeast && float64(good) >= backShare*float64(n) {
			since = inSeconds(max(0, at-from))
		}
	}
	return since
}

// between returns the lane's host's samples of a stretch of time.
func (r *run) between(l *lane, from, to time.Duration) window {
	s := r.samples[l.ListenerHost]
	a := search(s, func(x sample) bool { return x.at >= from })
	b := search(s, func(x sample) bool { return x.at > to })
	return window(s[a:max(a, b)])
}

// depthReading is a reading of a listener's queues, all sockets of its address together: it has been served
// when all are empty.
type depthReading struct {
	at    time.Duration
	depth uint64
}

func (w window) depths(addr string) (out []depthReading) {
	for _, s := range w {
		if l := s.listener(addr); l.Sockets > 0 {
			out = append(out, depthReading{s.at, l.Sum})
		}
	}
	return out
}

// emptied is when, after from, the queue held no more than the one request that may just have come, for good.
func emptied(depths []depthReading, from time.Duration) *float64 {
	var since *float64
	for _, d := range slices.Backward(depths) {
		if d.depth > 1 {
			break
		}
		since = inSeconds(max(0, d.at-from))
	}
	return since
}

// deadWork is how long after gone, when the last client of the load had its outcome, the queue held more than
// the observation's own requests, all of those that were due by then: what it held was nobody's.
func deadWork(depths []depthReading, gone time.Duration, after *trial) *float64 {
	if len(depths) == 0 {
		return nil
	}
	var until time.Duration
	for _, d := range depths {
		var own uint64
		for at, b := range after.bins {
			if at <= d.at {
				for _, n := range b.due {
					own += n
				}
			}
		}
		if d.at > gone && d.depth > own {
			until = d.at
		}
	}
	return inSeconds(max(0, until-gone))
}

// health counts checks by when they were sent: before the lane's first trial, from then on until the load of
// its last one ended, and after it.
func (r *run) health(l *lane) *result.Health {
	if len(l.trials) == 0 {
		return nil
	}
	first, last := l.trials[0], l.trials[len(l.trials)-1]
	var before, during, after checks
	for _, e := range r.events {
		if e.Source != runfile.FromHealth {
			continue
		}
		of := &during
		switch {
		case e.At < first.Start:
			of = &before
		case e.At >= last.Start+last.duration():
			of = &after
		}
		of.any = true
		switch e.Class {
		case runfile.CheckOK:
			of.OK += e.Count
		case runfile.CheckSlow:
			of.Slow += e.Count
		case runfile.CheckFailed:
			of.Failed += e.Count
			continue
		}
		if e.Took > 0 {
			of.took = append(of.took, e.Took)
		}
	}
	if !before.any && !during.any && !after.any {
		return nil
	}
	return &result.Health{Before: before.counts(), During: during.counts(), After: after.counts()}
}

// checks are those of one phase, with how long each answered one took.
type checks struct {
	result.HealthCounts
	any  bool
	took []time.Duration
}

func (c *checks) counts() result.HealthCounts {
	if n := len(c.took); n > 0 {
		slices.Sort(c.took)
		c.P50, c.Max = inSeconds(c.took[(n-1)/2]), inSeconds(c.took[n-1])
	}
	return c.HealthCounts
}
