package estimate

import "math"

// Slope is that of the least-squares line through points, with half of its 95 % t interval, from their
// scatter about the line: n − 2 degrees of freedom, so that three points are the least. It takes x for exact.
// NaN for fewer, or where all x are equal.
func Slope(x, y []float64) (slope, half float64) {
	n := float64(len(x))
	if len(x) < 3 || len(x) != len(y) {
		return math.NaN(), math.NaN()
	}
	var mx, my float64
	for i := range x {
		mx, my = mx+x[i]/n, my+y[i]/n
	}
	var sxx, sxy, rest float64
	for i := range x {
		sxx += (x[i] - mx) * (x[i] - mx)
		sxy += (x[i] - mx) * (y[i] - my)
	}
	if sxx == 0 {
		return math.NaN(), math.NaN()
	}
	slope = sxy / sxx
	for i := range x {
		d := y[i] - my - slope*(x[i]-mx)
		rest += d * d
	}
	return slope, StudentT(uint64(len(x)-2)) * math.Sqrt(rest/(n-2)/sxx)
}
