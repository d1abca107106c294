package gate

import (
	"math"
	"math/rand/v2"
	"testing"

	"weir/report/result"
	"weir/report/words"
)

// shareRun is a run of one lane in which k of n requests failed.
func shareRun(k, n uint64) *result.Analysis {
	return &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{{
		Name: "direct", Offered: n, Outcomes: map[string]uint64{"ok": n - k, "connect_timeout": k},
	}}}
}

// trialsOf is shareRun in trials of as many requests, of which so many failed.
func trialsOf(n uint64, failed ...uint64) *result.Analysis {
	sum := uint64(0)
	for _, k := range failed {
		sum += k
	}
	a := shareRun(sum, n*uint64(len(failed)))
	for i, k := range failed {
		a.Lanes[0].Trials = append(a.Lanes[0].Trials, result.Trial{
			Index: i, Rate: float64(n), Start: float64(2 * i), Duration: 1, Due: n, Sent: n, Bad: k,
			Complete: true,
			Outcomes: map[string]uint64{"ok": n - k, "connect_timeout": k},
		})
	}
	return a
}

// drawn is a run of ten trials in which each request fails with a probability.
func drawn(rng *rand.Rand, n uint64, p float64) *result.Analysis {
	var failed []uint64
	for range 10 {
		failed = append(failed, binomial(rng, n/10, p))
	}
	return trialsOf(n/10, failed...)
}

func only(t testing.TB, expr string, a, baseline *result.Analysis) Result {
	t.Helper()
	results := Evaluate(a, baseline, []Assertion{parse(t, expr)})
	if len(results) != 1 {
		t.Fatalf("%s: %d results", expr, len(results))
	}
	return results[0]
}

// reason is a result's, in words.
func reason(r Result) string { return words.Of(r.Reason) }

// binomial draws how many of n fail.
func binomial(rng *rand.Rand, n uint64, p float64) (k uint64) {
	for range n {
		if rng.Float64() < p {
			k++
		}
	}
	return k
}

// TestOnTheLimit: a server that is exactly at its limit passes or fails by chance, and may do so in 5 of 100
// runs at 95 %. Wilson's interval keeps that on average over shares, not at each (its coverage swings, by a
// per cent or two); where few fail, chance fails runs more often than it passes them. The sums are exact,
// over all outcomes of 2000 requests.
func TestOnTheLimit(t *testing.T) {
	const n = 2000
	sum, shares := 0.0, 0
	for limit := .005; limit < .5; limit *= 1.07 {
		wrong := 0.0
		for k := range uint64(n + 1) {
			i := tally{k: k, of: n}.share(95)
			if judge(i, Less, Limit{Low: limit}) != Inconclusive {
				lg := func(x uint64) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
				wrong += math.Exp(lg(n) - lg(k) - lg(n-k) + float64(k)*math.Log(limit) +
					float64(n-k)*math.Log1p(-limit))
			}
		}
		if wrong > .075 {
			t.Errorf("at a share of %.4f %.4f of the runs are decided by chance", limit, wrong)
		}
		sum += wrong
		shares++
	}
	if mean := sum / float64(shares); mean > .053 || mean < .035 {
		t.Errorf("%.4f of the runs are decided by chance, want .05", mean)
	}
}

// TestPairsOfTheSame: two runs of one server, held against each other, do not fail more often than stated.
// The quotient has room for two runs of one server that differ, so that it is a good deal less often.
func TestPairsOfTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5))
	const pairs, n = 2000, 1000
	for _, p := range []float64{.01, .1, .4} {
		count := map[Verdict]int{}
		for range pairs {
			a, b := drawn(rng, n, p), drawn(rng, n, p)
			count[only(t, "bad.rate / baseline.bad.rate <= 1", a, b).Result]++
		}
		if count[Fail] > pairs*25/1000 || count[Pass] > pairs*25/1000 {
			t.Errorf("at %v: %v of %d pairs", p, count, pairs)
		}
	}
}

// TestRealLoss: what is clearly worse fails, and what is clearly better passes.
func TestRealLoss(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 5))
	const n = 6000
	for range 100 {
		good, worse := drawn(rng, n, .1), drawn(rng, n, .2)
		if r := only(t, "bad.rate / baseline.bad.rate <= 1.3", worse, good); r.Result != Fail {
			t.Errorf("twice the failures: %+v", r)
		}
		if r := only(t, "bad.rate / baseline.bad.rate <= 1.3", good, worse); r.Result != Pass {
			t.Errorf("half the failures: %+v", r)
		}
	}
}

// TestManyWindows: a server that is exactly at the limit all the time has windows above it. That they are
// many must not fail it more often than one would.
func TestManyWindows(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	const runs, bins, per, p = 400, 300, 40, .1
	failed := 0
	for range runs {
		l := result.Lane{Name: "direct",
			Timeline: result.Timeline{BinS: .1, Bad: map[string][]uint64{"http_500": make([]uint64, bins)}},
			Trials:   []result.Trial{{Start: 0, Duration: bins / 10}}}
		for i := range bins {
			l.Timeline.AtS = append(l.Timeline.AtS, float64(i)/10)
			l.Timeline.Offered = append(l.Timeline.Offered, per*10)
			l.Timeline.Bad["http_500"][i] = binomial(rng, per, p)
		}
		a := &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{l}}
		switch r := only(t, "bad.rate <= 10% over 1s", a, nil); r.Result {
		case Fail:
			failed++
		case Pass:
			t.Errorf("a server at its limit passed: %+v", r)
		}
	}
	if failed > runs*5/100 {
		t.Errorf("%d of %d runs failed", failed, runs)
	}
}
