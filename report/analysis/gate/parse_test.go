package gate

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"weir/report/unit"
)

func parse(t testing.TB, expr string) Assertion {
	t.Helper()
	a, err := Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var ignoreMetric = cmpopts.IgnoreUnexported(Term{})

func TestParse(t *testing.T) {
	one := func(metric, lane string) []Term { return []Term{{Metric: metric, Lane: lane, Column: 1}} }
	for _, c := range []struct {
		expr string
		want Assertion
	}{
		{"proxy.bad.rate < 0.5% @95", Assertion{Terms: one("bad.rate", "proxy"), Op: Less,
			Limit: Limit{.005, .005, "0.5%"}, Level: 95}},
		{"bad.rate<0.5%@99.9abort", Assertion{Terms: one("bad.rate", ""), Op: Less,
			Limit: Limit{.005, .005, "0.5%"}, Level: 99.9, Abort: true}},
		{"onset.rate / capacity.computed in 0.95..1.10 @95", Assertion{
			Terms: []Term{{Metric: "onset.rate", Column: 1}, {Metric: "capacity.computed", Column: 14}},
			Op:    In, Limit: Limit{.95, 1.1, "0.95..1.10"}, Level: 95}},
		{"proxy.onset.rate / direct.onset.rate >= 0.97 @95", Assertion{
			Terms: []Term{{Metric: "onset.rate", Lane: "proxy", Column: 1},
				{Metric: "onset.rate", Lane: "direct", Column: 20}},
			Op: GreaterEqual, Limit: Limit{.97, .97, "0.97"}, Level: 95}},
		{"direct.overflows == 0 over 10s abort", Assertion{
			Terms: one("overflows", "direct"), Op: Equal, Limit: Limit{0, 0, "0"}, Over: 10 * time.Second,
			Level: 95, Abort: true}},
		{"onset.rate / baseline.onset.rate >= 95%", Assertion{
			Terms: []Term{{Metric: "onset.rate", Column: 1},
				{Metric: "onset.rate", Baseline: true, Column: 14}},
			Op: GreaterEqual, Limit: Limit{.95, .95, "95%"}, Level: 95}},
		{"baseline.proxy.latency.p99 / proxy.latency.p99 / reconciliation.ratio > 1", Assertion{
			Terms: []Term{{Metric: "latency.p99", Lane: "proxy", Baseline: true, Column: 1},
				{Metric: "latency.p99", Lane: "proxy", Column: 30},
				{Metric: "reconciliation.ratio", Column: 50}},
			Op: Greater, Limit: Limit{1, 1, "1"}, Level: 95}},
		{"latency.p99 in 20 .. 30 ms", Assertion{Terms: one("latency.p99", ""), Op: In,
			Limit: Limit{.02, .03, "20ms..30ms"}, Level: 95}},
		{"onset.rate > 3000/m", Assertion{Terms: one("onset.rate", ""), Op: Greater,
			Limit: Limit{50, 50, "3000/m"}, Level: 95}},
		{"goodput.rate >= 40 req/s", Assertion{Terms: one("goodput.rate", ""), Op: GreaterEqual,
			Limit: Limit{40, 40, "40req/s"}, Level: 95}},
		{"plateau.rate > 40", Assertion{Terms: one("plateau.rate", ""), Op: Greater,
			Limit: Limit{40, 40, "40"}, Level: 95}},
		{"outcome.http_502.count <= 3", Assertion{Terms: one("outcome.http_502.count", ""), Op: LessEqual,
			Limit: Limit{3, 3, "3"}, Level: 95}},
		{"my-lane.send_lag.p99 != 1.5ms @95%", Assertion{Terms: one("send_lag.p99", "my-lane"), Op: NotEqual,
			Limit: Limit{.0015, .0015, "1.5ms"}, Level: 95}},
	} {
		got := parse(t, c.expr)
		c.want.Expr = c.expr
		near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })
		if diff := cmp.Diff(c.want, got, ignoreMetric, near); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.expr, diff)
		}
	}
}

// TestMistakes: each is refused, at its column, with what would be right.
func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		expr   string
		column int
		says   string
	}{
		{"", 1, "a metric is expected"},
		{"< 5", 1, "a metric is expected"},
		{"bad.rat < 5%", 1, `unknown metric "bad.rat"; did you mean bad.rate?`},
		{"  proxy.bad.rat < 5%", 3, "did you mean proxy.bad.rate?"},
		{"onset.rate / direct.onset < 1", 14, "did you mean direct.onset.rate"},
		{"http_req_duration.p(95)<500", 1,
			`unknown metric "http_req_duration.p(95)"; did you mean latency.p95?`},
		{"bad.rate < 1.1 * baseline.bad.rate", 12, "divide by it"},
		{"bad.rate < baseline.bad.rate", 12, "divide by it"},
		{"outcome.canceled.count < 1", 1, "unknown metric"},
		{"proxy.capacity.computed > 1/s", 1, "write capacity.computed"},
		{"bad.rate", 9, "a comparison is expected"},
		{"bad.rate = 5%", 10, "a comparison is expected: one of < <= > >= == != and in A..B; did you mean ==?"},
		{"bad.rate => 5%", 10, "did you mean >=?"},
		{"latency.p99 =< 1s", 13, "did you mean <=?"},
		{"bad.rate between 0..1%", 10, "in A..B"},
		{"proxy.latency.p50 - direct.latency.p50 < 1ms", 19, "only / joins metrics"},
		{"bad.rate < ", 12, "a number is expected"},
		{"bad.rate < -1%", 12, "a number is expected"},
		{"bad.rate < .5%", 12, "a number is expected"},
		{"bad.rate < 0.5", 12, "0.5 has no unit: write 0.5%"},
		{"latency.p99 < 250", 15, "250 has no unit: write 250ms or 250s"},
		{"latency.p99 < 250 over 10s", 15, "250 has no unit"},
		{"latency.p99 < 250%", 15, "is a share, and a time is compared"},
		{"latency.p99 < 250 seconds", 15, "250 has no unit"},
		{"latency.p99 < 250sec", 15, `"sec" is not a unit`},
		{"overflows < 5ms", 13, "is a time, and a count is compared: write 5"},
		{"onset.rate / capacity.computed > 1/s", 34, "is a rate, and a ratio is compared"},
		{"onset.rate / latency.p99 > 1", 14, "a rate cannot be divided by the time latency.p99"},
		{"onset.rate / onset.rate / onset.rate > 1", 27, "a ratio cannot be divided by the rate"},
		{"onset.rate in 5", 16, "a range is expected"},
		{"onset.rate in 5..3", 15, "5 is above 3"},
		{"bad.rate in 1..3", 13, "1 has no unit"},
		{"onset.rate > 5 @99", 16, "at 95 % only"},
		{"latency.p95 > 5ms @99", 19, "at 95 % only"},
		{"bad.rate / onset.rate > 5", 12, "cannot be divided"},
		{"bad.rate < 5% @50", 15, "above 50"},
		{"bad.rate < 5% @100", 15, "up to 99.999"},
		{"bad.rate < 5% @", 15, "a confidence"},
		{"latency.p99 < 1s @ 0.95", 18, "a confidence in per cent"},
		{"onset.rate > 5 over 10s", 16,
			"known of the whole run only: over goes with bad.rate, failed.rate, goodput.rate, overflows"},
		{"bad.rate / failed.rate > 5 over 10s", 28, "no ratio"},
		{"bad.rate < 5% over 0s", 20, "a duration"},
		{"bad.rate < 5% over ten", 20, "a duration"},
		{"bad.rate < 5% abort @95", 21, "in this order"},
		{"bad.rate < 5% at 200/s", 15, "nothing is expected here"},
		{"bad.rate < 5% && late.rate < 1%", 15, "one condition"},
		{"bad.rate < 5% and late.rate < 1%", 15, "write the next one as an assertion of its own"},
		{"é.bad.rate < 5%", 1, "a metric is expected"},
		{"bad.rate < 5% é", 15, "nothing is expected"},
		{strings.Repeat("x", 2000), 1, "longer than"},
	} {
		_, err := Parse(c.expr)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q was taken: %v", c.expr, err)
			continue
		}
		if syntax.Column != c.column || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want column %d and %q", c.expr, err, c.column, c.says)
		}
	}
}

// spelled is the assertion in one spelling. It parses to the same.
func spelled(a Assertion) string {
	var b strings.Builder
	for i, t := range a.Terms {
		if i > 0 {
			b.WriteString(" / ")
		}
		b.WriteString(t.String())
	}
	fmt.Fprintf(&b, " %s %s", a.Op, a.Limit.Text)
	if a.Over > 0 {
		fmt.Fprintf(&b, " over %v", a.Over)
	}
	if a.Level != DefaultLevel {
		b.WriteString(" @" + strconv.FormatFloat(a.Level, 'f', -1, 64))
	}
	if a.Abort {
		b.WriteString(" abort")
	}
	return b.String()
}

// FuzzParse: nothing makes the parser fall over, and what it takes it says again to the same effect.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"proxy.bad.rate < 0.5% @95", "onset.rate / baseline.onset.rate in 0.95..1.10 abort",
		"direct.overflows == 0 over 10s abort",
		"latency.p99 <= 20 ms", "goodput.rate>=3000/m@99.9%", "in..in in 1..2", "bad.rate < 5%/%",
		"\xff.bad.rate < 1%",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		a, err := Parse(expr)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Column < 1 || syntax.Column > len(expr)+1 {
				t.Fatalf("%q: %v", expr, err)
			}
			return
		}
		again, err := Parse(spelled(a))
		if err != nil {
			t.Fatalf("%q became %q: %v", expr, spelled(a), err)
		}
		if spelled(again) != spelled(a) {
			t.Fatalf("%q became %q, and that %q", expr, spelled(a), spelled(again))
		}
		again.Expr = a.Expr
		if diff := cmp.Diff(a, again, ignoreMetric, cmpopts.IgnoreFields(Term{}, "Column")); diff != "" {
			t.Fatalf("%q became %q:\n%s", expr, spelled(a), diff)
		}
	})
}

// TestSuggestions: what people of other tools write is answered by complete names that exist, and nonsense by
// none.
func TestSuggestions(t *testing.T) {
	for name, want := range map[string]string{
		"overflow":           "overflows or overflow_onset.rate",
		"direct.overflow":    "direct.overflows or direct.overflow_onset.rate",
		"p.capacity.computd": "capacity.computed",
		"direct.latancy.p99": "direct.latency.p99", "latency.p9x": "latency.p90",
		"baseline.proxy.onset.rte": "baseline.proxy.onset.rate",
		"onset":                    "onset.rate or overflow_onset.rate", "bad": "bad.rate or bad.count",
		"direct.onset": "direct.onset.rate or direct.overflow_onset.rate",
		"p95":          "latency.p95", "p99": "latency.p99", "p(99.9)": "latency.p999", "rps": "goodput.rate",
		"qps": "goodput.rate", "throughput": "goodput.rate",
		"cpu": "backend.cpu_per_request", "errors": "failed.rate", "failures": "failed.rate",
		"error.rate": "failed.rate", "error.count": "failed.count",
		"direct.errors": "direct.failed.rate", "success.rate": "outcome.ok.rate",
		"success":                 "outcome.ok.rate",
		"http_req_duration.p(95)": "latency.p95",
		"http_req_duration":       "latency.p50 or latency.p95 or latency.p99",
		"http_req_failed":         "failed.rate",
		"http_reqs.rate":          "goodput.rate", "recv_q.max": "max_recv_q",
		"outcome.timeout.rate": "outcome.connect_timeout.rate or outcome.response_timeout.rate",
		"log.http_504.count":   "outcome.http_504.count", "goodput": "goodput.rate",
		"latency":                "latency.p50 or latency.p95 or latency.p99",
		"5xx":                    "outcome.http_5xx.rate",
		"outcome.http_505.count": "outcome.http_500.count", "outcome.canceled.count": "", "speed": "",
		"xyzzy.rate": "", "foo": "",
	} {
		says := unknown(name)
		if want == "" && !strings.Contains(says, "`weir help metrics` lists them all") ||
			want != "" && !strings.Contains(says, "did you mean "+want+"?") {
			t.Errorf("%s, want %q", says, want)
		}
		for _, s := range suggest(strings.TrimPrefix(name, baselinePrefix)) {
			if _, err := Parse(s + " / " + s + " < 5"); err != nil {
				t.Errorf("%s: the suggestion %s is no metric: %v", name, s, err)
			}
		}
	}
	for word, list := range synonyms() {
		for _, name := range list {
			if lookup(name) == nil || lookup(word) != nil {
				t.Errorf("%s for %s: one is no metric, or the other is", name, word)
			}
		}
	}
}

// TestTable: every metric is read, has a unit, and is described by itself or by another one's row.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range table() {
		if seen[m.name] || m.read == nil || m.unit == "" || m.name != lookup(m.name).name ||
			m.most && !m.grows() && m.unit != unit.Time {
			t.Errorf("%+v", m)
		}
		seen[m.name] = true
	}
	for i, m := range Metrics() {
		if lookup(m.Name) == nil || m.What == "" || strings.HasSuffix(m.What, ".") {
			t.Errorf("%+v", m)
		}
		if want := []string{"bad.rate", "failed.rate", "latency.p50", "onset.rate", "goodput.rate",
			"overflows"}; i < Common && m.Name != want[i] {
			t.Errorf("%s comes at %d, want %s", m.Name, i, want[i])
		}
	}
	for name, want := range map[string]string{
		"latency.p95": "latency.p95", "latency.p99.9": "latency.p999", "latency.p9999": "latency.p9999",
		"latency.p99.99": "latency.p9999", "latency.p50": "latency.p50",
		"latency.p100": "", "latency.p0": "", "latency.p": "", "latency.p9x": "", "fail_latency.p95": "",
	} {
		if m := lookup(name); (m == nil) != (want == "") || m != nil && m.name != want {
			t.Errorf("%s: %+v, want %s", name, m, want)
		}
	}
}
