package gate

import (
	"fmt"

	"weir/report/analysis/estimate"
)

// insideAllowance says why not even an unchanged server would pass, or no server: an onset is never known better than
// to its allowance, nor is a latency beside another run's, whatever is measured for how long. "": it can pass.
func (a Assertion) insideAllowance() string {
	t, l := a.Terms[0], a.Limit
	x := t.metric.allowance
	if x == 0 || a.Over > 0 {
		return ""
	}
	low, high, of := 1-x, 1+x, "one"
	switch {
	case len(a.Terms) == 1 && !t.metric.ofRequests: // else it is in no interval of one run
	case len(a.Terms) == 2 && a.Terms[1].metric == t.metric && (a.acrossRuns() || !t.metric.ofRequests && !t.tiedTo(a.Terms[1])):
		_, low, high, _ = estimate.Ratio(1, low, high, 1, low, high)
		of = "the quotient of two"
	default:
		return ""
	}
	narrow := (a.Op == In || a.Op == Equal) && l.Low > 0 && l.High/l.Low < high/low
	if !narrow && (len(a.Terms) == 1 || !a.takesOne() || judge(interval{value: 1, low: low, high: high}, a.Op, l) == Pass) {
		return ""
	}
	return fmt.Sprintf("%s has an allowance of ±%.2g %%, so that of %s no more than %.3f to %.3f × what was measured is known, and not even an unchanged server would pass: take a limit further off",
		t.Metric, 100*x, of, low, high)
}

// takesOne reports whether a quotient of exactly 1 keeps to the limit, so that an unchanged server should pass.
func (a Assertion) takesOne() bool {
	return a.Op != NotEqual && judge(exact(1), a.Op, a.Limit) == Pass
}
