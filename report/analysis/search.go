package analysis

import (
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
			state.Add(mlrsearch.Trial{Load: t.Rate, Duration: t.duration(), Due: t.figures.due,
				Bad: t.figures.bad})
		}
	}
	if l.slots > 0 {
		x := float64(l.slots) / spec.Trial.Seconds()
		out.Absorbed = &x
	}
	for _, g := range spec.Goals {
		b := state.Goal(g)
		goal := result.SearchGoal{LossRatio: g.LossRatio, Lower: positive(b.Lower), Upper: positive(b.Upper),
			Reason: r.unreached(b.State, spec)}
		lasting, known := spec.Lasting(g, b.Lower, l.slots, l.Deadline)
		if known {
			goal.Lasting = &lasting
		}
		if b.State == mlrsearch.Reached && !(known && spec.Telling(b, lasting)) {
			goal.Reason = l.untold(spec, b, lasting)
		}
		goal.Regular = goal.Reason.IsZero()
		out.Goals = append(out.Goals, goal)
	}
	return out
}

// untold is why trials were too short to tell a load that lasts from one that the queue takes in.
func (l *lane) untold(spec *mlrsearch.Spec, b mlrsearch.Bounds, lasting float64) result.Finding {
	args := result.Args{"trial": spec.Trial, "lasting": lasting}
	if l.slots > 0 {
		args["slots"] = l.slots
	}
	if enough := spec.Enough(b.Upper, l.slots, l.Deadline); enough > 0 {
		args["need"] = enough.Round(100 * time.Millisecond).String()
	}
	return result.Finding{Code: "search_trials_short", Args: args}
}

// unreached is why a goal has no regular result; nothing where it has one.
func (r *run) unreached(state string, spec *mlrsearch.Spec) result.Finding {
	switch state {
	case mlrsearch.Reached:
		return result.Finding{}
	case mlrsearch.NoUpper:
		return result.Finding{Code: "search_no_upper", Args: result.Args{"rate": spec.Max}}
	case mlrsearch.NoLower:
		return result.Finding{Code: "search_no_lower"}
	case mlrsearch.Saturated:
		return result.Finding{Code: "search_saturated"}
	}
	if r.ended().How != runfile.Complete {
		return result.Finding{Code: "search_ended"}
	}
	return result.Finding{Code: "search_budget", Args: result.Args{"budget": spec.Budget}}
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
		goal := result.Finding{Code: "goal_inconclusive",
			Args: result.Args{"bad": g.LossRatio, "lower": g.Lower, "upper": g.Upper, "why": g.Reason}}
		if g.Regular {
			goal.Code = "goal_reached"
		}
		if g.LossRatio == 0 {
			delete(goal.Args, "bad")
		}
		goals = append(goals, goal)
	}
	return result.Finding{Code: "sustained_rate", Lane: l.Name,
		Args: result.Args{"trials": l.Search.Trials, "trial": l.Search.TrialS, "goals": goals}}
}
