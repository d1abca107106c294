package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/unit"
)

// judged is one result of each kind, with everything in it that has a meaning in XML, Markdown or a terminal.
func judged() (*result.Analysis, []gate.Result) {
	const evil = "]]><script>alert(1)</script> & \"'|*b*` @x \x1b[2J\u202e\x00"
	a := &result.Analysis{Name: evil, Started: "2026-01-02T03:04:05Z",
		InvalidReasons: []result.Finding{{Text: evil}}}
	var list []gate.Result
	for _, v := range []gate.Verdict{gate.Pass, gate.Fail, gate.Inconclusive, gate.Invalid} {
		list = append(list, gate.Result{Expr: "bad.rate < 0.5% " + evil, Name: string(v) + evil,
			Lane: "direct" + evil, Result: v, Reason: result.Finding{Text: evil}})
	}
	list[0].Name, list[0].Lane = "", ""
	return a, list
}

func TestJUnit(t *testing.T) {
	a, results := judged()
	var b bytes.Buffer
	if err := (Judgement{Run: a, Results: results}).JUnit(&b); err != nil {
		t.Fatal(err)
	}
	printable(t, b.String())
	var back junitSuites
	if err := xml.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatalf("%v:\n%s", err, b.String())
	}
	if back.Tests != 4 || back.Failures != 1 || back.Errors != 1 || len(back.Suites) != 1 ||
		back.Suites[0].Skipped != 1 || len(back.Suites[0].Cases) != 4 {
		t.Errorf("%+v", back)
	}
	for i, c := range back.Suites[0].Cases {
		has := [4]bool{c.Failure == nil && c.Error == nil && c.Skipped == nil, c.Failure != nil,
			c.Skipped != nil, c.Error != nil}
		for k, got := range has {
			if got != (k == i) {
				t.Errorf("case %d: %+v", i, c)
			}
		}
		if !strings.Contains(c.Name, "]]><script>alert(1)</script> & \"'|*b*`") {
			t.Errorf("the name was changed: %q", c.Name)
		}
	}
	if err := (Judgement{Run: a, Results: results}).JUnit(failing{}); err == nil {
		t.Error("a full disk goes unseen")
	}
}

// junitShape is Jenkins' junit-10.xsd as far as CI systems agree on it: the elements in each element, and its
// attributes, of which those that end in ! must be there.
var junitShape = map[string]struct{ children, attributes string }{
	"":           {"testsuites testsuite", ""},
	"testsuites": {"testsuite", "name time tests failures disabled errors"},
	"testsuite": {"properties testcase system-out system-err",
		"name! tests! failures! errors! time skipped timestamp hostname id package group file log url version"},
	"testcase": {"skipped error failure system-out system-err",
		"name! classname time assertions status class file line group"},
	"failure": {"", "type message"},
	"error":   {"", "type message"},
	"skipped": {"", "type message"},
}

// TestJUnitShape holds the elements and attributes against the schema, and each count against what is there.
func TestJUnitShape(t *testing.T) {
	a, results := judged()
	a.Name = "mine"
	var b bytes.Buffer
	if err := (Judgement{Run: a, Results: append(results, results[1], results[3])}).JUnit(&b); err != nil {
		t.Fatal(err)
	}
	counts, said := map[string]int{}, map[string]map[string]string{}
	path := []string{""}
	for dec := xml.NewDecoder(&b); ; {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.StartElement:
			name, parent := e.Name.Local, path[len(path)-1]
			path = append(path, name)
			counts[name]++
			if !slices.Contains(strings.Fields(junitShape[parent].children), name) {
				t.Errorf("<%s> within <%s>", name, parent)
			}
			has := map[string]string{}
			for _, x := range e.Attr {
				has[x.Name.Local] = x.Value
			}
			said[name] = maps.Clone(has)
			for _, want := range strings.Fields(junitShape[name].attributes) {
				name, must := strings.CutSuffix(want, "!")
				if _, ok := has[name]; must && !ok {
					t.Errorf("<%s> has no %s", e.Name.Local, name)
				}
				delete(has, name)
			}
			for name := range has {
				t.Errorf("<%s> has the attribute %s", e.Name.Local, name)
			}
		}
	}
	for _, suite := range []string{"testsuites", "testsuite"} {
		for attribute, element := range map[string]string{"tests": "testcase", "failures": "failure",
			"errors": "error", "skipped": "skipped"} {
			if suite == "testsuites" && attribute == "skipped" {
				continue // it has none
			}
			if n := fmt.Sprint(counts[element]); counts[element] == 0 || said[suite][attribute] != n {
				t.Errorf("<%s %s=%q>, and there are %s", suite, attribute, said[suite][attribute], n)
			}
		}
	}
	if when := said["testsuite"]["timestamp"]; when != "2026-01-02T03:04:05" {
		t.Errorf("the timestamp is %q", when)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestGateMarkdown(t *testing.T) {
	a, results := judged()
	var b bytes.Buffer
	if err := errors.Join(Judgement{Run: a, Warnings: []result.Finding{{Text: "the kernel differs: <b>"}},
		Results: results}.Markdown(&b), Judgement{Run: a}.Markdown(io.Discard)); err != nil {
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
			if n := strings.Count(line, "|") - strings.Count(line, "\\|"); n != 4 {
				t.Errorf("%d bars in %q", n, line)
			}
		}
	}
	if rows != 6 || !strings.HasPrefix(b.String(), "### weir gate: invalid") ||
		!strings.Contains(b.String(), "INVALID RUN") {
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
	if err := (Judgement{Run: demo(), Results: results}).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	shown := strings.Count(b.String(), strings.Repeat("x", 400))
	if b.Len() > 1<<20 || shown < 500 || !strings.Contains(b.String(), "the one that failed") ||
		!strings.Contains(b.String(), fmt.Sprintf("has %s more", unit.Int(uint64(3000-shown)))) {
		t.Errorf("%d bytes with %d answers: %.300s …", b.Len(), shown, b.String())
	}
}
