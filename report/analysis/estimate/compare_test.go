package estimate

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPaired(t *testing.T) {
	// 1..5: mean 3, SD √2.5, t(4) 2.7764 and 0.9410 (tables): 3 ± 1.9633, detectable 3.7174·√(2.5/5)
	p, ok := Paired([]float64{1, 2, 3, 4, 5})
	for what, got := range map[string][2]float64{
		"mean": {p.Mean, 3}, "sd": {p.SD, 1.58114}, "low": {p.Low, 1.0367}, "high": {p.High, 4.9633},
		"effect": {p.Effect, 1.89737}, "detectable": {p.Detectable, 2.6286},
	} {
		if !ok || math.Abs(got[0]-got[1]) > 1e-4 {
			t.Errorf("%s %.5f, want %.5f", what, got[0], got[1])
		}
	}
	if _, ok := Paired([]float64{1, 2, 3, 4}); ok {
		t.Error("four pairs have an interval")
	}
	if _, ok := Paired([]float64{1, 2, 3, 4, math.Inf(1)}); ok {
		t.Error("an infinite difference has an interval")
	}
}

// TestPairedCovers: the interval holds the truth about 95 times in 100, and a difference of the detectable
// size is found about 80 times in 100.
func TestPairedCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const runs, sd, pairs = 4000, .1, 6
	detectable := (2.5706 + .9195) * sd / math.Sqrt(pairs) // t(5)
	covered, found := 0, 0
	for range runs {
		d := make([]float64, pairs)
		for i := range d {
			d[i] = detectable + sd*r.NormFloat64()
		}
		p, _ := Paired(d)
		if p.Low <= detectable && detectable <= p.High {
			covered++
		}
		if p.Low > 0 {
			found++
		}
	}
	if covered < runs*94/100 || covered > runs*96/100 {
		t.Errorf("covered %d of %d", covered, runs)
	}
	if found < runs*74/100 || found > runs*86/100 {
		t.Errorf("found %d of %d", found, runs)
	}
}

func TestRatio(t *testing.T) {
	// ±3 % and ±4 %, in logarithms: ±5 %
	e := math.Exp
	ratio, low, high, ok := Ratio(200, 200*e(-.03), 200*e(.03), 100, 100*e(-.04), 100*e(.04))
	if !ok || ratio != 2 || math.Abs(math.Log(low/2)+.05) > 1e-12 || math.Abs(math.Log(high/2)-.05) > 1e-12 {
		t.Errorf("%v [%v, %v] %v", ratio, low, high, ok)
	}
	// the bounds that matter: b's lower with a's upper
	if _, low, high, _ = Ratio(2, 1, 2, 1, 1, 1); math.Abs(low-1) > 1e-12 || math.Abs(high-2) > 1e-12 {
		t.Errorf("[%v, %v], want [1, 2]", low, high)
	}
	if _, _, _, ok := Ratio(1, 0, 2, 1, 1, 1); ok {
		t.Error("a bound at 0 has a logarithm")
	}
	if d := Detectable(z95); math.Abs(d-2.801585) > 1e-5 {
		t.Errorf("detectable %v", d)
	}
	if h := ShareEffect(.5, .5); h != 0 || math.Abs(ShareEffect(.001, .01)-.1371) > 1e-3 {
		t.Errorf("h %v, %v", h, ShareEffect(.001, .01))
	}
}
