package compare

import (
	"maps"
	"math"
	"slices"

	"weir/loadgen"
	"weir/report/analysis"
	"weir/report/analysis/estimate"
	"weir/report/result"
	"weir/report/unit"
)

// counterWidth is how finely a record's histogram tells latencies apart (runfile.NewHistogram): pairs that
// differ by less are equal by rounding, and prove no more.
const counterWidth = 1e-3

// onset compares what a hinge was fitted to. Other methods show where something was first seen; that is no
// estimate.
func onset(metric string, a, b *result.Onset, whyA, whyB result.Finding) result.Effect {
	e := result.Effect{Metric: metric, Unit: unit.Rate, Finding: result.NotKnown}
	for _, side := range []struct {
		o   *result.Onset
		to  *result.Estimate
		why result.Finding
	}{{a, &e.A, whyA}, {b, &e.B, whyB}} {
		switch {
		case side.o == nil && e.Reason.Code == "":
			e.Reason = result.Finding{Code: "no_onset", Args: result.Args{"why": side.why}}
		case side.o == nil:
		case !side.o.Estimated():
			e.Reason = result.Finding{Code: "onset_bracketed", Args: result.Args{"method": side.o.How}}
		default:
			side.to.Value, side.to.Low, side.to.High = &side.o.RPS, &side.o.Low, &side.o.High
		}
	}
	if e.A.Value != nil && e.B.Value != nil {
		ratioOf(&e, "by_bootstrap")
	}
	return e
}

// plateau compares what the server did when overloaded.
func plateau(a, b *result.Lane, pairs []pair) result.Effect {
	e := result.Effect{Metric: "plateau.rate", Unit: unit.Rate, Finding: result.NotKnown}
	for _, side := range []struct {
		l  *result.Lane
		to *result.Estimate
	}{{a, &e.A}, {b, &e.B}} {
		side.to.Value = side.l.Plateau
		if bounds := side.l.PlateauBounds; bounds != nil {
			side.to.Low, side.to.High = &bounds.Low, &bounds.High
		}
	}
	if e.A.Value == nil || e.B.Value == nil {
		e.Reason = result.Finding{Code: "arm_not_overloaded"}
		return e
	}
	var d []float64
	for _, p := range pairs {
		if p.a.Served != nil && p.b.Served != nil && *p.a.Served > 0 && *p.b.Served > 0 {
			d = append(d, math.Log(*p.b.Served / *p.a.Served))
		}
	}
	switch {
	case paired(&e, d, 0):
	case e.A.Low != nil && e.B.Low != nil:
		ratioOf(&e, "by_order")
	default:
		e.Reason = few("few_overloaded_pairs", len(d))
	}
	return e
}

// few is why so many pairs give no interval; the code says which pairs.
func few(code result.Code, pairs int) result.Finding {
	return result.Finding{Code: code, Args: result.Args{"pairs": pairs, "least": estimate.MinPairs}}
}

// paired puts the quotients of pairs into the effect, given their logarithms; every one may be off by so
// much.
func paired(e *result.Effect, d []float64, resolution float64) bool {
	p, ok := estimate.Paired(d)
	if !ok {
		return false
	}
	e.Ratio = &result.Interval{Ratio: math.Exp(p.Mean), Low: math.Exp(p.Low - resolution),
		High: math.Exp(p.High + resolution)}
	e.Pairs, e.Method = p.N, result.Finding{Code: "by_pairs"}
	if !math.IsInf(p.Effect, 0) && !math.IsNaN(p.Effect) {
		e.EffectSize = &p.Effect
	}
	least := math.Expm1(p.Detectable + resolution)
	e.Detectable = &least
	e.Finding = direction(e.Ratio.Low, e.Ratio.High, 1)
	return true
}

// ratioOf divides two independent estimates.
func ratioOf(e *result.Effect, method result.Code) {
	ratio, low, high, ok := estimate.Ratio(*e.B.Value, *e.B.Low, *e.B.High, *e.A.Value, *e.A.Low, *e.A.High)
	if !ok {
		e.Reason = result.Finding{Code: "interval_down_to_0"}
		return
	}
	e.Ratio, e.Method = &result.Interval{Ratio: ratio, Low: low, High: high}, result.Finding{Code: method}
	least := math.Expm1(estimate.Detectable(math.Log(high/low) / 2))
	e.Detectable = &least
	e.Finding = direction(low, high, 1)
}

// direction is where an interval lies beside the value that means "the same".
func direction(low, high, same float64) result.Direction {
	switch {
	case low > same:
		return result.Higher
	case high < same:
		return result.Lower
	}
	return result.NoDifference
}

// percentile is one that an Analysis has.
type percentile struct {
	name  string
	least int // requests that it takes (estimate.Supported)
}

var percentiles = []percentile{{"p50", 6}, {"p90", 36}, {"p99", 368}, {"p999", 3688}}

// latencies compares percentiles at equal load: of the pairs that both arms served, or of all, and then of
// the requests that succeeded, where there are none of these. The arms' own values come from their merged
// histograms; what differs comes from the percentiles of the paired trials.
func latencies(all, calm []pair) (list []result.Effect) {
	used, tooFew, note := calm, result.Code("few_calm_pairs"), result.Finding{}
	if len(calm) == 0 {
		used, tooFew, note = all, "few_pairs", result.Finding{Code: "of_survivors"}
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
	for _, q := range percentiles {
		e := result.Effect{Metric: "latency." + q.name, Unit: unit.Time, Finding: result.NotKnown,
			A: q.estimate(&a), B: q.estimate(&b)}
		switch {
		case len(used) == 0:
			e.Reason = result.Finding{Code: "no_pairs"}
		case len(used) < estimate.MinPairs:
			e.Reason = few(tooFew, len(used))
		default:
			q.compare(&e, used)
		}
		if e.Reason.Code == "" {
			e.Reason = note
		}
		list = append(list, e)
	}
	return list
}

func (q percentile) estimate(of *result.Quantiles) result.Estimate {
	value, bounds := of.Named(q.name)
	e := result.Estimate{Value: value, Count: of.Count}
	if bounds != nil {
		e.Low, e.High = &bounds.Low, &bounds.High
	}
	return e
}

// compare fills in what differs between the paired trials.
func (q percentile) compare(e *result.Effect, pairs []pair) {
	quotients, differences := q.between(pairs)
	if e.A.Value == nil || e.B.Value == nil || !paired(e, quotients, counterWidth) {
		e.Reason = q.few(len(quotients))
		return
	}
	d, _ := estimate.Paired(differences)
	step := counterWidth * *e.A.Value
	e.Difference = &result.Difference{Value: d.Mean, Low: d.Low - step, High: d.High + step}
}

// few is why so many pairs, each of trials that are long enough for the percentile, give no interval.
func (q percentile) few(pairs int) result.Finding {
	f := few("few_long_pairs", pairs)
	f.Args["percentile"], f.Args["requests"] = q.name, q.least
	return f
}

// between is what each pair says: the logarithm of the quotient b ÷ a, and the difference b − a.
func (q percentile) between(pairs []pair) (quotients, differences []float64) {
	for _, p := range pairs {
		x, _ := p.a.Latency.Named(q.name)
		y, _ := p.b.Latency.Named(q.name)
		if x != nil && y != nil && *x > 0 && *y > 0 {
			quotients = append(quotients, math.Log(*y / *x))
			differences = append(differences, *y-*x)
		}
	}
	return quotients, differences
}

// failures compares shares of requests over all pairs: of the bad ones, and of each outcome that is not ok
// and occurred in an arm.
func failures(pairs []pair) []result.Effect {
	list := []result.Effect{share("bad.rate", pairs, func(t *result.Trial) uint64 { return t.Bad })}
	for _, name := range outcomes(pairs) {
		list = append(list, share("outcome."+name+".rate", pairs,
			func(t *result.Trial) uint64 { return t.Outcomes[name] }))
	}
	return list
}

// outcomes are those that are failures, in the order of loadgen.Outcomes, unknown ones last.
func outcomes(pairs []pair) (list []string) {
	seen := map[string]bool{}
	for _, p := range pairs {
		for _, t := range []*result.Trial{p.a, p.b} {
			for name, n := range t.Outcomes {
				seen[name] = seen[name] || n > 0
			}
		}
	}
	delete(seen, string(loadgen.OK))
	for _, o := range loadgen.Outcomes() {
		if seen[string(o)] {
			list = append(list, string(o))
		}
		delete(seen, string(o))
	}
	return append(list, slices.Sorted(maps.Keys(seen))...)
}

// share compares how many requests were of a kind. The interval of the difference is Newcombe's, which takes
// requests for independent; where the pairs scatter more than that allows, it reaches as far as theirs.
func share(metric string, pairs []pair, of func(*result.Trial) uint64) result.Effect {
	e := result.Effect{Metric: metric, Unit: unit.Share, Finding: result.NotKnown}
	var ka, na, kb, nb uint64
	var d []float64
	for _, p := range pairs {
		ka, na, kb, nb = ka+of(p.a), na+p.a.Due, kb+of(p.b), nb+p.b.Due
		if p.a.Due > 0 && p.b.Due > 0 {
			d = append(d, float64(of(p.b))/float64(p.b.Due)-float64(of(p.a))/float64(p.a.Due))
		}
	}
	if na == 0 || nb == 0 {
		e.Reason = result.Finding{Code: "no_pairs"}
		return e
	}
	e.A, e.B = proportion(ka, na), proportion(kb, nb)
	diff, low, high := estimate.Newcombe(kb, nb, ka, na)
	e.Method = result.Finding{Code: "by_newcombe"}
	if p, ok := estimate.Paired(d); ok {
		e.Pairs = p.N
		if p.Low < low || p.High > high {
			low, high = min(low, p.Low), max(high, p.High)
			e.Method = result.Finding{Code: "by_newcombe_widened"}
		}
	} else {
		e.Reason = few("few_pairs_to_vary", len(d))
	}
	e.Difference = &result.Difference{Value: diff, Low: low, High: high}
	least, effect := estimate.Detectable((high-low)/2), estimate.ShareEffect(*e.A.Value, *e.B.Value)
	e.Detectable, e.EffectSize = &least, &effect
	e.Finding = direction(low, high, 0)
	return e
}

func proportion(k, n uint64) result.Estimate {
	low, high := estimate.Wilson(k, n)
	value := float64(k) / float64(n)
	return result.Estimate{Value: &value, Low: &low, High: &high, Count: n}
}
