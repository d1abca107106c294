package gate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"weir/report/analysis/compare"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/unit"
)

// maxBaseline leaves the rest of the header a quarter of the line that both have to fit in, see
// runfile.MaxLine.
const maxBaseline = runfile.MaxLine * 3 / 4

// Ask is what a record has to keep so that the run can be judged from it alone: the assertions, and of the
// baseline, nil where there is none, what they are judged by. Its timeline, by far the largest part, is kept
// only where an assertion reads it. A baseline that a line of the record cannot hold is an error.
func Ask(asserts []Assertion, baseline *result.Analysis) (*runfile.Asked, error) {
	if len(asserts) == 0 {
		return nil, nil
	}
	asked := &runfile.Asked{}
	timeline := false
	for _, a := range asserts {
		asked.Assertions = append(asked.Assertions, runfile.Assertion{Expr: a.Expr, Name: a.Name})
		timeline = timeline || slices.ContainsFunc(a.Terms, func(t Term) bool {
			return t.Baseline && (a.Over > 0 || strings.HasPrefix(t.Metric, mendedPrefix) ||
				t.Metric == "filled.time")
		})
	}
	if baseline == nil {
		return asked, nil
	}
	kept := result.Analysis{
		Name: baseline.Name, Started: baseline.Started, Version: baseline.Version, Mode: baseline.Mode,
		Ended: baseline.Ended, Valid: baseline.Valid, InvalidReasons: baseline.InvalidReasons,
		Environment: baseline.Environment, Capacity: baseline.Capacity,
	}
	for _, l := range baseline.Lanes {
		kept.Lanes = append(kept.Lanes, judged(l, timeline))
	}
	text, err := json.Marshal(kept) // with all digits of its numbers
	switch {
	case err != nil:
		return nil, fmt.Errorf("the baseline: %w", err)
	case len(text) > maxBaseline && timeline:
		return nil, fmt.Errorf("the baseline's timeline has %d bytes, and a record keeps %d at most: take a "+
			"shorter baseline, or no `over` of it", len(text), maxBaseline)
	case len(text) > maxBaseline:
		return nil, fmt.Errorf("the baseline's trials have %d bytes, and a record keeps %d at most: take a "+
			"baseline of fewer trials", len(text), maxBaseline)
	}
	asked.Baseline = text
	return asked, nil
}

// judged is what of a baseline's lane the assertions can be judged by, and compared with: no figure, no
// cause, nothing of single requests.
func judged(l result.Lane, timeline bool) result.Lane {
	l.Timeline.Goodput, l.Timeline.Replayed = nil, nil
	if !timeline {
		l.Timeline = result.Timeline{}
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

// Judge answers what the record of a run asks: it fills a.Assertions, and warns where the run and its
// baseline can hardly be compared. What cannot be read, in a record of another version or a damaged one, is
// inconclusive.
func Judge(a *result.Analysis) {
	if a.Asked == nil {
		return
	}
	var baseline *result.Analysis
	if a.Asked.Baseline != nil {
		baseline = new(result.Analysis)
		if err := json.Unmarshal(a.Asked.Baseline, baseline); err != nil {
			baseline = nil
			a.Warnings = append(a.Warnings,
				result.Warning{Code: "no_baseline", Args: result.Args{"error": err.Error()}})
		}
	}
	for _, asked := range a.Asked.Assertions {
		s, err := Parse(asked.Expr)
		if err != nil {
			a.Assertions = append(a.Assertions, Result{
				Expr: asked.Expr, Name: asked.Name, Result: Inconclusive, Measured: unit.Unknown,
				Reason: result.Finding{Text: err.Error()},
			})
			continue
		}
		s.Name = asked.Name
		a.Assertions = append(a.Assertions, Evaluate(a, baseline, []Assertion{s})...)
	}
	if baseline != nil {
		for _, w := range Warnings(a, baseline) {
			a.Warnings = append(a.Warnings,
				result.Warning{Code: "not_comparable", Args: result.Args{"text": w}})
		}
	}
}

// Warnings are why a run and its baseline may differ for another reason than what is under test.
func Warnings(a, baseline *result.Analysis) []result.Finding {
	var list []result.Finding
	differ := func(lane string, mismatches []compare.Mismatch) {
		for _, m := range mismatches {
			args := m.Args()
			args["lane"] = lane
			list = append(list, result.Finding{Code: "baseline_differs", Args: args})
		}
	}
	var lanes []*result.Lane
	for i := range a.Lanes {
		lanes = append(lanes, &a.Lanes[i])
	}
	differ("", compare.Places(a, baseline, lanes...))
	for _, l := range lanes {
		if b := compare.Lane(baseline, l.Name); b != nil {
			differ(l.Name, compare.Loads(l, b))
		} else {
			list = append(list, result.Finding{Code: "baseline_no_lane", Args: result.Args{"lane": l.Name}})
		}
	}
	return list
}
