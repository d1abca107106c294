package gate

import (
	"math"

	"weir/loadgen"
	"weir/report/analysis"
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

func outcome(o loadgen.Outcome) counting {
	return func(outcomes map[string]uint64, _, of uint64) tally {
		return tally{outcomes[string(o)], outcomes[string(loadgen.Canceled)], of}
	}
}

// tally of the whole lane.
func (s scope) tally(of counting) tally { return of(s.lane.Outcomes, s.lane.Late, s.lane.Offered) }

// share is k ÷ of with its Wilson interval. What the run's end canceled may have been either.
func (t tally) share(level float64) interval {
	if t.of == t.canceled {
		return missing("no request was due that had an outcome")
	}
	low, _ := wilson(t.k, t.of, level)
	_, high := wilson(t.k+t.canceled, t.of, level)
	return interval{value: float64(t.k) / float64(t.of-t.canceled), low: low, high: high}
}

func (t tally) count() interval {
	return interval{value: float64(t.k), low: float64(t.k), high: float64(t.k + t.canceled)}
}

// wilson is estimate.Wilson at any level, in per cent.
//
// Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927).
func wilson(k, n uint64, level float64) (low, high float64) {
	if n == 0 || k > n {
		return 0, 1
	}
	z := math.Sqrt2 * math.Erfinv(level/100)
	N, p := float64(n), float64(k)/float64(n)
	mid, half, d := p+z*z/(2*N), z*math.Sqrt(p*(1-p)/N+z*z/(4*N*N)), 1+z*z/N
	low, high = max(0, (mid-half)/d), min(1, (mid+half)/d)
	if k == 0 { // exactly, not to rounding
		low = 0
	}
	if k == n {
		high = 1
	}
	return low, high
}

func shareOf(name string, of counting, what string) metric {
	return metric{
		name: name + ".rate", unit: share, ofLane: true, anyLevel: true, what: what, loaded: true, open: true, countedBy: of,
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
func exactly(name string, of func(*analysis.Lane) uint64, what string) metric {
	return metric{
		name: name, unit: count, ofLane: true, anyLevel: true, what: what,
		measure: func(s scope) interval { return exact(float64(of(s.lane))) },
	}
}

// growing is exactly, of what a run can see while it goes on.
func growing(name string, of func(*analysis.Lane) uint64, what string) metric {
	m := exactly(name, of, what)
	m.grows = true
	return m
}

// goodput is good requests a second, by due time, over the trials that ran to their end; over a plan of steps it
// is their mean, and good for comparing the same plan only.
func goodput() metric {
	good := func(outcomes map[string]uint64, late, of uint64) tally {
		t := bad(outcomes, late, of)
		return tally{of - t.k - t.canceled, t.canceled, of}
	}
	return metric{
		name: "goodput.rate", unit: rate, ofLane: true, anyLevel: true, loaded: true,
		what: "good requests a second, the mean of the complete trials (goodput)",
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
	if i.absent == "" {
		i.value, i.low, i.high = i.value*x, i.low*x, i.high*x
	}
	return i
}
