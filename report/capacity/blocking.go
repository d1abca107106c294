package capacity

import "math"

// Poisson arrivals come in bunches, so a finite queue loses some of them below capacity too. The
// probability of that depends on how regular the service is; cs² is the squared coefficient of
// variation of the service time, 0 for a constant one, 1 for an exponential one.

// BlockingMMcK is the exact loss of Poisson arrivals at c servers with exponential service and K
// places in all (servers and queue), for an offered load of a = LS erlangs. waitOverS is the mean time in
// the queue of those that got in, in service times. Both are NaN unless c ≥ 1, K ≥ c and a > 0.
//
// Erlang's birth and death chain: p_n = p_{n−1}·a/min(n,c), block = p_K,
// Wq/S = Σ(n−c)p_n / (a(1−p_K)).
func BlockingMMcK(c, K int, a float64) (block, waitOverS float64) {
	if c < 1 || K < c || !(a > 0) || math.IsInf(a, 1) {
		return math.NaN(), math.NaN()
	}
	p, sum, waiting := 1.0, 1.0, 0.0 // all relative to p_0
	for n := 1; n <= K; n++ {
		p *= a / float64(min(n, c))
		sum += p
		waiting += float64(max(0, n-c)) * p
		if sum > 1e200 { // only ratios count
			p, sum, waiting = p/sum, 1, waiting/sum
		}
	}
	block = p / sum
	return block, waiting / sum / (a * (1 - block))
}

// BlockingMDcK is the loss of Poisson arrivals at c servers with constant service and K places in
// all, for an offered load of a = LS erlangs, by Tijms' approximation (exact for c = 1):
//
//	P = (1−ρ)T/(1−ρT),  T = P(N ≥ K) in the same system with an unbounded queue.
//
// It holds below capacity only: false at a ≥ c, where Model.Loss is nearly the whole loss, and for
// c < 1, K < c, a ≤ 0. The tests find it within 10 % of events. Below 1e-12 it is rounding noise.
//
// Source: H. C. Tijms, A First Course in Stochastic Models, chapter 9.
func BlockingMDcK(c, K int, a float64) (block float64, ok bool) {
	if c < 1 || K < c || !(a > 0) || a >= float64(c) {
		return math.NaN(), false
	}
	rho, tail := a/float64(c), tailMDc(c, K, a)
	return (1 - rho) * tail / (1 - rho*tail), true
}

// Blocking is the loss for Poisson arrivals and a service time with the given squared coefficient
// of variation in 0..1: cs²·P_M + (1−cs²)·P_D, Tijms' two-moment interpolation. False where
// BlockingMDcK is, or cs2 is outside 0..1.
func Blocking(c, K int, a, cs2 float64) (block float64, ok bool) {
	d, ok := BlockingMDcK(c, K, a)
	if !ok || !(cs2 >= 0 && cs2 <= 1) {
		return math.NaN(), false
	}
	m, _ := BlockingMMcK(c, K, a)
	return cs2*m + (1-cs2)*d, true
}
