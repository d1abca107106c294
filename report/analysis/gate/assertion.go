// Package gate holds an analysed run against assertions such as
//
//	proxy.bad.rate < 0.5% @95
//	onset.rate / baseline.onset.rate >= 0.95
//	direct.overflows == 0 over 10s abort
//
// and answers pass, fail or inconclusive.
//
// Its opinion: a gate that cries wolf is switched off, and one that waves everything through is worse, so
// that "inconclusive" is an answer of its own. An estimate passes only with its whole interval within the
// limit and fails only with all of it outside. What was not measured is not zero, and a run that cannot be
// believed passes nothing. What an assertion may name is fixed, so that a misspelt one is an error with its
// column and never an assertion that holds by accident.
//
// It computes from a result.Analysis alone, without a clock, a file or a terminal, and its reasons are
// findings whose sentences package words has. While a run goes on, Live ends it by the same language. The
// language has no arithmetic but a ratio, and no "or".
package gate

import (
	"cmp"
	"fmt"
	"time"

	"weir/report/result"
	"weir/report/unit"
)

// Assertion is a sentence that a run makes true, false or neither:
//
//	expr    := operand op limit ["over" duration] ["@" percent] ["abort"]
//	operand := ["baseline."] [lane "."] metric ["/" operand]
//	op      := "<" | "<=" | ">" | ">=" | "==" | "!=" | "in", whose limit is A..B, both included
//
// A chain of "/" is worked off from the left. Without a lane the assertion is made of each lane of the run;
// in the baseline it is then the lane of the same name. The limit carries the unit of what it limits: %, ms
// or s; a rate may carry /s or /m, and counts and ratios have none.
type Assertion struct {
	Expr  string // as written
	Name  string // from an assertion file, may be empty
	Terms []Term // the first, divided by the others
	Op    Op
	Limit Limit
	Over  time.Duration // every window of this length has to hold; 0: the run as a whole
	Level float64       // of the intervals, in per cent
	Abort bool          // the load is ended as soon as this can no longer pass, see Live
}

// Term is one operand.
type Term struct {
	Baseline bool
	Lane     string // "": each
	Metric   string // its full name, as in Metrics
	Column   int    // in Expr, from 1

	metric *metric
}

// Op compares.
type Op string

// The comparisons.
const (
	Less         Op = "<"
	LessEqual    Op = "<="
	Greater      Op = ">"
	GreaterEqual Op = ">="
	Equal        Op = "=="
	NotEqual     Op = "!="
	In           Op = "in"
)

// Limit is what is compared with, in the base units: shares of 1, seconds, requests per second. High differs
// from Low for In only.
type Limit struct {
	Low, High float64
	Text      string // as written
}

// DefaultLevel is that of all intervals in an Analysis.
const DefaultLevel = 95

// SyntaxError is a mistake in an assertion.
type SyntaxError struct {
	Expr   string
	Column int // in characters, from 1
	Text   string
	Why    result.Finding // in place of a text, the reason; package words fills it in
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("assertion %q, column %d: %s", e.Expr, e.Column, cmp.Or(e.Text, e.Why.Text))
}

// mistake is a SyntaxError at one of the assertion's operands.
func (a Assertion) mistake(t Term, format string, args ...any) error {
	return &SyntaxError{Expr: a.Expr, Column: t.Column, Text: fmt.Sprintf(format, args...)}
}

func (t Term) String() string {
	name := t.Metric
	if t.Lane != "" {
		name = t.Lane + "." + name
	}
	if t.Baseline {
		name = baselinePrefix + name
	}
	return name
}

const baselinePrefix = "baseline."

// unit is that of what is compared: of the first operand, divided by the others.
func (a Assertion) unit() unit.Unit {
	u := a.Terms[0].metric.unit
	for _, t := range a.Terms[1:] {
		u, _ = quotient(u, t.metric.unit) // Parse saw to it
	}
	return u
}

// quotient is the unit of a quotient, where it means something.
func quotient(u, v unit.Unit) (unit.Unit, bool) {
	switch {
	case v == unit.Ratio:
		return u, true
	case u == v:
		return unit.Ratio, true
	}
	return "", false
}
