package estimate

import (
	"cmp"
	"slices"
)

// Isotonic is the least-squares fit to y, with weights w > 0, that never falls: the pool-adjacent-
// violators algorithm. y and w must be of one length.
func Isotonic(y, w []float64) []float64 {
	type block struct {
		mean, weight float64
		size         int
	}
	var blocks []block
	for i := range y {
		b := block{y[i], w[i], 1}
		for len(blocks) > 0 && blocks[len(blocks)-1].mean >= b.mean {
			last := blocks[len(blocks)-1]
			sum := last.weight + b.weight
			b = block{(last.mean*last.weight + b.mean*b.weight) / sum, sum, last.size + b.size}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	fit := make([]float64, 0, len(y))
	for _, b := range blocks {
		for range b.size {
			fit = append(fit, b.mean)
		}
	}
	return fit
}

// Crossing is the offered rate, req/s, at which the share of bad requests passes the level, by
// isotonic regression over the trials and linear interpolation between two of them. It assumes
// nothing but that more load does not fail less: a cross-check of Hinge, not its rival, for what the
// queue hides in a short trial it takes for capacity. False where no trial passes the level, or the
// lowest does already.
func Crossing(trials []Trial, level float64) (rate float64, ok bool) {
	type point struct{ rate, bad, due float64 }
	var points []point
	for _, t := range trials {
		if t.Due > 0 && t.Duration > 0 {
			n := float64(t.Due)
			points = append(points, point{n / t.Duration.Seconds(), float64(t.Bad) / n, n})
		}
	}
	slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(a.rate, b.rate) })
	// Trials of one rate are one point: otherwise their order would decide.
	merged := points[:0]
	for _, p := range points {
		if k := len(merged) - 1; k >= 0 && merged[k].rate == p.rate {
			m := &merged[k]
			m.bad = (m.bad*m.due + p.bad*p.due) / (m.due + p.due)
			m.due += p.due
			continue
		}
		merged = append(merged, p)
	}
	y, w := make([]float64, len(merged)), make([]float64, len(merged))
	for i, p := range merged {
		y[i], w[i] = p.bad, p.due
	}
	fit := Isotonic(y, w)
	i := slices.IndexFunc(fit, func(v float64) bool { return v > level })
	if i < 1 {
		return 0, false
	}
	part := (level - fit[i-1]) / (fit[i] - fit[i-1])
	return merged[i-1].rate + part*(merged[i].rate-merged[i-1].rate), true
}
