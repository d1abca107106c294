package estimate

import "fmt"

// Reason says why there is no estimate.
type Reason string

const (
	TooFew     Reason = "too few trials"
	NoneBeyond Reason = "no trial beyond capacity"
	AllBeyond  Reason = "every trial beyond capacity"
)

// NoEstimate is the error of trials that show no hinge.
type NoEstimate struct {
	Reason   Reason
	Trials   int
	From, To float64 // offered rates, req/s, over which trials would show it; both 0 where nothing is known
	text     string
}

func (e *NoEstimate) Error() string {
	if e.To == 0 {
		return e.text
	}
	return fmt.Sprintf("%s: offer trials from %.4g to %.4g req/s", e.text, e.From, e.To)
}

// refusal is why the best fit is none, or nil. Rates are advised as the measuring plan has them, from
// 0.6 to 1.6 θ, and the upper end higher by C/T, which the queue hides; where only a lower bound of θ
// is known, from there to its double.
func (p peak) refusal(lines []line) error {
	if len(lines) == 0 {
		return &NoEstimate{Reason: TooFew, text: "no onset: no trial offered a request"}
	}
	beyond := len(lines) - p.below
	top := lines[len(lines)-1]
	if top.from == 0 {
		return &NoEstimate{Reason: NoneBeyond, Trials: len(lines),
			text: "no onset: each trial offered fewer requests than the queue and the workers hold: make them longer"}
	}
	hidden := top.rate - top.from
	refuse := func(why Reason, from, to float64, format string, args ...any) error {
		return &NoEstimate{why, len(lines), from, to + hidden, fmt.Sprintf("no onset: "+format, args...)}
	}
	switch {
	case p.below == 0: // before the gain: that all fail at any rate fits a server that answers nothing as well
		return refuse(AllBeyond, .6*p.theta, 1.6*p.theta,
			"in each of %d trials requests were lost, so that all were above capacity", len(lines))
	case beyond == 0 || p.gain < minGain:
		return refuse(NoneBeyond, top.from, 2*top.from,
			"failures did not grow with the rate in %d trials up to %.4g req/s (%.2g %% failed)", len(lines), top.rate, 100*badShare(lines))
	case len(lines) < minTrials:
		return refuse(TooFew, .6*p.theta, 1.6*p.theta,
			"%d trials are too few for an interval, at least %d are needed", len(lines), minTrials)
	case min(beyond, p.below) < minSide:
		return refuse(TooFew, .6*p.theta, 1.6*p.theta,
			"of %d trials %d were below capacity and %d beyond, at least %d are needed of each", len(lines), p.below, beyond, minSide)
	}
	return nil
}

func badShare(lines []line) float64 {
	var bad, n float64
	for _, l := range lines {
		bad, n = bad+l.bad, n+l.n
	}
	return bad / n
}
