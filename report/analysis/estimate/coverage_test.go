package estimate

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const ms = time.Millisecond

// A nominal 95 % interval must hold the true θ in at least 85 % of synthetic experiments, for every
// kind of server and arrivals, and not by being useless: its mean width is bounded too.
func TestCoverage(t *testing.T) {
	const experiments = 20
	for _, c := range []struct {
		server
		length  time.Duration
		poisson bool
		width   float64 // of the interval over θ, at most
	}{
		{server{8, 16, 20 * ms, false}, 2 * time.Second, false, .05},
		{server{4, 8, 10 * ms, false}, 2 * time.Second, false, .05},
		{server{8, 64, 20 * ms, false}, 3 * time.Second, false, .05},
		{server{8, 16, 20 * ms, false}, 2 * time.Second, true, .10},
		{server{4, 8, 10 * ms, false}, 2 * time.Second, true, .15},
		{server{5, 32, 40 * ms, false}, 4 * time.Second, true, .10},
		{server{8, 16, 20 * ms, true}, 2 * time.Second, false, .15},
		{server{4, 64, 20 * ms, true}, 2 * time.Second, false, .20},
		{server{8, 16, 20 * ms, true}, 2 * time.Second, true, .20},
		{server{1, 8, 10 * ms, true}, 2 * time.Second, true, .30},
	} {
		covered, width := 0, 0.0
		for seed := range uint64(experiments) {
			opt := HingeOptions{Slots: c.b + 1, Workers: c.w, Resamples: 200, Seed: seed}
			if c.poisson {
				opt.Workers = 0
			}
			f, err := Hinge(c.trials(t, c.length, c.poisson, seed), opt)
			if err != nil {
				t.Errorf("%+v, seed %d: %v", c, seed, err)
				continue
			}
			if f.Low <= c.theta() && c.theta() <= f.High {
				covered++
			}
			width += (f.High - f.Low) / c.theta() / experiments
		}
		t.Logf("%+v: covered %d of %d, mean width %.3f", c, covered, experiments, width)
		if float64(covered) < .85*experiments || width > c.width {
			t.Errorf("%+v: covered %d of %d, mean width %.3f", c, covered, experiments, width)
		}
	}
}

// With constant arrivals and trials that end anywhere in a service time, the workers' part removes
// nearly all bias where trials are a few service times long, and does no harm where they are long.
// With Poisson arrivals, which lose below capacity too, it makes the downward bias larger.
func TestWorkersPartOfTheFill(t *testing.T) {
	for _, c := range []struct {
		server
		length               time.Duration
		poisson              bool
		without, with, slack float64 // bias, share of θ
	}{
		{server{8, 16, 200 * ms, false}, 2 * time.Second, false, .0135, .002, .003},
		{server{32, 64, 100 * ms, false}, 2 * time.Second, false, .005, .000, .002},
		{server{8, 16, 20 * ms, false}, 2 * time.Second, false, .0005, .000, .001},
		{server{8, 16, 200 * ms, false}, 2 * time.Second, true, -.023, -.037, .015},
	} {
		r := rand.New(rand.NewPCG(1, 8))
		const n = 30
		var without, with float64
		for seed := range uint64(n) {
			v := c.server
			v.s = time.Duration(float64(v.s) * (.93 + .14*r.Float64()))
			trials := v.trials(t, c.length, c.poisson, seed)
			for workers, bias := range map[int]*float64{0: &without, v.w: &with} {
				f, err := Hinge(trials, HingeOptions{Slots: v.b + 1, Workers: workers, Resamples: 2})
				if err != nil {
					t.Fatal(err)
				}
				*bias += (f.Theta/v.theta() - 1) / n
			}
		}
		t.Logf("%+v: bias %.4f without, %.4f with the workers' part", c.server, without, with)
		if math.Abs(without-c.without) > c.slack || math.Abs(with-c.with) > c.slack ||
			c.poisson != (math.Abs(with) > math.Abs(without)) {
			t.Errorf("%+v: bias %.4f without, %.4f with; recorded %v, %v", c, without, with, c.without,
				c.with)
		}
	}
}
