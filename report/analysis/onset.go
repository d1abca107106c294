package analysis

import (
	"fmt"
	"math"
	"strings"
	"time"

	"weir/probe"
	"weir/report/result"

	"weir/loadgen/plan"
	"weir/report/analysis/estimate"
	"weir/report/capacity"
	"weir/report/runfile"
)

const (
	resamples = 2000 // of whole trials, for an interval
	maxFitted = 1000 // trials of a lane; the time of a fit grows with their number, and a record can claim any
)

// onsets are the rates at which a lane began to overflow, and to fail, or the reasons for knowing neither.
type onsets struct {
	overflow, failure     *result.Onset
	noOverflow, noFailure string
	fit                   *estimate.Fit // of the failures
}

// onsets applies the hinge where it holds: in loss mode, where one dropped SYN is one failed request, to
// separate trials at constant rates. In retrial mode retransmitted SYNs overflow again and their
// requests are only late, and a ramp has one trial; there the first overflow is told, and beside it how fast the
// workers were while the queue filled (crossChecks).
func (r *run) onsets(l *lane) onsets {
	var o onsets
	switch {
	case r.header.Search != nil:
		o.noFailure = "a search chooses its rates by what it saw, which the interval of an onset does not allow for: its bounds stand in its place, or measure with --steps"
		o.noOverflow = o.noFailure
	case l.Mode != runfile.Loss:
		o.noFailure = "in retrial mode retransmitted SYNs hide the loss, so failures do not show where it began: measure in loss mode, with a connect timeout under 1 s"
		o.overflow, o.noOverflow = r.firstOverflow(l)
	case !l.measuring():
		o.noFailure = "the estimate needs separate trials at several constant rates (--steps)"
		o.overflow, o.noOverflow = r.firstOverflow(l)
	default:
		o.failure, o.fit, o.noFailure = r.hinge(l, "failed request", func(f *figures) *uint64 { return &f.bad })
		o.overflow, _, o.noOverflow = r.hinge(l, "overflow", func(f *figures) *uint64 { return f.overflows })
	}
	if o.overflow != nil {
		if _, at, ok := r.overflowBegan(l); ok {
			o.overflow.AtS = inSeconds(at)
		}
	}
	if o.failure != nil {
		if at, ok := l.firstBad(); ok {
			o.failure.AtS = inSeconds(at)
		}
	}
	return o
}

// because joins the reasons for the onsets that are missing.
func (o *onsets) because() string {
	switch {
	case o.noOverflow == "" || o.noOverflow == o.noFailure:
		return o.noFailure
	case o.noFailure == "":
		return o.noOverflow
	}
	return "failures: " + o.noFailure + "; overflows: " + o.noOverflow
}

// measuring reports whether the lane has trials that the hinge can be fitted to.
func (l *lane) measuring() bool {
	rates := map[float64]bool{}
	for _, t := range l.trials {
		if t.constant() {
			rates[t.Rate] = true
		}
	}
	return len(rates) > 1
}

// hinge fits the rate up to which nothing of a kind happened, given how often it happened in each trial.
func (r *run) hinge(l *lane, what string, count func(*figures) *uint64) (*result.Onset, *estimate.Fit, string) {
	if l.slots == 0 {
		return nil, nil, "the backlog limit was not seen, and without it the time that the queue takes to fill cannot be told from capacity: name the listener with --probe-listener"
	}
	var trials []estimate.Trial
	var total uint64
	unknown := 0
	for _, t := range l.complete() {
		n := count(&t.figures)
		if !t.constant() || n == nil {
			unknown++
			continue
		}
		total += *n
		trials = append(trials, estimate.Trial{Due: t.figures.due, Bad: min(*n, t.figures.due), Duration: t.duration()})
	}
	switch {
	case len(trials) > maxFitted:
		return nil, nil, fmt.Sprintf("its %d trials are more than the %d that are fitted", len(trials), maxFitted)
	case len(trials) == 0 && unknown > 0:
		return nil, nil, l.uncounted()
	case len(trials) == 0:
		return nil, nil, "no trial ran to its end"
	case total == 0:
		return nil, nil, fmt.Sprintf("no %s up to %.4g req/s, the highest rate offered", what, l.highest())
	}
	fit, err := estimate.Hinge(trials, estimate.HingeOptions{
		Slots: l.slots, Workers: r.filling(l), Resamples: resamples, Seed: r.header.Seed,
	})
	if err != nil {
		return nil, nil, strings.TrimPrefix(err.Error(), "no onset: ")
	}
	return &result.Onset{RPS: fit.Theta, Low: fit.Low, High: fit.High, Method: result.Hinge}, &fit, ""
}

// uncounted says why a lane's overflows are not known.
func (l *lane) uncounted() string {
	if probe.IsUnix(l.Listener) {
		return "no counter of the kernel counts the overflows of a unix socket"
	}
	return "the kernel's counters were not sampled around its trials"
}

// filling is how many workers take a first request before the queue fills; 0, not counted, with Poisson
// arrivals, where the correction was found to add to a bias instead of taking it away (estimate.Hinge).
func (r *run) filling(l *lane) int {
	for _, t := range l.trials {
		if t.Plan.Arrival == plan.Poisson {
			return 0
		}
	}
	return r.header.Capacity.Workers * max(1, r.header.Capacity.WorkerConnections)
}

// highest is the highest rate that a trial offered.
func (l *lane) highest() (rate float64) {
	for _, t := range l.trials {
		rate = max(rate, t.Plan.MaxRate())
	}
	return rate
}

// firstOverflow is what is left where no estimate holds: when the counter first moved, and what was offered
// then. Its bounds are how finely that was observed, not a confidence interval, and the method says so.
func (r *run) firstOverflow(l *lane) (*result.Onset, string) {
	if l.overflows() == nil {
		return nil, l.uncounted()
	}
	t, from, to, ok := r.overflowTrial(l)
	if !ok {
		return nil, fmt.Sprintf("no overflow up to %.4g req/s, the highest rate offered", l.highest())
	}
	if t.constant() {
		return l.firstTrial(t), ""
	}
	before := t.Plan.RateAt(max(0, from-t.Start))
	after := t.Plan.RateAt(min(max(0, to-t.Start), t.duration()-1))
	if slope, ok := t.slope(from); ok && slope == 0 {
		return l.firstStage(t, from), ""
	}
	o := &result.Onset{RPS: after, Low: min(before, after), High: max(before, after), Method: "first overflow; its bounds are the sampling's"}
	if slope, ok := t.slope(from); ok && slope > 0 && l.slots > 0 {
		bias := capacity.RampBias(slope, l.slots)
		o.RPS, o.Low = max(0, o.RPS-bias), max(0, o.Low-bias)
		o.Method = fmt.Sprintf("first overflow of a ramp, at %.4g req/s, less √(2kC) = %.4g; its upper bound is uncorrected", after, bias)
	}
	return o, ""
}

// firstTrial tells the lowest rate with an overflow. The truth may lie lower: the queue takes C requests
// before it overflows, and those of the highest rate without one have no more than C/T of them.
func (l *lane) firstTrial(first *trial) *result.Onset {
	low := 0.0
	for _, t := range l.complete() {
		if o := t.figures.overflows; t.constant() && o != nil && *o > 0 && t.Rate < first.Rate {
			first = t
		}
	}
	for _, t := range l.complete() {
		if o := t.figures.overflows; t.constant() && o != nil && *o == 0 && t.Rate < first.Rate {
			low = max(low, t.Rate-float64(l.slots)/t.duration().Seconds())
		}
	}
	return &result.Onset{
		RPS: first.Rate, Low: low, High: first.Rate,
		Method: "first trial with an overflow; from the highest without one, less what its queue took",
	}
}

// firstStage is the same for a plan of stages: the rate of the one that overflowed, from the highest before it.
func (l *lane) firstStage(t *trial, at time.Duration) *result.Onset {
	rate, low := t.Plan.RateAt(at-t.Start), 0.0
	var end time.Duration
	for _, s := range t.Plan.Stages {
		if end += s.Duration; end > at-t.Start {
			break
		}
		low = max(low, min(s.From, s.To)-float64(l.slots)/s.Duration.Seconds())
	}
	return &result.Onset{
		RPS: rate, Low: min(low, rate), High: rate,
		Method: "first stage with an overflow; from the highest before it, less what its queue took",
	}
}

// slope is how fast the plan's rate grows, in req/s per second, at a time of the run.
func (t *trial) slope(at time.Duration) (float64, bool) {
	u := at - t.Start
	for _, s := range t.Plan.Stages {
		if u < s.Duration {
			return (s.To - s.From) / s.Duration.Seconds(), true
		}
		u -= s.Duration
	}
	return 0, false
}

// overflowTrial is the first trial in time with an overflow, and between which two samples that fell.
func (r *run) overflowTrial(l *lane) (t *trial, from, to time.Duration, ok bool) {
	for _, t := range l.trials {
		if from, to, ok := r.observed(t).firstOverflow(l.Listener); ok {
			return t, from, to, true
		}
	}
	return nil, 0, 0, false
}

func (r *run) overflowBegan(l *lane) (from, to time.Duration, ok bool) {
	_, from, to, ok = r.overflowTrial(l)
	return from, to, ok
}

// firstBad is the beginning of the first bin in which a request was due that went bad.
func (l *lane) firstBad() (time.Duration, bool) { return l.firstBin((*bin).bad) }

// firstBin is the beginning of the first bin, by due time, with any of what is counted.
func (l *lane) firstBin(count func(*bin) uint64) (time.Duration, bool) {
	for _, t := range l.trials {
		first, found := forever, false
		for at, b := range t.bins {
			if at < first && count(b) > 0 {
				first, found = at, true
			}
		}
		if found {
			return first, true
		}
	}
	return 0, false
}

// over divides one estimate by another: its bounds are the extremes that both bounds allow.
func over(o *result.Onset, by, low, high float64) result.Interval {
	return result.Interval{Ratio: o.RPS / by, Low: o.Low / high, High: o.High / low}
}

// overCapacity is an onset ÷ W/S; false where either is not known.
func (c serverCapacity) overCapacity(o *result.Onset) (result.Interval, bool) {
	if o == nil || c.rate == 0 {
		return result.Interval{}, false
	}
	low, high := c.rateLow, c.rateHigh
	if low == 0 || high == 0 {
		low, high = c.rate, c.rate
	}
	iv := over(o, c.rate, low, high)
	return iv, !math.IsInf(iv.High, 0)
}

func inSeconds(d time.Duration) *float64 {
	s := d.Seconds()
	return &s
}
