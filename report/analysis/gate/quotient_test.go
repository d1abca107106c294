package gate

import (
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"weir/report/result"
)

// TestReadmeGate: an unchanged server passes the baseline's line of the README, one a tenth slower fails it, and so it is
// with what the other examples say.
func TestReadmeGate(t *testing.T) {
	text, err := os.ReadFile("../../../README.md")
	check(t, err)
	found := regexp.MustCompile(`--baseline \S+ --assert '([^']+)'`).FindSubmatch(text)
	if found == nil {
		t.Fatal("the README holds no run against a baseline")
	}
	base := recordedAt(t, 200)
	runs := map[*result.Analysis]Verdict{recordedAt(t, 199): Pass, recordedAt(t, 180): Fail}
	for _, expr := range []string{string(found[1]), "onset.rate / baseline.onset.rate >= 0.95"} {
		a := []Assertion{parse(t, expr)}
		check(t, Check(a, Lanes(base), Lanes(base)))
		for run, want := range runs {
			for _, r := range Evaluate(run, base, a) {
				if r.Result != want {
					t.Errorf("%s: %+v, want %s", expr, r, want)
				}
			}
		}
	}
}

// TestIndependentQuotient: estimates of two runs, or of two lanes, divide by MOVER; what is of one lane, or no estimate, by
// the extremes.
func TestIndependentQuotient(t *testing.T) {
	a := shareRun(0, 1000)
	onset := &result.Onset{RPS: 100, Low: 98, High: 102, Method: "hinge"}
	a.Lanes[0].ErrorOnset, a.Lanes[0].OverflowOnset = onset, onset
	a.Lanes[0].Search = &result.Search{Goals: []result.SearchGoal{{Lower: ptr(100.), Lasting: ptr(98.), Upper: ptr(102.)}}}
	a.Lanes = append(a.Lanes, a.Lanes[0])
	a.Lanes[1].Name = "proxy"
	mover := math.Exp(-math.Hypot(math.Log(100./98), math.Log(1.02)))
	for expr, low := range map[string]float64{
		"direct.onset.rate / baseline.direct.onset.rate > 0.9":   mover,
		"proxy.onset.rate / direct.onset.rate > 0.9":             mover,
		"direct.onset.rate / direct.overflow_onset.rate > 0.9":   98. / 102,
		"direct.search.rate / baseline.direct.search.rate > 0.9": 98. / 102,
	} {
		if r := Evaluate(a, a, []Assertion{parse(t, expr)})[0]; math.Abs(*r.Low-low) > 1e-9 {
			t.Errorf("%s: %+v, want a lower bound of %v", expr, r, low)
		}
	}
}

// timed is a run of trials with these medians, of a hundred requests each, in milliseconds.
func timed(p50 ...float64) *result.Analysis {
	a := trialsOf(100, make([]uint64, len(p50))...)
	for i, x := range p50 {
		a.Lanes[0].Trials[i].Latency = result.Quantiles{P50: ptr(x / 1000), P50Interval: &result.Bounds{Low: x / 1001, High: x / 999}, Count: 100}
	}
	a.Lanes[0].Latency = a.Lanes[0].Trials[0].Latency
	return a
}

// TestRunIsNoReplicate: requests of one run are all as slow as its machine was that day. A quotient of two runs is one of
// pairs of trials, with room for that, and without enough of them it is not known.
func TestRunIsNoReplicate(t *testing.T) {
	base := timed(20, 20.1, 19.9, 20, 20.1)
	for _, c := range []struct {
		expr string
		run  *result.Analysis
		want Verdict
		says string
	}{
		{"latency.p50 / baseline.latency.p50 <= 1.05", timed(20.1, 20, 20, 20.1, 20), Pass, ""},
		{"latency.p50 / baseline.latency.p50 <= 1.05", timed(21.2, 21.3, 21.1, 21.2, 21.3), Inconclusive, "1.060 ["}, // 6 % slower
		{"latency.p50 / baseline.latency.p50 <= 1.05", timed(23, 23.1, 22.9, 23, 23.1), Fail, ""},
		{"latency.p50 / baseline.latency.p50 <= 1.05", timed(23, 23.1), Inconclusive, "2 pairs of trials"},
		{"baseline.latency.p50 / latency.p50 >= 0.95", timed(20.1, 20, 20, 20.1, 20), Pass, ""},
		{"latency.p50 / baseline.fail_latency.p50 <= 1.05", base, Inconclusive, "of one metric"},
		{"fail_latency.p50 / baseline.fail_latency.p50 <= 1.05", base, Inconclusive, "not kept"},
	} {
		if r := only(t, c.expr, c.run, base); r.Result != c.want || !strings.Contains(r.Measured+reason(r), c.says) {
			t.Errorf("%s: %+v, want %s, %q", c.expr, r, c.want, c.says)
		}
	}

	// As many failed, but once evenly and once in bursts: then nothing is known.
	even, burst := trialsOf(1000, 100, 102, 98, 100, 100), trialsOf(1000, 20, 380, 5, 80, 15)
	for _, c := range []struct {
		expr string
		run  *result.Analysis
		want Verdict
	}{
		{"bad.rate / baseline.bad.rate <= 1.3", trialsOf(1000, 200, 202, 198, 200, 200), Fail},
		{"bad.rate / baseline.bad.rate <= 1.36", even, Pass},
		{"bad.rate / baseline.bad.rate <= 1.36", burst, Inconclusive},
		{"outcome.connect_timeout.rate / baseline.outcome.connect_timeout.rate <= 1.36 @99.9", even, Inconclusive},
		{"goodput.rate / baseline.goodput.rate >= 0.95", even, Pass},
		{"goodput.rate / baseline.goodput.rate >= 0.95", trialsOf(1000, 200, 202, 198, 200, 200), Fail},
		{"bad.rate / baseline.bad.rate <= 1.3", trialsOf(1000, 0, 0, 0, 0, 0), Pass},
		{"bad.rate / baseline.bad.rate <= 1.3", shareRun(1000, 5000), Inconclusive},
		{"bad.count / baseline.bad.count <= 1", shareRun(500, 5000), Pass}, // what was seen, of these two runs
	} {
		if r := only(t, c.expr, c.run, even); r.Result != c.want {
			t.Errorf("%s: %+v, want %s", c.expr, r, c.want)
		}
	}
}

// TestInsideAllowance: a limit that the allowance alone reaches over is refused, and no other.
func TestInsideAllowance(t *testing.T) {
	for expr, refused := range map[string]bool{
		"onset.rate / baseline.onset.rate >= 0.95":                    false,
		"onset.rate / baseline.onset.rate >= 0.98":                    true,
		"onset.rate / baseline.onset.rate >= 1":                       true,
		"onset.rate / baseline.onset.rate > 1":                        false, // a gain is looked for
		"onset.rate / baseline.onset.rate in 0.9..1.1":                false,
		"onset.rate / baseline.onset.rate in 0.99..1.1":               true,
		"onset.rate / baseline.onset.rate in 1.6..1.65":               true, // narrower than what is known
		"onset.rate / baseline.onset.rate in 0..0.5":                  false,
		"onset.rate / baseline.onset.rate == 1":                       true,
		"onset.rate / baseline.onset.rate != 1":                       false,
		"proxy.onset.rate / direct.onset.rate >= 0.97":                false,
		"proxy.onset.rate / direct.onset.rate >= 0.98":                true,
		"onset.rate in 390..400":                                      true,
		"onset.rate in 390..410":                                      false,
		"onset.rate >= 390":                                           false,
		"latency.p50 / baseline.latency.p50 <= 1.02":                  true,
		"latency.p50 / baseline.latency.p50 <= 1.05":                  false,
		"proxy.latency.p50 / direct.latency.p50 <= 1.02":              false, // of one run
		"latency.p50 <= 20ms":                                         false,
		"plateau.rate / baseline.plateau.rate >= 0.99":                false,
		"onset.rate / overflow_onset.rate >= 0.99":                    false,
		"direct.onset.rate / baseline.direct.onset.rate <= 1.02 @95%": true,
	} {
		lanes := []string{"direct", "proxy"}
		err := Check([]Assertion{parse(t, expr)}, lanes, lanes)
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "allowance of ±2 %") {
			t.Errorf("%s: %v, want refused %v", expr, err, refused)
		}
	}
}
