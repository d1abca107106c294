package report

import (
	"bytes"
	"strings"
	"testing"

	"weir/report/analysis/gate"
	"weir/report/doc"
	"weir/report/result"
)

// TestAnnotations: few, the worst first, one line each, and nothing in them is a command of its own.
func TestAnnotations(t *testing.T) {
	a := &result.Analysis{Name: "a:b,c", Valid: true}
	var many []gate.Result
	for range 4 {
		many = append(many, gate.Result{Expr: "x < 1\n::set-env name=PATH::evil", Result: gate.Inconclusive,
			Measured: "5%"},
			gate.Result{Expr: "y < 5%", Lane: "direct", Result: gate.Fail, Measured: "7%"},
			gate.Result{Expr: "z", Result: gate.Pass})
	}
	var out bytes.Buffer
	if err := (Judgement{Run: a, Results: many}).Annotations(&out); err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("::error title=weir%3A a%3Ab%2Cc::y < 5%25 (direct) fail: 7%25\n", 4) +
		"::warning title=weir%3A a%3Ab%2Cc::4 more did not pass: the job's summary has them all\n"
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
	out.Reset()
	if err := (Judgement{Run: a, Results: many[:1]}).Annotations(&out); err != nil ||
		strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), "x < 1 ::set-env") {
		t.Errorf("%v: %q", err, out.String())
	}
	out.Reset()
	invalid := []gate.Result{{Expr: "x", Result: gate.Invalid,
		Reason: result.Finding{Text: "the run is invalid: late"}},
		{Expr: "y", Result: gate.Invalid, Reason: result.Finding{Text: "the run is invalid: late"}}}
	if err := (Judgement{Run: a, Results: invalid}).Annotations(&out); err != nil ||
		out.String() != "::error title=weir%3A a%3Ab%2Cc::the run is invalid: late\n" {
		t.Errorf("%v: %q", err, out.String())
	}
	out.Reset()
	if err := (Judgement{Run: a, Results: many[2:3]}).Annotations(&out); err != nil || out.Len() != 0 {
		t.Errorf("%v: %q", err, out.String())
	}
}

// TestAssertionsShown: every format says what each assertion found, and lets nothing out of it.
func TestAssertionsShown(t *testing.T) {
	a := demo()
	value := .07
	a.Assertions = []gate.Result{{Name: "few <b>", Expr: "bad.rate < 5%", Lane: "direct", Result: gate.Fail,
		Value: &value, Low: &value, High: &value, Unit: "share", Measured: "7%",
		Reason: result.Finding{Text: "because \x1b[2J"}}}
	var text, page, page2 bytes.Buffer
	if err := Text(&text, a, doc.TextOptions{}); err != nil ||
		!strings.Contains(text.String(),
			"\nfail               few <b>: bad.rate < 5% (direct)  7%\n                                                    because [2J\n") {
		t.Errorf("%v: %s", err, text.String())
	}
	if err := Markdown(&page, a); err != nil || !strings.Contains(page.String(), "**Assertions**\n") ||
		!strings.Contains(page.String(),
			"| **fail** | few &lt;b&gt;: `bad.rate < 5%` (direct) | 7%<br> because \\[2J |") {
		t.Errorf("%v: %s", err, page.String())
	}
	if err := HTML(&page2, a); err != nil ||
		!strings.Contains(page2.String(),
			`<tr><th scope="row" class="bad"><bdi>fail</bdi></th><td class="est"><bdi>few &lt;b&gt;: </bdi><code dir="ltr">bad.rate &lt; 5%</code> <span class="aside"><bdi>(direct)</bdi></span></td><td class="est"><bdi>7%</bdi>`) {
		t.Error(err)
	}
}
