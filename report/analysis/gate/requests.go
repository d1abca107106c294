package gate

import (
	"slices"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/report/analysis"
	"weir/report/analysis/compare"
	"weir/report/analysis/estimate"
	"weir/report/result"
	"weir/report/unit"
)

// tally is how many of some requests were of a kind.
type tally struct{ k, canceled, of uint64 }

// requests are those of a kind: counted in a whole lane, or in some of its bins, given their outcomes (ok
// only where it is counted), how many of the ok were late, and their number; and in a bin of a run that goes
// on.
type requests struct {
	among func(outcomes map[string]uint64, late, of uint64) tally
	in    func(*count.Bin) uint64
}

var (
	bad = &requests{func(outcomes map[string]uint64, late, of uint64) tally {
		c := outcomes[string(loadgen.Canceled)]
		return tally{of - outcomes[string(loadgen.OK)] + late - c, c, of}
	}, (*count.Bin).Bad}
	failed = &requests{func(outcomes map[string]uint64, _, of uint64) tally {
		return bad.among(outcomes, 0, of)
	}, (*count.Bin).Failed}
	late = &requests{func(outcomes map[string]uint64, late, of uint64) tally {
		return tally{late, outcomes[string(loadgen.Canceled)], of}
	}, func(b *count.Bin) uint64 { return b.Late }}
	good = &requests{func(outcomes map[string]uint64, late, of uint64) tally {
		t := bad.among(outcomes, late, of)
		return tally{of - t.k - t.canceled, t.canceled, of}
	}, func(b *count.Bin) uint64 { return b.Ended() - b.Bad() }}
)

// outcome counts those of a name, which may be that of a class.
func outcome(name string) *requests {
	named := loadgen.Named(name)
	return &requests{func(outcomes map[string]uint64, _, of uint64) tally {
		t := tally{canceled: outcomes[string(loadgen.Canceled)], of: of}
		for _, o := range named {
			t.k += outcomes[string(o)]
		}
		return t
	}, func(b *count.Bin) (n uint64) {
		for _, o := range named {
			n += b.Of(o)
		}
		return n
	}}
}

// inTrial is how many of a trial's requests were of the kind.
func (of *requests) inTrial(t *result.Trial) uint64 {
	ok := t.Outcomes[string(loadgen.OK)]
	return of.among(t.Outcomes, ok-min(ok, t.Due-t.Bad), t.Due).k
}

// tally of the whole lane.
func (s scope) tally(of *requests) tally {
	return of.among(s.lane.Outcomes, s.lane.Late, s.lane.Offered)
}

// share is k ÷ of with its Wilson interval. What the run's end canceled may have been either.
func (t tally) share(level float64) interval {
	if t.of == t.canceled {
		return missing("gate_no_outcome", nil)
	}
	low, _ := estimate.WilsonAt(t.k, t.of, level/100)
	_, high := estimate.WilsonAt(t.k+t.canceled, t.of, level/100)
	return interval{value: float64(t.k) / float64(t.of-t.canceled), low: low, high: high}
}

func (t tally) count() interval {
	return interval{value: float64(t.k), low: float64(t.k), high: float64(t.k + t.canceled)}
}

// shareOf is the share of the requests that are of a kind.
func shareOf(name string, of *requests, what string) metric {
	return metric{
		name: name, unit: unit.Share, kind: sampled, of: of, what: what,
		read: func(s scope) interval { return s.tally(of).share(s.level) },
		in:   func(s scope, w stretch) interval { return w.tally(s.lane, of).share(s.level) },
		pairs: func(a, b *result.Lane, level float64) (result.Interval, result.Finding) {
			return compare.Counts(a, b, of.inTrial, compare.OfDue, level/100)
		},
	}
}

// countOf is how many requests are of a kind.
func countOf(name string, of *requests, what string) metric {
	return metric{
		name: name, unit: unit.Count, what: what,
		counts: func(b *count.Bin) float64 { return float64(of.in(b)) },
		read:   func(s scope) interval { return s.tally(of).count() },
		in:     func(s scope, w stretch) interval { return w.tally(s.lane, of).count() },
	}
}

// goodput is good requests a second, by due time, over the trials that ran to their end; over a plan of steps
// it is their mean, and good for comparing the same plan only.
func goodput() metric {
	return metric{
		name: "goodput.rate", unit: unit.Rate, kind: sampled,
		what: "good requests a second, the mean of the complete trials",
		read: func(s scope) interval {
			var t tally
			var lasted float64
			for _, x := range s.lane.Trials {
				if x.Complete {
					t.k, t.of, lasted = t.k+x.Due-x.Bad, t.of+x.Due, lasted+x.Duration
				}
			}
			return t.share(s.level).times(float64(t.of) / lasted)
		},
		in: func(s scope, w stretch) interval {
			t := w.tally(s.lane, good)
			return t.share(s.level).times(float64(t.of) / (float64(w.to-w.from) * s.lane.Timeline.BinS))
		},
		pairs: func(a, b *result.Lane, level float64) (result.Interval, result.Finding) {
			return compare.Counts(a, b, good.inTrial, compare.PerSecond, level/100)
		},
	}
}

// quantiles are those that an Analysis has, ascending.
var quantiles = []struct {
	name string
	q    float64
}{{"p50", .5}, {"p90", .9}, {"p99", .99}, {"p999", .999}}

// quantilesOf are the quantiles of some times, and the longest of them, which was seen and is no estimate.
func quantilesOf(name, what string, of func(*result.Lane) *result.Quantiles) (list []metric) {
	for _, q := range quantiles {
		m := metric{
			name: name + "." + q.name, unit: unit.Time, kind: ordered, q: q.q,
			read: func(s scope) interval { return quantile(of(s.lane), q.name) },
		}
		if name == "latency" {
			m.allowed = true
			m.pairs = func(a, b *result.Lane, _ float64) (result.Interval, result.Finding) {
				return compare.Latencies(a, b, q.name)
			}
		}
		list = append(list, m)
	}
	list[0].what = what
	longest := metric{name: name + ".max", unit: unit.Time, most: true, read: func(s scope) interval {
		q := of(s.lane)
		if q.Count == 0 || q.Max == nil {
			return missing("gate_no_such_request", nil)
		}
		return exact(*q.Max)
	}}
	if name == "latency" {
		longest.counts = func(b *count.Bin) float64 {
			if len(b.Latency) == 0 {
				return 0
			}
			return time.Duration(slices.Max(b.Latency)).Seconds()
		}
	}
	return append(list, longest)
}

func quantile(of *result.Quantiles, name string) interval {
	value, bounds := of.Named(name)
	return ranked(of.Count, name, value, bounds)
}

func ranked(count uint64, name string, value *float64, bounds *result.Bounds) interval {
	switch {
	case count == 0:
		return missing("gate_no_such_request", nil)
	case value == nil || bounds == nil:
		return missing("gate_few_requests", result.Args{"requests": count, "percentile": name})
	}
	return interval{value: *value, low: bounds.Low, high: bounds.High}
}

// percentile is any of the latency, read from the trials' histograms.
func percentile(l *result.Lane, name string, q float64) interval {
	var all []result.Latencies
	for _, t := range l.Trials {
		if t.Latencies == nil && t.Latency.Count > 0 {
			return missing("gate_percentile_not_kept", nil)
		}
		all = append(all, t.Latencies)
	}
	value, bounds := analysis.Percentile(analysis.Merge(all...), q)
	return ranked(l.Latency.Count, name, value, bounds)
}

// times scales what is known.
func (i interval) times(x float64) interval {
	if i.known() {
		i.value, i.low, i.high = i.value*x, i.low*x, i.high*x
	}
	return i
}
