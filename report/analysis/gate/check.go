package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"weir/report/analysis/estimate"
	"weir/report/result"
)

// Check holds assertions against the lanes that a run has, or will have, and those of the baseline, nil where
// there is none, and limits against what can be known at all. Its error is the first *SyntaxError.
func Check(asserts []Assertion, lanes, baseline []string) error {
	for _, a := range asserts {
		if why := a.insideAllowance(); why != "" {
			return a.mistake(a.Terms[0], "%s", why)
		}
		for _, t := range a.Terms {
			known, which := lanes, "run"
			if t.Baseline {
				known, which = baseline, "baseline"
			}
			switch {
			case t.Baseline && baseline == nil:
				return a.mistake(t, "no baseline to compare with: name its run with --baseline")
			case t.Lane == "" || slices.Contains(known, t.Lane):
			case len(known) == 0:
				return a.mistake(t, "the %s has no lane, and so no %q", which, t.Lane)
			default:
				meant := ""
				if near := nearest(t.Lane, known); len(near) > 0 {
					meant = fmt.Sprintf("; did you mean %q?", near[0])
				}
				return a.mistake(t, "the %s has no lane %q%s There are: %s", which, t.Lane, cmp.Or(meant, "."), strings.Join(known, ", "))
			}
		}
	}
	return nil
}

// CheckRun is Check of a recorded run and its baseline, nil where there is none. What no run of its kind can answer is a
// mistake too, not inconclusive.
func CheckRun(asserts []Assertion, run, baseline *result.Analysis) error {
	if err := Check(asserts, Lanes(run), Lanes(baseline)); err != nil {
		return err
	}
	searched := func(a *result.Analysis) bool {
		return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool { return l.Search != nil })
	}
	for _, a := range asserts {
		for _, t := range a.Terms {
			of, which := run, "run"
			if t.Baseline {
				of, which = baseline, "baseline"
			}
			if strings.HasPrefix(t.Metric, "search.") && !searched(of) {
				return a.mistake(t, "the %s was no search (weir run --search), so it has no %s", which, t.Metric)
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

// insideAllowance says why not even an unchanged server would pass, or no server: an onset is never known better than
// to its allowance, nor is a latency beside another run's, whatever is measured for how long. "": it can pass.
func (a Assertion) insideAllowance() string {
	t, l := a.Terms[0], a.Limit
	if !t.metric.allowed {
		return ""
	}
	const x = estimate.Allowance
	low, high := 1-x, 1+x
	switch {
	case a.Over > 0:
		return ""
	case len(a.Terms) == 1 && t.metric.kind == fitted: // a latency's is in no interval of one run
	case len(a.Terms) == 2 && a.Terms[1].metric == t.metric && (a.acrossRuns() || t.metric.kind == fitted && !t.tiedTo(a.Terms[1])):
		_, low, high, _ = estimate.Ratio(1, low, high, 1, low, high)
	default:
		return ""
	}
	narrow := (a.Op == In || a.Op == Equal) && l.Low > 0 && l.High/l.Low < high/low
	takesOne := a.Op != NotEqual && judge(exact(1), a.Op, l) == Pass // so that an unchanged server should pass
	if !narrow && (len(a.Terms) == 1 || !takesOne || judge(interval{value: 1, low: low, high: high}, a.Op, l) == Pass) {
		return ""
	}
	return fmt.Sprintf("an unchanged server would not pass: its %s is known to %.3f to %.3f × the truth only (allowance of ±%.2g %%). Take a limit outside of that range",
		t.Metric, low, high, 100*x)
}
