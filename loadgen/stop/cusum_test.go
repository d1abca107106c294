package stop

import (
	"math"
	"math/rand/v2"
	"testing"
)

// run is how many of n requests at share p it takes to an alarm, or 0.
func run(c cusum, p float64, n int, rng *rand.Rand) int {
	limit := uint64(p * (1 << 63))
	for i := range n {
		bad := uint64(0)
		if rng.Uint64()>>1 < limit {
			bad = 1
		}
		if c.add(1, bad, 0) {
			return i + 1
		}
	}
	return 0
}

func alarms(c cusum, p float64, n, runs int) (alarms int) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range runs {
		if run(c, p, n, rng) > 0 {
			alarms++
		}
	}
	return alarms
}

// Exactly at the limit, less than one run of 1000 gives a false alarm. The runs here are too few to show
// that by themselves, so the bound behind it is shown where it can be: at one run of ten.
func TestFalseAlarms(t *testing.T) {
	for _, p0 := range []float64{.001, .01, .05, .5} {
		c := newCusum(p0)
		if got := alarms(c, p0, runLength, 50); got > 0 {
			t.Errorf("limit %v: %d false alarms in 50 runs at h = %.3g", p0, got, c.threshold)
		}
		if got := alarms(c, p0/2, runLength, 10); got > 0 {
			t.Errorf("limit %v: %d alarms at half of it", p0, got)
		}
		const runs = 1500
		c.threshold = threshold(min(2*p0, (1+p0)/2), 10_000, .1)
		if got := alarms(c, p0, 10_000, runs); got > runs/10 || got < runs/500 {
			t.Errorf("limit %v: %d false alarms in %d runs, want less than one in 10, but not so few that alarms come late", p0, got, runs)
		}
	}
}

// TestBatches: requests that come to their end together give no more false alarms than one by one, and an overload's alarm
// at most a batch later.
func TestBatches(t *testing.T) {
	const p0, batch = .05, 100
	rng := rand.New(rand.NewPCG(5, 6))
	give := func(c *cusum, p float64) bool {
		bad := uint64(0)
		for range batch {
			if rng.Float64() < p {
				bad++
			}
		}
		return c.add(batch, bad, 0)
	}
	for range 50 {
		c := newCusum(p0)
		for range runLength / batch {
			if give(&c, p0) {
				t.Error("a false alarm")
				break
			}
		}
	}
	late := 0
	for range 100 {
		c := newCusum(p0)
		n := 1
		for !give(&c, .3) {
			n++
		}
		late += n * batch
	}
	one := newCusum(p0)
	want := one.threshold / (.3*one.bad1 + .7*one.good)
	if got := float64(late) / 100; got > want+1.5*batch {
		t.Errorf("an alarm after %.0f requests, one by one it takes %.0f", got, want)
	}
}

// The mean delay is what the theory says (Lorden 1971): h ÷ drift, and a bit for the overshoot.
func TestDelay(t *testing.T) {
	for _, c := range []struct{ p0, p float64 }{{.001, .002}, {.01, .02}, {.05, .1}, {.05, .3}, {.05, 1}, {.5, .75}, {.5, 1}} {
		sum, rng := newCusum(c.p0), rand.New(rand.NewPCG(3, 4))
		const runs = 100
		total := 0
		for range runs {
			n := run(sum, c.p, 1<<20, rng)
			if n == 0 {
				t.Fatalf("limit %v: no alarm at %v", c.p0, c.p)
			}
			total += n
		}
		want := sum.threshold / (c.p*sum.bad1 + (1-c.p)*sum.good)
		if got := float64(total) / runs; got < .8*want || got > 1.25*want+1 {
			t.Errorf("limit %v at %v: alarm after %.0f requests, want some %.0f", c.p0, c.p, got, want)
		}
	}
}

// What Rule's comment promises.
func TestDocumentedDelays(t *testing.T) {
	c := newCusum(.05)
	if math.Abs(c.threshold-math.Log(1e7)) > 1e-9 {
		t.Errorf("h is %v", c.threshold)
	}
	if n := run(c, 1, 100, rand.New(rand.NewPCG(1, 1))); n != 24 {
		t.Errorf("alarm after %d failures, want 24", n)
	}
	if n := c.threshold / (.1*c.bad1 + .9*c.good); n < 750 || n > 850 {
		t.Errorf("alarm after %v requests at 10 %%, want 800", n)
	}
	small := newCusum(.0001)
	if turn := -small.good / (small.bad1 - small.good) / .0001; math.Abs(turn-1.443) > .01 {
		t.Errorf("S rises from %v times the limit on", turn)
	}
}
