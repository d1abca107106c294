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
		l.Trials = append(l.Trials, PlannedTrial{Rate: rate, Due: uint64(2 * rate),
			Duration: 2 * time.Second})
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
		{"bad.rate < 0.1%", steps(6, nil),
			"the best that 1698 requests can show is 0 % [0, 0.226], at 95 %: it needs 3838 of them"},
		{"bad.rate <= 0%", steps(6, nil), "no number of requests shows more"},
		{"outcome.ok.rate > 99.9%", steps(6, nil), "can show is 100 % [99.8, 100]"},
		{"outcome.ok.rate > 99%", steps(6, nil), ""},
		{"bad.rate < 11% over 1s", steps(6, nil), ""},
		// 66 windows, each at 99.92 %
		{"bad.rate < 5% over 1s", steps(6, nil), "the best that 100 requests can show"},
		{"bad.rate < 10% over 3s", steps(6, nil), "no trial lasts 3s"},
		{"overflows == 0 over 250ms", steps(6, nil), "windows of 250ms are not whole bins of 100ms"},
		{"latency.p99 < 1s", steps(1, nil), "200 requests are too few for a p99"},
		{"latency.p99 < 1s", steps(6, nil), ""},
		{"latency.max < 1s", steps(1, nil), ""},
		{"onset.rate > 1/s", steps(6, nil), ""},
		{"onset.rate > 1/s", steps(5, nil), "at least 6 trials"},
		{"onset.rate > 1/s", steps(6, func(l *PlannedLane) { l.Loss = false }), "retrial mode"},
		{"onset.rate > 1/s", steps(6, func(l *PlannedLane) { l.Listener = "" }), "no listener is watched"},
		{"onset.rate > 1/s", steps(6, func(l *PlannedLane) { l.Listener = "/run/x" }), ""},
		{"overflow_onset.rate > 1/s", steps(6, func(l *PlannedLane) { l.Listener = "/run/x" }),
			"unix socket"},
		{"max_recv_q < 5", steps(1, func(l *PlannedLane) { l.Listener = "/run/x" }), ""},
		{"overflows == 0", steps(1, func(l *PlannedLane) { l.Listener = "" }),
			"for lane direct: no listener"},
		{"plateau.rate > 1/s", steps(5, nil), "at least 6 overloaded"},
		{"plateau.rate > 1/s", steps(6, nil), ""},
		{"onset.rate / capacity.computed > 1", steps(6, nil),
			"column 14: this plan cannot answer it: it needs the number of workers"},
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
		{"bad.rate / baseline.bad.rate < 2", baselinePlan(true),
			"this plan and the baseline have 0, the minimum is 5"},
		{"bad.rate / baseline.bad.rate < 2", pairedPlan(5), ""},
		{"bad.rate / baseline.bad.rate < 2", pairedPlan(4), "have 4, the minimum is 5"},
		{"bad.rate / baseline.failed.rate < 2", pairedPlan(5), "write bad.rate / baseline.bad.rate"},
		{"plateau.rate / baseline.plateau.rate < 1", baselinePlan(true),
			"baseline.plateau.rate: No complete trial"},
	} {
		err := CheckPlan([]Assertion{parse(t, c.expr)}, c.plan)
		words.Fill(err)
		if c.want == "" && err != nil ||
			c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
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
		p.Baseline.Lanes[0].Trials = append(p.Baseline.Lanes[0].Trials,
			result.Trial{Rate: t.Rate, Duration: t.Duration.Seconds(), Complete: true})
	}
	return p
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
