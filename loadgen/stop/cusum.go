package stop

import (
	"math"
	"time"
)

// A process exactly at its limit raises an alarm in less than one of falseAlarms runs of runLength
// requests. Longer runs raise more, in proportion; processes below the limit far fewer.
const (
	falseAlarms = 1000
	runLength   = 100_000
)

// cusum is S = max(0, S + log-likelihood ratio of p1 against p0), with what was seen since S left zero.
type cusum struct {
	good, bad1, threshold float64

	s       float64
	since   time.Duration
	of, bad uint64
}

func newCusum(p0 float64) cusum {
	p1 := min(2*p0, (1+p0)/2)
	return cusum{
		good: math.Log1p(-p1) - math.Log1p(-p0), bad1: math.Log(p1 / p0),
		threshold: threshold(p1, runLength, 1./falseAlarms),
	}
}

// threshold is h such that n requests at p0 raise an alarm with a probability below alpha.
//
// S leaves zero only with a bad request, so at p0 on average at most n·p0 times, and then stands at
// ln(p1/p0). From there e^S is a martingale until S is back at zero or reaches h, so it reaches h with
// a probability of at most e^(ln(p1/p0)−h) (Ville's inequality). Together: n·p0 · p1/p0 · e^−h = alpha.
//
// In simulations the truth is 6 to 25 times less. An h fitted to that would be smaller by some ln 10, which
// is a sixth of the delay; the bound needs no fitting and holds at every limit.
func threshold(p1, n, alpha float64) float64 { return math.Log(p1 * n / alpha) }

// add counts requests that came to an end together, and reports whether they give an alarm. Of their order nothing is
// known, so S takes them in one step: the sum of their ratios, which under p0 is as much of a martingale.
func (c *cusum) add(n, bad uint64, done time.Duration) bool {
	if n == 0 {
		return false
	}
	if c.s == 0 {
		c.since, c.of, c.bad = done, 0, 0
	}
	c.of += n
	c.bad += bad
	c.s = max(0, c.s+float64(bad)*c.bad1+float64(n-bad)*c.good)
	return c.s >= c.threshold
}
