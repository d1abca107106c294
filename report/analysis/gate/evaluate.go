package gate

import (
	"math"
	"slices"

	"weir/report/analysis/compare"
	"weir/report/analysis/estimate"
	"weir/report/result"
	"weir/report/unit"
)

// Result is the answer to one assertion.
type Result = result.AssertionResult

// Evaluate answers every assertion, in order; baseline may be nil. Assertions should have passed Check: what
// is not there is inconclusive here, with the reason. An INVALID run, or one held against an INVALID
// baseline, has no answers, and one that did not end by itself passes nothing: what it would have shown is
// not known.
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
			v, i.note = Inconclusive, result.Finding{Code: "gate_not_whole",
				Args: result.Args{"ended": u.Ended.String()}}
		}
	}
	for _, u := range used {
		if !u.Valid {
			code := result.Code("gate_run_invalid")
			if u == baseline {
				code = "gate_baseline_invalid"
			}
			v, i.absent, i.note = Invalid, result.Finding{},
				result.Finding{Code: code, Args: result.Args{"reasons": u.InvalidReasons}}
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
		i.absent = result.Finding{Code: "gate_of_operand",
			Args: result.Args{"operand": t.String(), "why": i.absent}}
	}
	return i
}

// scope finds the run and the lane that the operand is of, or why there is none.
func (t Term) scope(run, baseline *result.Analysis, lane string, level float64) (scope, result.Finding) {
	s := scope{run: run, level: level}
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
	return s, result.Finding{}
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

// tiedTo reports whether the errors of two operands may have one cause, or one of them is no estimate. Those
// of two lanes are of separate trials, as in result.Analysis.Agreement.
func (t Term) tiedTo(u Term) bool {
	apart := t.Baseline != u.Baseline || !t.metric.ofRun && !u.metric.ofRun && t.Lane != u.Lane
	return !apart || !u.metric.estimated()
}

// acrossRuns reports whether a run is divided by its baseline, and by intervals that know nothing of what
// lies between two runs: those of latencies and shares, which take the requests of one run for independent.
// The replicate is the trial.
func (a Assertion) acrossRuns() bool {
	of := func(baseline bool) bool {
		return slices.ContainsFunc(a.Terms, func(t Term) bool { return t.Baseline == baseline })
	}
	return of(true) && of(false) &&
		slices.ContainsFunc(a.Terms, func(t Term) bool { return t.metric.ofRequests() })
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
	r := Result{Expr: a.Expr, Name: a.Name, Result: v, Unit: a.unit(), Reason: both(i.absent, i.note),
		Measured: unit.Unknown}
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

// interval is a quantity with all that it may be. Every quantity here is 0 or more. With a reason in absent
// nothing is known of it.
type interval struct {
	value, low, high float64 // high may be +Inf; value is NaN where only the bounds are known
	absent           result.Finding
	note             result.Finding // what a reader has to know beside the numbers
}

func exact(x float64) interval { return interval{value: x, low: x, high: x} }

func missing(code result.Code, args result.Args) interval {
	return unknownFor(result.Finding{Code: code, Args: args})
}

func unknownFor(why result.Finding) interval {
	return interval{value: math.NaN(), high: math.Inf(1), absent: why}
}

func (i interval) known() bool { return i.absent.IsZero() }

// over divides. The bounds are the extremes that the bounds of both allow. That keeps the level whatever ties
// the two together: the error of a difference (here, of logarithms) is never larger than the sum of both
// errors, which is what the extremes add up. For independent estimates it is generous, see ratio.
func (i interval) over(by interval) interval {
	switch {
	case !i.known():
		return i
	case !by.known():
		return by
	case by.high == 0:
		return missing("division_by_0", nil)
	}
	q := interval{value: i.value / by.value, low: i.low / by.high, high: i.high / by.low,
		note: both(i.note, by.note)}
	if by.low == 0 {
		q.high = math.Inf(1)
	}
	if math.IsInf(q.value, 0) {
		q.value = math.NaN()
	}
	return q
}

// ratio divides independent estimates (estimate.Ratio): two intervals of ±3 % give ±4.2 %, and not ±6 %.
// Where a bound leaves no logarithm, it is over.
func (i interval) ratio(by interval) interval {
	if i.known() && by.known() {
		if value, low, high, ok := estimate.Ratio(i.value, i.low, i.high, by.value, by.low, by.high); ok {
			return interval{value: value, low: low, high: high, note: both(i.note, by.note)}
		}
	}
	return i.over(by)
}

// both are two findings as one.
func both(a, b result.Finding) result.Finding {
	switch {
	case a.IsZero():
		return b
	case b.IsZero():
		return a
	}
	return result.Finding{Code: "gate_both", Args: result.Args{"parts": []result.Finding{a, b}}}
}

// Verdict is the answer to an assertion.
type Verdict = result.Verdict

// The answers, by short names.
const (
	Pass         = result.Pass
	Fail         = result.Fail
	Inconclusive = result.Inconclusive
	Invalid      = result.Invalid
)

// judge holds all that a quantity may be against a limit: within, outside or both.
func judge(i interval, op Op, limit Limit) Verdict {
	if !i.known() {
		return Inconclusive
	}
	var within, outside bool
	switch op {
	case Less:
		within, outside = i.high < limit.Low, i.low >= limit.Low
	case LessEqual:
		within, outside = i.high <= limit.Low, i.low > limit.Low
	case Greater:
		within, outside = i.low > limit.Low, i.high <= limit.Low
	case GreaterEqual:
		within, outside = i.low >= limit.Low, i.high < limit.Low
	case Equal, In:
		within, outside = i.low >= limit.Low && i.high <= limit.High, i.high < limit.Low || i.low > limit.High
	case NotEqual:
		within, outside = i.high < limit.Low || i.low > limit.Low, i.low == limit.Low && i.high == limit.Low
	}
	switch {
	case within:
		return Pass
	case outside:
		return Fail
	}
	return Inconclusive
}

// worse puts answers into the order in which they decide over the whole.
var worse = map[Verdict]int{Pass: 0, Inconclusive: 1, Fail: 2, Invalid: 3}

// Overall is the answer to all assertions together: one that fails fails them all, and of those that do not
// fail one that is inconclusive leaves the whole open. No results are no answer.
func Overall(results []Result) Verdict {
	if len(results) == 0 {
		return Inconclusive
	}
	all := Pass
	for _, r := range results {
		if worse[r.Result] > worse[all] {
			all = r.Result
		}
	}
	return all
}
