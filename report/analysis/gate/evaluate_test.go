package gate

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"weir/report/analysis/estimate"
	"weir/report/result"
	"weir/report/unit"
)

// TestRecordedRun: every metric that there is has a value in a whole run, within its interval, and says what
// the analysis says.
func TestRecordedRun(t *testing.T) {
	a := recorded(t)
	if !a.Valid {
		t.Fatal(a.InvalidReasons)
	}
	for _, m := range table() {
		name := m.name
		// this run has none, see TestEvents and TestSearch
		if strings.HasPrefix(name, "log.") || strings.HasPrefix(name, "health.") ||
			strings.HasPrefix(name, "search.") {
			continue
		}
		if name == "onset.rate" || name == "overflow_onset.rate" || name == "plateau.rate" ||
			strings.HasPrefix(name, "send_lag") || m.unit != unit.Time && m.unit != unit.Rate {
			i := m.read(scope{run: a, lane: &a.Lanes[0], level: 95})
			if !i.known() || !(i.low <= i.value && i.value <= i.high) {
				t.Errorf("%s: %+v", name, i)
			}
		}
	}
	l := a.Lanes[0]
	for expr, want := range map[string]float64{
		"direct.onset.rate > 1": l.ErrorOnset.RPS, "direct.plateau.rate > 1": *l.Plateau,
		"direct.latency.p99 > 1ms": *l.Latency.P99,
		"direct.overflows > 1":     float64(*l.Overflows), "direct.offered > 1": float64(l.Offered),
		"capacity.computed > 1":                       200,
		"direct.onset.rate / capacity.computed > 0.1": a.OnsetOverCapacity["direct"].Ratio,
		"proxy.onset.rate / direct.onset.rate > 0.1":  a.Agreement.Ratio,
		"direct.failed.rate > 0.1%":                   float64(l.Outcomes["connect_timeout"]) / float64(l.Offered),
		"direct.max_recv_q > 1":                       float64(*l.MaxRecvQ),
	} {
		if r := only(t, expr, a, nil); r.Value == nil || math.Abs(*r.Value-want) > 1e-9*want ||
			r.Result != Pass {
			t.Errorf("%s: %+v, want %v", expr, r, want)
		}
	}
	// less the one of each trial that a sample at its very start has seen
	opened := float64(l.Outcomes["ok"]) / float64(l.Sent)
	for expr, want := range map[string]float64{
		"direct.backend.connections_per_request > 0.1": opened,
		"direct.backend.cpu_per_request > 0.1ms":       300e-6 * opened,
		"direct.backend.starved > 0.01%":               *l.Backend.Starved,
	} {
		if r := only(t, expr, a, nil); r.Value == nil || math.Abs(*r.Value-want) > .01*want ||
			r.Result != Pass {
			t.Errorf("%s: %+v, want %v", expr, r, want)
		}
	}
	r := only(t, "direct.onset.rate / capacity.computed in 0.9..1.1", a, nil)
	if iv := a.OnsetOverCapacity["direct"]; math.Abs(*r.Low-iv.Low) > 1e-9 ||
		math.Abs(*r.High-iv.High) > 1e-9 {
		t.Errorf("%+v, want %+v", r, iv)
	}
}

// TestEachLane: without a lane the assertion is made of each, in the baseline too.
func TestEachLane(t *testing.T) {
	a := shareRun(0, 5000)
	a.Lanes = append(a.Lanes, shareRun(50, 5000).Lanes[0])
	a.Lanes[1].Name = "proxy"
	results := Evaluate(a, a, []Assertion{parse(t, "bad.rate < 0.5%"),
		parse(t, "failed.count / baseline.offered == 1%"), parse(t, "direct.bad.count == 0")})
	var got []string
	for _, r := range results {
		got = append(got, r.Lane+" "+string(r.Result))
	}
	if want := "[direct pass proxy fail direct fail proxy pass  pass]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %v", got, want)
	}
	a.Lanes = nil
	if r := only(t, "bad.rate < 1%", a, nil); r.Result != Inconclusive ||
		reason(r) != "The run has no lane." {
		t.Errorf("%+v", r)
	}
}

// TestClassOfOutcomes: http_5xx is every answer from 500 on, and each of them has a name of its own too.
func TestClassOfOutcomes(t *testing.T) {
	a := shareRun(0, 5000)
	a.Lanes[0].Outcomes = map[string]uint64{"ok": 4990, "http_4xx": 3, "http_500": 1, "http_502": 1,
		"http_504": 4, "http_5xx_other": 1}
	for expr, want := range map[string]result.Verdict{
		"outcome.http_5xx.count == 0": Fail, "outcome.http_5xx.count == 7": Pass,
		"outcome.http_5xx.rate < 0.1%": Inconclusive,
		"outcome.http_504.count == 4":  Pass, "outcome.http_5xx_other.count == 1": Pass,
		"outcome.http_503.count == 0": Pass,
		"outcome.http_4xx.count == 3": Pass,
	} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
}

// TestAbsentIsNotZero: what was not measured neither passes nor fails, and the reason is told.
func TestAbsentIsNotZero(t *testing.T) {
	a := shareRun(0, 300)
	a.Lanes[0].NoOnset = result.Finding{Code: "no_failure", Args: result.Args{"rate": 640.}}
	a.Lanes[0].Reconciliation.Verdict, a.Lanes[0].Reconciliation.Rule.Text = result.NotMeasured,
		"not measured: x"
	a.Lanes[0].Latency = result.Quantiles{P50: ptr(.02), P90: ptr(.03), Max: ptr(.09), Count: 300}
	a.Lanes[0].OverflowOnset = &result.Onset{RPS: 5, Low: 4, High: 6, Method: result.FirstOverflow,
		How: result.Finding{Code: "by_first_overflow"}}
	for expr, why := range map[string]string{
		"overflows == 0": "overflows: The kernel was not read", "overflows > 0": "The kernel",
		"max_recv_q < 5":          "was not seen",
		"onset.rate > 1":          "onset.rate: No request failed up to 640",
		"overflow_onset.rate > 1": "observed, not estimated: the first overflow",
		"plateau.rate > 1":        "none shows a plateau", "capacity.computed > 1": "number of workers",
		"reconciliation.ratio < 2": "not measured: x",
		"latency.p99 < 1s":         "300 requests are too few for a p99",
		"latency.p95 < 1s":         "300 requests are too few for a p95",
		"send_lag.p50 < 1s":        "no such request", "goodput.rate > 1": "No request that was due",
		"proxy.bad.rate < 9%":              "The run has no lane proxy",
		"bad.rate / baseline.bad.rate < 9": "There is no baseline",
		"overflows == 0 over 1s":           "no timeline", "bad.rate < 1% over 1s": "no timeline",
	} {
		if r := only(t, expr, a, nil); r.Result != Inconclusive || !strings.Contains(reason(r), why) ||
			r.Value != nil || r.Measured != unit.Unknown {
			t.Errorf("%s: %+v, want the reason %q", expr, r, why)
		}
	}
	a.Lanes[0].Listener = "/run/app.sock"
	if r := only(t, "overflows == 0", a, nil); !strings.Contains(reason(r), "unix socket") {
		t.Error(reason(r))
	}
	if r := only(t, "bad.rate < 1%", &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"},
		Lanes: []result.Lane{{Name: "direct"}}}, nil); r.Result != Inconclusive {
		t.Errorf("no requests: %+v", r)
	}
}

// TestPartlyKnown: a sum that misses a trial is the least that it can be, and canceled requests may have been
// either.
func TestPartlyKnown(t *testing.T) {
	a := shareRun(0, 3000)
	l := &a.Lanes[0]
	l.Overflows, l.Trials = ptr(uint64(3)), []result.Trial{{Overflows: ptr(uint64(3))}, {}}
	for expr, want := range map[string]Verdict{
		"overflows == 0": Fail, "overflows <= 5": Inconclusive, "overflows >= 3": Pass,
		"overflows == 3": Inconclusive,
	} {
		if r := only(t, expr, a, nil); r.Result != want || r.High != nil || *r.Low != 3 {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
	l.Outcomes = map[string]uint64{"ok": 2900, "canceled": 100}
	for expr, want := range map[string]Verdict{
		"bad.rate < 1%": Inconclusive, "bad.rate < 5%": Pass, "bad.count == 0": Inconclusive,
		"bad.count <= 100":           Pass,
		"outcome.http_502.count < 3": Inconclusive, "outcome.ok.count >= 2900": Pass,
	} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
}

// TestUnbelievable: neither an INVALID run nor an INVALID baseline decides anything, and what was cut off
// passes nothing.
func TestUnbelievable(t *testing.T) {
	run := func(valid bool, ended string) *result.Analysis {
		a := shareRun(1, 3000)
		a.Valid = valid
		a.Ended.How, a.Ended.Why, _ = strings.Cut(ended, ": ")
		a.InvalidReasons = []result.Finding{{Code: "sent_late"}}
		return a
	}
	const passes, fails, both = "bad.count == 1", "bad.count == 0", "bad.count / baseline.bad.count == 1"
	good := run(true, "complete")
	for _, c := range []struct {
		expr        string
		a, baseline *result.Analysis
		want        Verdict
		why         string
	}{
		{passes, good, run(false, "failed"), Pass, ""},
		{both, good, good, Pass, ""},
		{passes, run(false, "complete"), nil, Invalid, "The run is INVALID"},
		{fails, run(false, "complete"), nil, Invalid, "The run is INVALID"},
		{"overflows == 0", run(false, "complete"), nil, Invalid, "The run is INVALID"},
		{both, good, run(false, "complete"), Invalid, "The baseline is INVALID"},
		{passes, run(true, "interrupted"), nil, Inconclusive, "did not end by itself (interrupted)"},
		{passes, run(true, "cut short"), nil, Inconclusive, "did not end"},
		{passes, run(true, "cut short: as long as it may be"), nil, Pass, ""},
		{fails, run(true, "aborted: x"), nil, Fail, ""},
		{both, good, run(true, "interrupted"), Inconclusive, "did not end"},
	} {
		if r := only(t, c.expr, c.a, c.baseline); r.Result != c.want || !strings.Contains(reason(r), c.why) {
			t.Errorf("%s: %+v, want %s, %q", c.expr, r, c.want, c.why)
		}
	}
}

// TestPercentiles: those that an analysis has, any other from the trials' histograms, and none that the
// requests are too few for, or of which the histograms were not kept.
func TestPercentiles(t *testing.T) {
	a := shareRun(0, 2000)
	l := &a.Lanes[0]
	var counts result.Latencies
	for i := range 1000 {
		counts = append(counts, result.LatencyCount{High: time.Duration(i+1) * ms, N: 1})
	}
	for range 2 {
		l.Trials = append(l.Trials, result.Trial{Latencies: counts, Latency: result.Quantiles{Count: 1000}})
	}
	l.Latency = result.Quantiles{P50: ptr(.05), P50Interval: &result.Bounds{Low: .04, High: .06},
		Max: ptr(1.), Count: 2000}
	for expr, want := range map[string]Verdict{
		"latency.p50 in 50ms..50ms": Inconclusive, "latency.p50 in 40ms..60ms": Pass,
		"latency.max == 1s":           Pass,
		"latency.p95 in 938ms..961ms": Pass, "latency.p95 > 950ms": Inconclusive, "latency.p75 < 700ms": Fail,
		"latency.p99.5 < 2s":  Pass,
		"latency.p99.99 < 2s": Inconclusive, "latency.p99 < 2s": Inconclusive,
	} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
	if r := only(t, "latency.p95 > 1ms", a, nil); *r.Value != .95 {
		t.Errorf("%+v", r)
	}
	l.Trials[1].Latencies = nil
	if r := only(t, "latency.p95 < 2s", a, nil); r.Result != Inconclusive ||
		!strings.Contains(reason(r), "too many latencies to keep") {
		t.Errorf("%+v", r)
	}
}

// TestGoodput: 900 of 1000 requests in 10 s are 90/s, with Wilson's interval of the share; a trial cut off
// does not count.
func TestGoodput(t *testing.T) {
	a := shareRun(0, 0)
	a.Lanes[0].Trials = []result.Trial{{Due: 600, Bad: 60, Duration: 6, Complete: true},
		{Due: 400, Bad: 40, Duration: 4, Complete: true}, {Due: 900, Bad: 900, Duration: 9}}
	r := only(t, "goodput.rate > 85/s", a, nil)
	low, high := estimate.Wilson(900, 1000)
	if *r.Value != 90 || math.Abs(*r.Low-100*low) > 1e-9 || math.Abs(*r.High-100*high) > 1e-9 ||
		r.Result != Pass {
		t.Errorf("%+v", r)
	}
	b := binned() // of 100 requests in a second 20 were canceled, and may have been good
	b.Lanes[0].Timeline.Bad["canceled"] = make([]uint64, 60)
	b.Lanes[0].Timeline.Bad["canceled"][3], b.Lanes[0].Timeline.Bad["canceled"][5] = 10, 10
	i := lookup("goodput.rate").in(scope{lane: &b.Lanes[0], level: 95}, stretch{0, 10})
	if low, _ := estimate.Wilson(80, 100); i.high != 100 || math.Abs(i.low-100*low) > 1e-9 || i.value != 100 {
		t.Errorf("%+v", i)
	}
}

// TestStated: what was measured has its interval, and what was said is taken as said.
func TestStated(t *testing.T) {
	x, low, high := 2., 1., 3.
	for _, c := range []struct {
		low, high *float64
		want      interval
	}{{&low, &high, interval{value: 2, low: 1, high: 3}}, {nil, &high, exact(2)}, {&low, nil, exact(2)},
		{nil, nil, exact(2)}} {
		if got := stated(&x, c.low, c.high); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
}

func ptr[T any](x T) *T { return &x }

func TestResult(t *testing.T) {
	a := parse(t, "latency.p99 < 250ms")
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		i      interval
		v      Verdict
		text   string
		reason string
		known  string // of value, low and high
	}{
		{interval{value: .02, low: .01, high: .03}, Pass, "20.0 ms [10.0, 30.0]", "", "vlh"},
		{interval{value: .02, low: .01, high: .3}, Inconclusive, "20.0 ms [10.0, 300]",
			"reaches over the limit", "vlh"},
		{interval{value: .02, low: .01, high: .3, note: result.Finding{Text: "x"}}, Inconclusive,
			"20.0 ms [10.0, 300]", "x", "vlh"},
		{exact(.02), Fail, "20.0 ms", "", "vlh"},
		{interval{value: .02, low: .01, high: inf}, Inconclusive, "20.0 ms [10.0, ∞]", "reaches", "vl"},
		{interval{value: nan, low: .3, high: inf}, Fail, "at least 300 ms", "", "l"},
		{interval{value: nan, low: 0, high: .1}, Pass, "0 s to 100 ms", "", "lh"},
		{interval{value: nan, low: 0, high: inf}, Invalid, "not known", "", ""},
		{interval{value: .02, low: 0, high: inf}, Inconclusive, "20.0 ms [0, ∞]", "reaches", "vl"},
		{unknownFor(result.Finding{Text: "why"}), Inconclusive, "not known", "why", ""},
		{interval{value: 1, low: 1, high: 1, absent: result.Finding{Text: "why"},
			note: result.Finding{Text: "and"}}, Inconclusive, "not known", "why and", ""},
	} {
		r := a.result(c.i, c.v)
		known := ""
		for k, x := range map[string]*float64{"v": r.Value, "l": r.Low, "h": r.High} {
			if (x != nil) != strings.Contains(c.known, k) {
				known += k
			}
		}
		if r.Measured != c.text || !strings.Contains(reason(r), c.reason) ||
			c.reason == "" && reason(r) != "" || known != "" || r.Unit != "time" {
			t.Errorf("%+v %s: %+v, wrong of %q", c.i, c.v, r, known)
		}
	}
}

// TestReadmeGate: an unchanged server passes the baseline's line of the README, one a tenth slower fails it,
// and so it is with what the other examples say.
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

// TestIndependentQuotient: estimates of two runs, or of two lanes, divide by MOVER; what is of one lane, or
// no estimate, by the extremes.
func TestIndependentQuotient(t *testing.T) {
	a := shareRun(0, 1000)
	onset := &result.Onset{RPS: 100, Low: 98, High: 102, Method: "hinge"}
	a.Lanes[0].ErrorOnset, a.Lanes[0].OverflowOnset = onset, onset
	a.Lanes[0].Search = &result.Search{Goals: []result.SearchGoal{{Lower: ptr(100.), Lasting: ptr(98.),
		Upper: ptr(102.)}}}
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
		a.Lanes[0].Trials[i].Latency = result.Quantiles{P50: ptr(x / 1000),
			P50Interval: &result.Bounds{Low: x / 1001, High: x / 999}, Count: 100}
	}
	a.Lanes[0].Latency = a.Lanes[0].Trials[0].Latency
	return a
}

// TestRunIsNoReplicate: requests of one run are all as slow as its machine was that day. A quotient of two
// runs is one of pairs of trials, with room for that, and without enough of them it is not known.
func TestRunIsNoReplicate(t *testing.T) {
	base := timed(20, 20.1, 19.9, 20, 20.1)
	for _, c := range []struct {
		expr string
		run  *result.Analysis
		want Verdict
		says string
	}{
		{"latency.p50 / baseline.latency.p50 <= 1.05", timed(20.1, 20, 20, 20.1, 20), Pass, ""},
		// 6 % slower
		{"latency.p50 / baseline.latency.p50 <= 1.05", timed(21.2, 21.3, 21.1, 21.2, 21.3), Inconclusive,
			"1.060 ["},
		{"latency.p50 / baseline.latency.p50 <= 1.05", timed(23, 23.1, 22.9, 23, 23.1), Fail, ""},
		{"latency.p50 / baseline.latency.p50 <= 1.05", timed(23, 23.1), Inconclusive, "2 pairs of trials"},
		{"baseline.latency.p50 / latency.p50 >= 0.95", timed(20.1, 20, 20, 20.1, 20), Pass, ""},
		{"latency.p50 / baseline.fail_latency.p50 <= 1.05", base, Inconclusive, "in one metric"},
		{"fail_latency.p50 / baseline.fail_latency.p50 <= 1.05", base, Inconclusive, "not kept"},
	} {
		if r := only(t, c.expr, c.run, base); r.Result != c.want ||
			!strings.Contains(r.Measured+reason(r), c.says) {
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
		{"outcome.connect_timeout.rate / baseline.outcome.connect_timeout.rate <= 1.36 @99.9", even,
			Inconclusive},
		{"goodput.rate / baseline.goodput.rate >= 0.95", even, Pass},
		{"goodput.rate / baseline.goodput.rate >= 0.95", trialsOf(1000, 200, 202, 198, 200, 200), Fail},
		{"bad.rate / baseline.bad.rate <= 1.3", trialsOf(1000, 0, 0, 0, 0, 0), Pass},
		{"bad.rate / baseline.bad.rate <= 1.3", shareRun(1000, 5000), Inconclusive},
		// what was seen, of these two runs
		{"bad.count / baseline.bad.count <= 1", shareRun(500, 5000), Pass},
	} {
		if r := only(t, c.expr, c.run, even); r.Result != c.want {
			t.Errorf("%s: %+v, want %s", c.expr, r, c.want)
		}
	}
}
