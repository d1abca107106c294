package gate

import (
	"math"
	"slices"
	"strings"

	"weir/report/analysis"
	"weir/report/analysis/estimate"
)

// counter is a sum over the lane's trials. Where the kernel was not read around one of them it may be more.
func counter(of func(*analysis.Lane) *uint64) func(scope) interval {
	return func(s scope) interval {
		l := s.lane
		n := of(l)
		if n == nil {
			return missing("%s", uncounted(l))
		}
		i := exact(float64(*n))
		if slices.ContainsFunc(l.Trials, func(t analysis.Trial) bool { return t.Overflows == nil }) {
			i.high, i.note = math.Inf(1), "the kernel was not read around every trial"
		}
		return i
	}
}

func uncounted(l *analysis.Lane) string {
	if strings.HasPrefix(l.Listener, "/") || strings.HasPrefix(l.Listener, "@") {
		return "no counter of the kernel counts this for a unix socket"
	}
	return "the kernel was not read around the trials of this lane, or has no such counter"
}

func depth(n *uint32) interval {
	if n == nil {
		return missing("the queue of this lane was not seen")
	}
	return exact(float64(*n))
}

func reconciliation(s scope) interval {
	r := &s.lane.Reconciliation
	if r.Ratio == nil {
		return missing("%s", r.Verdict)
	}
	return exact(*r.Ratio)
}

// onset takes the hinge's interval. Other methods tell where something was first seen, and their bounds are
// not those of an interval that holds in 95 of 100 runs.
func onset(l *analysis.Lane, o *analysis.Onset) interval {
	switch {
	case o == nil && l.NoOnset != "":
		return missing("%s", l.NoOnset)
	case o == nil:
		return missing("no onset is known")
	case o.Method != "hinge":
		return missing("no interval: %s", o.Method)
	}
	return interval{value: o.RPS, low: max(0, o.Low), high: o.High}
}

// stated is a value that was measured, with its interval, or given, and then without a doubt.
func stated(x, low, high *float64) interval {
	switch {
	case x == nil:
		return missing("it takes the number of workers (--workers) and their service time (--service-time)")
	case low == nil || high == nil:
		return exact(*x)
	}
	return interval{value: *x, low: *low, high: *high}
}

// quantiles are those that an Analysis has, ascending.
var quantiles = []struct {
	name string
	q    float64
	of   func(*analysis.Quantiles) *float64
}{
	{"p50", .5, func(q *analysis.Quantiles) *float64 { return q.P50 }},
	{"p90", .9, func(q *analysis.Quantiles) *float64 { return q.P90 }},
	{"p99", .99, func(q *analysis.Quantiles) *float64 { return q.P99 }},
	{"p999", .999, func(q *analysis.Quantiles) *float64 { return q.P999 }},
	{"max", 1, func(q *analysis.Quantiles) *float64 { return q.Max }},
}

// A value read from a record's histogram is the upper end of its cell: three significant digits, steps of 512 ns.
const (
	cell      = 1e-3
	cellLeast = 1e-6 // seconds
)

// quantile is the i-th with its interval. That goes from one order statistic to another (estimate.QuantileRanks),
// of which an Analysis knows those at its quantiles only: the next ones outward take their place, so that the
// interval holds more often than 95 times in 100. The p99 lies between p90 and p99.9 for certain where the sample is
// large enough. The maximum is what was seen, and no estimate.
func quantile(of *analysis.Quantiles, i int) interval {
	n, at := of.Count, quantiles[i]
	value := at.of(of)
	switch {
	case n == 0:
		return missing("there was no such request")
	case value == nil:
		return missing("%d requests are too few for a %s", n, at.name)
	}
	out := interval{value: *value, low: 0, high: math.Inf(1)}
	low, high := n, n
	if at.q < 1 {
		low, high = estimate.QuantileRanks(n, at.q)
	}
	for _, known := range quantiles {
		x := known.of(of)
		if x == nil {
			continue
		}
		rank := uint64(math.Floor(known.q*float64(n) + .5)) // as the histogram counts
		if rank <= low {
			out.low = max(0, *x*(1-cell)-cellLeast)
		}
		if rank >= high && high > 0 {
			out.high = min(out.high, *x)
		}
	}
	return out
}
