package plan

import (
	"math"
	"slices"
	"testing"
	"time"
)

var shapes = map[string][]Stage{
	"level":        {{50, 50, 30 * time.Second}},
	"ramp up":      {{1, 400, 20 * time.Second}},
	"ramp down":    {{400, 0.001, 20 * time.Second}},
	"nearly level": {{100, 100 + 1e-9, 10 * time.Second}},
	"stages": {{50, 50, 3 * time.Second}, {50, 200, 4 * time.Second}, {10, 10, 5 * time.Second},
		{300, 20, 3 * time.Second}},
	"slow": {{0.001, 0.002, time.Second}},
	"fast": {{1e6, 2e6, 50 * time.Millisecond}},
}

func collect(p Plan) []time.Duration {
	var times []time.Duration
	for i, due := range p.Due() {
		if i != len(times) {
			panic("positions must count from 0")
		}
		times = append(times, due)
	}
	return times
}

// area integrates the rate over [0, t] by another road than the code: the trapezoid of each stage.
func area(p Plan, t time.Duration) float64 {
	var sum float64
	for _, s := range p.Stages {
		u := min(t, s.Duration)
		if u <= 0 {
			break
		}
		sum += (s.From + s.rateAt(u)) / 2 * u.Seconds()
		t -= s.Duration
	}
	return sum
}

func TestConstantFollowsTheRate(t *testing.T) {
	for name, stages := range shapes {
		p := Plan{Stages: stages, Arrival: Constant}
		times := collect(p)
		if want := area(p, p.Duration()); math.Abs(float64(len(times))-want) > 1 || p.Count() != len(times) {
			t.Errorf("%s: %d requests, Count %d, the rate's integral is %v", name, len(times), p.Count(),
				want)
		}
		if times[0] != 0 || times[len(times)-1] >= p.Duration() || !slices.IsSorted(times) {
			t.Errorf("%s: first %v, last %v of %v, sorted %v", name, times[0], times[len(times)-1],
				p.Duration(), slices.IsSorted(times))
		}
		for i, due := range times {
			// A nanosecond of rounding is worth rate × 1e-9 requests.
			if got := area(p, due); math.Abs(got-float64(i)) > 1e-9*(p.MaxRate()+float64(i)+1) {
				t.Errorf("%s: request %d is due at %v, where the cumulative rate is %v", name, i, due, got)
				break
			}
		}
	}
}

func TestExactCounts(t *testing.T) {
	for _, c := range []struct {
		rate float64
		d    time.Duration
		want int
	}{{50, 30 * time.Second, 1500}, {33.3, 10 * time.Second, 333}, {0.1, time.Second, 1},
		{1, 1500 * time.Millisecond, 2}} {
		if got := (Plan{Stages: []Stage{{c.rate, c.rate, c.d}}}).Count(); got != c.want {
			t.Errorf("%v/s for %v: %d requests, want %d", c.rate, c.d, got, c.want)
		}
	}
}

func TestPoisson(t *testing.T) {
	p := Plan{Stages: []Stage{{1000, 1000, 100 * time.Second}}, Arrival: Poisson, Seed: 7}
	times := collect(p)
	if n := float64(len(times)); math.Abs(n-1e5) > 5*math.Sqrt(1e5) || p.Count() != len(times) {
		t.Errorf("%v requests of 100000, Count %d", n, p.Count())
	}
	// Counts in 10 ms cells: mean and variance are both 10.
	cells := make([]float64, 10000)
	for _, due := range times {
		cells[due/(10*time.Millisecond)]++
	}
	var mean, variance float64
	for _, c := range cells {
		mean += c / float64(len(cells))
	}
	for _, c := range cells {
		variance += (c - mean) * (c - mean) / float64(len(cells)-1)
	}
	if mean < 9.8 || mean > 10.2 || variance < 9.2 || variance > 10.8 {
		t.Errorf("cells have mean %.3f and variance %.3f, want 10 and 10", mean, variance)
	}
	if !slices.IsSorted(times) || times[0] == 0 || times[len(times)-1] > p.Duration() {
		t.Error("not a growing schedule within the plan")
	}
}

func TestRampDensityFollowsTheRate(t *testing.T) {
	for _, a := range []Arrival{Constant, Poisson} {
		p := Plan{Stages: []Stage{{100, 2000, 10 * time.Second}, {2000, 300, 10 * time.Second}}, Arrival: a,
			Seed: 3}
		var cells [20]float64
		for _, due := range p.Due() {
			cells[due/time.Second]++
		}
		for i, got := range cells {
			from := time.Duration(i) * time.Second
			want := area(p, from+time.Second) - area(p, from)
			if bound := map[Arrival]float64{Constant: 1.01,
				Poisson: 5 * math.Sqrt(want)}[a]; math.Abs(got-want) > bound {
				t.Errorf("%s: second %d has %v requests, the rate says %.1f", a, i, got, want)
			}
		}
	}
}

func TestSeeds(t *testing.T) {
	p := Plan{Stages: shapes["stages"], Arrival: Poisson, Seed: 1}
	other := p
	other.Seed = 2
	if !slices.Equal(collect(p), collect(p)) {
		t.Error("the same seed gave two schedules")
	}
	if slices.Equal(collect(p), collect(other)) {
		t.Error("two seeds gave one schedule")
	}
	constant := Plan{Stages: p.Stages, Arrival: Constant, Seed: 1}
	reseeded := Plan{Stages: p.Stages, Seed: 2}
	if !slices.Equal(collect(constant), collect(reseeded)) {
		t.Error("constant arrivals depend on the seed")
	}
}

func TestSteps(t *testing.T) {
	plans := Steps(240, 640, 15, 2*time.Second, Poisson, 42)
	if len(plans) != 15 || plans[0].MaxRate() != 240 || plans[14].MaxRate() != 640 {
		t.Fatalf("%d trials from %v to %v", len(plans), plans[0].MaxRate(), plans[len(plans)-1].MaxRate())
	}
	seeds := map[uint64]bool{}
	for k, p := range plans {
		if err := p.Validate(); err != nil || math.Abs(p.MaxRate()-(240+float64(k)*400/14)) > 1e-9 {
			t.Errorf("trial %d at %v: %v", k, p.MaxRate(), err)
		}
		seeds[p.Seed] = true
	}
	if len(seeds) != 15 {
		t.Errorf("only %d distinct seeds", len(seeds))
	}
	if got := Steps(5, 9, 1, time.Second, Constant, 0); len(got) != 1 || got[0].MaxRate() != 5 {
		t.Errorf("one trial: %v", got)
	}
	if got := Steps(5, 9, -1, time.Second, Constant, 0); len(got) != 0 {
		t.Errorf("-1 trials: %v", got)
	}
	if got := derive(1234567, 0); got != 6457827717110365317 { // published first output of splitmix64
		t.Errorf("splitmix64(1234567) = %d", got)
	}
}

func TestRateAt(t *testing.T) {
	p := Plan{Stages: shapes["stages"]}
	for at, want := range map[time.Duration]float64{
		-1: 0, 0: 50, 2 * time.Second: 50, 5 * time.Second: 125, 7 * time.Second: 10, p.Duration(): 0,
	} {
		if got := p.RateAt(at); got != want {
			t.Errorf("rate at %v is %v, want %v", at, got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	bad := map[string]Plan{
		"no stages": {},
		"zero":      {Stages: []Stage{{0, 10, time.Second}}},
		"negative":  {Stages: []Stage{{10, -1, time.Second}}},
		"NaN":       {Stages: []Stage{{math.NaN(), 10, time.Second}}},
		"Inf":       {Stages: []Stage{{10, math.Inf(1), time.Second}}},
		"fast":      {Stages: []Stage{{10, RateLimit + 1, time.Second}}},
		"instant":   {Stages: []Stage{{10, 10, 0}}},
		"long":      {Stages: []Stage{{10, 10, 23 * time.Hour}, {10, 10, 2 * time.Hour}}},
		"many":      {Stages: []Stage{{1e6, 1e6, time.Hour}}},
		"arrival":   {Stages: []Stage{{1, 1, time.Second}}, Arrival: "uniform"},
	}
	for name, p := range bad {
		if p.Validate() == nil || p.Count() != 0 || len(collect(p)) != 0 {
			t.Errorf("%s: error %v, count %d", name, p.Validate(), p.Count())
		}
	}
}

func BenchmarkDue(b *testing.B) {
	for _, a := range []Arrival{Constant, Poisson} {
		b.Run(string(a), func(b *testing.B) {
			p := Plan{Stages: []Stage{{1000, 9000, DurationLimit}}, Arrival: a}
			n := 0
			for range p.Due() {
				if n++; n >= b.N {
					break
				}
			}
		})
	}
}

func TestRepeat(t *testing.T) {
	plans := Steps(10, 20, 2, time.Second, Poisson, 7)
	got := Repeat(plans, 3)
	if len(got) != 6 || !slices.Equal(collect(got[0]), collect(plans[0])) ||
		!slices.Equal(collect(got[3]), collect(plans[1])) {
		t.Fatalf("%v", got)
	}
	seen := map[uint64]bool{}
	for i, p := range got {
		if p.Stages[0] != plans[i/3].Stages[0] || seen[p.Seed] {
			t.Errorf("plan %d is %+v; each rate three times in a row, no seed twice", i, p)
		}
		seen[p.Seed] = true
	}
	if len(Repeat(plans, 0)) != 0 {
		t.Error("something came of nothing")
	}
}
