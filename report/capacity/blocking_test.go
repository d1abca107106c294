package capacity

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The last column is what this simulator says for long runs. For 4 servers at 0.90 an earlier simulation gave
// 2.87e-3: losses come in clusters, and one run of some 100,000 arrivals scatters by that much.
var blockingGoldens = []struct {
	c, b             int
	rho              float64
	pm, wait, pd, ev float64
}{
	{1, 10, .90, 3.787e-2, 4.277, 1.046e-2, 1.05e-2},
	{4, 16, .90, 1.490e-2, 1.246, 2.52e-3, 2.63e-3},
	{4, 16, .95, 2.885e-2, 1.609, 9.59e-3, 9.80e-3},
	{4, 16, .99, 4.482e-2, 1.914, 2.27e-2, 2.26e-2},
}

func TestBlocking(t *testing.T) {
	for _, g := range blockingGoldens {
		K, a := g.c+g.b+1, g.rho*float64(g.c)
		pm, wait := BlockingMMcK(g.c, K, a)
		pd, ok := BlockingMDcK(g.c, K, a)
		if !ok {
			t.Fatalf("%+v: no blocking", g)
		}
		near(t, "P_M", pm, g.pm, 3e-4)
		near(t, "Wq/S", wait, g.wait, 3e-4)
		near(t, "P_D", pd, g.pd, 3e-3)
		near(t, "P_D against events", pd, g.ev, .06)
		half, _ := Blocking(g.c, K, a, .5)
		near(t, "between", half, (pm+pd)/2, 1e-12)
	}
}

func TestBlockingByEvents(t *testing.T) {
	for _, g := range blockingGoldens {
		rate := g.rho * float64(g.c) / .05
		var lost, expLost, n float64
		for seed := range uint64(4) {
			r := rand.New(rand.NewPCG(seed, 2))
			sys := System{Servers: g.c, Slots: g.b + 1, Service: steady(50 * ms)}
			res := simulate(t, sys, poisson(rate, 1000*time.Second, seed))
			lost += float64(res.Failed())
			n += float64(len(res.Outcomes))
			sys.Service = func(int) time.Duration { return time.Duration(r.ExpFloat64() * 5e7) }
			expLost += float64(simulate(t, sys, poisson(rate, 1000*time.Second, seed)).Failed())
		}
		near(t, "loss with constant service", lost/n, g.ev, .15)
		near(t, "loss with exponential service", expLost/n, g.pm, .15)
	}
}

// The generating function agrees with iterating N' = (N−c)⁺ + Poisson(a) to its fixed point.
func TestTailMDcAgainstIteration(t *testing.T) {
	for _, g := range []struct {
		c, K int
		rho  float64
	}{{1, 12, .9}, {4, 21, .9}, {4, 5, .5}, {16, 17, .8}, {7, 7, .3}, {2, 40, .7}} {
		a := g.rho * float64(g.c)
		if got, want := tailMDc(g.c, g.K, a), iterateMDc(g.c, g.K, a); math.Abs(got-want) > 1e-13+1e-6*want {
			t.Errorf("%+v: tail %v, by iteration %v", g, got, want)
		}
	}
}

func iterateMDc(c, K int, a float64) (tail float64) {
	size := K + 40*c + 200
	arrive := make([]float64, size)
	for j, p := 0, math.Exp(-a); j < size; j++ {
		arrive[j] = p
		p *= a / float64(j+1)
	}
	p := make([]float64, size)
	p[0] = 1
	for range 3000 {
		next := make([]float64, size)
		for n, pn := range p {
			for j := max(0, n-c); j < size && pn > 1e-18; j++ {
				next[j] += pn * arrive[j-max(0, n-c)]
				if j-max(0, n-c) > 20 && arrive[j-max(0, n-c)] < 1e-18 {
					break
				}
			}
		}
		moved := 0.0
		for i := range p {
			moved = max(moved, math.Abs(next[i]-p[i]))
		}
		if p = next; moved < 1e-15 {
			break
		}
	}
	for _, pn := range p[K:] {
		tail += pn
	}
	return tail
}

// Known special cases: Erlang's loss formula (K = c), and M/M/1/K in closed form.
func TestBlockingSpecialCases(t *testing.T) {
	erlang, _ := BlockingMMcK(2, 2, 1)
	near(t, "Erlang B", erlang, .2, 1e-12)
	mm1, wait := BlockingMMcK(1, 10, 1)
	near(t, "M/M/1/10 at ρ = 1", mm1, 1./11, 1e-12)
	near(t, "its wait", wait, 4.5, 1e-12)
	big, _ := BlockingMMcK(8000, 8129, 16000) // e^a is beyond a float64
	near(t, "8000 servers, twice their load", big, .5, .01)
	overloaded, _ := BlockingMMcK(4, 21, 8)
	near(t, "far above capacity", overloaded, .5, .001)
}

func TestBlockingRefuses(t *testing.T) {
	for _, g := range []struct {
		c, K int
		a    float64
	}{{0, 5, 1}, {4, 3, 1}, {4, 8, 0}, {4, 8, math.NaN()}, {4, 8, math.Inf(1)}} {
		if p, _ := BlockingMMcK(g.c, g.K, g.a); !math.IsNaN(p) {
			t.Errorf("%+v: P_M = %v", g, p)
		}
		if p, ok := Blocking(g.c, g.K, g.a, .5); ok || !math.IsNaN(p) {
			t.Errorf("%+v: P = %v", g, p)
		}
	}
	if _, ok := BlockingMDcK(4, 8, 4); ok {
		t.Error("Tijms' formula was used at capacity")
	}
	if _, ok := Blocking(4, 8, 2, 1.5); ok {
		t.Error("cs² above 1 was interpolated")
	}
}

func TestBlockingFallsWithPlacesAndRisesWithLoad(t *testing.T) {
	for _, c := range []int{1, 4, 64, 300} {
		last := 1.0
		for K := c; K < c+40; K += 5 {
			p, ok := BlockingMDcK(c, K, .97*float64(c))
			if !ok || p >= last || p < 0 {
				t.Errorf("c %d: %v at K %d after %v", c, p, K, last)
			}
			last = p
		}
		last = 0
		for _, rho := range []float64{.8, .9, .95, .99} {
			p, _ := BlockingMDcK(c, c+5, rho*float64(c))
			if p <= last {
				t.Errorf("c %d: %v at ρ %v after %v", c, p, rho, last)
			}
			last = p
		}
	}
}

// ranks are the order statistics i, j, k of x, counted from 1.
func ranks(x []float64, i, j, k int) (float64, float64, float64) {
	s := slices.Sorted(slices.Values(x))
	return s[i-1], s[j-1], s[k-1]
}
