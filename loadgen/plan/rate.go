package plan

import (
	"math"
	"time"
)

// A stage whose rate moves linearly from a to b over D seconds has, u seconds in,
//
//	rate(u) = a + s·u          s = (b−a)/D
//	Λ(u)    = a·u + s·u²/2     the requests offered since the stage began
//
// A schedule is the inverse of the sum of these pieces. Solving for u by the textbook formula
// (−a + √(a²+2sy))/s subtracts two nearly equal numbers where the ramp is flat, and divides by zero
// where it is level. The same root written as 2y / (a + √(a²+2sy)) does neither.

// slope returns s, per second squared.
func (s Stage) slope() float64 { return (s.To - s.From) / s.Duration.Seconds() }

// count returns Λ(D): how many requests the stage offers, as a real number.
func (s Stage) count() float64 { return (s.From + s.To) / 2 * s.Duration.Seconds() }

// rateAt returns the rate u into the stage.
func (s Stage) rateAt(u time.Duration) float64 { return s.From + s.slope()*u.Seconds() }

// when returns Λ⁻¹(y): how long into the stage its y-th request is due, for y in [0, count()].
func (s Stage) when(y float64) time.Duration {
	if y <= 0 {
		return 0
	}
	// On the way down the discriminant ends at To²; rounding may carry it below zero only where To is tiny.
	root := math.Sqrt(max(0, s.From*s.From+2*s.slope()*y))
	seconds := 2 * y / (s.From + root)
	return min(s.Duration, time.Duration(math.Round(seconds*float64(time.Second))))
}

// total returns Λ at the end of the plan.
func (p Plan) total() float64 {
	var sum float64
	for _, s := range p.Stages {
		sum += s.count()
	}
	return sum
}

// Duration returns how long load is offered. The last request is due before it, not at it.
func (p Plan) Duration() time.Duration {
	var sum time.Duration
	for _, s := range p.Stages {
		sum += s.Duration
	}
	return sum
}

// RateAt returns the offered rate at t, in requests per second; 0 before the plan and from its end on.
// Where two stages meet, the later one counts.
func (p Plan) RateAt(t time.Duration) float64 {
	if t < 0 {
		return 0
	}
	for _, s := range p.Stages {
		if t < s.Duration {
			return s.rateAt(t)
		}
		t -= s.Duration
	}
	return 0
}

// MaxRate returns the highest rate the plan offers, in requests per second.
func (p Plan) MaxRate() float64 {
	var high float64
	for _, s := range p.Stages {
		high = max(high, s.From, s.To)
	}
	return high
}
