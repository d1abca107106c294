package compare

import (
	"fmt"
	"math"

	"weir/report/analysis/estimate"
	"weir/report/result"
)

// counterWidth is how finely a record's histogram tells latencies apart (runfile.NewHistogram): pairs that differ
// by less are equal by rounding, and prove no more.
const counterWidth = 1e-3

// onset compares what a hinge was fitted to. Other methods tell where something was first seen; that is no estimate.
func onset(metric string, a, b *result.Onset, whyA, whyB string) result.Effect {
	e := result.Effect{Metric: metric, Unit: "rate", Finding: result.NotKnown}
	for _, side := range []struct {
		o   *result.Onset
		to  *result.Estimate
		why string
	}{{a, &e.A, whyA}, {b, &e.B, whyB}} {
		switch {
		case side.o == nil && e.Reason == "":
			e.Reason = side.why
		case side.o == nil:
		case !side.o.Estimated():
			e.Reason = "it was seen, not estimated: " + side.o.Method
		default:
			side.to.Value, side.to.Low, side.to.High = &side.o.RPS, &side.o.Low, &side.o.High
		}
	}
	if e.A.Value == nil || e.B.Value == nil {
		if e.Reason == "" {
			e.Reason = "an arm has none"
		}
		return e
	}
	ratioOf(&e, "both arms' own intervals, bootstrapped over whole trials")
	return e
}

// plateau compares what the server did when overloaded.
func plateau(a, b *result.Lane, pairs []pair) result.Effect {
	e := result.Effect{Metric: "plateau.rate", Unit: "rate", Finding: result.NotKnown}
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
		e.Reason = "no complete trial of an arm lost more than a twentieth"
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
		ratioOf(&e, "both arms' own intervals, between order statistics of their trials")
	default:
		e.Reason = fewPairs(len(d), "overloaded in both arms")
	}
	return e
}

func fewPairs(n int, what string) string {
	if n == 1 {
		return fmt.Sprintf("no interval: 1 pair of trials is %s, %d are the least", what, estimate.MinPairs)
	}
	return fmt.Sprintf("no interval: %d pairs of trials are %s, %d are the least", n, what, estimate.MinPairs)
}

// paired puts the quotients of pairs into the effect, given their logarithms; every one may be off by so much.
func paired(e *result.Effect, d []float64, resolution float64) bool {
	p, ok := estimate.Paired(d)
	if !ok {
		return false
	}
	e.Ratio = &result.Interval{Ratio: math.Exp(p.Mean), Low: math.Exp(p.Low - resolution), High: math.Exp(p.High + resolution)}
	e.Pairs, e.Method = p.N, "t interval over pairs of trials"
	if !math.IsInf(p.Effect, 0) && !math.IsNaN(p.Effect) {
		e.EffectSize = &p.Effect
	}
	least := math.Expm1(p.Detectable + resolution)
	e.Detectable = &least
	e.Finding = finding(e.Ratio.Low, e.Ratio.High, 1)
	return true
}

// ratioOf divides two independent estimates.
func ratioOf(e *result.Effect, method string) {
	ratio, low, high, ok := estimate.Ratio(*e.B.Value, *e.B.Low, *e.B.High, *e.A.Value, *e.A.Low, *e.A.High)
	if !ok {
		e.Reason = "an arm's interval reaches down to 0"
		return
	}
	e.Ratio, e.Method = &result.Interval{Ratio: ratio, Low: low, High: high}, method
	least := math.Expm1(estimate.Detectable(math.Log(high/low) / 2))
	e.Detectable = &least
	e.Finding = finding(low, high, 1)
}

// finding says where an interval lies beside the value that means "the same".
func finding(low, high, same float64) string {
	switch {
	case low > same:
		return result.Higher
	case high < same:
		return result.Lower
	}
	return result.NoDifference
}
