package gate

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"weir/report/analysis/estimate"
	"weir/report/result"
)

// TestRecordedRun: every metric that there is has a value in a whole run, within its interval, and says what the
// analysis says.
func TestRecordedRun(t *testing.T) {
	a := recorded(t)
	if !a.Valid {
		t.Fatal(a.InvalidReasons)
	}
	for name, m := range vocabulary() {
		if strings.HasPrefix(name, "log.") || strings.HasPrefix(name, "health.") || strings.HasPrefix(name, "search.") { // this run has none, see TestEvents and TestSearch
			continue
		}
		if name == "onset.rate" || name == "overflow_onset.rate" || name == "plateau.rate" || strings.HasPrefix(name, "send_lag") || m.unit != seconds && m.unit != rate {
			i := m.measure(scope{run: a, lane: &a.Lanes[0], level: 95})
			if !i.known() || !(i.low <= i.value && i.value <= i.high) {
				t.Errorf("%s: %+v", name, i)
			}
		}
	}
	l := a.Lanes[0]
	for expr, want := range map[string]float64{
		"direct.onset.rate > 1": l.ErrorOnset.RPS, "direct.plateau.rate > 1": *l.Plateau, "direct.latency.p99 > 1ms": *l.Latency.P99,
		"direct.overflows > 1": float64(*l.Overflows), "direct.offered > 1": float64(l.Offered), "capacity.computed > 1": 200,
		"direct.onset.rate / capacity.computed > 0.1": a.OnsetOverCapacity["direct"].Ratio,
		"proxy.onset.rate / direct.onset.rate > 0.1":  a.Agreement.Ratio,
		"direct.error.rate > 0.1%":                    float64(l.Outcomes["connect_timeout"]) / float64(l.Offered),
		"direct.max_recv_q > 1":                       float64(*l.MaxRecvQ),
	} {
		if r := only(t, expr, a, nil); r.Value == nil || math.Abs(*r.Value-want) > 1e-9*want || r.Result != Pass {
			t.Errorf("%s: %+v, want %v", expr, r, want)
		}
	}
	opened := float64(l.Outcomes["ok"]) / float64(l.Sent) // less the one of each trial that a sample at its very start has seen
	for expr, want := range map[string]float64{
		"direct.backend.connections_per_request > 0.1": opened, "direct.backend.cpu_per_request > 0.1ms": 300e-6 * opened, "direct.backend.starved > 0.01%": *l.Backend.Starved,
	} {
		if r := only(t, expr, a, nil); r.Value == nil || math.Abs(*r.Value-want) > .01*want || r.Result != Pass {
			t.Errorf("%s: %+v, want %v", expr, r, want)
		}
	}
	r := only(t, "direct.onset.rate / capacity.computed in 0.9..1.1", a, nil)
	if iv := a.OnsetOverCapacity["direct"]; math.Abs(*r.Low-iv.Low) > 1e-9 || math.Abs(*r.High-iv.High) > 1e-9 {
		t.Errorf("%+v, want %+v", r, iv)
	}
}

// TestEachLane: without a lane the assertion is made of each, in the baseline too.
func TestEachLane(t *testing.T) {
	a := shareRun(0, 5000)
	a.Lanes = append(a.Lanes, shareRun(50, 5000).Lanes[0])
	a.Lanes[1].Name = "proxy"
	results := Evaluate(a, a, []Assertion{parse(t, "bad.rate < 0.5%"), parse(t, "error.count / baseline.offered == 1%"), parse(t, "direct.bad.count == 0")})
	var got []string
	for _, r := range results {
		got = append(got, r.Lane+" "+string(r.Result))
	}
	if want := "[direct pass proxy fail direct fail proxy pass  pass]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %v", got, want)
	}
	a.Lanes = nil
	if r := only(t, "bad.rate < 1%", a, nil); r.Result != Inconclusive || !strings.Contains(reason(r), "no lane") {
		t.Errorf("%+v", r)
	}
}

// TestClassOfOutcomes: http_5xx is every answer from 500 on, and each of them has a name of its own too.
func TestClassOfOutcomes(t *testing.T) {
	a := shareRun(0, 5000)
	a.Lanes[0].Outcomes = map[string]uint64{"ok": 4990, "http_4xx": 3, "http_500": 1, "http_502": 1, "http_504": 4, "http_5xx_other": 1}
	for expr, want := range map[string]result.Verdict{
		"outcome.http_5xx.count == 0": Fail, "outcome.http_5xx.count == 7": Pass, "outcome.http_5xx.rate < 0.1%": Inconclusive,
		"outcome.http_504.count == 4": Pass, "outcome.http_5xx_other.count == 1": Pass, "outcome.http_503.count == 0": Pass,
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
	a.Lanes[0].Reconciliation.Verdict, a.Lanes[0].Reconciliation.Rule.Text = result.NotMeasured, "not measured: x"
	a.Lanes[0].Latency = result.Quantiles{P50: ptr(.02), P90: ptr(.03), Max: ptr(.09), Count: 300}
	a.Lanes[0].OverflowOnset = &result.Onset{RPS: 5, Low: 4, High: 6, Method: result.FirstOverflow, How: result.Finding{Code: "by_first_overflow"}}
	for expr, why := range map[string]string{
		"overflows == 0": "overflows: the kernel was not read", "overflows > 0": "the kernel", "max_recv_q < 5": "was not seen",
		"onset.rate > 1": "onset.rate: No request failed up to 640", "overflow_onset.rate > 1": "observed, not estimated: the first overflow",
		"plateau.rate > 1": "none shows a plateau", "capacity.computed > 1": "--workers", "reconciliation.ratio < 2": "not measured: x",
		"latency.p99 < 1s": "300 requests are too few for a p99", "send_lag.p50 < 1s": "no such request", "goodput.rate > 1": "no request was due",
		"proxy.bad.rate < 9%": "the run has no lane proxy", "bad.rate / baseline.bad.rate < 9": "there is no baseline",
		"overflows == 0 over 1s": "no timeline", "bad.rate < 1% over 1s": "no timeline",
	} {
		if r := only(t, expr, a, nil); r.Result != Inconclusive || !strings.Contains(reason(r), why) || r.Value != nil || r.Measured != "not known" {
			t.Errorf("%s: %+v, want the reason %q", expr, r, why)
		}
	}
	a.Lanes[0].Listener = "/run/app.sock"
	if r := only(t, "overflows == 0", a, nil); !strings.Contains(reason(r), "unix socket") {
		t.Error(reason(r))
	}
	if r := only(t, "bad.rate < 1%", &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{{Name: "direct"}}}, nil); r.Result != Inconclusive {
		t.Errorf("no requests: %+v", r)
	}
}

// TestPartlyKnown: a sum that misses a trial is the least that it can be, and canceled requests may have been either.
func TestPartlyKnown(t *testing.T) {
	a := shareRun(0, 3000)
	l := &a.Lanes[0]
	l.Overflows, l.Trials = ptr(uint64(3)), []result.Trial{{Overflows: ptr(uint64(3))}, {}}
	for expr, want := range map[string]Verdict{
		"overflows == 0": Fail, "overflows <= 5": Inconclusive, "overflows >= 3": Pass, "overflows == 3": Inconclusive,
	} {
		if r := only(t, expr, a, nil); r.Result != want || r.High != nil || *r.Low != 3 {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
	l.Outcomes = map[string]uint64{"ok": 2900, "canceled": 100}
	for expr, want := range map[string]Verdict{
		"bad.rate < 1%": Inconclusive, "bad.rate < 5%": Pass, "bad.count == 0": Inconclusive, "bad.count <= 100": Pass,
		"outcome.http_502.count < 3": Inconclusive, "outcome.ok.count >= 2900": Pass,
	} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
}

// TestUnbelievable: neither an INVALID run nor an INVALID baseline decides anything, and what was cut off passes nothing.
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
		{passes, run(true, "interrupted"), nil, Inconclusive, "did not end by itself: interrupted"},
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

func TestQuantile(t *testing.T) {
	q := result.Quantiles{P50: ptr(.05), P50Interval: &result.Bounds{Low: .04, High: .06}, Max: ptr(.09), Count: 300}
	if got := quantile(&q, 0); got.value != .05 || got.low != .04 || got.high != .06 || !got.known() {
		t.Errorf("p50: %+v", got)
	}
	if got := quantile(&q, 2); got.absent.Text != "300 requests are too few for a p99" {
		t.Errorf("p99: %+v", got)
	}
	if got := quantile(&q, 4); got.low != .09 || got.high != .09 {
		t.Errorf("max: %+v", got)
	}
}

// TestGoodput: 900 of 1000 requests in 10 s are 90/s, with Wilson's interval of the share; a trial cut off does not count.
func TestGoodput(t *testing.T) {
	a := shareRun(0, 0)
	a.Lanes[0].Trials = []result.Trial{{Due: 600, Bad: 60, Duration: 6, Complete: true}, {Due: 400, Bad: 40, Duration: 4, Complete: true}, {Due: 900, Bad: 900, Duration: 9}}
	r := only(t, "goodput > 85/s", a, nil)
	low, high := estimate.Wilson(900, 1000)
	if *r.Value != 90 || math.Abs(*r.Low-100*low) > 1e-9 || math.Abs(*r.High-100*high) > 1e-9 || r.Result != Pass {
		t.Errorf("%+v", r)
	}
	b := binned() // of 100 requests in a second 20 were canceled, and may have been good
	b.Lanes[0].Timeline.Bad["canceled"] = make([]uint64, 60)
	b.Lanes[0].Timeline.Bad["canceled"][3], b.Lanes[0].Timeline.Bad["canceled"][5] = 10, 10
	i := lookup("goodput.rate").window(scope{lane: &b.Lanes[0], level: 95}, stretch{0, 10})
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
	}{{&low, &high, interval{value: 2, low: 1, high: 3}}, {nil, &high, exact(2)}, {&low, nil, exact(2)}, {nil, nil, exact(2)}} {
		if got := stated(&x, c.low, c.high); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
}

func ptr[T any](x T) *T { return &x }
