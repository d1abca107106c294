package estimate

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"weir/report/capacity"
)

// inFlight simulates one trial at a multiple of the capacity and reads the number in flight every tenth of a
// second over its last two thirds.
func inFlight(t *testing.T, v server, load float64, length time.Duration, poisson bool,
	seed uint64) []float64 {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 11))
	sys := capacity.System{Servers: v.w, Slots: 1 << 20, Service: func(int) time.Duration {
		if v.exponential {
			return time.Duration(r.ExpFloat64() * float64(v.s))
		}
		return v.s
	}}
	res, err := sys.Run(arrivals(load*v.theta(), length, poisson, r))
	if err != nil {
		t.Fatal(err)
	}
	var done []time.Duration
	for _, o := range res.Outcomes {
		done = append(done, o.Done)
	}
	slices.Sort(done)
	var readings []float64
	for at := length / 3; at <= length; at += 100 * ms {
		sent, _ := slices.BinarySearchFunc(res.Outcomes, at,
			func(o capacity.Outcome, at time.Duration) int { return int(o.Arrival - at) })
		ended, _ := slices.BinarySearch(done, at)
		readings = append(readings, float64(sent-ended))
	}
	return readings
}

// TestInFlightDecides: what is sustained is hardly ever called growing, and an overload hardly ever
// sustained; long enough trials of an overload are called growing.
func TestInFlightDecides(t *testing.T) {
	const n = 100
	for _, c := range []struct {
		server
		length                time.Duration
		poisson               bool
		load                  float64
		sustained, grows      int // at most, of 100
		mustSustain, mustGrow int // at least
	}{
		{server{8, 16, 20 * ms, false}, 2 * time.Second, false, .9, 100, 2, 90, 0},
		{server{8, 16, 20 * ms, true}, 4 * time.Second, true, .8, 100, 6, 30, 0},
		{server{8, 16, 20 * ms, true}, 10 * time.Second, true, .9, 100, 8, 30, 0},
		{server{1, 16, 5 * ms, false}, 4 * time.Second, true, .9, 100, 8, 15, 0},
		{server{8, 16, 20 * ms, false}, 2 * time.Second, false, 1.1, 0, 100, 0, 95},
		{server{8, 16, 20 * ms, false}, 2 * time.Second, false, 1.05, 0, 100, 0, 95},
		{server{8, 16, 20 * ms, true}, 4 * time.Second, true, 1.25, 2, 100, 0, 90},
		{server{1, 16, 5 * ms, true}, 10 * time.Second, true, 1.1, 10, 100, 0, 40},
	} {
		var sustained, grows int
		for seed := range uint64(n) {
			g, ok := InFlight(inFlight(t, c.server, c.load, c.length, c.poisson, seed), 100*ms)
			if !ok {
				t.Fatal("too few readings")
			}
			s, up := g.Sustained(c.load * c.theta())
			if s {
				sustained++
			}
			if up {
				grows++
			}
		}
		t.Logf("%+v at %.2f: sustained %d, grows %d of %d", c.server, c.load, sustained, grows, n)
		if sustained > c.sustained || grows > c.grows || sustained < c.mustSustain || grows < c.mustGrow {
			t.Errorf("%+v at %.2f: sustained %d, grows %d of %d", c.server, c.load, sustained, grows, n)
		}
	}
}
