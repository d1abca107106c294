package estimate

import (
	"cmp"
	"slices"
)

// Knee is the c for which min(x, c) fits goodput y over offered rate x best, in least squares: the
// plateau, and the offered rate at which it begins. False where even the highest rate does not reach
// a plateau. It describes; it has no interval and knows nothing of the queue's fill, which lifts the
// plateau by up to C/T.
func Knee(x, y []float64) (c float64, ok bool) {
	type point struct{ x, y float64 }
	points := make([]point, 0, len(x))
	for i := range min(len(x), len(y)) {
		points = append(points, point{x[i], y[i]})
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	cost := func(c float64) (sum float64) {
		for _, p := range points {
			d := p.y - min(p.x, c)
			sum += d * d
		}
		return sum
	}
	// Above the k-th x only the points from k on see c: their mean y, held to the piece, is its best.
	best, rest := 0.0, 0.0
	for k := len(points) - 1; k >= 0; k-- {
		rest += points[k].y
		low, high := 0.0, points[k].x
		if k > 0 {
			low = points[k-1].x
		}
		at := min(max(rest/float64(len(points)-k), low), high)
		if now := cost(at); k == len(points)-1 || now < best {
			best, c = now, at
		}
	}
	return c, len(points) > 0 && c < points[len(points)-1].x
}
