package estimate

import (
	"math/rand/v2"
	"testing"
	"time"

	"weir/report/capacity"
)

// truth is a server of which the throughput is known.
type truth struct {
	name    string
	w       int
	slots   int // the whole queue, wherever it is
	mean    float64
	service func(r *rand.Rand) float64 // seconds
	vary    float64                    // S differs by so much between trials, standard deviation
	poisson bool
	length  time.Duration
	slowing float64 // S grows by this share for each trial beyond capacity: contention
}

func constant(s float64) func(*rand.Rand) float64 { return func(*rand.Rand) float64 { return s } }
func exponential(s float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return s * r.ExpFloat64() }
}
func bimodal(r *rand.Rand) float64 {
	if r.Float64() < .1 {
		return .2
	}
	return .005
}

func (v truth) served(t *testing.T, seed uint64) []Served {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 13))
	mu := float64(v.w) / v.mean
	trials := make([]Served, 15)
	for j := range trials {
		load := .6 + float64(j)/14
		slower := (1 + v.vary*r.NormFloat64()) * (1 + v.slowing*max(0, load-1)*10)
		sys := capacity.System{Servers: v.w, Slots: v.slots, Service: func(int) time.Duration {
			return time.Duration(v.service(r) * slower * 1e9)
		}}
		res, err := sys.Run(arrivals(load*mu, v.length, v.poisson, r))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, o := range res.Outcomes {
			if o.Connected && o.Done >= v.length/3 && o.Done < v.length {
				n++
			}
		}
		trials[j] = Served{Offered: load * mu, Good: float64(n) / (v.length.Seconds() * 2 / 3)}
	}
	return trials
}

// TestCapacityCovers: the interval has the truth in at least 90 % of experiments, and is not useless.
func TestCapacityCovers(t *testing.T) {
	const n = 50
	for _, v := range []truth{
		{"kernel queue", 8, 17, .02, constant(.02), 0, false, 2 * time.Second, 0},
		{"kernel queue, S ±10 %", 8, 17, .02, constant(.02), .1, false, 2 * time.Second, 0},
		{"deep queue", 8, 1 << 20, .02, constant(.02), 0, false, 2 * time.Second, 0},
		{"event loop", 1, 1 << 20, .005, constant(.005), .02, true, 2 * time.Second, 0},
		{"exponential", 8, 1 << 20, .02, exponential(.02), 0, true, 4 * time.Second, 0},
		{"bimodal", 8, 1 << 20, .0245, bimodal, 0, false, 6 * time.Second, 0},
		{"a single slow worker", 1, 129, .1, constant(.1), 0, false, 10 * time.Second, 0},
	} {
		covered, width := 0, 0.
		mu := float64(v.w) / v.mean
		for seed := range uint64(n) {
			x, ok := Capacity(v.served(t, seed), 300, seed)
			if !ok || x.Falls != nil {
				t.Logf("%s, seed %d: %+v, %v", v.name, seed, x, ok)
				continue
			}
			if x.Low <= mu && mu <= x.High {
				covered++
			}
			width += (x.High - x.Low) / mu / n
		}
		t.Logf("%s: covered %d of %d, mean width %.3f", v.name, covered, n, width)
		if covered < n*9/10 || width > .25 {
			t.Errorf("%s: covered %d of %d, mean width %.3f", v.name, covered, n, width)
		}
	}
}

// TestCapacityFalls: throughput that collapses beyond its peak is called so, and is not where it only
// scatters.
func TestCapacityFalls(t *testing.T) {
	v := truth{"contention", 8, 1 << 20, .02, constant(.02), .01, false, 2 * time.Second, .08}
	found := 0
	for seed := range uint64(20) {
		x, ok := Capacity(v.served(t, seed), 100, seed)
		if ok && x.Falls != nil && x.Low <= 400 && 400 <= x.High*1.05 && x.Falls.Lowest < .9*x.Falls.Peak {
			found++
		} else {
			t.Logf("%+v %+v %v", x, x.Falls, ok)
		}
	}
	if found < 18 {
		t.Errorf("a collapse was found in %d of 20", found)
	}
}

// TestCapacityOfALimiter: what refuses the rest at once has a rate too, and a constant share of failures is
// no limit.
func TestCapacityOfALimiter(t *testing.T) {
	var limited, constantShare []Served
	for j := range 15 {
		rate := 60 + 7*float64(j)
		limited = append(limited, Served{Offered: rate, Good: min(rate, 100)})
		constantShare = append(constantShare, Served{Offered: rate, Good: .9 * rate})
	}
	if x, ok := Capacity(limited, 200, 1); !ok || x.Mu < 99 || x.Mu > 101 {
		t.Errorf("a limiter at 100/s: %+v, %v", x, ok)
	}
	if x, ok := Capacity(constantShare, 200, 1); ok || x.Epsilon < .099 || x.Epsilon > .101 {
		t.Errorf("10 %% failing at every rate: %+v, %v", x, ok)
	}
}
