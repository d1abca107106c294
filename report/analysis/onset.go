package analysis

import (
	"errors"
	"math"
	"reflect"
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
	// trials of a lane; the time of a fit grows with their number, and a record can claim any
	maxFitted = 1000
)

// onsets are the rates at which a lane began to overflow, and to fail, or the reasons for knowing neither.
type onsets struct {
	overflow, failure     *result.Onset
	noOverflow, noFailure result.Finding
	fit                   *estimate.Fit // of the failures
}

// onsets applies the hinge where it holds: in loss mode, where one dropped SYN is one failed request, to
// separate trials at constant rates. In retrial mode retransmitted SYNs overflow again and their requests are
// only late, and a ramp has one trial; there the first overflow is told, and beside it how fast the workers
// were while the queue filled (crossChecks).
func (r *run) onsets(l *lane) onsets {
	var o onsets
	switch {
	case r.header.Search != nil:
		o.noFailure = result.Finding{Code: "onset_of_search"}
		o.noOverflow = o.noFailure
	case l.Mode != runfile.Loss:
		o.noFailure = result.Finding{Code: "onset_in_retrial_mode"}
		o.overflow, o.noOverflow = r.firstOverflow(l)
	case !l.measuring():
		o.noFailure = result.Finding{Code: "onset_needs_steps"}
		o.overflow, o.noOverflow = r.firstOverflow(l)
	default:
		o.failure, o.fit, o.noFailure = r.hinge(l, "no_failure", func(f *figures) *uint64 { return &f.bad })
		o.overflow, _, o.noOverflow = r.hinge(l, "no_overflow",
			func(f *figures) *uint64 { return f.overflows })
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

// because is why onsets are missing.
func (o *onsets) because() result.Finding {
	switch {
	case o.noOverflow.IsZero() || reflect.DeepEqual(o.noOverflow, o.noFailure):
		return o.noFailure
	case o.noFailure.IsZero():
		return o.noOverflow
	}
	return result.Finding{Code: "no_onsets",
		Args: result.Args{"failures": o.noFailure, "overflows": o.noOverflow}}
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
// Where it never did, the reason has the code none.
func (r *run) hinge(l *lane, none result.Code, count func(*figures) *uint64) (*result.Onset, *estimate.Fit,
	result.Finding) {
	if l.slots == 0 {
		return nil, nil, result.Finding{Code: "onset_needs_limit"}
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
		trials = append(trials, estimate.Trial{Due: t.figures.due, Bad: min(*n, t.figures.due),
			Duration: t.duration()})
	}
	switch {
	case len(trials) > maxFitted:
		return nil, nil, result.Finding{Code: "onset_of_too_many",
			Args: result.Args{"trials": len(trials), "limit": maxFitted}}
	case len(trials) == 0 && unknown > 0:
		return nil, nil, l.uncounted()
	case len(trials) == 0:
		return nil, nil, result.Finding{Code: "onset_of_no_trial"}
	case total == 0:
		return nil, nil, result.Finding{Code: none, Args: result.Args{"rate": l.highest()}}
	}
	fit, err := estimate.Hinge(trials, estimate.HingeOptions{
		Slots: l.slots, Workers: r.filling(l), Resamples: resamples, Seed: r.header.Seed,
	})
	if err != nil {
		return nil, nil, refused(err)
	}
	return &result.Onset{RPS: fit.Theta, Low: fit.Low, High: fit.High, Method: result.Hinge}, &fit,
		result.Finding{}
}

// refusals are the codes of an estimator's reasons.
var refusals = map[estimate.Reason]result.Code{
	estimate.NothingOffered: "onset_of_nothing", estimate.TooShort: "onset_of_short_trials",
	estimate.AllBeyond:  "onset_below_all",
	estimate.NoneBeyond: "onset_above_all", estimate.TooFew: "onset_of_few_trials",
	estimate.OneSided: "onset_of_one_side",
}

// refused is why the estimator has no onset.
func refused(err error) result.Finding {
	no, ok := errors.AsType[*estimate.NoEstimate](err)
	if !ok {
		return result.Finding{Text: err.Error()}
	}
	args := result.Args{"trials": no.Trials, "below": no.Below, "beyond": no.Beyond, "top": no.Top,
		"bad": no.Bad, "least": no.Least}
	if no.To > 0 {
		args["offer"] = result.Finding{Code: "offer_rates", Args: result.Args{"from": no.From, "to": no.To}}
	}
	return result.Finding{Code: refusals[no.Reason], Args: args}
}

// uncounted is why a lane's overflows are not known.
func (l *lane) uncounted() result.Finding {
	if probe.IsUnix(l.Listener) {
		return result.Finding{Code: "uncounted_unix"}
	}
	return result.Finding{Code: "uncounted"}
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
func (r *run) firstOverflow(l *lane) (*result.Onset, result.Finding) {
	if l.overflows() == nil {
		return nil, l.uncounted()
	}
	t, from, to, ok := r.overflowTrial(l)
	if !ok {
		return nil, result.Finding{Code: "no_overflow", Args: result.Args{"rate": l.highest()}}
	}
	if t.constant() {
		return l.firstTrial(t), result.Finding{}
	}
	before := t.Plan.RateAt(max(0, from-t.Start))
	after := t.Plan.RateAt(min(max(0, to-t.Start), t.duration()-1))
	slope, known := t.slope(from)
	if known && slope == 0 {
		return l.firstStage(t, from), result.Finding{}
	}
	o := seen(result.FirstOverflow, after, min(before, after), max(before, after))
	if known && slope > 0 && l.slots > 0 {
		bias := capacity.RampBias(slope, l.slots)
		o = seen(result.Ramp, max(0, after-bias), max(0, o.Low-bias), o.High)
		o.How.Args = result.Args{"rate": after, "bias": bias}
	}
	return o, result.Finding{}
}

// seen is an onset that lies between two rates, and is no estimate.
func seen(by result.Method, rate, low, high float64) *result.Onset {
	return &result.Onset{RPS: rate, Low: low, High: high, Method: by,
		How: result.Finding{Code: result.Code("by_" + by)}}
}

// firstTrial is the lowest rate with an overflow. The truth may lie lower: the queue takes C requests
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
	return seen(result.FirstTrial, first.Rate, low, first.Rate)
}

// firstStage is the same for a plan of stages: the rate of the one that overflowed, from the highest before
// it.
func (l *lane) firstStage(t *trial, at time.Duration) *result.Onset {
	rate, low := t.Plan.RateAt(at-t.Start), 0.0
	var end time.Duration
	for _, s := range t.Plan.Stages {
		if end += s.Duration; end > at-t.Start {
			break
		}
		low = max(low, min(s.From, s.To)-float64(l.slots)/s.Duration.Seconds())
	}
	return seen(result.FirstStage, rate, min(low, rate), rate)
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
