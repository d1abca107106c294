package gate

import (
	"fmt"
	"slices"
	"strings"

	"weir/report/result"
)

// Check holds assertions against the lanes that a run has, or will have, and those of the baseline, nil where
// there is none, and limits against what can be told at all. Its error, the first *SyntaxError, is one that a reader of
// the assertion can mend.
func Check(asserts []Assertion, lanes, baseline []string) error {
	for _, a := range asserts {
		if why := a.insideAllowance(); why != "" {
			return &SyntaxError{Expr: a.Expr, Column: a.Terms[0].Column, Text: why}
		}
		for _, t := range a.Terms {
			known, which := lanes, "run"
			if t.Baseline {
				known, which = baseline, "baseline"
			}
			switch {
			case t.Baseline && baseline == nil:
				return &SyntaxError{Expr: a.Expr, Column: t.Column, Text: "no baseline to compare with: name its run with --baseline"}
			case t.Lane == "" || slices.Contains(known, t.Lane):
			case len(known) == 0:
				return &SyntaxError{Expr: a.Expr, Column: t.Column, Text: fmt.Sprintf("the %s has no lane, and so no %q", which, t.Lane)}
			default:
				near, _ := nearest(t.Lane, known)
				return &SyntaxError{Expr: a.Expr, Column: t.Column, Text: fmt.Sprintf("the %s has no lane %q; did you mean %q? There are: %s", which, t.Lane, near, strings.Join(known, ", "))}
			}
		}
	}
	return nil
}

// Lanes names those of an analysis, for Check; nil of nil.
func Lanes(a *result.Analysis) []string {
	if a == nil {
		return nil
	}
	names := []string{}
	for _, l := range a.Lanes {
		names = append(names, l.Name)
	}
	return names
}
