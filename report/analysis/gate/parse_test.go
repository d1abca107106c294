package gate

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
		{"proxy.bad.rate < 0.5% @95", Assertion{Terms: one("bad.rate", "proxy"), Op: Less, Limit: Limit{.005, .005, "0.5%"}, Level: 95}},
		{"bad.rate<0.5%@99.9abort", Assertion{Terms: one("bad.rate", ""), Op: Less, Limit: Limit{.005, .005, "0.5%"}, Level: 99.9, Abort: true}},
		{"onset.rate / capacity.computed in 0.95..1.10 @95", Assertion{
			Terms: []Term{{Metric: "onset.rate", Column: 1}, {Metric: "capacity.computed", Column: 14}},
			Op:    In, Limit: Limit{.95, 1.1, "0.95..1.10"}, Level: 95}},
		{"proxy.onset.rate / direct.onset.rate >= 0.97 @95", Assertion{
			Terms: []Term{{Metric: "onset.rate", Lane: "proxy", Column: 1}, {Metric: "onset.rate", Lane: "direct", Column: 20}},
			Op:    GreaterEqual, Limit: Limit{.97, .97, "0.97"}, Level: 95}},
		{"direct.overflows == 0 over 10s abort", Assertion{
			Terms: one("overflows", "direct"), Op: Equal, Limit: Limit{0, 0, "0"}, Over: 10 * time.Second, Level: 95, Abort: true}},
		{"onset.rate / baseline.onset.rate >= 95%", Assertion{
			Terms: []Term{{Metric: "onset.rate", Column: 1}, {Metric: "onset.rate", Baseline: true, Column: 14}},
			Op:    GreaterEqual, Limit: Limit{.95, .95, "95%"}, Level: 95}},
		{"baseline.proxy.latency.p99 / proxy.latency.p99 / reconciliation.ratio > 1", Assertion{
			Terms: []Term{{Metric: "latency.p99", Lane: "proxy", Baseline: true, Column: 1}, {Metric: "latency.p99", Lane: "proxy", Column: 30}, {Metric: "reconciliation.ratio", Column: 50}},
			Op:    Greater, Limit: Limit{1, 1, "1"}, Level: 95}},
		{"latency.p99 in 20 .. 30 ms", Assertion{Terms: one("latency.p99", ""), Op: In, Limit: Limit{.02, .03, "20ms..30ms"}, Level: 95}},
		{"error_onset.rate > 3000/m", Assertion{Terms: one("onset.rate", ""), Op: Greater, Limit: Limit{50, 50, "3000/m"}, Level: 95}},
		{"goodput >= 40 req/s", Assertion{Terms: one("goodput.rate", ""), Op: GreaterEqual, Limit: Limit{40, 40, "40req/s"}, Level: 95}},
		{"plateau.rate > 40", Assertion{Terms: one("plateau.rate", ""), Op: Greater, Limit: Limit{40, 40, "40"}, Level: 95}},
		{"outcome.http_502.count <= 3", Assertion{Terms: one("outcome.http_502.count", ""), Op: LessEqual, Limit: Limit{3, 3, "3"}, Level: 95}},
		{"my-lane.send_lag.p99 != 1.5ms @95%", Assertion{Terms: one("send_lag.p99", "my-lane"), Op: NotEqual, Limit: Limit{.0015, .0015, "1.5ms"}, Level: 95}},
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
		{"baseline.proxy.onset.rte / onset.rate > 1", 1, "did you mean baseline.proxy.onset.rate?"},
		{"onset.rate / direct.onset < 1", 14, "did you mean direct.onset.rate?"},
		{"latency < 5ms", 1, "did you mean latency."},
		{"p99 < 5ms", 1, "did you mean latency.p99"},
		{"bad.rate < 1.1 * baseline.bad.rate", 12, "divide by it"},
		{"bad.rate < baseline.bad.rate", 12, "divide by it"},
		{"outcome.http_505.count < 1", 1, "did you mean outcome.http_50"},
		{"outcome.canceled.count < 1", 1, "unknown metric"},
		{"overflow == 0", 1, "did you mean overflows?"},
		{"proxy.capacity.computed > 1/s", 1, "write capacity.computed"},
		{"bad.rate", 9, "a comparison is expected"},
		{"bad.rate = 5%", 10, "a comparison is expected"},
		{"bad.rate => 5%", 10, "a comparison is expected"},
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
		{"bad.rate / onset.rate > 5", 12, "cannot be divided"},
		{"bad.rate < 5% @50", 15, "above 50"},
		{"bad.rate < 5% @100", 15, "up to 99.999"},
		{"bad.rate < 5% @", 15, "a confidence"},
		{"onset.rate > 5 over 10s", 16, "known of the whole run only: over goes with bad.count, bad.rate"},
		{"bad.rate / error.rate > 5 over 10s", 27, "no ratio"},
		{"bad.rate < 5% over 0s", 20, "a duration"},
		{"bad.rate < 5% over ten", 20, "a duration"},
		{"bad.rate < 5% abort @95", 21, "in this order"},
		{"bad.rate < 5% and late.rate < 1%", 15, "nothing is expected here"},
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

// FuzzParse: nothing makes the parser fall over, and what it takes it says again to the same effect.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"proxy.bad.rate < 0.5% @95", "onset.rate / baseline.onset.rate in 0.95..1.10 abort", "direct.overflows == 0 over 10s abort",
		"latency.p99 <= 20 ms", "goodput>=3000/m@99.9%", "in..in in 1..2", "bad.rate < 5%/%", "\xff.bad.rate < 1%",
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
		again, err := Parse(a.String())
		if err != nil {
			t.Fatalf("%q became %q: %v", expr, a, err)
		}
		if again.String() != a.String() {
			t.Fatalf("%q became %q, and that %q", expr, a, again)
		}
		again.Expr = a.Expr
		if diff := cmp.Diff(a, again, ignoreMetric, cmpopts.IgnoreFields(Term{}, "Column")); diff != "" {
			t.Fatalf("%q became %q:\n%s", expr, a, diff)
		}
	})
}

func TestSuggestions(t *testing.T) {
	for name, want := range map[string]string{
		"overflow": "overflows", "direct.overflow": "direct.overflows", "latency.p95": "latency.p90", "p.capacity.computd": "capacity.computed",
		"direct.latency.p9999": "direct.latency.p999",
	} {
		if got := suggest(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, m := range Metrics() {
		if lookup(m.Name) == nil || m.Unit == "" {
			t.Errorf("%+v", m)
		}
	}
}
