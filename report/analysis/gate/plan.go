package gate

import (
	"fmt"
	"sort"
	"time"

	"weir/probe"
	"weir/report/analysis/estimate"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/unit"
)

// Plan is a run before its load, as far as it decides what the run can measure.
type Plan struct {
	Lanes       []PlannedLane
	Search      bool             // which chooses its trials as it goes, so that what they will show is not known
	Capacity    bool             // workers and service time are known
	ServiceTime bool             // the latter
	Baseline    *result.Analysis // nil: none
}

// PlannedLane is one of its lanes.
type PlannedLane struct {
	Name     string
	Loss     bool   // one lost SYN is one failed request: the connect timeout ends before a SYN is sent again
	Listener string // whose queue is watched; "": none
	Trials   []PlannedTrial
}

// PlannedTrial is a stretch of load.
type PlannedTrial struct {
	Rate     float64 // req/s; 0: not constant
	Arrival  string  // "constant" or "poisson"
	Due      uint64
	Duration time.Duration
}

// CheckPlan says which assertion no run by this plan can measure, or none can pass, as a *SyntaxError: better before
// the load than after it. Check should have found the lanes to be there. What is left can still turn out
// inconclusive: how much is lost, and whether the queue was seen, only the run shows.
func CheckPlan(asserts []Assertion, p Plan) error {
	for _, a := range asserts {
		for _, t := range a.Terms {
			for _, l := range p.lanes(t) {
				if b := p.Baseline; t.Baseline && b != nil {
					if !b.Valid {
						why := result.Finding{Code: "gate_baseline_invalid", Args: result.Args{"reasons": b.InvalidReasons}}
						return &SyntaxError{Expr: a.Expr, Column: t.Column, Why: why}
					}
					if i := t.measure(nil, p.Baseline, l.Name, a.Level); !i.known() {
						return &SyntaxError{Expr: a.Expr, Column: t.Column, Why: i.absent}
					}
				}
				if why := a.impossible(t, p, l); why != "" {
					return &SyntaxError{Expr: a.Expr, Column: t.Column, Text: why}
				}
			}
		}
	}
	return nil
}

// lanes are those that an operand is of; one without a name where it is the run's.
func (p Plan) lanes(t Term) (list []PlannedLane) {
	if !t.metric.ofLane {
		return []PlannedLane{{}}
	}
	for _, l := range p.Lanes {
		if t.Lane == "" || t.Lane == l.Name {
			list = append(list, l)
		}
	}
	return list
}

func (a Assertion) impossible(t Term, p Plan, l PlannedLane) string {
	if t.Baseline {
		switch {
		case p.Baseline == nil:
			return "there is no baseline: name its run with --baseline"
		case a.acrossRuns():
			return a.unpaired(p, l)
		}
		return ""
	}
	if p.Search && a.Abort {
		return "a search offers more than is sustained on purpose: leave abort out"
	}
	why := ""
	if a.Abort {
		why = a.neverCertain()
	}
	if why == "" && t.metric.needs != nil {
		why = t.metric.needs(p, l)
	}
	if why == "" && len(a.Terms) == 1 && !p.Search {
		why = a.tooFew(t, l)
	}
	if why == "" {
		return ""
	}
	if l.Name != "" {
		return "this plan cannot tell for lane " + l.Name + ": " + why
	}
	return "this plan cannot tell: " + why
}

// neverCertain says why it cannot be known before the end that the assertion has failed.
func (a Assertion) neverCertain() string {
	switch m := a.Terms[0].metric; {
	case len(a.Terms) > 1:
		return "abort takes one metric and no ratio: leave abort out"
	case !m.grows && !m.open:
		return "abort goes with shares, counts, overflows, drops, max_recv_q and latency.max, of which it can be certain before the end that they are beyond a limit: leave abort out, or see --abort-if"
	}
	return ""
}

// tooFew says why not even the best run by this plan would pass: its requests are too few, or none of its trials lasts.
func (a Assertion) tooFew(t Term, l PlannedLane) string {
	n, level := l.due(), a.Level
	if a.Over > 0 {
		windows, least := l.fitting(a.Over)
		n = least
		switch {
		case windows == 0:
			return fmt.Sprintf("no trial lasts %v", a.Over)
		case a.Over%runfile.BinWidth != 0:
			return fmt.Sprintf("a run is kept in bins of %v, and windows of %v cannot be made of them", runfile.BinWidth, a.Over)
		}
		level = 100 - (100-a.Level)/float64(windows)
	}
	if t.metric.countedBy == nil || a.Op != Less && a.Op != LessEqual && a.Op != Greater && a.Op != GreaterEqual {
		return ""
	}
	i := a.best(n, level)
	if judge(i, a.Op, a.Limit) == Pass {
		return ""
	}
	takes := "no number of requests shows more: give a limit further off"
	const most = 1 << 30
	if n := uint64(sort.Search(most, func(n int) bool { return judge(a.best(uint64(n), level), a.Op, a.Limit) == Pass })); n < most {
		takes = fmt.Sprintf("it takes %d of them, or a limit further off", n)
	}
	return fmt.Sprintf("the best that %d requests can show is %s [%s, %s], at %s %%: %s",
		n, share.Format(i.value), share.Format(i.low), share.Format(i.high), unit.Digits(level, 0), takes)
}

// best is what n requests show if all are as the assertion wants them.
func (a Assertion) best(n uint64, level float64) interval {
	all := tally{of: n}
	if a.Op == Greater || a.Op == GreaterEqual {
		all.k = n
	}
	return all.share(level)
}

func (l PlannedLane) due() (n uint64) {
	for _, t := range l.Trials {
		n += t.Due
	}
	return n
}

// constant counts the trials at a constant rate, and the rates.
func (l PlannedLane) constant() (trials, rates int) {
	seen := map[float64]bool{}
	for _, t := range l.Trials {
		if t.Rate > 0 {
			trials++
			seen[t.Rate] = true
		}
	}
	return trials, len(seen)
}

func watched(_ Plan, l PlannedLane) string {
	if l.Listener == "" {
		return "no listener is watched: name it with --probe-listener"
	}
	return ""
}

// counts is watched for what the kernel counts.
func counts(p Plan, l PlannedLane) string {
	if probe.IsUnix(l.Listener) {
		return "no counter of the kernel counts this for a unix socket"
	}
	return watched(p, l)
}

// hinged is what the estimate of an onset takes (estimate.Hinge).
func hinged(p Plan, l PlannedLane) string {
	trials, rates := l.constant()
	switch {
	case p.Search:
		return "a search chooses its rates by what it saw, and has no onset: ask for search.rate"
	case !l.Loss:
		return "in retrial mode failures do not show where loss began: take a connect timeout under 1 s"
	case trials < 6 || rates < 2:
		return "an onset takes at least 6 trials at several constant rates: give --steps"
	}
	return watched(p, l)
}

func hingedByKernel(p Plan, l PlannedLane) string {
	if why := counts(p, l); why != "" {
		return why
	}
	return hinged(p, l)
}

func overloaded(p Plan, l PlannedLane) string {
	if trials, _ := l.constant(); trials < 6 && !p.Search {
		return "a plateau takes at least 6 overloaded trials at constant rates: give --steps"
	}
	return watched(p, l)
}

func capacityKnown(p Plan, _ PlannedLane) string {
	if !p.Capacity {
		return "it takes the number of workers (--workers) and their service time (--service-time)"
	}
	return ""
}

func serviceKnown(p Plan, _ PlannedLane) string {
	if !p.ServiceTime {
		return "the service time is not known: give --service-time"
	}
	return ""
}

// enough is whether so many requests have a quantile.
func enough(name string) func(Plan, PlannedLane) string {
	q, estimated := map[string]float64{"p50": .5, "p90": .9, "p99": .99, "p999": .999}[name]
	return func(p Plan, l PlannedLane) string {
		if n := l.due(); !p.Search && estimated && !estimate.Supported(n, q) {
			return fmt.Sprintf("%d requests are too few for a %s", n, name)
		}
		return ""
	}
}
