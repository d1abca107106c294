package capacity

import (
	"math"
	"time"
)

// A backlog hides overload from a measurement that is too short, or too fast. These say by how much.

// Lost is how many requests a constant rate loses in the first t from an empty queue,
// max(0, (L−μ)t − C): the queue takes the first C.
func (m Model) Lost(rate float64, t time.Duration) float64 {
	return max(0, (rate-m.Rate())*t.Seconds()-float64(m.Slots()))
}

// LossFree is the highest rate that shows no loss in a trial of length t, μ + C/t. It is what a naive
// reading of such trials takes for the capacity.
func (m Model) LossFree(t time.Duration) float64 {
	return m.Rate() + float64(m.Slots())/t.Seconds()
}

// VisibleOverload is the smallest overload, as a share of capacity, that a trial of length t from
// empty can show: C/(μt).
func (m Model) VisibleOverload(t time.Duration) float64 {
	return float64(m.Slots()) / (m.Rate() * t.Seconds())
}

// TrialFor is how long a trial must last to show an overload of the given share of capacity,
// C/(overload·μ); 0.02 is 2 %. Where overload is not above 0 no trial is long enough, and it is the
// longest Duration.
func (m Model) TrialFor(overload float64) time.Duration {
	if !(overload > 0) {
		return math.MaxInt64
	}
	return seconds(float64(m.Slots()) / (overload * m.Rate()))
}

// RampFirstOverflow is the offered rate at which a ramp of k req/s per second, begun at or below
// capacity, first overflows the queue: μ + √(2kC).
func (m Model) RampFirstOverflow(k float64) float64 { return m.Rate() + RampBias(k, m.Slots()) }

// RampBias is √(2kC), by which the first overflow of a ramp overstates capacity. Taking it from a
// measured first overflow corrects the mean of constant arrivals; it does nothing against the
// scatter of Poisson ones, which is of the same size.
func RampBias(k float64, slots int) float64 { return math.Sqrt(2 * k * float64(slots)) }
