package estimate

import "fmt"

// Reason says why there is no estimate.
type Reason string

// The reasons for having no estimate.
const (
	NothingOffered Reason = "no trial offered a request"
	TooShort       Reason = "every trial is shorter than the queue takes to fill"
	AllBeyond      Reason = "every trial is above capacity"
	NoneBeyond     Reason = "failures do not grow with the rate"
	TooFew         Reason = "too few trials"
	OneSided       Reason = "too few trials on one side of capacity"
)

// NoEstimate is the error of trials that show no hinge.
type NoEstimate struct {
	Reason        Reason
	Trials        int // that were looked at
	Below, Beyond int // of them: below and above capacity, by the best fit
	// the highest rate that was offered, req/s, and the share of all requests that went bad
	Top, Bad float64
	Least    int // trials that are needed, of TooFew; on each side, of OneSided
	// offered rates, req/s, over which trials would show it; both 0 where nothing is known
	From, To float64
}

func (e *NoEstimate) Error() string {
	return fmt.Sprintf("no onset of %d trials: %s", e.Trials, e.Reason)
}

// refusal is why the best fit is none, or nil. Rates are advised as the measuring plan has them, from
// 0.6 to 1.6 θ, and the upper end higher by C/T, which the queue hides; where only a lower bound of θ
// is known, from there to its double.
func (p peak) refusal(lines []line) error {
	if len(lines) == 0 {
		return &NoEstimate{Reason: NothingOffered}
	}
	top := lines[len(lines)-1]
	e := &NoEstimate{
		Trials: len(lines), Below: p.below, Beyond: len(lines) - p.below, Top: top.rate, Bad: badShare(lines),
		From: .6 * p.theta, To: 1.6*p.theta + top.rate - top.from,
	}
	switch {
	case top.from == 0:
		e.Reason, e.From, e.To = TooShort, 0, 0
	case p.below == 0: // before the gain: that all fail at any rate fits a server that answers nothing as well
		e.Reason = AllBeyond
	case e.Beyond == 0 || p.gain < minGain:
		e.Reason, e.From, e.To = NoneBeyond, top.from, top.from+top.rate
	case len(lines) < minTrials:
		e.Reason, e.Least = TooFew, minTrials
	case min(e.Beyond, p.below) < minSide:
		e.Reason, e.Least = OneSided, minSide
	default:
		return nil
	}
	return e
}

func badShare(lines []line) float64 {
	var bad, n float64
	for _, l := range lines {
		bad, n = bad+l.bad, n+l.n
	}
	return bad / n
}
