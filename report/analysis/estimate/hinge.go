package estimate

import (
	"fmt"
	"math"
	"time"
)

// Trial is a stretch of constant offered rate against a server that was idle before and drained after.
type Trial struct {
	Due      uint64        // requests that the plan made due
	Bad      uint64        // of them: not answered well within the deadline, whenever that became known
	Duration time.Duration // over which they were due
}

// HingeOptions says what is known of the server, and how much work the interval may cost.
type HingeOptions struct {
	Slots int // C, connections that the accept queue holds: backlog+1. 0: unknown, or no queue
	// W, requests in service at once. 0: unknown, or arrivals are not constant; their part of the fill is
	// left out
	Workers   int
	Resamples int    // of the bootstrap; 0 means 2000
	Seed      uint64 // of the bootstrap
}

// Fit is a fitted hinge.
type Fit struct {
	Theta     float64 // θ, req/s: the offered rate from which requests are lost
	Low, High float64 // 95 % interval of θ: bootstrap and Allowance
	Epsilon   float64 // ε, share of requests that fail at any rate
	Below     int     // trials with no loss expected but ε
	Beyond    int     // the other trials
	Resamples int     // that the interval rests on

	slots, workers int
}

// Allowance is the share of θ by which Hinge widens the bootstrap's interval on both sides. The
// trials share what no resampling of them can show: the model's own bias (a queue that overflows a
// little below capacity when arrivals are irregular, ends of trials, discrete rounds of work) and the
// drift of the machine. Without it regular arrivals would give intervals of a few per mille and false
// confidence.
const Allowance = 0.02

const (
	minTrials = 6
	minSide   = 2     // trials that must lie on each side of the hinge
	minGain   = 10.83 // 2·Δ log-likelihood over "no hinge", χ² of one degree at 0.001
)

// Hinge estimates the capacity θ from the share of bad requests in at least 6 trials around it; 15 or
// more from 0.6 to 1.6 of the expected θ are advised, for with fewer the interval is too narrow.
//
// The model, for trial j with n requests in T seconds: a server that serves θ a second and began
// empty loses what it can neither serve nor store,
//
//	p_j = ε + (1−ε)·h_j,  h_j = max(0, (1 − θT/n)(1 − W/2n) − C/n),
//	ε = (Σ bad + ½)/(Σ due + 2) over the trials with h_j = 0.
//
// C/n is the fill of the queue, and W/2·(1 − θT/n) the head start of workers that fill one after the
// other. Simulated (TestWorkersPartOfTheFill), with constant arrivals and trials that end anywhere in
// a service time, the latter takes θ's bias from 1.3 % to 0.2 % where a trial lasts 10 service times,
// and does nothing to speak of where it lasts 100. With Poisson arrivals the bias is downwards, for
// they overflow a queue below capacity too, by 1 to 2 % of θ with a backlog of 16, and the head start
// only adds to it. So: give Workers with constant arrivals, leave it 0 with Poisson ones, and let
// trials last 50 service times or more.
//
// θ maximises the binomial likelihood. Between the points where single trials begin to lose, h is
// linear in θ and the likelihood concave, so that each such piece has one maximum and the best of
// them is the global one: no starting value, no grid that could miss it. The interval is the
// percentile bootstrap of whole trials, widened by Allowance. A resample without a trial
// beyond the hinge counts with the lowest θ that fits it. Rejected: a profile-likelihood interval, which
// takes requests for independent (its coverage is as low as .23); the first trial above a
// threshold, and a hinge without the fill, which are biased by up to 20 %.
//
// The error is a *NoEstimate where the trials do not show a hinge, and says what would.
func Hinge(trials []Trial, opt HingeOptions) (Fit, error) {
	if opt.Slots < 0 || opt.Workers < 0 || opt.Resamples < 0 {
		return Fit{}, fmt.Errorf("hinge: slots %d, workers %d, resamples %d: none may be negative", opt.Slots,
			opt.Workers, opt.Resamples)
	}
	all := make([]line, 0, len(trials))
	for i, t := range trials {
		if t.Duration <= 0 || t.Bad > t.Due {
			return Fit{}, fmt.Errorf("hinge: trial %d has %d bad of %d due in %v: not a trial", i, t.Bad,
				t.Due, t.Duration)
		}
		if t.Due > 0 {
			all = append(all, newLine(t, opt.Slots, opt.Workers))
		}
	}
	sortLines(all)
	best := maximise(all)
	if err := best.refusal(all); err != nil {
		return Fit{}, err
	}
	if opt.Resamples == 0 {
		opt.Resamples = 2000
	}
	low, high := bootstrap(all, opt.Resamples, opt.Seed)
	return Fit{
		Theta:     best.theta,
		Low:       max(0, min(low, best.theta)-Allowance*best.theta),
		High:      max(high, best.theta) + Allowance*best.theta,
		Epsilon:   best.epsilon,
		Below:     best.below,
		Beyond:    len(all) - best.below,
		Resamples: opt.Resamples,
		slots:     opt.Slots, workers: opt.Workers,
	}, nil
}

// Expected is how many bad requests the fit expects in a trial.
func (f Fit) Expected(t Trial) float64 {
	if t.Due == 0 {
		return 0
	}
	l := newLine(t, f.slots, f.workers)
	return l.n * l.share(f.Epsilon, f.Theta)
}

// line is a trial as the fit sees it: the hinge h = at − slope·θ, which is above 0 for θ < from.
type line struct {
	n, bad    float64 // due, bad
	rate      float64 // offered
	at, slope float64
	from      float64
}

func newLine(t Trial, slots, workers int) line {
	n, fill, head := float64(t.Due), float64(slots), float64(workers)/2
	l := line{n: n, bad: float64(t.Bad), rate: n / t.Duration.Seconds()}
	if n <= fill+float64(workers) { // it all finds a place
		return l
	}
	l.at = 1 - head/n - fill/n
	l.slope = t.Duration.Seconds() / n * (1 - head/n)
	l.from = math.Max(0, l.at/l.slope)
	return l
}

// share is p, the expected share of bad requests; a hair below 1, so that its logarithms are finite.
func (l line) share(eps, theta float64) float64 {
	return min(eps+(1-eps)*max(0, l.at-l.slope*theta), 1-1e-12)
}
