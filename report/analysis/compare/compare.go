// Package compare holds two arms against each other: a run before a change and one after it, a run of today
// and one of last week, or the direct and the proxy lane of one run.
//
// Its opinion: the replicate is the trial, never the request, for the requests of one trial share a queue.
// Trials at equal load are paired; what a pair says is the logarithm of the quotient, and the interval is
// Student's over the pairs. Percentiles come from an arm's merged histogram and are never averaged. A
// difference that was not found is given together with the minimum detectable change. Every interval is a 95
// % one by itself: of twenty metrics that do not differ, one will seem to.
//
// It returns findings, numbers and codes; package words has their sentences.
package compare

import (
	"slices"

	"weir/report/result"
)

// Lanes compares the direct and the proxy lane of one run; nil where it has not both.
func Lanes(a *result.Analysis) *result.Comparison {
	direct, proxy := Lane(a, "direct"), Lane(a, "proxy")
	if direct == nil || proxy == nil {
		return nil
	}
	return Arms(a, direct, a, proxy)
}

// Lane is the lane of that name; nil where there is none.
func Lane(a *result.Analysis, name string) *result.Lane {
	i := slices.IndexFunc(a.Lanes, func(l result.Lane) bool { return l.Name == name })
	if i < 0 {
		return nil
	}
	return &a.Lanes[i]
}

// Arms compares lane la of run a with lane lb of run b; a and b may be one run.
func Arms(a *result.Analysis, la *result.Lane, b *result.Analysis, lb *result.Lane) *result.Comparison {
	same := a == b
	all := pairTrials(la.Trials, lb.Trials)
	calm := slices.DeleteFunc(slices.Clone(all), func(p pair) bool { return !p.calm() })
	c := &result.Comparison{
		A: arm("A", a, la, same), B: arm("B", b, lb, same),
		Design: design(all, len(calm), same, a.Pairs), Pairs: len(all), Calm: len(calm),
		Warnings: warnings(a, la, b, lb),
	}
	c.Effects = slices.Concat([]result.Effect{
		onset("onset.rate", la.ErrorOnset, lb.ErrorOnset, la.NoOnset, lb.NoOnset),
		onset("overflow_onset.rate", la.OverflowOnset, lb.OverflowOnset, la.NoOnset, lb.NoOnset),
		plateau(la, lb, all),
	}, latencies(all, calm), failures(all))
	c.Verdict = verdict(c)
	if same && la.Name == "direct" && lb.Name == "proxy" {
		c.Proxy = proxyEffects(c, la, lb)
	}
	return c
}

func arm(label string, a *result.Analysis, l *result.Lane, same bool) result.Arm {
	if same {
		label = l.Name
	}
	return result.Arm{Label: label, Run: a.Name, Started: a.Started, Lane: l.Name, Valid: a.Valid}
}

// Effect is the comparison's effect on a metric; nil where it has none.
func Effect(c *result.Comparison, metric string) *result.Effect {
	i := slices.IndexFunc(c.Effects, func(e result.Effect) bool { return e.Metric == metric })
	if i < 0 {
		return nil
	}
	return &c.Effects[i]
}

// design is how the trials were laid out, as the record has it.
func design(pairs []pair, calm int, same bool, repeated int) result.Finding {
	args := result.Args{"pairs": len(pairs), "calm": calm}
	if len(pairs) == 0 {
		return result.Finding{Code: "design_unpaired"}
	}
	if !same {
		return result.Finding{Code: "design_two_runs", Args: args}
	}
	first := 0
	for _, p := range pairs {
		if p.a.Start < p.b.Start {
			first++
		}
	}
	if rest := len(pairs) - first; rest-first > 1 || first-rest > 1 {
		args["first"] = first
		return result.Finding{Code: "design_in_turn", Args: args}
	}
	if repeated > 0 {
		args["repeated"] = uint64(repeated)
	}
	return result.Finding{Code: "design_abba", Args: args}
}
