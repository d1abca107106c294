package search

import (
	"math"
	"slices"
)

// maxSpoiled is how often one load is tried in vain, beyond twice for each trial of it that counts, before
// the generator is taken to be unable to offer it. A machine that others use spoils one trial and not the
// next.
const maxSpoiled = 5

// State is what the trials of one lane have shown so far. The zero value is not valid; see Spec.Begin.
type State struct {
	spec    Spec
	loads   []float64 // ascending
	trials  map[float64][]Trial
	spoiled map[float64]int
}

// Begin is the state before the first trial.
func (s Spec) Begin() *State {
	return &State{spec: s, trials: map[float64][]Trial{}, spoiled: map[float64]int{}}
}

// Add takes a trial that can be believed.
func (s *State) Add(t Trial) {
	if i, found := slices.BinarySearch(s.loads, t.Load); !found {
		s.loads = slices.Insert(s.loads, i, t.Load)
	}
	s.trials[t.Load] = append(s.trials[t.Load], t)
}

// Spoil notes a trial in which the generator, not the server, was the limit. It says nothing of the server,
// so it is no loss; the load is tried again, but not for ever.
func (s *State) Spoil(load float64) { s.spoiled[load]++ }

// Why a goal has no result yet, or will have none.
const (
	Reached   = "reached"        // both bounds are known and close enough: a regular result
	Open      = "not decided"    // more trials would decide it
	NoUpper   = "no upper bound" // the highest load that may be offered holds
	NoLower   = "no lower bound" // nothing that is worth offering holds
	Saturated = "generator"      // the generator cannot offer the next load
)

// Bounds is the result of one goal so far. A bound of 0 is not known.
type Bounds struct {
	Lower float64 // RFC 9971 relevant lower bound: the highest load below Upper that holds the goal
	Upper float64 // relevant upper bound: the lowest load that does not
	State string  // Reached, or why not
	next  float64 // the load that would tell more
}

// Goal says where a goal stands.
func (s *State) Goal(g Goal) Bounds {
	var b Bounds
	for _, load := range s.loads {
		if g.Classify(s.trials[load]) == Upper {
			b.Upper = load
			break
		}
	}
	for _, load := range s.loads {
		if (b.Upper == 0 || load < b.Upper) && g.Classify(s.trials[load]) == Lower {
			b.Lower = load
		}
	}
	s.choose(g, &b)
	if s.spoiled[b.next] >= maxSpoiled+2*len(s.trials[b.next]) && b.State == Open {
		b.State = Saturated
	}
	return b
}

// choose finds the next load: the start, then by the factor towards the missing bound, then between the
// bounds.
func (s *State) choose(g Goal, b *Bounds) {
	lowest := s.spec.Start * s.spec.Start / s.spec.Max // as far below the start as Max is above it
	b.State = Open
	switch {
	case b.Lower == 0 && b.Upper == 0:
		b.next = s.spec.Start
	case b.Upper == 0 && b.Lower >= s.spec.Max:
		b.State = NoUpper
	case b.Upper == 0:
		b.next = min(b.Lower*s.spec.Expand, s.spec.Max)
	case b.Lower == 0 && b.Upper <= lowest:
		b.State = NoLower
	case b.Lower == 0:
		b.next = max(b.Upper/s.spec.Expand, lowest)
	case b.Upper*(1-s.spec.Width) <= b.Lower:
		b.State = Reached
	default:
		b.next = s.between(b.Lower, b.Upper)
	}
}

// between is the load that halves an interval in log space, or one that was tried already and does almost as
// well: what a goal before this one has paid for.
func (s *State) between(lower, upper float64) float64 {
	middle := math.Sqrt(lower * upper)
	near := math.Pow(upper/lower, 1./4) // the middle half
	for _, load := range s.loads {
		if load > lower && load < upper && load > middle/near && load < middle*near {
			return load
		}
	}
	return middle
}

// Next is the load of the next trial. False: every goal is decided, or cannot be.
func (s *State) Next() (load float64, ok bool) {
	for _, g := range s.spec.Goals {
		if b := s.Goal(g); b.State == Open {
			return b.next, true
		}
	}
	return 0, false
}
