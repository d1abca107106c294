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
	at      time.Duration // the last request
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

// take counts n requests of which bad are bad and lie evenly among the others, done one after the other between two
// times. It stops at the one that gives an alarm, and says which that is, from 1.
func (c *cusum) take(n, bad uint64, from, to time.Duration) (at uint64, alarm bool) {
	for i := range n {
		done := from
		if n > 1 {
			done += (to - from) * time.Duration(i) / time.Duration(n-1)
		}
		if c.add((i+1)*bad/n > i*bad/n, done) {
			return i + 1, true
		}
	}
	return n, false
}

// add counts one request and reports whether it gives an alarm.
func (c *cusum) add(bad bool, done time.Duration) bool {
	step := c.good
	if bad {
		step = c.bad1
	}
	if c.s == 0 {
		c.since, c.of, c.bad = done, 0, 0
	}
	c.of++
	if bad {
		c.bad++
	}
	c.s, c.at = max(0, c.s+step), done
	return c.s >= c.threshold
}
