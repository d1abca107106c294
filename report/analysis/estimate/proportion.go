package estimate

import "math"

const z95 = 1.959963984540054 // 97.5 % point of the normal distribution

// Wilson is the 95 % score interval of a share of k in n. Unlike the textbook's p ± z·√(p(1−p)/n) it
// holds for rare failures, and for none: 0 of 3000 may still be 0.128 %. With n = 0, or k > n, nothing
// is known: 0 to 1.
//
// Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927).
func Wilson(k, n uint64) (low, high float64) { return wilson(k, n, z95) }

// WilsonAt is Wilson at another level than .95, a share of 1.
func WilsonAt(k, n uint64, level float64) (low, high float64) { return wilson(k, n, normal(level)) }

// normal is the two-sided point of the normal distribution that holds a share.
func normal(level float64) float64 { return math.Sqrt2 * math.Erfinv(level) }

func wilson(k, n uint64, z float64) (low, high float64) {
	if n == 0 || k > n {
		return 0, 1
	}
	N, p := float64(n), float64(k)/float64(n)
	mid := p + z*z/(2*N)
	half := z * math.Sqrt(p*(1-p)/N+z*z/(4*N*N))
	d := 1 + z*z/N
	low, high = max(0, (mid-half)/d), min(1, (mid+half)/d)
	if k == 0 { // exactly, not to rounding
		low = 0
	}
	if k == n {
		high = 1
	}
	return low, high
}

// Newcombe is the difference of two independent shares, k1/n1 − k2/n2, with its 95 % interval from
// the two Wilson intervals. All NaN where a count is impossible.
//
// Source: R. G. Newcombe, Stat. Med. 17 (1998), method 10.
func Newcombe(k1, n1, k2, n2 uint64) (diff, low, high float64) {
	if n1 == 0 || n2 == 0 || k1 > n1 || k2 > n2 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	p1, p2 := float64(k1)/float64(n1), float64(k2)/float64(n2)
	l1, u1 := Wilson(k1, n1)
	l2, u2 := Wilson(k2, n2)
	diff = p1 - p2
	return diff, diff - math.Hypot(p1-l1, u2-p2), diff + math.Hypot(u1-p1, p2-l2)
}
