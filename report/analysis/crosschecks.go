package analysis

import (
	"math"
	"slices"
	"time"

	"weir/report/result"

	"weir/loadgen/plan"
	"weir/report/analysis/estimate"
	"weir/report/runfile"
	"weir/report/unit"
)

const (
	crossingShare = 0.005 // bad ÷ due, at which Crossing is
	leastFilling  = 5     // samples of a filling queue that a slope is made of
)

// crossChecks looks at the lane with the other instruments, and warns where they see another onset.
func (r *run) crossChecks(l *lane, o *onsets) result.CrossChecks {
	c := result.CrossChecks{Busy: r.busyRate(l)}
	if r.header.Search != nil || l.Mode != runfile.Loss || !l.measuring() {
		return c
	}
	var rates, goodput []float64
	var trials []estimate.Trial
	shortest := time.Duration(math.MaxInt64)
	for _, t := range l.complete() {
		if f := &t.figures; t.constant() && f.due > 0 {
			d := t.duration()
			rates, goodput = append(rates, float64(f.due)/d.Seconds()),
				append(goodput, float64(f.good())/d.Seconds())
			trials = append(trials, estimate.Trial{Due: f.due, Bad: f.bad, Duration: d})
			shortest = min(shortest, d)
		}
	}
	if l.slots > 0 && len(trials) > 0 {
		c.Fill = positive(float64(l.slots) / shortest.Seconds())
	}
	if x, ok := estimate.Knee(rates, goodput); ok {
		c.Knee = &x
	}
	if x, ok := estimate.Crossing(trials, crossingShare); ok {
		c.Crossing = &x
	}
	r.doubtOnset(l, o.failure, c, rates)
	return c
}

// doubtOnset warns where a cross-check lies outside of the onset's interval by more than the queue's fill.
// The crossing is no finer than the offered rates about it; with Poisson arrivals it comes before capacity,
// as some is lost there already.
func (r *run) doubtOnset(l *lane, o *result.Onset, c result.CrossChecks, rates []float64) {
	if o == nil || c.Fill == nil {
		return
	}
	check := func(name string, x *float64, room float64) {
		if x != nil && (*x < o.Low-room || *x > o.High+room) {
			r.warn("cross_check", l.Name, result.Args{"onset": unit.Of(unit.Rate, o.RPS, o.Low, o.High),
				name: *x, "fill": *c.Fill})
		}
	}
	check("knee", c.Knee, *c.Fill)
	if !slices.ContainsFunc(l.trials, func(t *trial) bool { return t.Plan.Arrival == plan.Poisson }) {
		check("crossing", c.Crossing, *c.Fill+around(rates, c.Crossing))
	}
}

// around is how far apart the offered rates are between which x lies.
func around(rates []float64, x *float64) float64 {
	if x == nil {
		return 0
	}
	sorted := slices.Sorted(slices.Values(rates))
	i, _ := slices.BinarySearch(sorted, *x)
	if i == 0 || i == len(sorted) {
		return 0
	}
	return sorted[i] - sorted[i-1]
}

// busyRate is how fast the workers took connections while the queue filled: all were busy then, and before
// the first overflow what came is what was due, also where lost SYNs are sent again later. Trials are the
// replicates.
func (r *run) busyRate(l *lane) result.Estimate {
	var groups []estimate.Points
	for _, t := range l.trials {
		if w := r.fillingOf(t); len(w) >= leastFilling {
			groups = append(groups, t.taken(w))
		}
	}
	slope, half := estimate.PooledSlope(groups)
	e := result.Estimate{Value: positive(slope)}
	if e.Value != nil && !math.IsNaN(half) {
		low, high := max(0, slope-half), slope+half
		e.Low, e.High = &low, &high
	}
	return e
}

// fillingOf is the last stretch of samples before the trial's queue was full, or its load ended, in which
// each saw connections waiting. Nil where the listener is several sockets, which fill one by one.
func (r *run) fillingOf(t *trial) window {
	if t.Due > maxReplay {
		return nil
	}
	end := t.Start + t.duration()
	if from, _, ok := r.observed(t).firstOverflow(t.lane.Listener); ok {
		end = min(end, from)
	}
	w, first := r.within(t), 0
	for i, s := range w {
		q := s.listener(t.lane.Listener)
		switch {
		case s.at > end, q.Sockets == 1 && q.Full():
			return w[first:i]
		case q.Sockets != 1, q.Depth == 0:
			first = i + 1
		}
	}
	return w[first:]
}

// taken is, by the time of each sample, how many requests the workers had taken: those that were due, less
// those waiting.
func (t *trial) taken(w window) (p estimate.Points) {
	due, i := 0, 0
	add := func() {
		depth := w[i].listener(t.lane.Listener).Depth
		p.X, p.Y = append(p.X, (w[i].at-t.Start).Seconds()), append(p.Y, float64(due)-float64(depth))
		i++
	}
	for at := range times(t.Plan, t.Due) {
		for i < len(w) && t.Start+at > w[i].at {
			add()
		}
		if i == len(w) {
			return p
		}
		due++
	}
	for i < len(w) {
		add()
	}
	return p
}
