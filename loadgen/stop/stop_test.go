package stop

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Rule{
		"failures > 5%":                 {limit: .05},
		" failures>0.5 % ":              {limit: .005},
		"failures > 0.001%":             {limit: .00001},
		"failures.connect_timeout > 1%": {limit: .01, outcome: loadgen.ConnectTimeout},
		"failures.shed > 99%":           {limit: .99, outcome: loadgen.Shed},
		"latency > 500ms":               {limit: .01, slower: 500 * time.Millisecond},
		"latency.p99 > 1m 5s":           {limit: .01, slower: 65 * time.Second},
		"latency.p50 > 2s":              {limit: .5, slower: 2 * time.Second},
		"latency.p99.9 > 2s":            {limit: .001, slower: 2 * time.Second},
		"latency.p9999 > 2s":            {limit: .0001, slower: 2 * time.Second},
		"latency.p99.999 > 1ns":         {limit: .00001, slower: 1},
	} {
		got, err := Parse(text)
		if err != nil || math.Abs(got.limit-want.limit) > 1e-9 || got.outcome != want.outcome || got.slower != want.slower || got.String() != strings.TrimSpace(text) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "write it like failures > 5%",
		"failures < 5%":                "write it like failures > 5%",
		"failure > 5%":                 `"failure" is not known: did you mean failures?`,
		"latancy > 5ms":                "did you mean latency?",
		"> 5%":                         `"" is not known`,
		"failures. > 5%":               "nothing follows the dot",
		"failures.timeout > 5%":        `"timeout" is not an outcome that fails: did you mean failures.`,
		"failures.conect_timout>1%":    "did you mean failures.connect_timeout?",
		"failures.http_505 > 1%":       "did you mean failures.http_50",
		"failures.ok > 1%":             "not an outcome that fails",
		"failures.canceled > 1%":       "not an outcome that fails",
		"failures > 5":                 `"5" has no unit: write it like 5%`,
		"failures > x%":                `"x%" is not a share`,
		"failures > >5%":               "is not a share",
		"failures > 500ms":             "is not a share",
		"failures > 0%":                "allow from 0.001%",
		"failures > 0.0009%":           "allow from 0.001%",
		"failures > 100%":              "to 99.999%",
		"failures > 99.9999999999999%": "allow from",
		"failures > NaN%":              "allow from",
		"latency > 500":                `"500" has no unit: write it like 500ms`,
		"latency > 5%":                 "is not a time",
		"latency > 0s":                 "is not a time",
		"latency > -1s":                "is not a time",
		"latency.99 > 1s":              "did you mean latency.p99?",
		"latency.p100 > 1s":            "is not a quantile",
		"latency.p0 > 1s":              "is not a quantile",
		"latency.pNaN > 1s":            "is not a quantile",
		"latency.max > 1s":             "is not a quantile",
		"latency.p99.9999 > 1s":        "allow from",
	} {
		got, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || got != (Rule{}) {
			t.Errorf("%q: %+v, %v, want one line with %q", text, got, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"failures > 5%", "failures.shed>1e-3%", "latency.p9 > 1h", "latency.p999>.5s", "\xff.>", "a.b.c > 1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse(text)
		if err != nil {
			return
		}
		if c := newCusum(r.limit); !(c.good < 0 && c.bad1 > 0 && c.threshold > 2*c.bad1) || math.IsInf(c.good, 0) {
			t.Errorf("%q: %+v", text, c)
		}
	})
}

// What is bad to which rule.
func TestBad(t *testing.T) {
	const ms = time.Millisecond
	rules := map[string]Rule{}
	for _, text := range []string{"failures > 5%", "failures.shed > 5%", "latency > 500ms"} {
		rules[text] = must(t, text)
	}
	for _, c := range []struct {
		result                  loadgen.Result
		failures, shed, latency bool
	}{
		{loadgen.Result{Due: 1000 * ms, Sent: 1400 * ms, Done: 1500 * ms, Outcome: loadgen.OK}, false, false, false},
		{loadgen.Result{Due: 1000 * ms, Sent: 1400 * ms, Done: 1501 * ms, Outcome: loadgen.OK}, false, false, true}, // the generator's lag counts: it is what a user felt
		{loadgen.Result{Due: 1000 * ms, Done: 1001 * ms, Outcome: loadgen.ConnectRefused}, true, false, true},
		{loadgen.Result{Due: 1000 * ms, Done: 1000 * ms, Outcome: loadgen.Shed}, true, true, true},
		{loadgen.Result{Due: 1000 * ms, Done: 1001 * ms, Outcome: loadgen.HTTP4xx}, true, false, true},
	} {
		bad := map[string]uint64{}
		results := count.New(0)
		results.Watch(func(d *count.Reading) {
			for _, b := range d.Bins {
				for text, r := range rules {
					bad[text] += r.bad(b)
				}
			}
		})
		results.Record(c.result)
		results.Read()
		if a, b, d := bad["failures > 5%"] == 1, bad["failures.shed > 5%"] == 1, bad["latency > 500ms"] == 1; a != c.failures || b != c.shed || d != c.latency {
			t.Errorf("%+v: %v", c.result, bad)
		}
	}
}

func must(t testing.TB, text string) Rule {
	t.Helper()
	r, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ExampleWatch() {
	rule, err := Parse("failures > 5%")
	if err != nil {
		fmt.Println(err)
		return
	}
	w := Watch([]Rule{rule}, func(a Alarm) { fmt.Println(a.Text) }) // and cancel the run
	load := plan.Plan{Stages: []plan.Stage{{From: 100, To: 100, Duration: 10 * time.Second}}}
	results := count.New(0) // what an engine is given
	end := w.Trial(results, time.Now(), 0, load)
	defer end()
	for seq, due := range load.Due() {
		outcome := loadgen.OK
		if seq >= 500 {
			outcome = loadgen.HTTP503
		}
		results.Record(loadgen.Result{Seq: seq, Due: due, Done: due + time.Millisecond, Outcome: outcome})
		if seq%10 == 9 {
			results.Read() // as the watcher does, a hundred times a second
		}
	}
	// Output:
	// failures > 5%: 24 of the 24 requests done from 5.00 s to 5.23 s failed, 100 %, where 5 % are allowed
}
