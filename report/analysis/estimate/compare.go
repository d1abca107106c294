package estimate

import "math"

// MinPairs is the least number of pairs that Paired takes: with fewer, t is so large, and the spread so badly
// known, that an interval says more of the method than of the server.
const MinPairs = 5

// Pairs is what pairs of trials say of a difference.
type Pairs struct {
	N          int
	Mean, SD   float64 // of the differences
	Low, High  float64 // 95 % interval of the mean
	Effect     float64 // mean ÷ SD: Cohen's d of pairs; infinite where all differ by the same
	Detectable float64 // the true mean that 8 of 10 such experiments would tell from 0
}

// Paired takes one difference a pair of trials that lay side by side, so that what drifts for both cancels.
// For quantities that are multiples of each other the difference is that of their logarithms, d = ln(b/a),
// and exp(Mean) the ratio. It takes the pairs for independent. False for fewer than MinPairs, or one that is
// not finite.
//
// Detectable is (t(.975) + t(.80))·SD/√n, the usual approximation to the power of the t test.
func Paired(d []float64) (Pairs, bool) {
	if len(d) < MinPairs {
		return Pairs{}, false
	}
	sum, n := 0.0, float64(len(d))
	for _, x := range d {
		sum += x
	}
	p := Pairs{N: len(d), Mean: sum / n}
	squares := 0.0
	for _, x := range d { // around the mean: the sum of squares of equal values would leave a rest
		squares += (x - p.Mean) * (x - p.Mean)
	}
	if math.IsNaN(squares) || math.IsInf(squares, 0) {
		return Pairs{}, false
	}
	df := uint64(len(d) - 1)
	p.SD = math.Sqrt(squares / float64(df))
	half := StudentT(df) * p.SD / math.Sqrt(n)
	p.Low, p.High = p.Mean-half, p.Mean+half
	p.Effect = p.Mean / p.SD
	p.Detectable = (StudentT(df) + studentT(df, .60, z80)) * p.SD / math.Sqrt(n)
	return p, true
}

const z80 = 0.8416212335729143 // 80 % point of the normal distribution, one-sided

// Ratio is b ÷ a of two independent estimates with their 95 % intervals, and its own: on logarithms, the
// distances from the estimates to the bounds that matter add up as squares (MOVER, of which Newcombe's
// difference is the case of shares). The extremes that the bounds allow would be wider, and hold whatever
// ties the two together. False where a bound is not above 0.
//
// Source: G. Y. Zou, A. Donner, Stat. Med. 27 (2008).
func Ratio(b, bLow, bHigh, a, aLow, aHigh float64) (ratio, low, high float64, ok bool) {
	if !(bLow > 0 && aLow > 0 && b >= bLow && bHigh >= b && a >= aLow && aHigh >= a) ||
		math.IsInf(bHigh, 1) || math.IsInf(aHigh, 1) {
		return math.NaN(), math.NaN(), math.NaN(), false
	}
	down := math.Hypot(math.Log(b/bLow), math.Log(aHigh/a))
	up := math.Hypot(math.Log(bHigh/b), math.Log(a/aLow))
	ratio = b / a
	return ratio, ratio * math.Exp(-down), ratio * math.Exp(up), true
}

// Detectable is what a 95 % interval of this half width would tell from nothing in 8 of 10 experiments.
func Detectable(half float64) float64 { return half * (z95 + z80) / z95 }

// ShareEffect is Cohen's h, the size of the difference of two shares, 2·asin√p2 − 2·asin√p1: a change
// from 0.1 % to 1 % is as large as one from 50 % to 57 %.
func ShareEffect(p1, p2 float64) float64 {
	return 2*math.Asin(math.Sqrt(p2)) - 2*math.Asin(math.Sqrt(p1))
}
