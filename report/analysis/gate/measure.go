package gate

import (
	"math"
	"slices"

	"weir/probe"
	"weir/report/result"
)

// counter is a sum over the lane's trials. Where one of them does not have its part, because the kernel was not read around
// it, it may be more.
func counter(of func(*result.Lane) *uint64, part func(result.Trial) *uint64) func(scope) interval {
	return func(s scope) interval {
		l := s.lane
		n := of(l)
		if n == nil {
			return missing("%s", uncounted(l))
		}
		i := exact(float64(*n))
		if slices.ContainsFunc(l.Trials, func(t result.Trial) bool { return part(t) == nil }) {
			i.high, i.note = math.Inf(1), said("the kernel was not read around every trial")
		}
		return i
	}
}

// overflowsOf is a trial's part of what is counted for its own listener, which a unix socket has none of.
func overflowsOf(t result.Trial) *uint64 { return t.Overflows }

func uncounted(l *result.Lane) string {
	if probe.IsUnix(l.Listener) {
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
		return absent(r.Rule)
	}
	return exact(*r.Ratio)
}

// onset takes the hinge's interval. Other methods tell where something was first seen, and their bounds are
// not those of an interval that holds in 95 of 100 runs.
func onset(l *result.Lane, o *result.Onset) interval {
	switch {
	case o == nil && !l.NoOnset.IsZero():
		return absent(l.NoOnset)
	case o == nil:
		return missing("no onset is known")
	case !o.Estimated():
		return absent(result.Finding{Code: "onset_bracketed", Args: result.Args{"method": o.How}})
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
	of   func(*result.Quantiles) (*float64, *result.Bounds)
}{
	{"p50", func(q *result.Quantiles) (*float64, *result.Bounds) { return q.P50, q.P50Interval }},
	{"p90", func(q *result.Quantiles) (*float64, *result.Bounds) { return q.P90, q.P90Interval }},
	{"p99", func(q *result.Quantiles) (*float64, *result.Bounds) { return q.P99, q.P99Interval }},
	{"p999", func(q *result.Quantiles) (*float64, *result.Bounds) { return q.P999, q.P999Interval }},
	{"max", func(q *result.Quantiles) (*float64, *result.Bounds) {
		if q.Max == nil {
			return nil, nil
		}
		return q.Max, &result.Bounds{Low: *q.Max, High: *q.Max} // what was seen, and no estimate
	}},
}

// quantile is the i-th with its interval.
func quantile(of *result.Quantiles, i int) interval {
	value, bounds := quantiles[i].of(of)
	switch {
	case of.Count == 0:
		return missing("there was no such request")
	case value == nil || bounds == nil:
		return missing("%d requests are too few for a %s", of.Count, quantiles[i].name)
	}
	return interval{value: *value, low: bounds.Low, high: bounds.High}
}
