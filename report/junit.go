package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"weir/report/analysis"
	"weir/report/analysis/gate"
)

// The part of JUnit's format that CI systems agree on: testsuites, testsuite, testcase and one of failure, error
// and skipped in it (Jenkins' junit-10.xsd).
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Timestamp string      `xml:"timestamp,attr,omitempty"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Failure *junitMessage `xml:"failure"`
		Error   *junitMessage `xml:"error"`
		Skipped *junitMessage `xml:"skipped"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the answers as test cases: a failed assertion is a failure, one of an invalid run an error, and one
// that cannot be told is skipped.
func JUnit(w io.Writer, a *analysis.Analysis, results []gate.Result) error {
	s := junitSuite{Name: "weir gate " + clean(cmp.Or(a.Name, "run")), Timestamp: strings.TrimSuffix(clean(a.Started), "Z"), Tests: len(results)}
	for _, r := range results {
		c := junitCase{Name: clean(assertion(r)), Class: "weir." + clean(cmp.Or(r.Lane, "gate"))}
		message := &junitMessage{Message: clean(found(r)), Text: clean(r.Expr + "\n" + found(r))}
		switch r.Result {
		case gate.Fail:
			c.Failure = message
			s.Failures++
		case gate.Inconclusive:
			c.Skipped = message
			s.Skipped++
		case gate.Invalid:
			c.Error = message
			s.Errors++
		}
		s.Cases = append(s.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Suites: []junitSuite{s}}); err != nil {
		return fmt.Errorf("junit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// assertion is what a result is called: by its name, else as it was written, with the lane that it is of.
func assertion(r gate.Result) string {
	text := cmp.Or(r.Name, r.Expr)
	if r.Lane != "" {
		text += " (" + r.Lane + ")"
	}
	return text
}

// found is what was measured, and why there is no more to say.
func found(r gate.Result) string {
	text := string(r.Result) + ": " + r.Measured()
	if r.Reason != "" {
		text += "; " + r.Reason
	}
	return text
}

// GateMarkdown writes the answers in GitHub's dialect, for a job's summary.
func GateMarkdown(w io.Writer, a *analysis.Analysis, doubts []string, results []gate.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### weir gate: %s (%s)\n\n", gate.Overall(results), md(clean(cmp.Or(a.Name, "run"))))
	if !a.Valid {
		b.WriteString("> [!CAUTION]\n> **INVALID RUN.** It says nothing of the server.\n")
		for _, why := range a.InvalidReasons {
			fmt.Fprintf(&b, "> - %s\n", md(clean(why)))
		}
		b.WriteString("\n")
	}
	var body [][]string
	for _, r := range results {
		measured := md(r.Measured())
		if r.Reason != "" {
			measured += "; " + md(clean(r.Reason))
		}
		name := code(clean(r.Expr))
		if r.Name != "" {
			name = md(clean(r.Name)) + ": " + name
		}
		body = append(body, []string{"**" + string(r.Result) + "**", name, md(clean(r.Lane)), measured})
	}
	mdTable(&b, []string{"result", "assertion", "lane", "measured [interval]"}, 1, body)
	for _, d := range doubts {
		fmt.Fprintf(&b, "- not comparable: %s\n", md(clean(d)))
	}
	if len(doubts) > 0 {
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
