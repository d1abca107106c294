package gate

import (
	"fmt"
	"math"
	"slices"

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
			results = append(results, s.result(missing("the run has no lane"), Inconclusive))
		}
		for i := range a.Lanes {
			results = append(results, s.evaluate(a, baseline, a.Lanes[i].Name))
		}
	}
	return results
}

// everyLane reports whether an operand needs a lane and names none.
func (a Assertion) everyLane() bool {
	return slices.ContainsFunc(a.Terms, func(t Term) bool { return t.metric.ofLane && t.Lane == "" })
}

func (a Assertion) evaluate(run, baseline *result.Analysis, lane string) Result {
	i, v := a.decide(run, baseline, lane)
	used := []*result.Analysis{run}
	if baseline != nil && slices.ContainsFunc(a.Terms, func(t Term) bool { return t.Baseline }) {
		used = append(used, baseline)
	}
	for _, u := range used {
		if v == Pass && !u.Ended.Whole() {
			v, i.note = Inconclusive, said("the run did not end by itself: %v", u.Ended)
		}
	}
	for _, u := range used {
		if !u.Valid {
			v, i.note, i.absent = Invalid, result.Finding{Code: "gate_run_invalid", Args: result.Args{"reasons": u.InvalidReasons}}, result.Finding{}
			if u == baseline {
				i.note.Code = "gate_baseline_invalid"
			}
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
		if why != "" {
			return missing("%s", why), Inconclusive
		}
		i, v := a.everyWindow(s.run, s.lane)
		if cut, failed := a.aborted(s.run, s.lane); failed && v != Fail {
			return cut, Fail
		}
		return i, v
	}
	i := a.quotient(run, baseline, lane)
	return i, judge(i, a.Op, a.Limit)
}

func (t Term) measure(run, baseline *result.Analysis, lane string, level float64) interval {
	s, why := t.scope(run, baseline, lane, level)
	if why != "" {
		return missing("%s", why)
	}
	i := t.metric.measure(s)
	if !i.known() {
		i.absent = result.Finding{Code: "of_operand", Args: result.Args{"operand": t.String(), "why": i.absent}}
	}
	return i
}

// scope finds the run and the lane that the operand is of, or says why there is none.
func (t Term) scope(run, baseline *result.Analysis, lane string, level float64) (s scope, why string) {
	s = scope{run: run, level: level}
	which := "run"
	if t.Baseline {
		s.run, which = baseline, "baseline"
	}
	if s.run == nil {
		return s, "there is no baseline"
	}
	if t.Lane != "" {
		lane = t.Lane
	}
	for i := range s.run.Lanes {
		if s.run.Lanes[i].Name == lane {
			s.lane = &s.run.Lanes[i]
		}
	}
	if s.lane == nil && t.metric.ofLane {
		return s, fmt.Sprintf("the %s has no lane %s", which, lane)
	}
	return s, ""
}

// result puts what was found into words.
func (a Assertion) result(i interval, v Verdict) Result {
	r := Result{Expr: a.Expr, Name: a.Name, Result: v, Unit: a.kind(), Reason: both(i.absent, i.note), Measured: unit.Unknown}
	if !i.known() || math.IsNaN(i.value) && math.IsInf(i.high, 1) && i.low == 0 {
		return r
	}
	r.Value, r.Low, r.High = finite(i.value), finite(i.low), finite(i.high)
	r.Measured = r.Estimate().String()
	if v == Inconclusive && r.Reason.Code == "" && r.Reason.Text == "" {
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
