package gate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
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
	Search      bool             // which chooses its trials as it goes: what they will show is not known
	Capacity    bool             // workers and service time are known
	ServiceTime bool             // the latter
	Baseline    *result.Analysis // nil: none
}

// PlannedLane is one of its lanes.
type PlannedLane struct {
	Name         string
	Loss         bool   // one lost SYN is one failed request: the connect timeout is too short for another
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

// CheckPlan says which assertion no run by this plan can measure, or none can pass, as a *SyntaxError: better
// before the load than after it. Check should have found the lanes to be there. What is left can still turn
// out inconclusive: how much is lost, and whether the queue was seen, only the run shows.
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
	if text == "" {
		text = t.metric.unmet(p, l)
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
		return "", result.Finding{Code: "gate_baseline_invalid",
			Args: result.Args{"reasons": b.InvalidReasons}}
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
		planned = append(planned, result.Trial{Rate: t.Rate, Arrival: t.Arrival,
			Duration: t.Duration.Seconds(), Complete: true})
	}
	if n := compare.Pairs(of.Trials, planned); n < estimate.MinPairs {
		text = fmt.Sprintf("two runs are compared by pairs of trials at equal load: this plan and the "+
			"baseline have %d, the minimum is %d (--steps, --trials)", n, estimate.MinPairs)
	}
	return text, why
}

// tooFew says why not even the best run by this plan would pass: its requests are too few, or none of its
// trials lasts.
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
	oneSided := a.Op == Less || a.Op == LessEqual || a.Op == Greater || a.Op == GreaterEqual
	if t.metric.kind != sampled || t.metric.of == nil || !oneSided {
		return ""
	}
	i := a.best(n, level)
	if judge(i, a.Op, a.Limit) == Pass {
		return ""
	}
	takes := "no number of requests shows more: take a limit further off"
	const most = 1 << 30
	passes := func(n int) bool { return judge(a.best(uint64(n), level), a.Op, a.Limit) == Pass }
	if n := sort.Search(most, passes); n < most {
		takes = fmt.Sprintf("it needs %d of them, or a limit further off", n)
	}
	best := unit.Of(unit.Share, i.value, i.low, i.high)
	return fmt.Sprintf("the best that %d requests can show is %s, at %s %%: %s", n, best,
		unit.Digits(level, 0), takes)
}

// fitting is how many windows of a length the lane's trials will have, and how few requests the emptiest can
// hold.
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

// need is what a metric needs of a run's plan, as bits.
type need uint8

const (
	aListener    need = 1 << iota // whose queue is watched
	aTCPListener                  // for what the kernel counts
	manySteps                     // what the estimate of an onset rests on (estimate.Hinge)
	overload                      // trials at constant rates
	theWorkers                    // their number, and their service time
	aServiceTime                  // known
	aSearch                       // for the highest sustained rate
)

// unmet says what a metric needs and the plan does not have, or "".
func (m *metric) unmet(p Plan, l PlannedLane) string {
	trials, rates := l.constant()
	for _, c := range []struct {
		of    need
		unmet bool
		text  string
	}{
		{aTCPListener, probe.IsUnix(l.Listener), "no kernel counter counts this for a unix socket"},
		{manySteps, p.Search,
			"a search chooses its rates by what it saw, and has no onset: ask for search.rate"},
		{manySteps, !l.Loss,
			"in retrial mode failures do not show where loss began: take a connect timeout under 1 s"},
		{manySteps, trials < 6 || rates < 2,
			"an onset needs at least 6 trials at several constant rates: give --steps"},
		{overload, trials < 6 && !p.Search,
			"a plateau needs at least 6 overloaded trials at constant rates: give --steps"},
		{aListener | aTCPListener | manySteps | overload, l.Listener == "",
			"no listener is watched: name it with --probe-listener"},
		{theWorkers, !p.Capacity,
			"it needs the number of workers (--workers) and their service time (--service-time)"},
		{aServiceTime, !p.ServiceTime, "the service time is not known: give --service-time"},
		{aSearch, !p.Search, "a search finds it: give --search"},
	} {
		if m.needs&c.of != 0 && c.unmet {
			return c.text
		}
	}
	if n := l.due(); m.q > 0 && !p.Search && !estimate.Supported(n, m.q) {
		_, name, _ := strings.Cut(m.name, ".")
		return fmt.Sprintf("%d requests are too few for a %s", n, name)
	}
	return ""
}

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
				return a.mistake(t, "the %s has no lane %q%s There are: %s", which, t.Lane,
					cmp.Or(meant, "."), strings.Join(known, ", "))
			}
		}
	}
	return nil
}

// CheckRun is Check of a recorded run and its baseline, nil where there is none. What no run of its kind can
// answer is a mistake too, not inconclusive.
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
				return a.mistake(t, "the %s was no search (weir run --search), so it has no %s", which,
					t.Metric)
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

// insideAllowance says why not even an unchanged server would pass, or no server: an onset is never known
// better than to its allowance, nor is a latency beside another run's, whatever is measured for how long. "":
// it can pass.
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
	case len(a.Terms) == 2 && a.Terms[1].metric == t.metric &&
		(a.acrossRuns() || t.metric.kind == fitted && !t.tiedTo(a.Terms[1])):
		_, low, high, _ = estimate.Ratio(1, low, high, 1, low, high)
	default:
		return ""
	}
	narrow := (a.Op == In || a.Op == Equal) && l.Low > 0 && l.High/l.Low < high/low
	possible := !narrow
	if len(a.Terms) == 2 && a.Op != NotEqual && judge(exact(1), a.Op, l) == Pass {
		possible = possible && judge(interval{value: 1, low: low, high: high}, a.Op, l) == Pass
	}
	if possible {
		return ""
	}
	return fmt.Sprintf("an unchanged server would not pass: its %s is known to %.3f to %.3f × the truth "+
		"only (allowance of ±%.2g %%). Take a limit outside of that range",
		t.Metric, low, high, 100*x)
}
