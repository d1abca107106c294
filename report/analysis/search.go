package analysis

import (
	"fmt"
	"time"

	"weir/report/result"

	mlrsearch "weir/loadgen/search"
	"weir/report/analysis/estimate"
	"weir/report/runfile"
)

// search classifies the lane's trials again, from the record alone; nil where the run was no search.
func (r *run) search(l *lane) *result.Search {
	spec := r.header.Search
	if spec == nil {
		return nil
	}
	out := &result.Search{TrialS: spec.Trial.Seconds(), BudgetS: spec.Budget.Seconds()}
	state := spec.Begin()
	for _, t := range l.trials {
		if t.end != nil {
			out.TookS = max(out.TookS, t.end.DrainedAt.Seconds())
		}
		switch {
		case !t.figures.complete || !t.constant():
		case t.spoiled.Code != "":
			out.Spoiled++
			state.Spoil(t.Rate)
		default:
			out.Trials++
			state.Add(mlrsearch.Trial{Load: t.Rate, Duration: t.duration(), Due: t.figures.due, Bad: t.figures.bad})
		}
	}
	if l.slots > 0 {
		x := float64(l.slots) / spec.Trial.Seconds()
		out.Absorbed = &x
	}
	for _, g := range spec.Goals {
		b := state.Goal(g)
		goal := result.SearchGoal{LossRatio: g.LossRatio, Lower: positive(b.Lower), Upper: positive(b.Upper), Reason: r.unreached(b.State, spec)}
		lasting, known := spec.Lasting(g, b.Lower, l.slots, l.Deadline)
		if known {
			goal.Lasting = &lasting
		}
		if b.State == mlrsearch.Reached && !(known && spec.Telling(b, lasting)) {
			goal.Reason = l.untold(spec, b, lasting)
		}
		goal.Regular = goal.Reason == ""
		out.Goals = append(out.Goals, goal)
	}
	return out
}

// untold says why trials were too short to tell a load that lasts from one that the queue takes in.
func (l *lane) untold(spec *mlrsearch.Spec, b mlrsearch.Bounds, lasting float64) string {
	queue := fmt.Sprintf("a queue of %d places", l.slots)
	if l.slots == 0 {
		queue = "a queue of unknown length (name it with --probe-listener)"
	}
	text := fmt.Sprintf("trials of %.3g s are too short for %s: of what held only %.4g req/s are known to last", spec.Trial.Seconds(), queue, lasting)
	if enough := spec.Enough(b.Upper, l.slots, l.Deadline); enough > 0 {
		text += fmt.Sprintf("; it takes trials of %v (--trial-duration, with as much more --budget)", enough.Round(100*time.Millisecond))
	}
	return text
}

// unreached says why a goal has no regular result.
func (r *run) unreached(state string, spec *mlrsearch.Spec) string {
	switch state {
	case mlrsearch.Reached:
		return ""
	case mlrsearch.NoUpper:
		return fmt.Sprintf("the highest rate that a search goes to, %.4g req/s, holds", spec.Max)
	case mlrsearch.NoLower:
		return "no rate that was offered holds"
	case mlrsearch.Saturated:
		return "the generator could not offer the next rate"
	}
	if r.ended().How != runfile.Complete {
		return "the run ended before"
	}
	return fmt.Sprintf("the budget of %v was spent", spec.Budget)
}

// lateIn keeps how late a search's trial was sent, 99th percentile, when its last record has come; the
// histogram is then another trial's.
func (l *loader) lateIn(t *trial) {
	if h := t.lane.trialLag; h != nil && t.lane.lagOf == t.Index {
		if estimate.Supported(uint64(h.TotalCount()), 0.99) {
			t.late = time.Duration(h.ValueAtPercentile(99))
		}
		h.Reset()
	}
}

// sustained is what a lane's search found.
func sustained(l *result.Lane) result.Finding {
	var goals []result.Finding
	for _, g := range l.Search.Goals {
		goal := result.Finding{Code: "goal_inconclusive", Args: result.Args{"bad": g.LossRatio, "lower": g.Lower, "upper": g.Upper, "why": g.Reason}}
		if g.Regular {
			goal.Code = "goal_reached"
		}
		if g.LossRatio == 0 {
			delete(goal.Args, "bad")
		}
		goals = append(goals, goal)
	}
	return result.Finding{Code: "sustained_rate", Lane: l.Name, Args: result.Args{"trials": l.Search.Trials, "trial": l.Search.TrialS, "goals": goals}}
}
