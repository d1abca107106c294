package compare

import (
	"maps"
	"slices"

	"weir/loadgen"
	"weir/report/analysis/estimate"
	"weir/report/result"
)

// failures compares shares of requests over all pairs: of the bad ones, and of each outcome that is not ok and
// occurred in an arm.
func failures(pairs []pair) []result.Effect {
	list := []result.Effect{share("bad.rate", pairs, func(t *result.Trial) uint64 { return t.Bad })}
	for _, name := range outcomes(pairs) {
		list = append(list, share("outcome."+name+".rate", pairs, func(t *result.Trial) uint64 { return t.Outcomes[name] }))
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

// share compares how many requests were of a kind. The interval of the difference is Newcombe's, which takes requests
// for independent; where the pairs scatter more than that allows, it reaches as far as theirs.
func share(metric string, pairs []pair, of func(*result.Trial) uint64) result.Effect {
	e := result.Effect{Metric: metric, Unit: "share", Finding: result.NotKnown}
	var ka, na, kb, nb uint64
	var d []float64
	for _, p := range pairs {
		ka, na, kb, nb = ka+of(p.a), na+p.a.Due, kb+of(p.b), nb+p.b.Due
		if p.a.Due > 0 && p.b.Due > 0 {
			d = append(d, float64(of(p.b))/float64(p.b.Due)-float64(of(p.a))/float64(p.a.Due))
		}
	}
	if na == 0 || nb == 0 {
		e.Reason = "no two complete trials ran at equal load"
		return e
	}
	e.A, e.B = proportion(ka, na), proportion(kb, nb)
	diff, low, high := estimate.Newcombe(kb, nb, ka, na)
	e.Method = "Newcombe's interval over requests"
	if p, ok := estimate.Paired(d); ok {
		e.Pairs = p.N
		if p.Low < low || p.High > high {
			low, high = min(low, p.Low), max(high, p.High)
			e.Method += ", widened to the t interval over pairs of trials"
		}
	} else {
		e.Reason = fewPairs(len(d), "there") + ": how far trials scatter is not known, and the interval may be too narrow"
	}
	e.Difference = &result.Difference{Value: diff, Low: low, High: high}
	least, effect := estimate.Detectable((high-low)/2), estimate.ShareEffect(*e.A.Value, *e.B.Value)
	e.Detectable, e.EffectSize = &least, &effect
	e.Finding = finding(low, high, 0)
	return e
}

func proportion(k, n uint64) result.Estimate {
	low, high := estimate.Wilson(k, n)
	value := float64(k) / float64(n)
	return result.Estimate{Value: &value, Low: &low, High: &high, Count: n}
}
