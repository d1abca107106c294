package gate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"weir/report/result"
	"weir/report/runfile"
	"weir/report/unit"
)

// maxBaseline leaves the rest of the header a quarter of the line that both have to fit in, see runfile.MaxLine.
const maxBaseline = runfile.MaxLine * 3 / 4

// Ask is what a record has to keep so that the run can be judged from it alone: the assertions, and of the baseline,
// nil where there is none, what they are judged by. Its timeline, by far the largest part, is kept only where an assertion
// is over windows of it, or of when it mended. A baseline that a line of the record cannot hold is an error.
func Ask(asserts []Assertion, baseline *result.Analysis) (*runfile.Asked, error) {
	if len(asserts) == 0 {
		return nil, nil
	}
	asked := &runfile.Asked{}
	windows := false
	for _, a := range asserts {
		asked.Assertions = append(asked.Assertions, runfile.Assertion{Expr: a.Expr, Name: a.Name})
		windows = windows || a.Over > 0 && a.Terms[0].Baseline || slices.ContainsFunc(a.Terms, func(t Term) bool {
			return t.Baseline && (strings.HasPrefix(t.Metric, mendedPrefix) || t.Metric == "filled.time")
		})
	}
	if baseline == nil {
		return asked, nil
	}
	kept := result.Analysis{
		Name: baseline.Name, Started: baseline.Started, Version: baseline.Version, Mode: baseline.Mode, Ended: baseline.Ended,
		Valid: baseline.Valid, InvalidReasons: baseline.InvalidReasons, Environment: baseline.Environment, Capacity: baseline.Capacity,
	}
	for _, l := range baseline.Lanes {
		kept.Lanes = append(kept.Lanes, judged(l, windows))
	}
	text, err := json.Marshal(kept) // with all digits of its numbers
	switch {
	case err != nil:
		return nil, fmt.Errorf("the baseline: %w", err)
	case len(text) > maxBaseline && windows:
		return nil, fmt.Errorf("the baseline's timeline makes %d bytes, more than the %d that a record keeps of it: a shorter baseline, or no over and no mended. of it", len(text), maxBaseline)
	case len(text) > maxBaseline:
		return nil, fmt.Errorf("the baseline's trials make %d bytes, more than the %d that a record keeps of it: a baseline of fewer trials", len(text), maxBaseline)
	}
	asked.Baseline = text
	return asked, nil
}

// Judge answers what the record of a run asks: it fills a.Assertions, and warns where the run and its baseline can hardly
// be compared. What cannot be read, in a record of another version or a damaged one, is inconclusive.
func Judge(a *result.Analysis) {
	if a.Asked == nil {
		return
	}
	var baseline *result.Analysis
	if a.Asked.Baseline != nil {
		baseline = new(result.Analysis)
		if err := json.Unmarshal(a.Asked.Baseline, baseline); err != nil {
			baseline = nil
			a.Warnings = append(a.Warnings, result.Warning{Code: "no_baseline", Text: "the baseline in the record cannot be read: " + err.Error()})
		}
	}
	for _, asked := range a.Asked.Assertions {
		s, err := Parse(asked.Expr)
		if err != nil {
			a.Assertions = append(a.Assertions, Result{Expr: asked.Expr, Name: asked.Name, Result: Inconclusive, Measured: unit.Unknown, Reason: result.Finding{Text: err.Error()}})
			continue
		}
		s.Name = asked.Name
		a.Assertions = append(a.Assertions, Evaluate(a, baseline, []Assertion{s})...)
	}
	if baseline != nil {
		for _, w := range Warnings(a, baseline) {
			a.Warnings = append(a.Warnings, result.Warning{Code: "not_comparable", Args: result.Args{"text": w}})
		}
	}
}

// judged is what of a baseline's lane the assertions can be judged by, and doubts: no figure, no cause, nothing of single
// requests. Windows says whether its timeline is asked for.
func judged(l result.Lane, windows bool) result.Lane {
	tl := l.Timeline
	l.Timeline = result.Timeline{}
	if windows {
		tl.Goodput, tl.Replayed = nil, nil
		l.Timeline = tl
	}
	l.LatencyMap, l.Percentiles, l.Guides, l.Phases = result.LatencyMap{}, nil, nil, nil
	l.Cause, l.Causes, l.Recovery, l.ProxyLog, l.ProxyStatus = result.Cause{}, nil, nil, nil, nil
	l.LostSYNs, l.Unanswered = nil, nil
	l.LogClasses = slices.Clone(l.LogClasses)
	for i := range l.LogClasses {
		l.LogClasses[i].Text = ""
	}
	return l
}
