package capacity

import (
	"iter"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// constant is rate·t requests, the first at 0, until length.
func constant(rate float64, length time.Duration) iter.Seq[time.Duration] {
	return ramp(rate, 0, length, func(i int) float64 { return float64(i) })
}

// poisson is the same rate with exponential gaps.
func poisson(rate float64, length time.Duration, seed uint64) iter.Seq[time.Duration] {
	return ramp(rate, 0, length, unitPoisson(seed))
}

// ramp maps unit-rate points through the cumulative rate l0·t + k·t²/2.
func ramp(l0, k float64, length time.Duration, unit func(int) float64) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for i := 0; ; i++ {
			u := unit(i)
			at := u / l0
			if k > 0 {
				at = (math.Sqrt(l0*l0+2*k*u) - l0) / k
			}
			if at >= length.Seconds() || !yield(time.Duration(at*1e9)) {
				return
			}
		}
	}
}

func unitPoisson(seed uint64) func(int) float64 {
	r, sum := rand.New(rand.NewPCG(seed, 1)), 0.0
	return func(int) float64 { sum += r.ExpFloat64(); return sum }
}

func steady(s time.Duration) func(int) time.Duration {
	return func(int) time.Duration { return s }
}

func simulate(t *testing.T, s System, arrivals iter.Seq[time.Duration]) Result {
	t.Helper()
	r, err := s.Run(arrivals)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// near fails unless got is within tol of want, both relative to want.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Abs(want)) {
		t.Errorf("%s = %v, want %v within %v %%", what, got, want, 100*tol)
	}
}
