package report

import (
	"fmt"
	"slices"
	"strings"

	"weir/report/result"
	"weir/report/words"
)

// searched are the rows of a search's goals, the strictest first. The lanes of a run have the same ones.
func searched(a *result.Analysis) []row {
	var rows []row
	for i := range a.Lanes {
		s := a.Lanes[i].Search
		if s == nil {
			continue
		}
		for len(rows) < len(s.Goals) {
			rows = append(rows, row{Label: "held, " + percent(s.Goals[len(rows)].LossRatio), Cells: make([]cell, len(a.Lanes))})
		}
		for j, g := range s.Goals {
			rows[j].Cells[i] = sustained(g, a.Capacity.Computed)
		}
	}
	if len(rows) > 0 {
		r := row{Label: "searched", Cells: make([]cell, len(a.Lanes))}
		for i := range a.Lanes {
			if s := a.Lanes[i].Search; s != nil {
				r.Cells[i].Main = effort(s)
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// sustained is one goal's result: the two rates that were really offered and between which the highest lies.
func sustained(g result.SearchGoal, computed *float64) cell {
	bound := func(x *float64, word string) string {
		if x == nil {
			return "no rate " + word
		}
		return rate(*x) + " " + word
	}
	text := bound(g.Lower, "held") + ", " + bound(g.Upper, "did not")
	if g.Lower == nil && g.Upper == nil {
		text = "nothing known"
	}
	if !g.Regular {
		return cell{Main: "inconclusive: " + text, Interval: "(" + words.Of(g.Reason) + ")", Tone: muted}
	}
	c := cell{Main: text, Tone: good}
	if computed != nil && *computed > 0 {
		c.Interval = fmt.Sprintf("(%.3f and %.3f of the capacity)", *g.Lower / *computed, *g.Upper / *computed)
	}
	return c
}

// effort is what the result rests on, and by how much the queue may flatter it.
func effort(s *result.Search) string {
	parts := []string{fmt.Sprintf("%s of %s", plural(uint64(s.Trials), "trial"), seconds(s.TrialS))}
	if s.Spoiled > 0 {
		parts = append(parts, fmt.Sprintf("%d more spoiled by the generator", s.Spoiled))
	}
	parts = append(parts, fmt.Sprintf("%s of %s", seconds(s.TookS), seconds(s.BudgetS)))
	if s.Absorbed != nil {
		parts = append(parts, "a trial's queue takes up to "+rate(*s.Absorbed)+" that will not last")
	}
	return strings.Join(parts, "; ")
}

// searches is what was found, in words, for the head of the report.
func searches(a *result.Analysis) []string {
	var list []string
	for _, l := range a.Lanes {
		if l.Search == nil {
			continue
		}
		for _, f := range a.Verdict {
			if f.Code == "sustained_rate" && f.Lane == l.Name {
				list = append(list, words.Of(f))
			}
		}
	}
	return list
}

// planned reports whether the rates were: then there may be onsets, where a search has bounds.
func planned(a *result.Analysis) bool {
	return !slices.ContainsFunc(a.Lanes, func(l result.Lane) bool { return l.Search != nil })
}

// percent of a ratio, as a goal states it.
func percent(ratio float64) string { return fmt.Sprintf("%.3g %% lost", 100*ratio) }
