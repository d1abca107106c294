package estimate

import (
	"iter"
	"math/rand/v2"
	"testing"
	"time"

	"weir/report/capacity"
)

// server is a synthetic truth: its capacity is w/s, whatever else.
type server struct {
	w, b        int
	s           time.Duration
	exponential bool // service times; else constant
}

func (v server) theta() float64 { return float64(v.w) / v.s.Seconds() }

// trials offers 15 drained trials from 0.6 to 1.6 × capacity, in loss mode.
func (v server) trials(t *testing.T, length time.Duration, poisson bool, seed uint64) []Trial {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	sys := capacity.System{Servers: v.w, Slots: v.b + 1, Service: func(int) time.Duration {
		if v.exponential {
			return time.Duration(r.ExpFloat64() * float64(v.s))
		}
		return v.s
	}}
	trials := make([]Trial, 15)
	for j := range trials {
		rate := v.theta() * (.6 + float64(j)/14)
		res, err := sys.Run(arrivals(rate, length, poisson, r))
		if err != nil {
			t.Fatal(err)
		}
		trials[j] = Trial{Due: uint64(len(res.Outcomes)), Bad: res.Failed(), Duration: length}
	}
	return trials
}

// arrivals are a gap of 1/rate on average apart, constant from 0 as a plan's are, or Poisson.
func arrivals(rate float64, length time.Duration, poisson bool, r *rand.Rand) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		at := 0.0
		for i := 0; ; i++ {
			if poisson {
				at += r.ExpFloat64() / rate
			} else {
				at = float64(i) / rate
			}
			if at >= length.Seconds() || !yield(time.Duration(at*1e9)) {
				return
			}
		}
	}
}
