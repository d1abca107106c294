package estimate

import (
	"math"
	"math/rand/v2"
	"slices"
)

// bootstrap gives the 2.5 % and 97.5 % points of θ over resamples of whole trials.
func bootstrap(lines []line, resamples int, seed uint64) (low, high float64) {
	r := rand.New(rand.NewPCG(seed, 0x68696e6765))
	thetas := make([]float64, resamples)
	drawn := make([]float64, len(lines))
	sample := make([]line, 0, len(lines))
	for i := range thetas {
		clear(drawn)
		for range lines {
			drawn[r.IntN(len(lines))]++
		}
		sample = sample[:0]
		for j, times := range drawn { // keeps the order of the lines
			if times > 0 {
				l := lines[j]
				l.n, l.bad = l.n*times, l.bad*times
				sample = append(sample, l)
			}
		}
		thetas[i] = maximise(sample).theta
	}
	slices.Sort(thetas)
	at := func(q float64) float64 { return thetas[int(math.Round(q*float64(resamples-1)))] }
	return at(.025), at(.975)
}
