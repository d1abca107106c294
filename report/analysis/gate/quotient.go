package gate

import (
	"fmt"
	"math"
	"slices"

	"weir/report/analysis/compare"
	"weir/report/analysis/estimate"
	"weir/report/result"
)

// quotient is the first operand divided by the others.
func (a Assertion) quotient(run, baseline *result.Analysis, lane string) interval {
	if a.acrossRuns() {
		return a.replicated(run, baseline, lane)
	}
	i := a.Terms[0].measure(run, baseline, lane, a.Level)
	for k, t := range a.Terms[1:] {
		divide := interval.over
		if t.metric.estimated && !slices.ContainsFunc(a.Terms[:k+1], t.tiedTo) {
			divide = interval.ratio
		}
		i = divide(i, t.measure(run, baseline, lane, a.Level))
	}
	return i
}

// tiedTo reports whether the errors of two operands may have one cause, or one of them is no estimate. Those of two
// lanes are of separate trials, as in analysis.Analysis.Agreement.
func (t Term) tiedTo(u Term) bool {
	apart := t.Baseline != u.Baseline || t.metric.ofLane && u.metric.ofLane && t.Lane != u.Lane
	return !apart || !u.metric.estimated
}

// acrossRuns reports whether a run is divided by its baseline, and by intervals that know nothing of what lies between
// two runs: those of latencies and shares, which take the requests of one run for independent. The replicate is the trial.
func (a Assertion) acrossRuns() bool {
	of := func(baseline bool) bool {
		return slices.ContainsFunc(a.Terms, func(t Term) bool { return t.Baseline == baseline })
	}
	return of(true) && of(false) && slices.ContainsFunc(a.Terms, func(t Term) bool { return t.metric.ofRequests })
}

// replicable says why such a quotient has no interval, whatever the runs show, or "".
func (a Assertion) replicable() string {
	t := a.Terms[0]
	switch {
	case t.metric.between == nil:
		return fmt.Sprintf("the trials' own %s is not kept, and without it what lies between two runs cannot be told: compare latency, or rates", t.Metric)
	case len(a.Terms) != 2 || a.Terms[1].metric != t.metric:
		return fmt.Sprintf("two runs are compared by pairs of trials, so that the quotient is of one metric: write %s / baseline.%s", t.Metric, t.Metric)
	}
	return ""
}

func (a Assertion) replicated(run, baseline *result.Analysis, lane string) interval {
	if why := a.replicable(); why != "" {
		return missing("%s", why)
	}
	var of [2]scope
	for i, t := range a.Terms {
		why := ""
		if of[i], why = t.scope(run, baseline, lane, a.Level); why != "" {
			return missing("%s", why)
		}
	}
	return a.Terms[0].metric.between(of[1].lane, of[0].lane, a.Level)
}

// between is what compare found of two runs.
func between(r result.Interval, why result.Finding) interval {
	if why.Code != "" {
		return interval{value: math.NaN(), high: math.Inf(1), absent: why}
	}
	return interval{value: r.Ratio, low: r.Low, high: r.High}
}

// unpaired says why a run by the plan could not be compared with its baseline, or "".
func (a Assertion) unpaired(p Plan, l PlannedLane) string {
	if why := a.replicable(); why != "" || p.Search || p.Baseline == nil {
		return why
	}
	name := l.Name
	for _, t := range a.Terms {
		if t.Baseline && t.Lane != "" {
			name = t.Lane
		}
	}
	b := compare.Lane(p.Baseline, name)
	if b == nil {
		return ""
	}
	var planned []result.Trial
	for _, t := range l.Trials {
		planned = append(planned, result.Trial{Rate: t.Rate, Arrival: t.Arrival, Duration: t.Duration.Seconds(), Complete: true})
	}
	if n := compare.Pairs(b.Trials, planned); n < estimate.MinPairs {
		return fmt.Sprintf("two runs are compared by pairs of trials at equal load: of this plan and the baseline there are %d, %d are the least (--steps, --trials)", n, estimate.MinPairs)
	}
	return ""
}
