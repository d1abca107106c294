package gate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"weir/report/analysis"
	"weir/report/runfile"
)

// Ask is what a record has to keep so that the run can be judged from it alone: the assertions, and of the baseline,
// nil where there is none, what it showed. Its timeline, by far the largest part, is kept only where an assertion
// is over windows of it, or of when it mended.
func Ask(asserts []Assertion, baseline *analysis.Analysis) (*runfile.Asked, error) {
	if len(asserts) == 0 {
		return nil, nil
	}
	asked := &runfile.Asked{}
	windows := false
	for _, a := range asserts {
		asked.Assertions = append(asked.Assertions, runfile.Assertion{Expr: a.Expr, Name: a.Name})
		windows = windows || a.Over > 0 && a.Terms[0].Baseline || slices.ContainsFunc(a.Terms, func(t Term) bool {
			return t.Baseline && strings.HasPrefix(t.Metric, mendedPrefix)
		})
	}
	if baseline == nil {
		return asked, nil
	}
	kept := *baseline
	kept.Assertions, kept.Lanes = nil, slices.Clone(baseline.Lanes)
	for i := range kept.Lanes {
		if !windows {
			kept.Lanes[i].Timeline = analysis.Timeline{}
		}
	}
	text, err := json.Marshal(kept) // with all digits of its numbers
	if err != nil {
		return nil, fmt.Errorf("the baseline: %w", err)
	}
	asked.Baseline = text
	return asked, nil
}

// Judge answers what the record of a run asks: it fills a.Assertions, and warns where the run and its baseline can hardly
// be compared. What cannot be read, in a record of another version or a damaged one, is inconclusive.
func Judge(a *analysis.Analysis) {
	if a.Asked == nil {
		return
	}
	var baseline *analysis.Analysis
	if a.Asked.Baseline != nil {
		baseline = new(analysis.Analysis)
		if err := json.Unmarshal(a.Asked.Baseline, baseline); err != nil {
			baseline = nil
			a.Warnings = append(a.Warnings, analysis.Warning{Code: "no_baseline", Text: "the baseline in the record cannot be read: " + err.Error()})
		}
	}
	for _, asked := range a.Asked.Assertions {
		s, err := Parse(asked.Expr)
		if err != nil {
			a.Assertions = append(a.Assertions, Result{Expr: asked.Expr, Name: asked.Name, Result: Inconclusive, Measured: "not known", Reason: err.Error()})
			continue
		}
		s.Name = asked.Name
		a.Assertions = append(a.Assertions, Evaluate(a, baseline, []Assertion{s})...)
	}
	if baseline != nil {
		for _, d := range Doubts(a, baseline) {
			a.Warnings = append(a.Warnings, analysis.Warning{Code: "not_comparable", Text: d})
		}
	}
}
