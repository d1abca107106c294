package gate

import (
	"strings"
	"testing"
	"time"

	"weir/report/result"
	"weir/report/words"
)

// steps is a plan of trials of 2 s from 100 to 200 req/s at a watched listener.
func steps(trials int, change func(*PlannedLane)) Plan {
	l := PlannedLane{Name: "direct", Loss: true, Listener: "10.0.0.3:80"}
	for i := range trials {
		rate := 100 + 100*float64(i)/float64(trials)
		l.Trials = append(l.Trials, PlannedTrial{Rate: rate, Due: uint64(2 * rate), Duration: 2 * time.Second})
	}
	if change != nil {
		change(&l)
	}
	return Plan{Lanes: []PlannedLane{l}}
}

func TestCheckPlan(t *testing.T) {
	for _, c := range []struct {
		expr string
		plan Plan
		want string // "": it can be measured
	}{
		{"bad.rate < 1%", steps(6, nil), ""},
		{"bad.rate < 0.1%", steps(6, nil), "the best that 1698 requests can show is 0 % [0 %, 0.226 %], at 95 %: it takes 3838 of them"},
		{"bad.rate <= 0%", steps(6, nil), "no number of requests shows more"},
		{"outcome.ok.rate > 99.9%", steps(6, nil), "can show is 100 % [99.8 %, 100 %]"},
		{"outcome.ok.rate > 99%", steps(6, nil), ""},
		{"bad.rate < 11% over 1s", steps(6, nil), ""},
		{"bad.rate < 5% over 1s", steps(6, nil), "the best that 100 requests can show"}, // 66 windows, each at 99.92 %
		{"bad.rate < 10% over 3s", steps(6, nil), "no trial lasts 3s"},
		{"overflows == 0 over 250ms", steps(6, nil), "in bins of 100ms"},
		{"latency.p99 < 1s", steps(1, nil), "200 requests are too few for a p99"},
		{"latency.p99 < 1s", steps(6, nil), ""},
		{"latency.max < 1s", steps(1, nil), ""},
		{"onset.rate > 1/s", steps(6, nil), ""},
		{"onset.rate > 1/s", steps(5, nil), "at least 6 trials"},
		{"onset.rate > 1/s", steps(6, func(l *PlannedLane) { l.Loss = false }), "retrial mode"},
		{"onset.rate > 1/s", steps(6, func(l *PlannedLane) { l.Listener = "" }), "no listener is watched"},
		{"onset.rate > 1/s", steps(6, func(l *PlannedLane) { l.Listener = "/run/x" }), ""},
		{"overflow_onset.rate > 1/s", steps(6, func(l *PlannedLane) { l.Listener = "/run/x" }), "unix socket"},
		{"max_recv_q < 5", steps(1, func(l *PlannedLane) { l.Listener = "/run/x" }), ""},
		{"overflows == 0", steps(1, func(l *PlannedLane) { l.Listener = "" }), "for lane direct: no listener"},
		{"plateau.rate > 1/s", steps(5, nil), "at least 6 overloaded"},
		{"plateau.rate > 1/s", steps(6, nil), ""},
		{"onset.rate / capacity.computed > 1", steps(6, nil), "column 14: this plan cannot tell: it takes the number of workers"},
		{"capacity.service_time < 1s", Plan{Capacity: true}, "the service time is not known"},
		{"direct.sent / baseline.direct.sent < 1", steps(6, nil), "there is no baseline"},
		{"onset.rate > 1/s", searchPlan(":80"), "has no onset: ask for search.rate"},
		{"search.rate > 1/s", searchPlan(":80"), ""},
		{"search.rate > 1/s", steps(6, nil), "give --search"},
		{"search.rate / capacity.computed > 0.9", searchPlan(":80"), "--workers"},
		{"overflows == 0", searchPlan(""), "no listener is watched"},
		{"bad.rate < 0.01%", searchPlan(":80"), ""}, // how many requests it will make is not known
		{"latency.p99 < 1s", searchPlan(":80"), ""},
		{"plateau.rate > 1/s", searchPlan(":80"), ""},
		{"bad.rate < 1% abort", searchPlan(":80"), "leave abort out"},
		{"sent / baseline.sent < 1", baselinePlan(true), ""},
		{"sent / baseline.sent < 1", baselinePlan(false), "The baseline is INVALID. why"},
		{"bad.rate / baseline.bad.rate < 2", baselinePlan(true), "of this plan and the baseline there are 0, 5 are the least"},
		{"bad.rate / baseline.bad.rate < 2", pairedPlan(5), ""},
		{"bad.rate / baseline.bad.rate < 2", pairedPlan(4), "there are 4, 5 are the least"},
		{"bad.rate / baseline.error.rate < 2", pairedPlan(5), "write bad.rate / baseline.bad.rate"},
		{"plateau.rate / baseline.plateau.rate < 1", baselinePlan(true), "baseline.plateau.rate: no complete trial"},
	} {
		err := CheckPlan([]Assertion{parse(t, c.expr)}, c.plan)
		words.Fill(err)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.expr, err, c.want)
		}
	}
}

func searchPlan(listener string) Plan {
	return Plan{Search: true, Lanes: []PlannedLane{{Name: "direct", Listener: listener}}}
}

func baselinePlan(valid bool) Plan {
	p := steps(6, nil)
	p.Baseline = shareRun(1, 100)
	p.Baseline.Valid = valid
	p.Baseline.InvalidReasons = []result.Finding{{Code: "why"}}
	return p
}

// pairedPlan is one of six trials, of which the baseline had so many.
func pairedPlan(n int) Plan {
	p := steps(6, nil)
	p.Baseline = shareRun(1, 100)
	for _, t := range p.Lanes[0].Trials[:n] {
		p.Baseline.Lanes[0].Trials = append(p.Baseline.Lanes[0].Trials, result.Trial{Rate: t.Rate, Duration: t.Duration.Seconds(), Complete: true})
	}
	return p
}

// TestAskedHasRoom: an hour of two lanes is no line of a record, which is said before the load, and so is nothing that
// nobody asked for.
func TestAskedHasRoom(t *testing.T) {
	base := shareRun(0, 1000)
	tl := &base.Lanes[0].Timeline
	tl.BinS, tl.Bad = .1, map[string][]uint64{"http_500": make([]uint64, 36_000)}
	for i := range 36_000 {
		tl.AtS, tl.Offered, tl.Goodput = append(tl.AtS, float64(i)/10), append(tl.Offered, 123.4), append(tl.Goodput, 123.4)
		tl.Overflows, tl.RecvQ, tl.Replayed = append(tl.Overflows, nil), append(tl.RecvQ, nil), append(tl.Replayed, nil)
		base.Lanes[0].LatencyMap.OK = append(base.Lanes[0].LatencyMap.OK, 1<<40)
	}
	base.Lanes = append(base.Lanes, base.Lanes[0])
	if asked, err := Ask([]Assertion{parse(t, "sent / baseline.sent < 2")}, base); err != nil || len(asked.Baseline) > 10_000 {
		t.Errorf("%v: %d bytes", err, len(asked.Baseline))
	}
	if _, err := Ask([]Assertion{parse(t, "baseline.direct.bad.rate < 5% over 1s")}, base); err == nil || !strings.Contains(err.Error(), "timeline makes") {
		t.Errorf("%v", err)
	}
}

// TestAsked: what a record keeps is judged as what it was made from, also after another program wrote the numbers.
func TestAsked(t *testing.T) {
	base := recorded(t)
	both := *base
	run := &both
	var asserts []Assertion
	for _, expr := range []string{"bad.rate < 50%", "onset.rate / baseline.onset.rate >= 0.9", "direct.overflows == 0", "baseline.direct.bad.rate < 99% over 1s", "plateau.rate / baseline.plateau.rate in 0.9..1.1"} {
		a := parse(t, expr)
		a.Name = "about " + expr
		asserts = append(asserts, a)
	}
	want := Evaluate(run, base, asserts)
	var err error
	if run.Asked, err = Ask(asserts, base); err != nil {
		t.Fatal(err)
	}
	Judge(run)
	if len(run.Assertions) != len(want) || len(want) != 8 {
		t.Fatalf("%d answers, want %d", len(run.Assertions), len(want))
	}
	for i, r := range run.Assertions {
		if w := want[i]; r.Name != w.Name || r.Result != w.Result || r.Measured != w.Measured || reason(r) != reason(w) || r.Lane != w.Lane {
			t.Errorf("%+v, want %+v", r, w)
		}
	}
	if asked, err := Ask(asserts[:1], base); err != nil || len(asked.Baseline) > len(run.Asked.Baseline)*4/5 {
		t.Errorf("%v: %d bytes without windows, %d with", err, len(asked.Baseline), len(run.Asked.Baseline))
	}
	reads := []Assertion{parse(t, "mended.time / baseline.mended.time < 1")}
	if asked, err := Ask(reads, base); err != nil || len(asked.Baseline) < len(run.Asked.Baseline) {
		t.Errorf("%v: %d bytes for what is read off the timeline, %d with it", err, len(asked.Baseline), len(run.Asked.Baseline))
	}
	if asked, err := Ask(nil, nil); asked != nil || err != nil {
		t.Errorf("%v, %v of nothing", asked, err)
	}

	run.Asked.Assertions[0].Expr, run.Asked.Baseline, run.Assertions = "bad.speed < 1", []byte(`{"lanes": 5}`), nil
	Judge(run)
	if r := run.Assertions[0]; r.Result != Inconclusive || !strings.Contains(reason(r), "unknown metric") {
		t.Errorf("%+v", r)
	}
	if r := run.Assertions[1]; r.Result != Inconclusive || !strings.Contains(reason(r), "no baseline") {
		t.Errorf("%+v", r)
	}
	if w := run.Warnings[len(run.Warnings)-1]; w.Code != "no_baseline" || !strings.Contains(w.Text, "cannot be read") {
		t.Errorf("%+v", w)
	}
}
