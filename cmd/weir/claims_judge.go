package main

import (
	"fmt"
	"strings"

	"weir/report"
	"weir/report/analysis"
	"weir/report/analysis/gate"
)

// premise is one of a verdict's, with its assertions understood.
type premise struct {
	run, against string
	asserts      []gate.Assertion
}

// conditions reads the assertions of every verdict: a mistake in one is told before anything is run.
func conditions(e experiment) ([][]premise, error) {
	lanes := e.lanes()
	var all [][]premise
	for _, v := range e.verdicts() {
		var list []premise
		for _, c := range v.If {
			cond := premise{run: c.Run, against: c.Against}
			for _, expr := range c.Assert {
				a, err := gate.Parse(expr)
				if err != nil {
					return nil, fmt.Errorf("scenario %s, verdict %q: %w", e.name, v.Verdict, err)
				}
				cond.asserts = append(cond.asserts, a)
			}
			var baseline []string
			if c.Against != "" {
				baseline = lanes
			}
			if err := gate.Check(cond.asserts, lanes, baseline); err != nil {
				return nil, fmt.Errorf("scenario %s, verdict %q: %w", e.name, v.Verdict, err)
			}
			list = append(list, cond)
		}
		all = append(all, list)
	}
	return all, nil
}

// judge decides a claim by what its runs measured: the first verdict of which every assertion passes. If none does,
// it is undecided, and what speaks against the nearest one is said.
func judge(row *report.Claim, e experiment, runs map[string]*analysis.Analysis) {
	all, err := conditions(e)
	if err != nil || len(all) == 0 {
		row.Verdict, row.Shows = report.ClaimUndecided, "the scenario has no verdicts"
		return
	}
	fewest := -1
	for i, v := range e.verdicts() {
		numbers, against, invalid := measured(all[i], runs)
		if invalid != "" {
			row.Verdict, row.Shows, row.Numbers = report.ClaimInvalid, invalid, numbers
			return
		}
		if len(against) == 0 {
			row.Verdict, row.Shows, row.Numbers, row.Now = v.Verdict, v.Shows, numbers, v.Now
			return
		}
		if fewest < 0 || len(against) < fewest {
			fewest = len(against)
			row.Shows = fmt.Sprintf("Not all that %q takes was found: %s", v.Verdict, strings.Join(against, "; "))
			row.Numbers = numbers
		}
	}
	row.Verdict = report.ClaimUndecided
}

// measured evaluates a verdict's conditions.
func measured(list []premise, runs map[string]*analysis.Analysis) (numbers, against []string, invalid string) {
	for _, c := range list {
		a, baseline := runs[c.run], runs[c.against]
		if c.against == "" {
			baseline = nil
		}
		for _, r := range gate.Evaluate(a, baseline, c.asserts) {
			what := r.Expr
			if r.Lane != "" {
				what += " (" + r.Lane + ")"
			}
			if c.run != "" {
				what = c.run + ": " + what
			}
			if r.Result == gate.Invalid {
				invalid = strings.TrimSpace(c.run + " " + r.Reason)
			}
			text := what + " → " + r.Measured
			numbers = append(numbers, text)
			if r.Result != gate.Pass {
				against = append(against, fmt.Sprintf("%s (%s)", text, r.Result))
			}
		}
	}
	return numbers, against, invalid
}
