package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"weir/report/analysis/gate"
	"weir/report/unit"
)

// The part of JUnit's format that CI systems agree on: testsuites, testsuite, testcase and one of failure,
// error and skipped in it (Jenkins' junit-10.xsd).
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

// JUnit writes the answers as test cases: a failed assertion is a failure, one of an invalid run an error,
// and one that cannot be told is skipped.
func (j Judgement) JUnit(w io.Writer) error {
	a := j.Run
	s := junitSuite{Name: "weir gate " + unit.Clean(cmp.Or(a.Name, "run")),
		Timestamp: strings.TrimSuffix(unit.Clean(a.Started), "Z"), Tests: len(j.Results)}
	for _, r := range j.Results {
		c := junitCase{Name: named(r), Class: "weir." + unit.Clean(cmp.Or(r.Lane, "gate"))}
		message := &junitMessage{Message: found(r), Text: unit.Clean(r.Expr + "\n" + found(r))}
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
	if err := enc.Encode(junitSuites{Tests: s.Tests, Failures: s.Failures, Errors: s.Errors,
		Suites: []junitSuite{s}}); err != nil {
		return fmt.Errorf("junit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}
