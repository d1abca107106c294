package estimate

import (
	"cmp"
	"math"
	"slices"
)

// peak is a maximum of the hinge's likelihood.
type peak struct {
	theta, epsilon float64
	below          int     // trials without loss beyond ε
	gain           float64 // 2·Δ log-likelihood over the model in which no trial is beyond
}

// sortLines puts the trials in the order in which they begin to lose as θ falls.
func sortLines(lines []line) {
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.from, b.from) })
}

// maximise finds the highest likelihood of all θ ≥ 0. Piece k, in which the first k of the sorted
// trials lose nothing but ε, reaches from where trial k−1 begins to lose to where trial k does.
func maximise(lines []line) peak {
	var n, bad, total float64
	for _, l := range lines {
		total += l.n
	}
	best, best2 := math.Inf(-1), peak{}
	last := math.Inf(-1)
	for k := 0; k <= len(lines); k++ {
		low, high := 0.0, math.Inf(1)
		if k > 0 {
			low = lines[k-1].from
			n += lines[k-1].n
			bad += lines[k-1].bad
		}
		if k < len(lines) {
			high = lines[k].from
		}
		if low >= high {
			continue // two trials of one rate, or one too short to lose anything
		}
		eps := (bad + .5) / (n + 2)
		if k == 0 { // nothing to estimate ε from: as if nothing had failed without a cause
			eps = .5 / (total + 2)
		}
		theta := low
		if k < len(lines) {
			theta = climb(lines[k:], eps, low, high)
		}
		last = bad*math.Log(eps) + (n-bad)*math.Log1p(-eps) + logLikelihood(lines[k:], eps, theta)
		if last > best {
			best, best2 = last, peak{theta: theta, epsilon: eps, below: k}
		}
	}
	best2.gain = 2 * (best - last) // the last piece is that without a trial beyond
	return best2
}

func logLikelihood(beyond []line, eps, theta float64) (sum float64) {
	for _, l := range beyond {
		p := l.share(eps, theta)
		sum += l.bad*math.Log(p) + (l.n-l.bad)*math.Log1p(-p)
	}
	return sum
}

// climb finds the maximum over low..high of the concave log-likelihood of trials that all lose there.
func climb(beyond []line, eps, low, high float64) float64 {
	if slopeOf(beyond, eps, low) <= 0 {
		return low
	}
	if slopeOf(beyond, eps, high) >= 0 {
		return high
	}
	for range 60 {
		mid := (low + high) / 2
		if high-low <= 1e-10*high {
			return mid
		}
		if slopeOf(beyond, eps, mid) > 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// slopeOf is the derivative of logLikelihood by θ.
func slopeOf(beyond []line, eps, theta float64) (sum float64) {
	for _, l := range beyond {
		p := l.share(eps, theta)
		sum += (1 - eps) * l.slope * ((l.n-l.bad)/(1-p) - l.bad/p)
	}
	return sum
}
