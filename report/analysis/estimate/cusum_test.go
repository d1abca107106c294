package estimate

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// run is how many of n requests at share p it takes to an alarm, or 0.
func run(of *CUSUM, p float64, n int, rng *rand.Rand) int {
	c := *of
	limit := uint64(p * (1 << 63))
	for i := range n {
		if c.add(rng.Uint64()>>1 < limit, 0) {
			return i + 1
		}
	}
	return 0
}

// runSeen is the same by looks at so many requests each, of which only the number of bad ones is known.
func runSeen(of *CUSUM, p float64, n, each int, rng *rand.Rand) int {
	c := *of
	for i := 0; i < n; i += each {
		bad := uint64(0)
		for range each {
			if rng.Float64() < p {
				bad++
			}
		}
		if at, alarm := c.Take(uint64(each), bad, 0, 0); alarm {
			return i + int(at)
		}
	}
	return 0
}

// Looks at many requests at once raise no more false alarms than the requests would one by one, and come by
// an alarm no later than a look.
func TestLooks(t *testing.T) {
	const p0, n, runs, each = .05, 10_000, 600, 50
	c := NewCUSUM(p0)
	c.threshold = threshold(2*p0, n, .1)
	rng, got := rand.New(rand.NewPCG(5, 6)), 0
	for range runs {
		if runSeen(c, p0, n, each, rng) > 0 {
			got++
		}
	}
	if most := alarms(c, p0, n, runs); got > most+runs/50 || got > runs/10 {
		t.Errorf("%d false alarms in %d runs; one by one there are %d", got, runs, most)
	}
	c = NewCUSUM(p0)
	one, looks := 0, 0
	for range runs {
		one += run(c, .2, 1<<20, rng)
		looks += runSeen(c, .2, 1<<20, each, rng)
	}
	if d := float64(looks-one) / runs; d < -each/2 || d > each/2 {
		t.Errorf("an alarm comes %.0f requests later than one by one", d)
	}
}

func TestTakeSpreadsTheBad(t *testing.T) {
	c := NewCUSUM(.5)
	c.threshold = 1e9
	c.Take(10, 3, time.Second, 10*time.Second)
	if c.Of > 10 || c.At != 10*time.Second {
		t.Errorf("%+v", c)
	}
	c.Take(4, 4, time.Minute, time.Minute+3*time.Second)
	if c.Bad < 4 || c.At != time.Minute+3*time.Second {
		t.Errorf("%+v", c)
	}
}

func alarms(c *CUSUM, p float64, n, runs int) (alarms int) {
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
		c := NewCUSUM(p0)
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

// The mean delay is what the theory says (Lorden 1971): h ÷ drift, and a bit for the overshoot.
func TestDelay(t *testing.T) {
	for _, c := range []struct{ p0, p float64 }{{.001, .002}, {.01, .02}, {.05, .1}, {.05, .3}, {.05, 1},
		{.5, .75}, {.5, 1}} {
		sum, rng := NewCUSUM(c.p0), rand.New(rand.NewPCG(3, 4))
		const runs = 100
		total := 0
		for range runs {
			n := run(sum, c.p, 1<<20, rng)
			if n == 0 {
				t.Fatalf("limit %v: no alarm at %v", c.p0, c.p)
			}
			total += n
		}
		want := sum.threshold / (c.p*sum.bad + (1-c.p)*sum.good)
		if got := float64(total) / runs; got < .8*want || got > 1.25*want+1 {
			t.Errorf("limit %v at %v: alarm after %.0f requests, want some %.0f", c.p0, c.p, got, want)
		}
	}
}

// What the comment of CUSUM promises.
func TestDocumentedDelays(t *testing.T) {
	c := NewCUSUM(.05)
	if math.Abs(c.threshold-math.Log(1e7)) > 1e-9 {
		t.Errorf("h is %v", c.threshold)
	}
	if n := run(c, 1, 100, rand.New(rand.NewPCG(1, 1))); n != 24 {
		t.Errorf("alarm after %d failures, want 24", n)
	}
	if n := c.threshold / (.1*c.bad + .9*c.good); n < 750 || n > 850 {
		t.Errorf("alarm after %v requests at 10 %%, want 800", n)
	}
	small := NewCUSUM(.0001)
	if turn := -small.good / (small.bad - small.good) / .0001; math.Abs(turn-1.443) > .01 {
		t.Errorf("S rises from %v times the limit on", turn)
	}
}
