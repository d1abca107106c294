package estimate

import "math"

// Points are what one replicate gave.
type Points struct{ X, Y []float64 }

// leastGroups is how many replicates an interval takes, as in a comparison by pairs.
const leastGroups = 5

// PooledSlope is the slope that several groups of points have in common, each about its own mean, by least
// squares. Half of its 95 % interval is Student's t over the jackknife of whole groups: the points of one may
// depend on each other. NaN where no group has two different x; half is NaN for fewer than 5 groups that
// have.
//
// Source: B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, sections 11.2 and 8.6.
func PooledSlope(groups []Points) (slope, half float64) {
	type sums struct{ xx, xy float64 }
	var all sums
	var each []sums
	for _, g := range groups {
		var mx, my float64
		n := float64(len(g.X))
		for i := range g.X {
			mx, my = mx+g.X[i]/n, my+g.Y[i]/n
		}
		var s sums
		for i := range g.X {
			s.xx += (g.X[i] - mx) * (g.X[i] - mx)
			s.xy += (g.X[i] - mx) * (g.Y[i] - my)
		}
		if s.xx > 0 {
			all.xx, all.xy = all.xx+s.xx, all.xy+s.xy
			each = append(each, s)
		}
	}
	if all.xx == 0 {
		return math.NaN(), math.NaN()
	}
	slope = all.xy / all.xx
	if len(each) < leastGroups {
		return slope, math.NaN()
	}
	n, mean, spread := float64(len(each)), 0.0, 0.0
	without := make([]float64, len(each))
	for i, s := range each {
		without[i] = (all.xy - s.xy) / (all.xx - s.xx)
		mean += without[i] / n
	}
	for _, w := range without {
		spread += (w - mean) * (w - mean)
	}
	return slope, StudentT(uint64(len(each)-1)) * math.Sqrt((n-1)/n*spread)
}
