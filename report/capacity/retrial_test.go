package capacity

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestRetrialBounds(t *testing.T) {
	low, high := RetrialBounds(3, 96, 80)
	if low != 3 || math.Abs(high-6.12) > .005 {
		t.Errorf("got %v to %.3f, want 3 to 6.12", low, high)
	}
	low, high = RetrialBounds(1, 96, 80)
	near(t, "loss mode, low", low, 1, 1e-12)
	near(t, "loss mode, high", high, 1, 1e-12)
	for _, bad := range [][3]float64{{0, 96, 80}, {3, 80, 80}, {3, 70, 80}, {3, 96, 0}} {
		if low, high := RetrialBounds(int(bad[0]), bad[1], bad[2]); !math.IsNaN(low) || !math.IsNaN(high) {
			t.Errorf("%v has bounds %v, %v", bad, low, high)
		}
	}
}

func perFailure(r Result) float64 { return float64(len(r.Overflows)) / float64(r.Failed()) }

// The recorded ratios are 3.01 with constant arrivals and 4.42 with Poisson ones. The first is that
// of 300 s (it falls towards 3 with length). The second is not a constant of m, L and μ: it depends
// on how work is divided, 4.7 for 4 × 50 ms, 4.5 for 8 × 100 ms, 3.8 for 80 × 1 s; all within the bound.
func TestRetrialsInTheSimulator(t *testing.T) {
	low, high := RetrialBounds(3, 96, 80)
	retry := SYNRetransmits(4, 6, 3*time.Second)
	for _, c := range []struct {
		w    int
		s    time.Duration
		want float64
	}{{4, 50 * ms, 4.7}, {8, 100 * ms, 4.5}, {80, time.Second, 3.9}} {
		sys := System{Servers: c.w, Slots: 17, Service: steady(c.s), Retry: retry}
		regular := simulate(t, sys, constant(96, 300*time.Second))
		near(t, "constant", perFailure(regular), 3.01, .002)
		random := simulate(t, sys, poisson(96, 600*time.Second, 1))
		near(t, "Poisson", perFailure(random), c.want, .05)
		near(t, "loss", float64(random.Failed())/float64(len(random.Outcomes)), 1./6, .06)
		for _, r := range []Result{regular, random} {
			if got := perFailure(r); got < low || got > high {
				t.Errorf("W %d: %.2f overflows a failure, outside %v..%.2f", c.w, got, low, high)
			}
		}
	}
}

// A run of few connect timeouts breaks the upper bound, as its documentation says.
func TestRetrialBoundNeedsASteadyState(t *testing.T) {
	sys := System{Servers: 4, Slots: 17, Service: steady(50 * ms), Retry: SYNRetransmits(4, 6, 3*time.Second)}
	_, high := RetrialBounds(3, 96, 80)
	if got := perFailure(simulate(t, sys, poisson(96, 8*time.Second, 1))); got <= high {
		t.Errorf("8 s of load: %.2f overflows a failure, within the bound %.2f", got, high)
	}
}

// Recorded: at 1.5 μ for 30 s and a connect timeout of 60 s, 10,431 overflows and 0.06 % failures. What
// fits is 4 × 50 ms, backlog 16, SYNs at 0,1,2,3,4,5,7,11,19,35 s and Poisson arrivals; 0.06 % is then 2
// of 3,600 requests, the lucky end of its scatter. Constant arrivals give 9,429 and 1.
func TestRetransmitsHideOverload(t *testing.T) {
	sys := System{Servers: 4, Slots: 17, Service: steady(50 * ms), Retry: SYNRetransmits(4, 6, time.Minute)}
	var overflows, failed []float64
	for seed := range uint64(40) {
		r := simulate(t, sys, poisson(120, 30*time.Second, seed))
		overflows = append(overflows, float64(len(r.Overflows)))
		failed = append(failed, float64(r.Failed())/float64(len(r.Outcomes)))
	}
	if low, _, high := ranks(overflows, 1, 20, 40); low > 10431 || high < 10431 || low < 9500 ||
		high > 12500 {
		t.Errorf("overflows from %v to %v, want 10,431 among them", low, high)
	}
	if low, mid, high := ranks(failed, 1, 20, 40); low > .0006 || mid > .004 || high > .012 {
		t.Errorf("failures %.5f to %.5f, median %.5f: want 0.06 %% among them", low, high, mid)
	}
	r := simulate(t, sys, constant(120, 30*time.Second))
	if n := len(r.Overflows); n != 9429 || r.Failed() != 1 {
		t.Errorf("constant arrivals: %d overflows, %d failures; want 9429 and 1", n, r.Failed())
	}
	sys.Retry = nil // the same load in loss mode hides nothing
	r = simulate(t, sys, constant(120, 30*time.Second))
	near(t, "loss mode", float64(r.Failed()), Model{4, 1, 50 * ms, 16}.Lost(120, 30*time.Second), .01)
}

func TestSYNRetransmits(t *testing.T) {
	for _, c := range []struct {
		linear  int
		timeout time.Duration
		want    []time.Duration
	}{
		{4, time.Hour, []time.Duration{1, 2, 3, 4, 5, 7, 11, 19, 35, 67}},
		{4, 20 * time.Second, []time.Duration{1, 2, 3, 4, 5, 7, 11, 19}},
		{0, time.Hour, []time.Duration{1, 3, 7, 15, 31, 63}},
		{4, time.Second, nil},
		{4, 900 * ms, nil},
	} {
		for i := range c.want {
			c.want[i] *= time.Second
		}
		if got := SYNRetransmits(c.linear, 6, c.timeout); !slices.Equal(got, c.want) {
			t.Errorf("linear %d, timeout %v: %v, want %v", c.linear, c.timeout, got, c.want)
		}
	}
	if got := SYNRetransmits(0, 127, time.Hour); got[7] != 247*time.Second || got[6] != 127*time.Second {
		t.Errorf("the interval is not held at 2 minutes: %v", got)
	}
}

func TestRetryAttempts(t *testing.T) {
	near(t, "two peers", RetryAttempts(100, .5, 2), 150, 1e-12)
	near(t, "closed form", RetryAttempts(100, .3, 5), 100*(1-math.Pow(.3, 5))/.7, 1e-12)
	near(t, "all fail", RetryAttempts(100, 1, 3), 300, 1e-12)
}
