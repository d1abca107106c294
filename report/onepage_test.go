package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/unit"
)

// incidentRun is a lane that lost most of its requests.
func incidentRun() *result.Analysis {
	return &result.Analysis{
		Capacity: result.Capacity{Computed: ptr(2.96)},
		Lanes: []result.Lane{{Name: "direct"}, {
			Name: "proxy", Offered: 3000, Late: 20,
			Outcomes: map[string]uint64{string(loadgen.OK): 120, string(loadgen.ConnectTimeout): 80,
				string(loadgen.HTTP502): 2800},
			MaxRecvQ: ptr(uint32(129)), BacklogLimit: ptr(uint32(128)), Overflows: ptr(uint64(1)),
			Cause: result.Cause{Text: result.Finding{Text: "Too few workers."}},
			LogClasses: []result.LogClass{
				{Source: "nginx.access", Class: "502", Count: 2800},
				{Source: "nginx.error", Class: "unix_queue_full", Count: 30, Text: "few"},
				{Source: "nginx.error", Class: "connect_timeout", Count: 2800, Text: "upstream <timed> out"},
			},
			Health: &result.Health{Before: result.HealthCounts{OK: 3, P50: ptr(.0021)},
				During: result.HealthCounts{Slow: 2, Failed: 10}},
			Trials: []result.Trial{{Drained: true, DrainedAfter: ptr(4.25)}},
		}},
	}
}

func TestFiguresOfARun(t *testing.T) {
	got := *FiguresOf(incidentRun(), result.Estimate{})
	want := Figures{
		Capacity: "2.96 req/s", Good: "100 of 3,000", Lost: "96.7 %",
		Saw:      "2,800 × http_502, 80 × connect_timeout, 20 × late",
		Queue:    "129 of 128, 1 overflow",
		Health:   "before: 3 ok (p50 2.10 ms); during: 2 slow, 10 failed; after: none made",
		Recovery: "queue empty 4.2 s after the load", Cause: "Too few workers.",
		Log: "2,800 × upstream <timed> out",
	}
	if got != want {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
	if FiguresOf(nil, result.Estimate{}) != nil || FiguresOf(&result.Analysis{}, result.Estimate{}) != nil {
		t.Error("figures of a run that measured nothing")
	}
	nothing := FiguresOf(&result.Analysis{Lanes: []result.Lane{{Name: "direct"}}}, result.Estimate{})
	if nothing.Lost != unit.Unknown || nothing.Capacity != unit.Unknown || nothing.Queue != unit.Unknown ||
		nothing.Recovery != unit.Unknown || nothing.Saw != "none" {
		t.Errorf("what was not measured: %+v", nothing)
	}
}

// After an event the recovery is the gate's: until no request failed any more, which may be never.
func TestMendedText(t *testing.T) {
	for want, bad := range map[string][]uint64{
		"3.00 s after the change":                          {5, 5, 5, 5, 0, 0, 0, 0, 0, 0},
		"failures to the end of the load after the change": {5, 5, 5, 5, 5, 5, 5, 5, 5, 5},
		"0 s after the change":                             {5, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		a := incidentRun()
		a.Lanes[1].Timeline = result.Timeline{
			BinS: 1, AtS: []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, Offered: slices.Repeat([]float64{50}, 10),
			Bad:   map[string][]uint64{"http_502": bad},
			Marks: []result.Mark{{AtS: 1, Code: "event", Text: result.Finding{Text: "swap"}}},
		}
		f := FiguresOf(a, gate.Mended(&a.Lanes[1]))
		if f.Recovery != want || f.Capacity != "2.96 req/s, before the change" {
			t.Errorf("%v: %q, %q, want %q", bad, f.Recovery, f.Capacity, want)
		}
	}
}

// TestGoldenOnePage: of a simulated incident, as those see it who are sent the page.
func TestGoldenOnePage(t *testing.T) {
	c := &Claims{
		Started: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Version: "0.1.0", Page: "incident", Seed: 7,
		Command: []string{"weir", "reproduce", "incident"},
		Rows: []Claim{{
			Scenario: "incident", Claim: "Adding NGINX fixes it.", Outcome: ClaimRefuted,
			Shows: "It changes the status.",
			Now:   "Add workers.", Versions: []string{"Linux 6.18.5", "nginx/1.22.1", "weir backend"},
			Runs: []ClaimRun{{Variant: "nginx", Dir: "run",
				Figures: FiguresOf(fixture(incident)(), result.Estimate{})}},
		}},
	}
	var b bytes.Buffer
	if err := OnePageMarkdown(&b, c); err != nil {
		t.Fatal(err)
	}
	golden(t, "incident-page.md", b.Bytes())
}

// Both forms of the page say what to do, the claim, each figure, the cause and NGINX's line, and link the
// runs' reports.
func TestOnePageSaysItAll(t *testing.T) {
	c := &Claims{Page: "incident", Rows: []Claim{{
		Scenario: "incident", Claim: "The claim itself.", Verdict: "refuted", Shows: "What it shows.",
		Now: "Add workers.",
		Runs: []ClaimRun{{Variant: "tcp", Dir: "../a run",
			Figures: FiguresOf(incidentRun(), result.Estimate{})}, {Variant: "none"}},
	}}}
	var page, text bytes.Buffer
	if err := OnePageHTML(&page, c); err != nil {
		t.Fatal(err)
	}
	if err := OnePageMarkdown(&text, c); err != nil {
		t.Fatal(err)
	}
	for form, got := range map[string]string{"HTML": page.String(), "Markdown": text.String()} {
		for _, want := range []string{
			"What to do now", "Add workers.", "The claim itself.", "What it shows.", "../a%20run/report.html",
			"2.96 req/s", "100 of 3", "96.7 %", "80 × connect",
			"129 of 128", "during: 2 slow, 10 failed", "queue empty 4.2 s", "Too few workers.",
			"2,800 × upstream",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in\n%s", form, want, got)
			}
		}
		if strings.Contains(withoutCode(got), "<timed>") {
			t.Errorf("%s: markup of a log came through", form)
		}
	}
	if names := c.Pages(); len(names) != 0 {
		t.Errorf("pages %v of rows that name none", names)
	}
	c.Rows[0].Page = "incident"
	if names := c.Pages(); len(names) != 1 || names[0] != "incident" {
		t.Errorf("pages %v", names)
	}
}
