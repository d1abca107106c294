package analysis

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/capacity"
	"weir/report/result"
	"weir/report/runfile"
)

// maxTimeline bounds the bins of a lane's timeline. A longer run is drawn in wider ones.
const maxTimeline = 20_000

// timeline lays the lane's trials on one clock. What a request's outcome was stands where it was due.
func (r *run) timeline(l *lane, c serverCapacity) result.Timeline {
	width := r.timelineWidth(l)
	tl := result.Timeline{BinS: width.Seconds(), AtS: []float64{}, Bad: map[string][]uint64{},
		Marks: r.marks(l, c)}
	index := lay(&tl, l, width)
	n := len(tl.AtS)
	tl.Offered, tl.Goodput = make([]float64, n), make([]float64, n)
	tl.RecvQ, tl.Overflows, tl.Replayed = make([]*uint32, n), make([]*uint64, n), make([]*uint64, n)
	for _, t := range l.trials {
		fill(&tl, t, index, width)
		for _, s := range r.within(t) {
			i, ok := index[s.at.Truncate(width)]
			if q := s.listener(l.Listener); ok && q.Sockets > 0 &&
				(tl.RecvQ[i] == nil || q.Depth > *tl.RecvQ[i]) {
				tl.RecvQ[i] = &q.Depth
			}
		}
		count(&tl, l.Listener, r.observed(t), index, width)
		r.replayed(t, c, index, width, tl.Replayed)
	}
	return tl
}

// timelineWidth is a multiple of the record's bins.
func (r *run) timelineWidth(l *lane) time.Duration {
	width := runfile.BinWidth
	bins := func() (n int64) {
		for _, t := range l.trials {
			from, to := t.extent()
			n += int64((to-from)/width) + 2
		}
		return n
	}
	for bins() > maxTimeline+2*int64(len(l.trials)) {
		width *= 2
	}
	return width
}

// extent is the time in which something of the trial happened.
func (t *trial) extent() (from, to time.Duration) {
	to = t.Start + t.duration()
	if t.end != nil {
		to = max(to, t.end.End, t.end.DrainedAt)
	}
	for at := range t.bins {
		to = max(to, at+runfile.BinWidth)
	}
	return t.Start, max(t.Start, min(to, t.until))
}

// lay makes one bin for each stretch of width that a trial touches, and returns where each one is.
func lay(tl *result.Timeline, l *lane, width time.Duration) map[time.Duration]int {
	index := map[time.Duration]int{}
	for _, t := range l.trials {
		from, to := t.extent()
		for at := from.Truncate(width); at < to; at += width {
			if _, ok := index[at]; !ok {
				index[at] = len(tl.AtS)
				tl.AtS = append(tl.AtS, at.Seconds())
			}
		}
	}
	return index
}

func fill(tl *result.Timeline, t *trial, index map[time.Duration]int, width time.Duration) {
	for _, at := range slices.Sorted(maps.Keys(t.bins)) {
		i, ok := index[at.Truncate(width)]
		if !ok {
			continue // nothing was due in it: an answer after the next trial had begun
		}
		b := t.bins[at]
		var due uint64
		for o, n := range b.due {
			due += n
			if o != loadgen.OK {
				badSeries(tl, string(o))[i] += n
			}
		}
		if b.late > 0 {
			badSeries(tl, "late")[i] += b.late
		}
		tl.Offered[i] += float64(due) / width.Seconds()
		tl.Goodput[i] += float64(due-b.bad()) / width.Seconds()
	}
}

func badSeries(tl *result.Timeline, class string) []uint64 {
	if tl.Bad[class] == nil {
		tl.Bad[class] = make([]uint64, len(tl.AtS))
	}
	return tl.Bad[class]
}

// count puts the overflows of the listener at addr into the bin of the reading that showed it.
func count(tl *result.Timeline, addr string, w window, index map[time.Duration]int, width time.Duration) {
	for step := range w.steps(addr) {
		if i, ok := index[step.to.Truncate(width)]; ok && step.Overflows != nil {
			tl.Overflows[i] = plus(tl.Overflows[i], *step.Overflows)
		}
	}
}

func plus(n *uint64, d uint64) *uint64 {
	sum := value(n) + d
	return &sum
}

// marks are the moments of the lane's first passage from enough capacity to failure, in order of time.
func (r *run) marks(l *lane, c serverCapacity) []result.Mark {
	marks := []result.Mark{}
	add := func(at time.Duration, code string, args result.Args) {
		marks = append(marks, result.Mark{AtS: at.Seconds(), Code: code,
			Text: result.Finding{Code: result.Code("mark_" + code), Args: args}})
	}
	m, known := c.model(l)
	if at, t, ok := l.passes(c.rate); ok {
		add(at, "load_passes_capacity", result.Args{"rate": c.rate})
		if fill, ok := m.FirstOverflowIdle(t.rate()); known && ok && t.constant() && fill < t.duration() {
			add(t.Start+fill, "predicted_fill", result.Args{"slots": m.Slots(), "after": fill})
		}
	}
	if _, at, ok := r.overflowBegan(l); ok {
		add(at, "first_overflow", nil)
	}
	if at, ok := l.firstBad(); ok {
		add(at, "first_error", nil)
	}
	for _, e := range r.events {
		if e.Source == runfile.FromScenario && l.during(e.At) {
			add(e.At, "event", result.Args{"host": e.Host, "event": e.Class})
		}
	}
	slices.SortStableFunc(marks, func(a, b result.Mark) int { return cmp.Compare(a.AtS, b.AtS) })
	return marks
}

// during reports whether a trial of the lane was under way.
func (l *lane) during(at time.Duration) bool {
	return slices.ContainsFunc(l.trials, func(t *trial) bool {
		from, to := t.extent()
		return from <= at && at < to
	})
}

// passes is when the offered rate first exceeds mu, and in which trial.
func (l *lane) passes(mu float64) (time.Duration, *trial, bool) {
	if mu <= 0 {
		return 0, nil, false
	}
	for _, t := range l.trials {
		began := t.Start
		for _, s := range t.Plan.Stages {
			if s.From > mu {
				return began, t, true
			}
			if s.To > mu {
				share := (mu - s.From) / (s.To - s.From)
				return began + time.Duration(share*float64(s.Duration)), t, true
			}
			began += s.Duration
		}
	}
	return 0, nil, false
}

// maxReplay bounds the requests of a run that are simulated; a record can claim any number of them.
const maxReplay = 5_000_000

// replay is what the simulator made of a trial's schedule.
type replay struct {
	overflows []time.Duration // when its queue overflowed, from the trial's start, ascending
	ok        bool            // false: it could not be simulated
}

// replayed counts the simulator's overflows into the lane's bins: what the model says would have been seen.
func (r *run) replayed(
	t *trial, c serverCapacity, index map[time.Duration]int, width time.Duration, into []*uint64,
) {
	overflows, ok := r.simulate(t, c)
	if !ok {
		return
	}
	from, to := t.extent()
	for at := from.Truncate(width); at < to; at += width {
		if i, ok := index[at]; ok {
			into[i] = plus(into[i], 0)
		}
	}
	for _, at := range overflows {
		if i, ok := index[(t.Start + at).Truncate(width)]; ok {
			into[i] = plus(into[i], 1)
		}
	}
}

// simulate serves the trial's schedule with the measured service time, once. False where the server is not
// known, its plan offers nothing, or the run has too many requests; and in retrial mode, where what
// retransmitted SYNs do depends on clients that the record does not know.
func (r *run) simulate(t *trial, c serverCapacity) (overflows []time.Duration, ok bool) {
	m, known := c.model(t.lane)
	if !known || t.lane.Mode != runfile.Loss {
		return nil, false
	}
	if t.replay == nil {
		t.replay = &replay{}
		if t.Due > maxReplay-r.simulated {
			r.warn("not_replayed", t.lane.Name, result.Args{"limit": maxReplay})
			return nil, false
		}
		r.simulated += t.Due
		system := capacity.System{
			Servers: m.Servers(), Slots: m.Slots(),
			Service: func(int) time.Duration { return m.Service },
		}
		if out, err := system.Run(times(t.Plan, t.Due)); err == nil {
			t.replay.overflows, t.replay.ok = out.Overflows, true
		}
	}
	return t.replay.overflows, t.replay.ok
}

// times are the first n times of the schedule.
func times(p plan.Plan, n int) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for i, at := range p.Due() {
			if i >= n || !yield(at) {
				return
			}
		}
	}
}
