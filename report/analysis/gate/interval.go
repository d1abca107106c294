package gate

import (
	"math"

	"weir/report/analysis/estimate"
	"weir/report/result"
)

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
// the two together: the error of a difference (here, of logarithms) is never larger than the sum of both errors,
// which is what the extremes add up. For independent estimates it is generous, see ratio.
func (i interval) over(by interval) interval {
	switch {
	case !i.known():
		return i
	case !by.known():
		return by
	case by.high == 0:
		return missing("division_by_0", nil)
	}
	q := interval{value: i.value / by.value, low: i.low / by.high, high: i.high / by.low, note: both(i.note, by.note)}
	if by.low == 0 {
		q.high = math.Inf(1)
	}
	if math.IsInf(q.value, 0) {
		q.value = math.NaN()
	}
	return q
}

// ratio divides independent estimates (estimate.Ratio): two intervals of ±3 % give ±4.2 %, and not ±6 %. Where a bound
// leaves no logarithm, it is over.
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
