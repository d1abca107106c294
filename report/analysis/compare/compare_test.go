package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/report/analysis"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

func ptr[T any](x T) *T { return &x }

// server is what a lane leads to, as far as a comparison sees it.
type server struct {
	latency, scatter float64 // ms of the median; standard deviation from trial to trial, relative
	theta            float64 // req/s above which requests fail, as outcome
	outcome          string
}

// trial has n requests whose latencies are spread evenly from half to double the trial's own median.
func (s server) trial(r *rand.Rand, index int, rate float64, n uint64) result.Trial {
	t := result.Trial{Index: index, Rate: rate, Start: float64(index), Duration: float64(n) / rate, Due: n,
		Sent: n, Complete: true, Drained: true}
	t.Bad = uint64(float64(n) * max(0, 1-s.theta/rate))
	t.Outcomes = map[string]uint64{"ok": n - t.Bad}
	if t.Bad > 0 {
		t.Outcomes[s.outcome] = t.Bad
	}
	if 20*t.Bad > t.Due {
		t.Served = ptr(s.theta * (1 + s.scatter*r.NormFloat64()))
	}
	median := s.latency * (1 + s.scatter*r.NormFloat64())
	for i := range n - t.Bad {
		x := median * math.Exp2(2*(float64(i)+.5)/float64(n-t.Bad)-1)
		t.Latencies = append(t.Latencies,
			result.LatencyCount{High: time.Duration(x * float64(time.Millisecond)), N: 1})
	}
	t.Latency = analysis.QuantilesOf(t.Latencies)
	return t
}

func (s server) lane(r *rand.Rand, name string, turn int, n uint64, rates ...float64) result.Lane {
	l := result.Lane{Name: name, Mode: "loss", Outcomes: map[string]uint64{}}
	for i, rate := range rates {
		first := (i + turn) % 2 // ABBA
		t := s.trial(r, 2*i+first, rate, n)
		l.Trials = append(l.Trials, t)
		for o, n := range t.Outcomes {
			l.Outcomes[o] += n
		}
	}
	l.ErrorOnset = &result.Onset{RPS: s.theta, Low: .97 * s.theta, High: 1.03 * s.theta, Method: "hinge"}
	return l
}

// both is a run of two lanes.
func both(seed uint64, direct, proxy server, n uint64, rates ...float64) *result.Analysis {
	r := rand.New(rand.NewPCG(seed, 1))
	return &result.Analysis{Name: "run", Valid: true, Ended: result.Ending{How: "complete"},
		Environment: map[string]string{},
		Lanes: []result.Lane{direct.lane(r, "direct", 0, n, rates...),
			proxy.lane(r, "proxy", 1, n, rates...)}}
}

var sixTimes = []float64{100, 100, 100, 100, 100, 100}

func TestPairTrials(t *testing.T) {
	of := func(rates ...float64) (list []result.Trial) {
		for i, rate := range rates {
			list = append(list, result.Trial{Index: i, Rate: rate, Start: float64(i), Duration: 2,
				Complete: true})
		}
		return list
	}
	a, b := of(100, 200, 100, 300, 100, 400), of(100, 100, 201, 305, 100, 400)
	a[2].Complete = false // the second of 100
	b[5].Duration = 3     // another load
	var got [][2]int
	for _, p := range pairTrials(a, b) {
		got = append(got, [2]int{p.a.Index, p.b.Index})
	}
	// 300 and 305 are not one load; the third of 100 goes with the third, though the second pair is lost
	if want := [][2]int{{0, 0}, {1, 2}, {4, 4}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if len(pairTrials(nil, b)) != 0 {
		t.Error("nothing has a pair")
	}
}

// TestLatencyAtEqualLoad: the difference is found, its interval holds the truth, and the percentile of an arm
// is that of its merged histogram, not the mean of its trials'.
func TestLatencyAtEqualLoad(t *testing.T) {
	a := both(1, server{20, .01, 1e9, "x"}, server{22, .01, 1e9, "x"}, 400, sixTimes...)
	for i := range a.Lanes { // one trial of an arm is ten times as slow: an average would go up by half
		slow := server{200, 0, 1e9, "x"}.trial(rand.New(rand.NewPCG(1, 1)), 0, 500, 4)
		slow.Complete = true
		a.Lanes[i].Trials = append(a.Lanes[i].Trials, slow)
	}
	c := Lanes(a)
	e := Effect(c, "latency.p50")
	if e.Finding != result.Higher || e.Pairs != 6 || e.Ratio.Low > 1.1 || e.Ratio.High < 1.1 ||
		e.Ratio.High-e.Ratio.Low > .1 {
		t.Errorf("%+v %+v", e, e.Ratio)
	}
	if d := e.Difference; d == nil || d.Low > .002 || d.High < .002 {
		t.Errorf("difference %+v, want 2 ms", d)
	}
	if v := *e.A.Value; v < .0195 || v > .0206 || e.A.Count != 2404 || e.B.Count != 2404 {
		t.Errorf("the arm's median is %v s: the slow trial has 4 of 2404 requests", v)
	}
	if e := Effect(c, "latency.p999"); e.Finding != result.NotKnown ||
		!strings.Contains(words.Of(e.Reason), "3,688 requests") || e.Ratio != nil {
		t.Errorf("p99.9 of trials of 400: %+v", e)
	}
	// the replicate is the trial: ten times the requests make nothing surer
	few := Effect(Lanes(both(3, server{20, .02, 1e9, "x"}, server{20, .02, 1e9, "x"}, 400, sixTimes...)),
		"latency.p50")
	many := Effect(Lanes(both(3, server{20, .02, 1e9, "x"}, server{20, .02, 1e9, "x"}, 4000, sixTimes...)),
		"latency.p50")
	if w, v := few.Ratio.High-few.Ratio.Low, many.Ratio.High-many.Ratio.Low; v < .8*w {
		t.Errorf("the interval is %v wide with 400 requests a trial, %v with 4000", w, v)
	}
	if few := Effect(Lanes(both(1, server{20, .01, 1e9, "x"}, server{40, .01, 1e9, "x"}, 400, 100, 100, 100,
		100)), "latency.p50"); few.Finding != result.NotKnown || few.Ratio != nil {
		t.Errorf("four pairs: %+v", few)
	}
}

// TestHonest: where nothing differs, a difference is found about one time in twenty, and one as large as the
// detectable one most times.
func TestHonest(t *testing.T) {
	const runs = 400
	found, detected := 0, 0
	for seed := range uint64(runs) {
		a := server{20, .02, 1e9, "x"}
		if e := Effect(Lanes(both(seed, a, a, 40, sixTimes...)),
			"latency.p50"); e.Finding != result.NoDifference {
			found++
		}
		slower := a
		slower.latency *= 1.06 // (t(.975) + t(.80), 5 degrees)·.02·√2/√6 = 4 %
		if e := Effect(Lanes(both(seed, a, slower, 40, sixTimes...)),
			"latency.p50"); e.Finding == result.Higher {
			detected++
		}
	}
	if found > runs*8/100 {
		t.Errorf("%d of %d equal runs differ", found, runs)
	}
	if detected < runs*90/100 {
		t.Errorf("6 %% were found in %d of %d", detected, runs)
	}
}

func TestFailures(t *testing.T) {
	lane := func(bad ...uint64) (l result.Lane) {
		for i, n := range bad {
			l.Trials = append(l.Trials, result.Trial{Rate: 100, Start: float64(i), Duration: 30, Due: 3000,
				Bad: n, Complete: true, Outcomes: map[string]uint64{"ok": 3000 - n, "http_502": n}})
		}
		return l
	}
	of := func(a, b result.Lane) *result.Effect {
		run := &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}}
		return Effect(Arms(run, &a, run, &b), "bad.rate")
	}
	// the golden of ANALYSIS: 12 and 30 of 3000
	e := of(lane(12), lane(30))
	if d := e.Difference; math.Abs(d.Value-.006) > 1e-9 || math.Abs(d.Low-.00178) > 5e-6 ||
		math.Abs(d.High-.01057) > 5e-6 || e.Finding != result.Higher {
		t.Errorf("%+v %+v", e, d)
	}
	if math.Abs(*e.A.Low-.00229) > 1e-5 || e.Reason.Code != "few_pairs_to_vary" {
		t.Errorf("%+v", e)
	}
	// the same sums, in bursts that come to either arm: the requests are not independent, and the trials say
	// so
	if e := of(lane(0, 0, 60, 0, 0, 0), lane(0, 150, 0, 0, 0, 0)); e.Finding != result.NoDifference ||
		e.Method.Code != "by_newcombe_widened" {
		t.Errorf("%+v %+v", e, e.Difference)
	}
	if e := of(lane(0, 0, 0, 0, 0), lane(0, 0, 0, 0, 0)); e.Finding != result.NoDifference ||
		*e.A.High < .0002 || *e.Detectable < .0002 {
		t.Errorf("none failed: %+v", e)
	}
	if e := of(lane(), lane(1)); e.Finding != result.NotKnown || e.A.Value != nil {
		t.Errorf("no trial: %+v", e)
	}
}

func TestOnset(t *testing.T) {
	onsetOf := func(rps float64, method result.Method) *result.Onset {
		return &result.Onset{RPS: rps, Low: .97 * rps, High: 1.03 * rps, Method: method}
	}
	e := onset("onset.rate", onsetOf(400, "hinge"), onsetOf(360, "hinge"), result.Finding{}, result.Finding{})
	if e.Finding != result.Lower || math.Abs(e.Ratio.Ratio-.9) > 1e-9 || e.Ratio.Low > .863 ||
		e.Ratio.High < .938 || e.Ratio.Low < .85 || e.Ratio.High > .95 {
		t.Errorf("%+v %+v", e, e.Ratio)
	}
	if d := *e.Detectable; d < .05 || d > .08 {
		t.Errorf("detectable %v", d)
	}
	for _, c := range []struct {
		a, b *result.Onset
		why  string
	}{{nil, onsetOf(1, "hinge"), "no failure up to"}, {onsetOf(1, "hinge"), onsetOf(1, "first trial"),
		"observed, not estimated"}, {nil, nil, "no failure"}} {
		if e := onset("onset.rate", c.a, c.b, result.Finding{Text: "no failure up to 5"},
			result.Finding{Text: "other"}); e.Finding != result.NotKnown ||
			!strings.Contains(words.Of(e.Reason), c.why) || e.Ratio != nil {
			t.Errorf("%+v", e)
		}
	}
}

func TestWarnings(t *testing.T) {
	run := func() *result.Analysis {
		return both(1, server{20, 0, 1e9, "x"}, server{20, 0, 1e9, "x"}, 40, sixTimes...)
	}
	codes := func(c *result.Comparison) (list []string) {
		for _, d := range c.Warnings {
			list = append(list, string(d.Code))
		}
		return list
	}
	for want, change := range map[string]func(*result.Analysis){
		"":           func(*result.Analysis) {},
		"kernel":     func(a *result.Analysis) { a.Environment["kernel"] = "Linux 7" },
		"cpu":        func(a *result.Analysis) { a.Environment["cpu"] = "x" },
		"plan":       func(a *result.Analysis) { a.Lanes[0].Trials[3].Rate *= 1.1 },
		"engine":     func(a *result.Analysis) { a.Lanes[0].Engine = "steam" },
		"invalid":    func(a *result.Analysis) { a.Valid = false },
		"ended":      func(a *result.Analysis) { a.Ended.How = "interrupted" },
		"connection": func(a *result.Analysis) { a.Lanes[0].Connections.Use = "reuse" },
	} {
		a, b := run(), run()
		change(b)
		b.Environment["proxy"] = "nginx/2" // nothing passes it
		c := Arms(a, &a.Lanes[0], b, &b.Lanes[0])
		got := codes(c)
		if want == "" && len(got) != 0 || want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], want)) {
			t.Errorf("%q: %q", want, got)
		}
		if invalid := c.Verdict[0].Code == "compare_invalid"; invalid != (want == "invalid") ||
			invalid && len(c.Verdict) != 1 {
			t.Errorf("%q: %v", want, c.Verdict)
		}
	}
	a, b := run(), run()
	b.Environment["proxy"] = "nginx/2"
	if got := codes(Arms(a, &a.Lanes[1], b, &b.Lanes[1])); len(got) != 1 || got[0] != "proxy" {
		t.Errorf("two proxies: %q", got)
	}
}

func TestProxy(t *testing.T) {
	rates := []float64{100, 120, 140, 160, 180, 240, 260, 280, 300, 320}
	a := both(1, server{20, .003, 200, "connect_timeout"}, server{23, .003, 200, "http_504"}, 400, rates...)
	a.Lanes[1].LogClasses = []result.LogClass{{Source: "nginx.access", Class: "200/200/response/retried",
		Count: 3}, {Source: "nginx.access", Class: "502/502/header/retried", Count: 2}}
	c := Lanes(a)
	if c.Pairs != 10 || c.Calm != 5 || c.Design.Code != "design_abba" {
		t.Errorf("%d pairs, %d calm, %v", c.Pairs, c.Calm, c.Design)
	}
	p := c.Proxy
	for what, e := range map[string]result.ProxyEffect{"At the p99: ": p.Adds, "5 pairs": p.Adds,
		"No difference in failures was found: ":                                                                           p.Hides,
		"Most failures are connect_timeout in lane direct and http_504 in lane proxy.":                                    p.Hides,
		"The proxy retried 5 requests, of which 3 then succeeded.":                                                        p.Hides,
		"Failures begin at 1.000 [0.958, 1.043] × the direct rate. No difference was found. Minimum detectable change: 6": p.Costs} {
		if !e.Measured || !strings.Contains(words.Of(e.Text), what) {
			t.Errorf("%q is not in %q", what, words.Of(e.Text))
		}
	}
	by := p.Adds.Text.Args["p50"].(result.Finding).Args["by"].(unit.Estimate)
	if *by.Value < .0029 || *by.Value > .0031 || *by.Low < .0028 || *by.High > .0032 || by.Unit != unit.Time {
		t.Errorf("adds %v at the median", by)
	}
	// overload alone measures no latency that the proxy adds, and without an onset or a plateau there is no
	// cost
	over := both(1, server{20, .01, 200, "x"}, server{23, .01, 200, "y"}, 400, 205, 205, 205, 205, 205)
	over.Lanes[0].ErrorOnset, over.Lanes[0].NoOnset = nil, result.Finding{Text: "one rate only"}
	p = Lanes(over).Proxy
	if p.Adds.Measured || p.Adds.Text.Code != "proxy_not_measured" || p.Costs.Measured ||
		!strings.Contains(words.Of(p.Costs.Text), "one rate only") {
		t.Errorf("%+v", p)
	}
	if text := words.Of(p.Hides.Text); !strings.Contains(text, "Retries were not measured") {
		t.Errorf("%q", text)
	}
	over.Valid = false
	if p := Lanes(over).Proxy; p.Hides.Measured || !strings.Contains(words.Of(p.Hides.Text), "INVALID") {
		t.Errorf("%+v", p)
	}
	if Lanes(&result.Analysis{Lanes: a.Lanes[:1]}) != nil {
		t.Error("one lane is compared")
	}
}
