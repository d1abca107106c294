package estimate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func close6(a, b float64) bool { return math.Abs(a-b) < 5e-7 }

func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      uint64
		low, high float64
	}{{3, 3000, .000340, .002936}, {0, 3000, 0, .001279}, {3000, 3000, 1 - .001279, 1},
		{5, 10, .236593, .763407}, {0, 0, 0, 1}, {4, 3, 0, 1}} {
		if low, high := Wilson(c.k, c.n); !close6(low, c.low) || !close6(high, c.high) {
			t.Errorf("%d of %d: [%.6f, %.6f], want [%.6f, %.6f]", c.k, c.n, low, high, c.low, c.high)
		}
	}
	for n := uint64(1); n < 60; n++ {
		last := -1.0
		for k := uint64(0); k <= n; k++ {
			low, high := Wilson(k, n)
			p := float64(k) / float64(n)
			if low < 0 || high > 1 || low > p || high < p || low < last {
				t.Errorf("%d of %d: [%v, %v]", k, n, low, high)
			}
			last = low
			if l, h := Wilson(n-k, n); math.Abs(l-(1-high)) > 1e-12 || math.Abs(h-(1-low)) > 1e-12 {
				t.Errorf("%d of %d is no mirror of its complement", k, n)
			}
		}
	}
}

func TestNewcombe(t *testing.T) {
	d, low, high := Newcombe(30, 3000, 12, 3000)
	if !close6(d, .006) || math.Abs(low-.00178) > 5e-6 || math.Abs(high-.01057) > 5e-6 {
		t.Errorf("%.5f [%.5f, %.5f], want .006 [.00178, .01057]", d, low, high)
	}
	d2, low2, high2 := Newcombe(12, 3000, 30, 3000)
	if !close6(d2, -d) || !close6(low2, -high) || !close6(high2, -low) {
		t.Error("the difference turned round is another one")
	}
	// Newcombe 1998, table II, example (a): 56/70 − 48/80.
	if _, low, high := Newcombe(56, 70, 48, 80); math.Abs(low-.0524) > 5e-5 || math.Abs(high-.3339) > 5e-5 {
		t.Errorf("[%.4f, %.4f], want [.0524, .3339]", low, high)
	}
	if d, _, _ := Newcombe(1, 0, 1, 2); !math.IsNaN(d) {
		t.Error("0 requests have a failure share")
	}
}

func TestQuantileRanks(t *testing.T) {
	for _, c := range []struct {
		n         uint64
		q         float64
		low, high uint64
	}{
		{10, .5, 2, 9}, {100, .5, 40, 61}, {1000, .99, 983, 997}, {10_000, .99, 9880, 9920},
		{300, .99, 293, 0},
		{5, .5, 0, 0}, {6, .5, 1, 6}, {10, .1, 0, 4}, {0, .5, 0, 0}, {10, 0, 0, 0}, {10, 1, 0, 0},
		{10, math.NaN(), 0, 0},
	} {
		if low, high := QuantileRanks(c.n, c.q); low != c.low || high != c.high {
			t.Errorf("n %d, q %v: %d, %d; want %d, %d", c.n, c.q, low, high, c.low, c.high)
		}
	}
	low, high := QuantileRanks(1e9, .999) // a great n is neither slow nor overflows
	if low > 999_000_000 || low < 998_997_000 || high < 999_000_000 || high > 999_003_000 {
		t.Errorf("n 1e9, q .999: %d, %d", low, high)
	}
}

func TestQuantileRanksMirror(t *testing.T) {
	for n := uint64(1); n < 500; n += 7 {
		low, high := QuantileRanks(n, .9)
		l, h := QuantileRanks(n, .1)
		if low > 0 && h != n+1-low || high > 0 && l != n+1-high || low > 0 != (h > 0) {
			t.Errorf("n %d: p90 %d, %d; p10 %d, %d", n, low, high, l, h)
		}
	}
}

func TestQuantileRanksCover(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	low, high := QuantileRanks(500, .9)
	hit := 0
	for range 1000 {
		x := make([]float64, 500)
		for i := range x {
			x[i] = r.Float64()
		}
		slices.Sort(x)
		if x[low-1] <= .9 && .9 <= x[high-1] {
			hit++
		}
	}
	if hit < 935 {
		t.Errorf("covered %d of 1000", hit)
	}
}

func TestSupported(t *testing.T) {
	for _, c := range []struct {
		q     float64
		least uint64
	}{{.5, 6}, {.9, 36}, {.99, 368}, {.999, 3688}, {.1, 36}} {
		if Supported(c.least-1, c.q) || !Supported(c.least, c.q) {
			t.Errorf("q %v is not supported from just %d values on", c.q, c.least)
		}
		for n := uint64(0); n < 2*c.least; n++ {
			low, high := QuantileRanks(n, c.q)
			if Supported(n, c.q) != (low > 0 && high > 0) {
				t.Fatalf("q %v, n %d: Supported and the ranks %d, %d differ", c.q, n, low, high)
			}
		}
	}
	if Supported(200, .999) || Supported(1e9, 1) || Supported(1e9, 0) {
		t.Error("supported without a bound")
	}
}

func TestStudentT(t *testing.T) {
	for df, want := range map[uint64]float64{1: 12.7062, 2: 4.3027, 3: 3.1824, 4: 2.7764, 5: 2.5706,
		10: 2.2281, 30: 2.0423, 100: 1.9840, 500: 1.9647, 501: 1.9647, 1e6: 1.9600} {
		if got := StudentT(df); math.Abs(got-want) > 6e-5 {
			t.Errorf("t(%d) = %.5f, want %.4f", df, got, want)
		}
	}
	if !math.IsInf(StudentT(0), 1) {
		t.Error("t without a degree of freedom is finite")
	}
}

func TestMean(t *testing.T) {
	// 1..5: mean 3, s² 2.5, t(4) 2.7764: 3 ± 1.9633
	m, low, high, ok := Mean(5, 15, 55)
	if !ok || m != 3 || math.Abs(low-1.0367) > 1e-4 || math.Abs(high-4.9633) > 1e-4 {
		t.Errorf("%v [%v, %v] %v", m, low, high, ok)
	}
	m, low, high, ok = Mean(1000, 20.65, 1000*.02065*.02065)
	if !ok || math.Abs(low-m) > 1e-9 || math.Abs(high-m) > 1e-9 || math.IsNaN(low) {
		t.Errorf("equal values: %v [%v, %v]", m, low, high)
	}
	for _, c := range []struct {
		n          uint64
		sum, sumsq float64
	}{{0, 0, 0}, {1, 1, 1}, {9, math.NaN(), 1}, {9, 1, math.Inf(1)}} {
		if _, _, _, ok := Mean(c.n, c.sum, c.sumsq); ok {
			t.Errorf("%+v has an interval", c)
		}
	}
}

func TestMeanCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	hit := 0
	for range 2000 {
		var sum, sumsq float64
		for range 6 {
			x := .02 + .001*r.NormFloat64()
			sum, sumsq = sum+x, sumsq+x*x
		}
		if _, low, high, _ := Mean(6, sum, sumsq); low <= .02 && .02 <= high {
			hit++
		}
	}
	if hit < 1870 || hit > 1930 { // 95 % ± 3 standard errors
		t.Errorf("covered %d of 2000, want about 1900", hit)
	}
}

func TestIsotonic(t *testing.T) {
	got := Isotonic([]float64{1, 3, 2, 4, 0}, []float64{1, 1, 3, 1, 1})
	want := []float64{1, 13. / 6, 13. / 6, 13. / 6, 13. / 6} // (3 + 2·3 + 4 + 0)/6
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Fatalf("%v, want %v", got, want)
		}
	}
	for seed := range uint64(200) { // ascending, the mean kept, and what ascends left alone
		r := rand.New(rand.NewPCG(seed, 3))
		n := r.IntN(30)
		y, w := make([]float64, n), make([]float64, n)
		var before, after float64
		for i := range y {
			y[i], w[i] = r.NormFloat64(), .1+r.Float64()
			before += y[i] * w[i]
		}
		fit := Isotonic(y, w)
		for i, f := range fit {
			after += f * w[i]
		}
		if len(fit) != n || !slices.IsSorted(fit) || math.Abs(before-after) > 1e-9 {
			t.Fatalf("seed %d: %v of %v", seed, fit, y)
		}
		slices.Sort(y)
		if fit := Isotonic(y, w); !slices.Equal(fit, y) {
			t.Fatalf("seed %d: %v was changed to %v", seed, y, fit)
		}
	}
}

func TestCrossing(t *testing.T) {
	trial := func(due, bad uint64) Trial { return Trial{due, bad, time.Second} }
	rate, ok := Crossing([]Trial{trial(200, 2), trial(100, 0), trial(300, 30)}, .005)
	if !ok || math.Abs(rate-150) > 1e-9 {
		t.Errorf("%v %v, want 150", rate, ok)
	}
	same := []Trial{trial(100, 0), trial(200, 3), trial(200, 1), trial(300, 30)}
	a, _ := Crossing(same, .005)
	slices.Reverse(same)
	if b, _ := Crossing(same, .005); a != b || math.Abs(a-150) > 1e-9 {
		t.Errorf("%v or %v by the order of trials, want 150", a, b)
	}
	for _, none := range [][]Trial{nil, {trial(100, 0), trial(200, 0)}, {trial(100, 50), trial(200, 90)},
		{{0, 0, 0}}} {
		if rate, ok := Crossing(none, .005); ok {
			t.Errorf("%v crosses at %v", none, rate)
		}
	}
	// It sits above the true 400 by about the fill, C/T.
	rate, ok = Crossing(exact(400, 17, 2*time.Second, around(400, 15)...), .005)
	if !ok || math.Abs(rate-408.5) > 15 {
		t.Errorf("%v %v, want about 408", rate, ok)
	}
}

func TestKnee(t *testing.T) {
	x := []float64{100, 20, 60, 80, 40, 120}
	y := make([]float64, len(x))
	for i := range x {
		y[i] = min(x[i], 70)
	}
	if c, ok := Knee(x, y); !ok || math.Abs(c-70) > 1e-9 {
		t.Errorf("%v %v, want 70", c, ok)
	}
	if c, ok := Knee(x, x); ok {
		t.Errorf("goodput that follows the offered rate has a plateau at %v", c)
	}
	if _, ok := Knee(nil, nil); ok {
		t.Error("no points have a plateau")
	}
	for seed := range uint64(100) { // no c of a fine grid fits better
		r := rand.New(rand.NewPCG(seed, 4))
		for i := range x {
			x[i] = 100 * r.Float64()
			y[i] = min(x[i], 50) + 20*r.NormFloat64()
		}
		sum := func(c float64) (s float64) {
			for i := range x {
				s += (y[i] - min(x[i], c)) * (y[i] - min(x[i], c))
			}
			return s
		}
		c, _ := Knee(x, y)
		for g := 0.0; g < 100; g += .05 {
			if sum(g) < sum(c)-1e-9 {
				t.Fatalf("seed %d: %v fits better than %v", seed, g, c)
			}
		}
	}
}

// TestOtherLevels: by hand, z = 2.5758 and t of 4 degrees 4.6041 at 99 %, 27.7714 at 99.999 %.
func TestOtherLevels(t *testing.T) {
	if low, high := WilsonAt(30, 3000, .99); low > .00631 || low < .0062 || high < .0157 || high > .0160 {
		t.Errorf("at 99 %%: [%v, %v]", low, high)
	}
	for _, c := range []struct{ level, want float64 }{{.95, 2.7764}, {.99, 4.6041}, {.99999, 27.7714}} {
		if got := StudentTAt(4, c.level); math.Abs(got-c.want) > 1e-3*c.want {
			t.Errorf("t at %v: %v, want %v", c.level, got, c.want)
		}
	}
}
