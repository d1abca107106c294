package capacity

import (
	"math"
	"testing"
	"time"
)

const ms = time.Millisecond

func TestCapacityIsWorkersOverServiceTime(t *testing.T) {
	for _, c := range []struct {
		m    Model
		want float64
	}{
		{Model{Workers: 8, Service: 200 * ms}, 40},
		{Model{Workers: 8, Service: 3 * time.Second}, 8. / 3},
		{Model{Workers: 8, Connections: 1, Service: 20 * ms}, 400},
		{Model{Workers: 8, Connections: 1000, Service: 3 * time.Second}, 8000. / 3},
	} {
		near(t, "rate", c.m.Rate(), c.want, 1e-12)
	}
}

func TestValidate(t *testing.T) {
	good := Model{Workers: 1, Service: 1}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for _, bad := range []Model{
		{}, {Workers: -1, Service: 1}, {Workers: 1}, {Workers: 1, Service: -1},
		{Workers: 1, Service: 1, Backlog: -1}, {Workers: 1, Service: 1, Connections: -1},
	} {
		if bad.Validate() == nil {
			t.Errorf("%+v passed", bad)
		}
	}
}

// The last column is the time of the simulator, exactly. At 100/s it lies 20 ms beside the formula:
// arrivals and completions fall on the same instants there, and a server that is done is let take
// its next connection first (the other order gives 850 ms).
func TestFirstOverflow(t *testing.T) {
	for _, c := range []struct {
		w       int
		s       time.Duration
		b       int
		rate    float64
		formula float64 // s
		events  time.Duration
	}{
		{4, 50 * ms, 16, 88, 2.148, 2147727 * time.Microsecond},
		{4, 50 * ms, 16, 100, .870, 890 * ms},
		{4, 50 * ms, 64, 120, 1.642, 1641666 * time.Microsecond},
		{8, 200 * ms, 128, 50, 12.980, 12980 * ms},
		{4, time.Second, 16, 40, .525, 525 * ms},
	} {
		m := Model{Workers: c.w, Service: c.s, Backlog: c.b}
		idle, ok := m.FirstOverflowIdle(c.rate)
		if !ok || math.Abs(idle.Seconds()-c.formula) > .0005 {
			t.Errorf("%+v at %v/s: first overflow %v %v, want %v s", m, c.rate, idle, ok, c.formula)
		}
		r := simulate(t, System{Servers: c.w, Slots: m.Slots(), Service: steady(c.s)},
			constant(c.rate, 20*time.Second))
		if got := r.Overflows[0].Truncate(time.Microsecond); got != c.events {
			t.Errorf("%+v at %v/s: simulated first overflow %v, want %v", m, c.rate, got, c.events)
		}
	}
	arrivalsFirst := System{Servers: 4, Slots: 17, Service: steady(50*ms + 1)}
	if got := simulate(t, arrivalsFirst, constant(100, 2*time.Second)).Overflows[0]; got != 850*ms {
		t.Errorf("with arrivals a hair before completions: %v, want 850ms", got)
	}
}

func TestNoOverflowUpToCapacity(t *testing.T) {
	m := Model{Workers: 4, Service: 50 * ms, Backlog: 16}
	for _, rate := range []float64{0, 40, 80, math.NaN()} {
		_, idle := m.FirstOverflowIdle(rate)
		_, busy := m.FirstOverflowBusy(rate)
		if idle || busy || m.Lost(rate, time.Hour) > 0 || m.Loss(rate) > 0 {
			t.Errorf("overflow at %v/s of 80/s", rate)
		}
	}
	r := simulate(t, System{Servers: 4, Slots: 17, Service: steady(50 * ms)}, constant(80, time.Minute))
	if len(r.Overflows) > 0 {
		t.Errorf("simulated: %d overflows at capacity", len(r.Overflows))
	}
}

// Anywhere, the formula is within one service time of the events.
func TestFirstOverflowIsWithinOneServiceTime(t *testing.T) {
	for _, w := range []int{1, 3, 8, 32} {
		for _, b := range []int{0, 8, 64} {
			for _, rho := range []float64{1.05, 1.2, 1.6, 3, 20} {
				m := Model{Workers: w, Service: 100 * ms, Backlog: b}
				rate := rho * m.Rate()
				want, _ := m.FirstOverflowIdle(rate)
				r := simulate(t, System{Servers: w, Slots: m.Slots(), Service: steady(m.Service)},
					constant(rate, 2*want+time.Second))
				slack := m.Service + seconds(1/rate)
				if m.Slots() < w { // less than a round of work: every burst of completions shows
					slack += seconds(float64(w) / 2 / (rate - m.Rate()))
				}
				if d := (r.Overflows[0] - want).Abs(); d > slack {
					t.Errorf("W %d, B %d, %v μ: events %v, formula %v", w, b, rho, r.Overflows[0], want)
				}
			}
		}
	}
}

func TestFirstOverflowBusy(t *testing.T) {
	m := Model{Workers: 4, Service: 50 * ms, Backlog: 16}
	if got, ok := m.FirstOverflowBusy(100); !ok || got != 850*ms {
		t.Errorf("got %v %v, want 17/20 s", got, ok)
	}
	if got := m.LongestWait(); got != 212500*time.Microsecond {
		t.Errorf("longest wait %v, want 17/80 s", got)
	}
}

func TestLossInAShortTrial(t *testing.T) {
	m := Model{Workers: 4, Service: 50 * ms, Backlog: 16}
	near(t, "lost", m.Lost(96, 10*time.Second)/960, .1490, .001)
	r := simulate(t, System{Servers: 4, Slots: 17, Service: steady(50 * ms)}, constant(96, 10*time.Second))
	near(t, "simulated lost", float64(r.Failed()), m.Lost(96, 10*time.Second), .01)
	near(t, "long-run loss", m.Loss(96), 1./6, 1e-12)
	r = simulate(t, System{Servers: 4, Slots: 17, Service: steady(50 * ms)}, constant(96, 1000*time.Second))
	near(t, "simulated long-run loss", float64(r.Failed())/96000, 1./6, .002)
}

func TestWhatATrialHides(t *testing.T) {
	m := Model{Workers: 4, Service: 50 * ms, Backlog: 16}
	near(t, "loss-free rate of 10 s", m.LossFree(10*time.Second), 81.7, 1e-9)
	near(t, "visible overload of 10 s", m.VisibleOverload(10*time.Second), 17./800, 1e-9)
	near(t, "trial for 5 %", m.TrialFor(.05).Seconds(), 4.25, 1e-9)
	for _, delta := range []float64{.01, .02, .05, .5} { // each the other's inverse, and Lost agrees
		T := m.TrialFor(delta)
		near(t, "overload", m.VisibleOverload(T), delta, 1e-6)
		if rate := m.Rate() * (1 + delta); m.Lost(rate, T-ms) > 0 || m.Lost(rate, T+100*ms) == 0 {
			t.Errorf("an overload of %v shows at another length than %v", delta, T)
		}
	}
	if m.TrialFor(0) != math.MaxInt64 || m.TrialFor(-1) != math.MaxInt64 {
		t.Error("no overload shows in some finite trial")
	}
}

func TestRampOverstates(t *testing.T) {
	for _, c := range []struct {
		b       int
		k, want float64
	}{{16, 2, 88.25}, {64, 10, 116.06}} {
		m := Model{Workers: 4, Service: 50 * ms, Backlog: c.b}
		near(t, "formula", m.RampFirstOverflow(c.k), c.want, 1e-4)
		for _, l0 := range []float64{20, 40, 80} {
			r := simulate(t, System{Servers: 4, Slots: m.Slots(), Service: steady(m.Service)},
				ramp(l0, c.k, 60*time.Second, func(i int) float64 { return float64(i) }))
			near(t, "events", l0+c.k*r.Overflows[0].Seconds(), c.want, 1e-3)
		}
	}
}

// One Poisson ramp says little: the recorded scatter is 81.5 [68.9, 89.3]. Over many it is the
// median that is about 7 below the constant one, and single ramps overflow far below capacity.
func TestRampScattersWithPoissonArrivals(t *testing.T) {
	var firsts []float64
	for seed := range uint64(100) {
		r := simulate(t, System{Servers: 4, Slots: 17, Service: steady(50 * ms)},
			ramp(40, 2, 40*time.Second, unitPoisson(seed)))
		firsts = append(firsts, 40+2*r.Overflows[0].Seconds())
	}
	low, mid, high := ranks(firsts, 3, 50, 98)
	if mid < 79.5 || mid > 83 || low < 65 || low > 75 || high < 87 || high > 93 {
		t.Errorf("first overflow of 100 ramps: median %.1f, 95 %% in [%.1f, %.1f]", mid, low, high)
	}
}

func TestRateWhileFilling(t *testing.T) {
	s := System{Servers: 4, Slots: 17, Service: steady(50 * ms)}
	r := simulate(t, s, constant(88, 2*time.Second)) // fills at 8/s for 2.1 s
	depth := func(at time.Duration) (n float64) {
		for _, o := range r.Outcomes {
			if o.Queued <= at && o.Start > at {
				n++
			}
		}
		return n
	}
	growth := (depth(1900*ms) - depth(400*ms)) / 1.5
	near(t, "μ while filling", RateWhileFilling(88, growth), 80, .01)
}
