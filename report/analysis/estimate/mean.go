package estimate

import "math"

// Mean is the mean of count values with its 95 % t interval, from their sum and sum of squares. Two
// values are the least; false where there are fewer or the sums are not finite. It takes the values
// for independent.
func Mean(count uint64, sum, sumsq float64) (mean, low, high float64, ok bool) {
	if count < 2 || math.IsNaN(sum+sumsq) || math.IsInf(sum+sumsq, 0) {
		return math.NaN(), math.NaN(), math.NaN(), false
	}
	n := float64(count)
	mean = sum / n
	variance := max(0, (sumsq-sum*mean)/(n-1)) // below 0 by rounding only, where all values are equal
	half := StudentT(count-1) * math.Sqrt(variance/n)
	return mean, mean - half, mean + half, true
}

// StudentT is the two-sided 95 % point of Student's t with df degrees of freedom; +Inf for 0.
func StudentT(df uint64) float64 { return studentT(df, .95, z95) }

// StudentTAt is StudentT at another level than .95, a share of 1.
func StudentTAt(df uint64, level float64) float64 { return studentT(df, level, normal(level)) }

// studentT is the two-sided point that holds the share p; z is the normal distribution's.
func studentT(df uint64, p, z float64) float64 {
	if df == 0 {
		return math.Inf(1)
	}
	if df > 500 { // the next term is below 1e-9
		v, z2 := float64(df), z*z
		return z * (1 + (z2+1)/(4*v) + (5*z2*z2+16*z2+3)/(96*v*v))
	}
	low, high := 0.0, 1000.0
	for range 60 {
		if mid := (low + high) / 2; within(mid, int(df)) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// within is P(|T| ≤ t): the finite sums for whole degrees of freedom of Abramowitz and Stegun,
// 26.7.3 and 26.7.4.
func within(t float64, df int) float64 {
	angle := math.Atan(t / math.Sqrt(float64(df)))
	sin, cos := math.Sincos(angle)
	odd := df % 2
	term, sum := 1.0, 0.0
	if odd == 1 {
		term = cos
	}
	for k := odd; k <= df-2; k += 2 {
		sum += term
		term *= cos * cos * float64(k+1) / float64(k+2)
	}
	if odd == 1 {
		return 2 / math.Pi * (angle + sin*sum)
	}
	return sin * sum
}
