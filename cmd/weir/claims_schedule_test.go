package main

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/report"
	"weir/report/result"
	"weir/scenarios/catalogue"
)

// bench makes runs that take no lab and notes how many there were at once.
type bench struct {
	mu           sync.Mutex
	now, most    int
	besideAlone  bool
	times        map[string]int // by variant
	invalidFirst string
	missing      string
}

func (b *bench) run(_ context.Context, _ experiment, v catalogue.Scenario) variantRun {
	b.mu.Lock()
	b.now++
	b.most = max(b.most, b.now)
	b.besideAlone = b.besideAlone || !v.Light && b.now > 1
	b.times[v.ID()]++
	first := b.times[v.ID()] == 1
	b.mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	b.mu.Lock()
	b.now--
	b.mu.Unlock()
	r := variantRun{ClaimRun: report.ClaimRun{Variant: v.Variant}, a: &result.Analysis{Valid: !first ||
		v.ID() != b.invalidFirst}}
	if v.ID() == b.missing {
		r = variantRun{ClaimRun: r.ClaimRun, verdict: report.ClaimSkipped, why: "install it"}
	}
	return r
}

func someExperiments() []experiment {
	of := func(name string, light bool, variants ...string) (e experiment) {
		e.name = name
		for _, v := range variants {
			s := catalogue.Scenario{Name: name, Variant: v, Light: light, Lanes: make([]catalogue.Lane, 1)}
			s.Load.Trials, s.Load.TrialDuration = 1, time.Second
			e.variants = append(e.variants, s)
		}
		return e
	}
	return []experiment{of("slow", false, "a", "b"), of("light", true, "a", "b", "c"),
		of("more", true, "a", "b", "c")}
}

func scheduled(b *bench, until time.Time) ([]experiment, *schedule) {
	b.times = map[string]int{}
	all := someExperiments()
	s := &schedule{run: b.run, agenda: newAgenda(io.Discard, true, all), until: until}
	s.all(context.Background(), all)
	return all, s
}

// What needs the machine to itself has it, light runs share it, and each is made once.
func TestScheduleSharesTheMachine(t *testing.T) {
	var b bench
	scheduled(&b, time.Time{})
	if b.besideAlone || b.most < 2 || b.most > beside || len(b.times) != 8 {
		t.Errorf("%d runs at once, beside one that is to be alone: %v, runs %v", b.most, b.besideAlone,
			b.times)
	}
	for id, n := range b.times {
		if n != 1 {
			t.Errorf("%s was run %d times", id, n)
		}
	}
}

// What was INVALID is run once more, and that run counts.
func TestScheduleRepeatsInvalid(t *testing.T) {
	b := bench{invalidFirst: "light-b"}
	all, s := scheduled(&b, time.Time{})
	if r := s.done[&all[1]]["b"]; b.times["light-b"] != 2 || !r.a.Valid {
		t.Errorf("run %d times, valid %v", b.times["light-b"], r.a.Valid)
	}
}

// A run that would not end within the budget is not begun, and its claim says so.
func TestScheduleKeepsToItsBudget(t *testing.T) {
	var b bench
	all, s := scheduled(&b, time.Now().Add(time.Second))
	if row := claim(all[0], s.done[&all[0]]); len(b.times) != 0 || row.Outcome != report.ClaimLeftOut {
		t.Errorf("%d runs, verdict %q", len(b.times), row.Outcome)
	}
}

// What an interrupt left out is not said to have had no time.
func TestScheduleSaysThatItWasInterrupted(t *testing.T) {
	b := bench{times: map[string]int{}}
	all := someExperiments()
	s := &schedule{run: b.run, agenda: newAgenda(io.Discard, true, all), until: time.Now().Add(time.Hour)}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.all(ctx, all)
	row := claim(all[0], s.done[&all[0]])
	if row.Outcome != report.ClaimLeftOut || !strings.Contains(row.Shows, "interrupted") ||
		strings.Contains(row.Shows, "budget") {
		t.Errorf("%s: %s", row.Outcome, row.Shows)
	}
}

// Of a run that was not the experiment that it was to be nothing is said of the claim, whatever its
// assertions say.
func TestJudgeOnlyTheExperiment(t *testing.T) {
	e := someExperiments()[0]
	for i := range e.variants {
		e.variants[i].Lanes[0].Name = "direct"
		e.variants[i].Verdicts = []catalogue.Verdict{{Verdict: "confirmed",
			If: []catalogue.Condition{{Run: "a", Assert: []string{"direct.offered > 0"},
				Places: []string{"1:1"}}}}}
	}
	run := func(warnings ...result.Warning) *result.Analysis {
		return &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"},
			Lanes: []result.Lane{{Name: "direct", Offered: 9}}, Warnings: warnings}
	}
	for code, want := range map[result.Code]report.ClaimOutcome{"send_lag": "confirmed",
		"server_ended": report.ClaimInvalid, "swap": report.ClaimInvalid, "log_lost": report.ClaimInvalid} {
		var row report.Claim
		judge(&row, e, map[string]*result.Analysis{"a": run(),
			"b": run(result.Warning{Code: code, Text: "it failed"})})
		if row.Outcome != want || want == report.ClaimInvalid &&
			!strings.Contains(row.Shows, "b: The experiment did not run as planned. it failed") {
			t.Errorf("%s: %q, %q; want %q", code, row.Outcome, row.Shows, want)
		}
	}
	var row report.Claim
	if judge(&row, e, map[string]*result.Analysis{"b": run()}); row.Outcome != report.ClaimUndecided {
		t.Errorf("without the run that it rests on: %q", row.Outcome)
	}
}

// Where a server is missing the claim is skipped, whatever its other runs showed.
func TestScheduleSkipsWhatIsMissing(t *testing.T) {
	b := bench{missing: "slow-a"}
	all, s := scheduled(&b, time.Time{})
	if row := claim(all[0], s.done[&all[0]]); row.Outcome != report.ClaimSkipped ||
		row.Shows != "install it" || b.times["slow-b"] != 0 {
		t.Errorf("verdict %q, %q; the other was run %d times", row.Outcome, row.Shows, b.times["slow-b"])
	}
}
