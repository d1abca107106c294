package capacity

import (
	"testing"
	"time"
)

// Below 0.99 of capacity it is Blocking, and so the goldens of ANALYSIS.md.
func TestLossPoissonIsBlockingBelowCapacity(t *testing.T) {
	for _, g := range blockingGoldens {
		m := Model{Workers: g.c, Service: 50 * ms, Backlog: g.b}
		got := m.LossPoisson(g.rho*m.Rate(), .5)
		near(t, "P_M", got.Exponential, g.pm, 3e-4)
		near(t, "P_D", got.Constant, g.pd, 3e-3)
		near(t, "between", got.Loss, (got.Exponential+got.Constant)/2, 1e-12)
		if got.Method != Tijms {
			t.Errorf("%+v: by %s", g, got.Method)
		}
	}
}

func TestLossPoissonAtAndAboveCapacityByEvents(t *testing.T) {
	for _, g := range []struct {
		c, b int
		rho  float64
		tol  float64
	}{{1, 0, 1, .15}, {1, 10, 1, .08}, {4, 16, .999, .08}, {4, 16, 1, .08}, {4, 16, 1.05, .08},
		{4, 16, 1.2, .03}, {64, 16, 1.02, .08}, {8, 64, 2, .01}} {
		m := Model{Workers: g.c, Service: 50 * ms, Backlog: g.b}
		rate := g.rho * m.Rate()
		var lost, n float64
		for seed := range uint64(3) {
			sys := System{Servers: g.c, Slots: m.Slots(), Service: steady(m.Service)}
			r := simulate(t, sys, poisson(rate, seconds(200_000/rate), seed))
			lost += float64(r.Failed())
			n += float64(len(r.Outcomes))
		}
		got := m.LossPoisson(rate, 0)
		near(t, "loss", got.Loss, lost/n, g.tol)
		if got.Method != DoubledQueue {
			t.Errorf("%+v: by %s", g, got.Method)
		}
	}
}

// A queue shorter than the pool: low, and no lower than the documentation says.
func TestLossPoissonOfAShortQueueByEvents(t *testing.T) {
	for _, g := range []struct {
		c, b int
		rho  float64
		low  float64
	}{{8, 4, .8, .82}, {32, 16, .9, .82}, {64, 16, .9, .70}} {
		m := Model{Workers: g.c, Service: 50 * ms, Backlog: g.b}
		rate := g.rho * m.Rate()
		r := simulate(t, System{Servers: g.c, Slots: m.Slots(), Service: steady(m.Service)},
			poisson(rate, seconds(1_000_000/rate), 1))
		share := m.LossPoisson(rate, 0).Constant / (float64(r.Failed()) / float64(len(r.Outcomes)))
		if share < g.low || share > 1.05 {
			t.Errorf("%+v: %.2f of what events say", g, share)
		}
	}
}

func TestLossPoissonRisesWithLoadAndFallsWithRegularity(t *testing.T) {
	for _, m := range []Model{{Workers: 1, Service: ms}, {Workers: 4, Service: ms, Backlog: 16},
		{Workers: 300, Service: ms, Backlog: 8}} {
		last := 0.0
		for rho := .85; rho < 1.3; rho += .005 {
			got := m.LossPoisson(rho*m.Rate(), 0)
			if got.Constant < last || got.Constant > got.Exponential {
				t.Errorf("%+v at %.3f: %+v after %v", m, rho, got, last)
			}
			last = got.Constant
		}
	}
}

// Thousands of connections must not take seconds, and are bounded from above instead.
func TestLossPoissonOfManyServers(t *testing.T) {
	m := Model{Workers: 8, Connections: 1000, Service: 3 * time.Second, Backlog: 64}
	begin := time.Now()
	got := m.LossPoisson(2600, 0)
	if took := time.Since(begin); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if got.Method != ExponentialBound || got.Loss != got.Exponential {
		t.Errorf("%+v", got)
	}
	if none := m.LossPoisson(500, 0); none.Loss > negligible {
		t.Errorf("a fifth of capacity loses %v", none.Loss)
	}
}
