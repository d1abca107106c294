package main

import (
	"fmt"
	"slices"
	"strings"

	"weir/report"
	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/words"
	"weir/scenarios/catalogue"
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
			var baseline []string
			if c.Against != "" {
				baseline = lanes
			}
			for i, expr := range c.Assert {
				a, err := gate.Parse(expr)
				if err == nil {
					err = gate.Check([]gate.Assertion{a}, lanes, baseline)
				}
				if err != nil {
					return nil, fmt.Errorf("scenario %s:%s: verdict %q: %w", e.name, c.Places[i], v.Verdict,
						err)
				}
				cond.asserts = append(cond.asserts, a)
			}
			list = append(list, cond)
		}
		all = append(all, list)
	}
	return all, nil
}

// judge decides a claim by what its runs measured: the first verdict of which every assertion passes. If none
// does, it is undecided, and what speaks against the nearest one is said.
func judge(row *report.Claim, e experiment, runs map[string]*result.Analysis) {
	all, err := conditions(e)
	if err != nil || len(all) == 0 {
		row.Outcome, row.Shows = report.ClaimUndecided, say("claim.no_verdicts", nil)
		return
	}
	if why := notAsMeant(e, runs); why != "" {
		row.Outcome, row.Shows = report.ClaimInvalid, why
		return
	}
	fewest := -1
	for i, v := range e.verdicts() {
		numbers, against, invalid := measured(all[i], runs)
		if invalid != "" {
			row.Outcome, row.Shows, row.Numbers = report.ClaimInvalid, invalid, numbers
			return
		}
		if len(against) == 0 {
			row.Outcome, row.Verdict = report.ClaimOutcome(v.Answer()), v.Verdict
			row.Shows, row.Numbers, row.Now = v.Shows, numbers, v.Now
			return
		}
		if fewest < 0 || len(against) < fewest {
			fewest = len(against)
			row.Shows = say("claim.undecided", result.Args{"verdict": v.Verdict,
				"against": strings.Join(against, "; ")})
			row.Numbers = numbers
		}
	}
	row.Outcome = report.ClaimUndecided
}

// notAsMeant is why a run was not the experiment that the scenario is: a server that ended by itself, an
// event that could not be done, a log that was lost. Whatever its assertions say then, they do not say it of
// the claim.
func notAsMeant(e experiment, runs map[string]*result.Analysis) string {
	bars := append(catalogue.Deeds(), runfile.ServerEnded, runfile.LogLost)
	for _, v := range e.variants {
		a := runs[v.Variant]
		if a == nil {
			continue
		}
		for _, w := range a.Warnings {
			if slices.Contains(bars, string(w.Code)) {
				return say("claim.disturbed", result.Args{"variant": v.Variant,
					"why": words.Of(result.Finding(w))})
			}
		}
	}
	return ""
}

// measured evaluates a verdict's conditions.
func measured(list []premise, runs map[string]*result.Analysis) (numbers, against []string, invalid string) {
	for _, c := range list {
		a, baseline := runs[c.run], runs[c.against]
		if a == nil {
			against = append(against, say("claim.no_run", result.Args{"run": c.run}))
			continue
		}
		if c.against == "" {
			baseline = nil
		}
		results := gate.Evaluate(a, baseline, c.asserts)
		words.Fill(&results)
		for _, r := range results {
			if r.Result == gate.Invalid {
				invalid = say("claim.invalid", result.Args{"run": c.run, "why": r.Reason})
			}
			text := say("claim.measured", result.Args{"run": c.run, "expr": r.Expr, "lane": r.Lane,
				"measured": r.Measured})
			numbers = append(numbers, text)
			if r.Result != gate.Pass {
				against = append(against, say("claim.not_passed",
					result.Args{"measured": text, "result": string(r.Result)}))
			}
		}
	}
	return numbers, against, invalid
}
