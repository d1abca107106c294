package gate

import (
	"weir/loadgen"
	"weir/report/analysis/compare"
	"weir/report/analysis/estimate"
	"weir/report/result"
)

// tally is how many of some requests were of a kind.
type tally struct{ k, canceled, of uint64 }

// counting tallies requests: of a whole lane, or of those due in some of its bins, given their outcomes (with
// "late", and ok only where it is counted) and their number.
type counting func(outcomes map[string]uint64, late, of uint64) tally

func bad(outcomes map[string]uint64, late, of uint64) tally {
	c := outcomes[string(loadgen.Canceled)]
	return tally{of - outcomes[string(loadgen.OK)] + late - c, c, of}
}

func failed(outcomes map[string]uint64, _, of uint64) tally { return bad(outcomes, 0, of) }

func late(outcomes map[string]uint64, late, of uint64) tally {
	return tally{late, outcomes[string(loadgen.Canceled)], of}
}

// outcome counts those of a name, which may be that of a class.
func outcome(name string) counting {
	named := loadgen.Named(name)
	return func(outcomes map[string]uint64, _, of uint64) tally {
		t := tally{0, outcomes[string(loadgen.Canceled)], of}
		for _, o := range named {
			t.k += outcomes[string(o)]
		}
		return t
	}
}

// inTrial is how many of a trial's requests were of the kind.
func (of counting) inTrial(t *result.Trial) uint64 {
	ok := t.Outcomes[string(loadgen.OK)]
	return of(t.Outcomes, ok-min(ok, t.Due-t.Bad), t.Due).k
}

// tally of the whole lane.
func (s scope) tally(of counting) tally { return of(s.lane.Outcomes, s.lane.Late, s.lane.Offered) }

// share is k ÷ of with its Wilson interval. What the run's end canceled may have been either.
func (t tally) share(level float64) interval {
	if t.of == t.canceled {
		return missing("no request was due that had an outcome")
	}
	low, _ := estimate.WilsonAt(t.k, t.of, level/100)
	_, high := estimate.WilsonAt(t.k+t.canceled, t.of, level/100)
	return interval{value: float64(t.k) / float64(t.of-t.canceled), low: low, high: high}
}

func (t tally) count() interval {
	return interval{value: float64(t.k), low: float64(t.k), high: float64(t.k + t.canceled)}
}

func shareOf(name string, of counting, what string) metric {
	return metric{
		name: name + ".rate", unit: share, ofLane: true, anyLevel: true, what: what, loaded: true, open: true, countedBy: of, estimated: true, ofRequests: true,
		between: func(a, b *result.Lane, level float64) interval {
			return between(compare.Counts(a, b, of.inTrial, compare.OfDue, level/100))
		},
		measure: func(s scope) interval { return s.tally(of).share(s.level) },
		window:  func(s scope, w stretch) interval { return w.tally(s.lane, of).share(s.level) },
	}
}

func countOf(name string, of counting, what string) metric {
	return metric{
		name: name + ".count", unit: count, ofLane: true, anyLevel: true, what: what, open: true,
		measure: func(s scope) interval { return s.tally(of).count() },
		window:  func(s scope, w stretch) interval { return w.tally(s.lane, of).count() },
	}
}

// exactly is a count that can be no other.
func exactly(name string, of func(*result.Lane) uint64, what string) metric {
	return metric{
		name: name, unit: count, ofLane: true, anyLevel: true, what: what,
		measure: func(s scope) interval { return exact(float64(of(s.lane))) },
	}
}

// growing is exactly, of what a run can see while it goes on.
func growing(name string, of func(*result.Lane) uint64, what string) metric {
	m := exactly(name, of, what)
	m.grows = true
	return m
}

// goodput is good requests a second, by due time, over the trials that ran to their end; over a plan of steps it
// is their mean, and good for comparing the same plan only.
func goodput() metric {
	var good counting = func(outcomes map[string]uint64, late, of uint64) tally {
		t := bad(outcomes, late, of)
		return tally{of - t.k - t.canceled, t.canceled, of}
	}
	return metric{
		name: "goodput.rate", unit: rate, ofLane: true, anyLevel: true, loaded: true, estimated: true, ofRequests: true,
		what: "good requests a second, the mean of the complete trials (goodput)",
		between: func(a, b *result.Lane, level float64) interval {
			return between(compare.Counts(a, b, good.inTrial, compare.PerSecond, level/100))
		},
		measure: func(s scope) interval {
			var t tally
			var lasted float64
			for _, x := range s.lane.Trials {
				if x.Complete {
					t.k, t.of, lasted = t.k+x.Due-x.Bad, t.of+x.Due, lasted+x.Duration
				}
			}
			return t.share(s.level).times(float64(t.of) / lasted)
		},
		window: func(s scope, w stretch) interval {
			t := w.tally(s.lane, good)
			return t.share(s.level).times(float64(t.of) / (float64(w.to-w.from) * s.lane.Timeline.BinS))
		},
	}
}

// times scales what is known.
func (i interval) times(x float64) interval {
	if i.known() {
		i.value, i.low, i.high = i.value*x, i.low*x, i.high*x
	}
	return i
}
