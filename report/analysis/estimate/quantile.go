package estimate

import "math"

// QuantileRanks are the order statistics, counted from 1, that bound the q-quantile of n independent
// values with 95 %, 2.5 % on each side at most, whatever the distribution. A rank of 0 says that the
// sample has no bound on that side: of 300 values not even the largest bounds the p99 from above.
//
// The number of values below the quantile is binomial; low is the greatest rank with
// P(B < low) ≤ 2.5 %, high the smallest with P(B ≥ high) ≤ 2.5 %. The sums are exact and take some
// 24·√(nq(1−q)) steps.
//
// Source: H. A. David, H. N. Nagaraja, Order Statistics, section 7.1.
func QuantileRanks(n uint64, q float64) (low, high uint64) {
	if n == 0 || !(q > 0 && q < 1) {
		return 0, 0
	}
	const tail = .025
	mean, sd := float64(n)*q, math.Sqrt(float64(n)*q*(1-q))
	first := uint64(max(0, mean-12*sd-1))
	p := binomial(n, first, q)
	odds := q / (1 - q)
	cdf := 0.0 // P(B < i)
	for i := first; i <= n; i++ {
		if cdf <= tail {
			low = i
		} else if 1-cdf <= tail { // i > 0, and P(B ≥ i) small: the first such i
			return low, i
		}
		cdf += p
		p *= float64(n-i) / float64(i+1) * odds
	}
	return low, 0
}

// Supported says whether a sample of n values can bear its q-quantile: whether the 95 % interval of
// QuantileRanks is bounded on both sides. That takes 6 values for a median, 36 for a p90, 368 for a
// p99, 3688 for a p99.9. What is not supported is not printed: it would be the maximum by another name.
func Supported(n uint64, q float64) bool {
	if !(q > 0 && q < 1) {
		return false
	}
	const tail = .025 // both bounds exist where min and max are bounds: qⁿ and (1−q)ⁿ ≤ 2.5 %
	return float64(n)*math.Log(max(q, 1-q)) <= math.Log(tail)
}

// binomial is P(B = k) of n tries with probability q.
func binomial(n, k uint64, q float64) float64 {
	lg := func(x uint64) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	return math.Exp(lg(n) - lg(k) - lg(n-k) + float64(k)*math.Log(q) + float64(n-k)*math.Log1p(-q))
}
