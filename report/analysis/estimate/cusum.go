package estimate

import (
	"math"
	"time"
)

// CUSUM watches a share of requests while a run goes on, and says when it is clearly above a limit, so that
// load is not poured on a server that has had enough. It says so seldom without cause, and is not for
// judging: that it gave no alarm does not mean that the share kept to the limit.
//
// It is a Bernoulli CUSUM over the requests in order of completion: S = max(0, S + log-likelihood ratio of p1
// against p0), where p0 is the limit and p1 = min(2·p0, (1+p0)/2). Where the share p is well above 1.44·p0,
// an alarm comes after about h ÷ (p·ln(p1/p0) + (1−p)·ln((1−p1)/(1−p0))) requests, h = ln(p1·1e8): with a
// limit of 5 %, after 24 when all are bad, after some 800 when 10 % are. A share between p0 and 1.44·p0
// seldom gives an alarm: the run's own analysis judges it.
//
// A share in a sliding window must choose between a window too short to believe and one too long to help; the
// CUSUM's window begins where the trouble does.
//
// Sources: E. S. Page, Continuous inspection schemes, Biometrika 41 (1954); M. R. Reynolds, Z. G. Stoumbos, A
// CUSUM chart for monitoring a proportion when inspecting continuously, Journal of Quality Technology 31
// (1999).
type CUSUM struct {
	Since, At time.Duration // when the first and the last request ended of those that S has left zero for
	Of, Bad   uint64        // how many those are, and how many of them are bad

	good, bad, threshold float64
	s                    float64
}

// A process exactly at its limit raises an alarm in less than one of falseAlarms runs of runLength
// requests. Longer runs raise more, in proportion; processes below the limit far fewer.
const (
	falseAlarms = 1000
	runLength   = 100_000
)

// LeastShare is the smallest limit that a CUSUM can hold a share against, and 1 less it the largest: there
// one of runLength requests is bad.
const LeastShare = 1. / runLength

// NewCUSUM watches for a share above p0.
func NewCUSUM(p0 float64) *CUSUM {
	p1 := min(2*p0, (1+p0)/2)
	return &CUSUM{
		good: math.Log1p(-p1) - math.Log1p(-p0), bad: math.Log(p1 / p0),
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

// Take counts n requests of which bad are bad and lie evenly among the others, as they ended one after the
// other between two times: in which order is not known. It stops at the one that gives an alarm, and says
// which that is, from 1. So an alarm comes up to n requests later than one by one, and none comes that the
// order would not have raised.
func (c *CUSUM) Take(n, bad uint64, from, to time.Duration) (at uint64, alarm bool) {
	for i := range n {
		ended := from
		if n > 1 {
			ended += (to - from) * time.Duration(i) / time.Duration(n-1)
		}
		if c.add((i+1)*bad/n > i*bad/n, ended) {
			return i + 1, true
		}
	}
	return n, false
}

// add counts one request and reports whether it gives an alarm.
func (c *CUSUM) add(bad bool, ended time.Duration) bool {
	step := c.good
	if bad {
		step = c.bad
	}
	if c.s == 0 {
		c.Since, c.Of, c.Bad = ended, 0, 0
	}
	c.Of++
	if bad {
		c.Bad++
	}
	c.s, c.At = max(0, c.s+step), ended
	return c.s >= c.threshold
}
