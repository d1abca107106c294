package compare

import (
	"fmt"
	"math"

	"weir/report/result"

	"weir/report/analysis"
	"weir/report/analysis/estimate"
)

// percentile is one that an Analysis has.
type percentile struct {
	name  string
	least string // requests that it takes, in words (estimate.Supported)
	of    func(*result.Quantiles) (*float64, *result.Bounds)
}

var percentiles = []percentile{
	{"p50", "6", func(q *result.Quantiles) (*float64, *result.Bounds) { return q.P50, q.P50Interval }},
	{"p90", "36", func(q *result.Quantiles) (*float64, *result.Bounds) { return q.P90, q.P90Interval }},
	{"p99", "368", func(q *result.Quantiles) (*float64, *result.Bounds) { return q.P99, q.P99Interval }},
	{"p999", "3688", func(q *result.Quantiles) (*float64, *result.Bounds) { return q.P999, q.P999Interval }},
}

// latencies compares percentiles at equal load: of the pairs that both arms served, or of all, and then of the
// requests that succeeded, where there are none of these. The arms' own values come from their merged
// histograms; what differs comes from the percentiles of the paired trials.
func latencies(all, calm []pair) []result.Effect {
	used, what, note := calm, "at a load that both arms serve", ""
	if len(calm) == 0 {
		used, what, note = all, "at equal load", "at overload, of the requests that succeeded: those that failed are missing"
	}
	merged := func(side func(pair) *result.Trial) result.Quantiles {
		var list []result.Latencies
		for _, p := range used {
			list = append(list, side(p).Latencies)
		}
		return analysis.QuantilesOf(analysis.Merge(list...))
	}
	a := merged(func(p pair) *result.Trial { return p.a })
	b := merged(func(p pair) *result.Trial { return p.b })
	var list []result.Effect
	for _, q := range percentiles {
		e := result.Effect{Metric: "latency." + q.name, Unit: "time", Finding: result.NotKnown, A: q.estimate(&a), B: q.estimate(&b)}
		q.compare(&e, used, what)
		switch {
		case len(used) == 0:
			e.Reason = "no two complete trials ran at equal load"
		case note != "" && e.Reason == "":
			e.Reason = note
		}
		list = append(list, e)
	}
	return list
}

func (q percentile) estimate(of *result.Quantiles) result.Estimate {
	value, bounds := q.of(of)
	e := result.Estimate{Value: value, Count: of.Count}
	if bounds != nil {
		e.Low, e.High = &bounds.Low, &bounds.High
	}
	return e
}

// compare fills in what differs between the paired trials; what says which these are.
func (q percentile) compare(e *result.Effect, pairs []pair, what string) {
	quotients, differences := q.between(pairs)
	if len(pairs) > 0 && len(pairs) < estimate.MinPairs {
		e.Reason = fewPairs(len(pairs), what)
		return
	}
	if e.A.Value == nil || e.B.Value == nil || !paired(e, quotients, counterWidth) {
		e.Reason = fewPairs(len(quotients), fmt.Sprintf("long enough for a %s (%s requests)", q.name, q.least))
		return
	}
	d, _ := estimate.Paired(differences)
	step := counterWidth * *e.A.Value
	e.Difference = &result.Difference{Value: d.Mean, Low: d.Low - step, High: d.High + step}
}

// between is what each pair says: the logarithm of the quotient b ÷ a, and the difference b − a.
func (q percentile) between(pairs []pair) (quotients, differences []float64) {
	for _, p := range pairs {
		x, _ := q.of(&p.a.Latency)
		y, _ := q.of(&p.b.Latency)
		if x != nil && y != nil && *x > 0 && *y > 0 {
			quotients = append(quotients, math.Log(*y / *x))
			differences = append(differences, *y-*x)
		}
	}
	return quotients, differences
}
