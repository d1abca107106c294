package gate

import (
	"fmt"
	"math"
	"sort"
	"time"

	"weir/probe"
	"weir/report/analysis/compare"
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
	Name         string
	Loss         bool   // one lost SYN is one failed request: the connect timeout ends before a SYN is sent again
	Listener     string // whose queue is watched; "": none
	ListenerHost string // where it is
	Trials       []PlannedTrial
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
				text, why := a.impossible(t, p, l)
				if text != "" || !why.IsZero() {
					return &SyntaxError{Expr: a.Expr, Column: t.Column, Text: text, Why: why}
				}
			}
		}
	}
	return nil
}

// lanes are those that an operand is of; one without a name where it is the run's.
func (p Plan) lanes(t Term) (list []PlannedLane) {
	if t.metric.ofRun {
		return []PlannedLane{{}}
	}
	for _, l := range p.Lanes {
		if t.Lane == "" || t.Lane == l.Name {
			list = append(list, l)
		}
	}
	return list
}

func (a Assertion) impossible(t Term, p Plan, l PlannedLane) (text string, why result.Finding) {
	if t.Baseline {
		return a.incomparable(t, p, l)
	}
	if a.Abort {
		text = a.undecidable(p)
	}
	if text == "" && t.metric.needs != nil {
		text = t.metric.needs(p, l)
	}
	if text == "" && len(a.Terms) == 1 && !p.Search {
		text = a.tooFew(t, l)
	}
	switch {
	case text == "":
	case l.Name != "":
		text = fmt.Sprintf("this plan cannot answer it for lane %s: %s", l.Name, text)
	default:
		text = "this plan cannot answer it: " + text
	}
	return text, why
}

// incomparable says why the run could not be compared with its baseline.
func (a Assertion) incomparable(t Term, p Plan, l PlannedLane) (text string, why result.Finding) {
	b := p.Baseline
	switch {
	case b == nil:
		return "there is no baseline: name its run with --baseline", why
	case !b.Valid:
		return "", result.Finding{Code: "gate_baseline_invalid", Args: result.Args{"reasons": b.InvalidReasons}}
	}
	if i := t.measure(nil, b, l.Name, a.Level); !i.known() || !a.acrossRuns() {
		return "", i.absent
	}
	if why := a.notReplicable(); !why.IsZero() || p.Search {
		return "", why
	}
	name := l.Name
	if t.Lane != "" {
		name = t.Lane
	}
	of := compare.Lane(b, name)
	if of == nil {
		return "", why
	}
	var planned []result.Trial
	for _, t := range l.Trials {
		planned = append(planned, result.Trial{Rate: t.Rate, Arrival: t.Arrival, Duration: t.Duration.Seconds(), Complete: true})
	}
	if n := compare.Pairs(of.Trials, planned); n < estimate.MinPairs {
		text = fmt.Sprintf("two runs are compared by pairs of trials at equal load: this plan and the baseline have %d, the minimum is %d (--steps, --trials)", n, estimate.MinPairs)
	}
	return text, why
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
			return fmt.Sprintf("windows of %[2]v are not whole bins of %[1]v", runfile.BinWidth, a.Over)
		}
		level = 100 - (100-a.Level)/float64(windows)
	}
	if t.metric.kind != sampled || t.metric.of == nil || a.Op != Less && a.Op != LessEqual && a.Op != Greater && a.Op != GreaterEqual {
		return ""
	}
	i := a.best(n, level)
	if judge(i, a.Op, a.Limit) == Pass {
		return ""
	}
	takes := "no number of requests shows more: take a limit further off"
	const most = 1 << 30
	if n := uint64(sort.Search(most, func(n int) bool { return judge(a.best(uint64(n), level), a.Op, a.Limit) == Pass })); n < most {
		takes = fmt.Sprintf("it needs %d of them, or a limit further off", n)
	}
	best := unit.Of(unit.Share, i.value, i.low, i.high)
	return fmt.Sprintf("the best that %d requests can show is %s, at %s %%: %s", n, best, unit.Digits(level, 0), takes)
}

// fitting is how many windows of a length the lane's trials will have, and how few requests the emptiest can hold.
func (l PlannedLane) fitting(over time.Duration) (windows int, least uint64) {
	least = math.MaxUint64
	for _, t := range l.Trials {
		if fit := t.Duration - over; fit >= 0 {
			windows += 1 + int(fit/runfile.BinWidth)
			least = min(least, uint64(math.Ceil(float64(t.Due)*over.Seconds()/t.Duration.Seconds())))
		}
	}
	return windows, least
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
		return "no kernel counter counts this for a unix socket"
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
		return "an onset needs at least 6 trials at several constant rates: give --steps"
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
		return "a plateau needs at least 6 overloaded trials at constant rates: give --steps"
	}
	return watched(p, l)
}

func capacityKnown(p Plan, _ PlannedLane) string {
	if !p.Capacity {
		return "it needs the number of workers (--workers) and their service time (--service-time)"
	}
	return ""
}

func serviceKnown(p Plan, _ PlannedLane) string {
	if !p.ServiceTime {
		return "the service time is not known: give --service-time"
	}
	return ""
}

func searching(p Plan, _ PlannedLane) string {
	if !p.Search {
		return "a search finds it: give --search"
	}
	return ""
}

// enough is whether so many requests have a quantile.
func enough(name string, q float64) func(Plan, PlannedLane) string {
	return func(p Plan, l PlannedLane) string {
		if n := l.due(); !p.Search && !estimate.Supported(n, q) {
			return fmt.Sprintf("%d requests are too few for a %s", n, name)
		}
		return ""
	}
}
