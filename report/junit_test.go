package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"weir/report/analysis"
	"weir/report/analysis/gate"
)

// judged is one result of each kind, with everything in it that has a meaning in XML, Markdown or a terminal.
func judged() (*analysis.Analysis, []gate.Result) {
	const evil = "]]><script>alert(1)</script> & \"'|*b*` @x \x1b[2J\u202e\x00"
	a := &analysis.Analysis{Name: evil, Started: "2026-01-02T03:04:05Z", InvalidReasons: []string{evil}}
	var list []gate.Result
	for _, v := range []gate.Verdict{gate.Pass, gate.Fail, gate.Inconclusive, gate.Invalid} {
		list = append(list, gate.Result{Expr: "bad.rate < 0.5% " + evil, Name: string(v) + evil, Lane: "direct" + evil, Result: v, Reason: evil})
	}
	list[0].Name, list[0].Lane = "", ""
	return a, list
}

func TestJUnit(t *testing.T) {
	a, results := judged()
	var b bytes.Buffer
	if err := JUnit(&b, a, results); err != nil {
		t.Fatal(err)
	}
	printable(t, b.String())
	var back junitSuites
	if err := xml.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatalf("%v:\n%s", err, b.String())
	}
	if back.Tests != 4 || back.Failures != 1 || back.Errors != 1 || len(back.Suites) != 1 || back.Suites[0].Skipped != 1 || len(back.Suites[0].Cases) != 4 {
		t.Errorf("%+v", back)
	}
	for i, c := range back.Suites[0].Cases {
		has := [4]bool{c.Failure == nil && c.Error == nil && c.Skipped == nil, c.Failure != nil, c.Skipped != nil, c.Error != nil}
		for k, got := range has {
			if got != (k == i) {
				t.Errorf("case %d: %+v", i, c)
			}
		}
		if !strings.Contains(c.Name, "]]><script>alert(1)</script> & \"'|*b*`") {
			t.Errorf("the name was changed: %q", c.Name)
		}
	}
	if err := JUnit(failing{}, a, results); err == nil {
		t.Error("a full disk goes unseen")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestGateMarkdown(t *testing.T) {
	a, results := judged()
	var b bytes.Buffer
	if err := errors.Join(GateMarkdown(&b, a, []string{"the kernel differs: <b>"}, results), GateMarkdown(io.Discard, a, nil, nil)); err != nil {
		t.Fatal(err)
	}
	printable(t, b.String())
	prose := withoutCode(b.String())
	for _, live := range []string{"<script", "<b>", " @x", "]]>"} {
		if strings.Contains(prose, live) {
			t.Errorf("%q is live:\n%s", live, b.String())
		}
	}
	rows := 0
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "| ") {
			rows++
			if n := strings.Count(line, "|") - strings.Count(line, "\\|"); n != 5 {
				t.Errorf("%d bars in %q", n, line)
			}
		}
	}
	if rows != 6 || !strings.HasPrefix(b.String(), "### weir gate: invalid") || !strings.Contains(b.String(), "INVALID RUN") {
		t.Error(b.String())
	}
}

// TestSummaryFits: GitHub takes 1 MiB from a step; what does not pass is shown before what does.
func TestSummaryFits(t *testing.T) {
	var results []gate.Result
	for range 3000 {
		results = append(results, gate.Result{Expr: strings.Repeat("x", 400), Result: gate.Pass})
	}
	results = append(results, gate.Result{Expr: "the one that failed", Result: gate.Fail})
	var b bytes.Buffer
	if err := GateMarkdown(&b, demo(), nil, results); err != nil {
		t.Fatal(err)
	}
	shown := strings.Count(b.String(), strings.Repeat("x", 400))
	if b.Len() > 1<<20 || shown < 500 || !strings.Contains(b.String(), "the one that failed") || !strings.Contains(b.String(), fmt.Sprintf("%d more are in the run's report", 3000-shown)) {
		t.Errorf("%d bytes with %d answers: %.300s …", b.Len(), shown, b.String())
	}
}
