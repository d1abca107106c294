package estimate

import (
	"math"
	"time"
)

// Growth is how fast the number of requests in flight grew, a second, with a 95 % interval.
type Growth struct {
	PerSecond, Low, High float64
}

const (
	growthBlocks = 6 // of the readings; 5 degrees of freedom
	minReadings  = 2 * growthBlocks
)

// InFlight estimates by how many requests a second the number in flight grew, from readings at equal
// distances of the part of a trial in which the server was no longer filling up. False: fewer than 12
// readings.
//
// A server that sustains a rate has a number in flight that goes up and down around a mean. One that does not
// has a queue somewhere, in the kernel or inside, and the number grows by L−μ a second, whatever kind of
// server it is and long before anything fails. The growth itself is a random walk, because service times
// differ, so neighbouring readings are anything but independent and the interval of a regression through them
// is far too narrow. The growth over each of six equal blocks is nearly independent of the others' (below
// saturation it is anti-correlated, which makes the interval wider than it need be), so a t interval over the
// blocks is what holds. A reading at the edge of a block is the mean of the quarter of a block around it,
// which takes out what workers that finish in step put in.
func InFlight(readings []float64, step time.Duration) (Growth, bool) {
	if len(readings) < minReadings || step <= 0 {
		return Growth{}, false
	}
	block := float64(len(readings)-1) / growthBlocks
	reach := max(1, int(block/8+.5))
	edge := func(i int) float64 {
		at := int(math.Round(float64(i) * block))
		from, to := max(0, at-reach), min(len(readings), at+reach+1)
		sum := 0.0
		for _, x := range readings[from:to] {
			sum += x
		}
		return sum / float64(to-from)
	}
	var sum, sumsq float64
	before := edge(0)
	for i := range growthBlocks {
		next := edge(i + 1)
		d := next - before
		sum, sumsq, before = sum+d, sumsq+d*d, next
	}
	// The outer edges are means over one side only, half of reach inwards.
	seconds := (block - float64(reach)/growthBlocks) * step.Seconds()
	mean, low, high, ok := Mean(growthBlocks, sum, sumsq)
	return Growth{mean / seconds, low / seconds, high / seconds}, ok
}

// Tolerance is the growth, as a share of the offered rate, that a rate which is called sustained may have: it
// cannot be told from none in a trial of reasonable length.
const Tolerance = 0.02

// Sustained says whether a rate with this growth is sustained. Grows and sustained are both false where the
// trial was too short to decide.
func (g Growth) Sustained(rate float64) (sustained, grows bool) {
	return g.High < Tolerance*rate || g.PerSecond <= 0 && g.Low <= 0 && g.High < 2*Tolerance*rate,
		g.Low > 0 && g.PerSecond > Tolerance/4*rate
}
