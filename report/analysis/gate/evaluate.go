package gate

import (
	"math"
	"slices"

	"weir/report/analysis/compare"
	"weir/report/result"
	"weir/report/unit"
)

// Result is the answer to one assertion.
type Result = result.AssertionResult

// Evaluate answers every assertion, in order; baseline may be nil. Assertions should have passed Check: what is
// not there is inconclusive here, with the reason. An INVALID run, or one held against an INVALID baseline, has
// no answers, and one that did not end by itself passes nothing: what it would have shown is not known.
func Evaluate(a, baseline *result.Analysis, asserts []Assertion) []Result {
	results := []Result{}
	for _, s := range asserts {
		if !s.everyLane() {
			results = append(results, s.evaluate(a, baseline, ""))
			continue
		}
		if len(a.Lanes) == 0 {
			results = append(results, s.result(missing("gate_no_lanes", nil), Inconclusive))
		}
		for i := range a.Lanes {
			results = append(results, s.evaluate(a, baseline, a.Lanes[i].Name))
		}
	}
	return results
}

// everyLane reports whether an operand needs a lane and names none.
func (a Assertion) everyLane() bool {
	return slices.ContainsFunc(a.Terms, func(t Term) bool { return !t.metric.ofRun && t.Lane == "" })
}

func (a Assertion) evaluate(run, baseline *result.Analysis, lane string) Result {
	i, v := a.decide(run, baseline, lane)
	used := []*result.Analysis{run}
	if baseline != nil && slices.ContainsFunc(a.Terms, func(t Term) bool { return t.Baseline }) {
		used = append(used, baseline)
	}
	for _, u := range used {
		if v == Pass && !u.Ended.Whole() {
			v, i.note = Inconclusive, result.Finding{Code: "gate_not_whole", Args: result.Args{"ended": u.Ended.String()}}
		}
	}
	for _, u := range used {
		if !u.Valid {
			code := result.Code("gate_run_invalid")
			if u == baseline {
				code = "gate_baseline_invalid"
			}
			v, i.absent, i.note = Invalid, result.Finding{}, result.Finding{Code: code, Args: result.Args{"reasons": u.InvalidReasons}}
			break
		}
	}
	r := a.result(i, v)
	r.Lane = lane
	return r
}

func (a Assertion) decide(run, baseline *result.Analysis, lane string) (interval, Verdict) {
	if a.Over > 0 {
		s, why := a.Terms[0].scope(run, baseline, lane, a.Level)
		if !why.IsZero() {
			return unknownFor(why), Inconclusive
		}
		return a.everyWindow(s)
	}
	i := a.quotient(run, baseline, lane)
	return i, judge(i, a.Op, a.Limit)
}

func (t Term) measure(run, baseline *result.Analysis, lane string, level float64) interval {
	s, why := t.scope(run, baseline, lane, level)
	if !why.IsZero() {
		return unknownFor(why)
	}
	i := t.metric.read(s)
	if !i.known() {
		i.absent = result.Finding{Code: "gate_of_operand", Args: result.Args{"operand": t.String(), "why": i.absent}}
	}
	return i
}

// scope finds the run and the lane that the operand is of, or why there is none.
func (t Term) scope(run, baseline *result.Analysis, lane string, level float64) (s scope, why result.Finding) {
	s = scope{run: run, level: level}
	without := result.Code("gate_run_has_no_lane")
	if t.Baseline {
		s.run, without = baseline, "baseline_no_lane"
	}
	if s.run == nil {
		return s, result.Finding{Code: "gate_no_baseline"}
	}
	if t.Lane != "" {
		lane = t.Lane
	}
	if s.lane = compare.Lane(s.run, lane); s.lane == nil && !t.metric.ofRun {
		return s, result.Finding{Code: without, Args: result.Args{"lane": lane}}
	}
	return s, why
}

// quotient is the first operand divided by the others.
func (a Assertion) quotient(run, baseline *result.Analysis, lane string) interval {
	if a.acrossRuns() {
		return a.replicated(run, baseline, lane)
	}
	i := a.Terms[0].measure(run, baseline, lane, a.Level)
	for k, t := range a.Terms[1:] {
		divide := interval.over
		if t.metric.estimated() && !slices.ContainsFunc(a.Terms[:k+1], t.tiedTo) {
			divide = interval.ratio
		}
		i = divide(i, t.measure(run, baseline, lane, a.Level))
	}
	return i
}

// tiedTo reports whether the errors of two operands may have one cause, or one of them is no estimate. Those of two
// lanes are of separate trials, as in result.Analysis.Agreement.
func (t Term) tiedTo(u Term) bool {
	apart := t.Baseline != u.Baseline || !t.metric.ofRun && !u.metric.ofRun && t.Lane != u.Lane
	return !apart || !u.metric.estimated()
}

// acrossRuns reports whether a run is divided by its baseline, and by intervals that know nothing of what lies between
// two runs: those of latencies and shares, which take the requests of one run for independent. The replicate is the trial.
func (a Assertion) acrossRuns() bool {
	of := func(baseline bool) bool {
		return slices.ContainsFunc(a.Terms, func(t Term) bool { return t.Baseline == baseline })
	}
	return of(true) && of(false) && slices.ContainsFunc(a.Terms, func(t Term) bool { return t.metric.ofRequests() })
}

// notReplicable is why such a quotient has no interval, whatever the runs show.
func (a Assertion) notReplicable() (why result.Finding) {
	t := a.Terms[0]
	switch args := (result.Args{"metric": t.Metric}); {
	case t.metric.pairs == nil:
		why = result.Finding{Code: "gate_not_of_trials", Args: args}
	case len(a.Terms) != 2 || a.Terms[1].metric != t.metric:
		why = result.Finding{Code: "gate_not_one_metric", Args: args}
	}
	return why
}

func (a Assertion) replicated(run, baseline *result.Analysis, lane string) interval {
	if why := a.notReplicable(); !why.IsZero() {
		return unknownFor(why)
	}
	var of [2]scope
	for i, t := range a.Terms {
		var why result.Finding
		if of[i], why = t.scope(run, baseline, lane, a.Level); !why.IsZero() {
			return unknownFor(why)
		}
	}
	r, why := a.Terms[0].metric.pairs(of[1].lane, of[0].lane, a.Level)
	if !why.IsZero() {
		return unknownFor(why)
	}
	return interval{value: r.Ratio, low: r.Low, high: r.High}
}

// result is the answer, with what was found.
func (a Assertion) result(i interval, v Verdict) Result {
	r := Result{Expr: a.Expr, Name: a.Name, Result: v, Unit: a.unit(), Reason: both(i.absent, i.note), Measured: unit.Unknown}
	if !i.known() || math.IsNaN(i.value) && math.IsInf(i.high, 1) && i.low == 0 {
		return r
	}
	r.Value, r.Low, r.High = finite(i.value), finite(i.low), finite(i.high)
	r.Measured = r.Estimate().String()
	if v == Inconclusive && r.Reason.IsZero() {
		r.Reason = result.Finding{Code: "interval_over_limit"}
	}
	return r
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
