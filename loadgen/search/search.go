// Package search finds the highest rate that a server sustains, after RFC 9971 (MLRsearch): it classifies the
// loads that were tried against goals and chooses the next one. It has no clock, offers nothing and records
// nothing; the same trials always give the same answer, whether they are under way or read from a record.
//
// A search answers another question than an onset does: not at which rate losses begin, with an interval
// around the estimate, but between which two rates that were really offered the highest lies that holds.
// Loads are classified by majorities of trials, so one disturbed trial costs time and decides nothing.
package search

import (
	"fmt"
	"time"
)

// Goal is what a load has to hold (RFC 9971: the search goal and its attributes).
type Goal struct {
	FinalDuration time.Duration `json:"final_duration"` // trials at least this long are full-length
	DurationSum   time.Duration `json:"duration_sum"`   // of trials at one load, before it is classified
	// more lost than this makes a trial a high-loss one, 0 to below 1
	LossRatio float64 `json:"loss_ratio"`
	// share of the duration that may be high-loss, 0 to below 1
	ExceedRatio float64 `json:"exceed_ratio"`
}

// Trial is one that can be believed. Those in which the generator was the limit are left out before.
type Trial struct {
	Load     float64 // req/s
	Duration time.Duration
	Due, Bad uint64 // requests; bad: not answered well in time
}

// loss is the trial's loss ratio. One that offered nothing lost everything: it proves nothing good.
func (t Trial) loss() float64 {
	if t.Due == 0 {
		return 1
	}
	return float64(t.Bad) / float64(t.Due)
}

// Class says what the trials at one load show.
type Class int

const (
	Undecided Class = iota // more trials are needed
	Lower                  // the load holds the goal, whatever further trials would show
	Upper                  // it does not
)

func (c Class) String() string { return [...]string{"undecided", "lower", "upper"}[c] }

// Classify applies the rule of RFC 9971's load classification to the trials at one load: the class that an
// optimist and a pessimist about the trials that are still missing agree upon. Short trials with high loss
// count as far as they exceed what short ones without it could make up for.
func (g Goal) Classify(trials []Trial) Class {
	var fullLow, fullHigh, shortLow, shortHigh float64
	for _, t := range trials {
		high, d := t.loss() > g.LossRatio, t.Duration.Seconds()
		switch {
		case t.Duration >= g.FinalDuration && high:
			fullHigh += d
		case t.Duration >= g.FinalDuration:
			fullLow += d
		case high:
			shortHigh += d
		default:
			shortLow += d
		}
	}
	excess := max(0, shortHigh-shortLow*g.ExceedRatio/(1-g.ExceedRatio))
	high := fullHigh + excess
	whole := max(fullLow+high, g.DurationSum.Seconds())
	quota := whole * g.ExceedRatio
	const rounding = 1e-9 // of sums of seconds
	pessimist := whole-fullLow <= quota+rounding
	optimist := high <= quota+rounding
	switch {
	case pessimist && optimist:
		return Lower
	case !pessimist && !optimist:
		return Upper
	}
	return Undecided
}

// Spec is a whole search.
type Spec struct {
	Goals  []Goal        `json:"goals"`  // the goals of the search, the strictest first
	Start  float64       `json:"start"`  // the first load, req/s
	Max    float64       `json:"max"`    // no load is higher, req/s
	Expand float64       `json:"expand"` // the factor between loads while one bound is missing
	Width  float64       `json:"width"`  // (upper−lower)/upper at which a goal is reached
	Trial  time.Duration `json:"trial"`  // length of every trial
	// of the whole search, quiet times and drains included; no trial is under way after it
	Budget time.Duration `json:"budget"`
}

// The search that ANALYSIS.md describes, where nothing else is said.
const (
	expand      = 1.25
	width       = 0.02
	exceedRatio = 0.5
	// sumOfTrials is a goal's duration sum in trials: with an exceed ratio of a half, the majority of three.
	sumOfTrials = 3
	maxFactor   = 1000 // × start: no search goes further
	// What a lane took in simulation; and drains, timeouts and rests beside the load.
	trials, gaps = 30, 1.5
)

// BudgetFor is about what a search of so many lanes with trials of a length takes.
func BudgetFor(trial time.Duration, lanes int) time.Duration {
	return time.Duration(trials * gaps * float64(max(1, lanes)) * float64(trial))
}

// lossRatios of the goals: nothing lost, and what most objectives of service tolerate.
var lossRatios = []float64{0, 0.005}

// New is the search from a start for the goals of no loss and of half a percent. Slots is C, the places in
// the server's queue, 0 where that is not known: trials are at least C/(width·μ) long, or the queue would
// take what a load of 2 % too much exceeds (short trials hide overload), for a server that does as little as
// start ÷ expand, since a start is a guess; and at least as long as shortest. They are no longer than lets
// the budget hold about what a search of so many lanes takes: where that is too short, Telling says so.
func New(start float64, slots, lanes int, shortest, budget time.Duration) Spec {
	need := time.Duration(float64(slots) * expand / (width * start) * float64(time.Second))
	most := time.Duration(float64(budget) / (trials * gaps * float64(max(1, lanes))))
	length := max(shortest, min(need, most)).Round(time.Millisecond)
	if length < need && need <= most { // rounded down
		length += time.Millisecond
	}
	s := Spec{Start: start, Max: maxFactor * start, Expand: expand, Width: width, Trial: length,
		Budget: budget}
	for _, ratio := range lossRatios {
		s.Goals = append(s.Goals, Goal{FinalDuration: length, DurationSum: sumOfTrials * length,
			LossRatio: ratio, ExceedRatio: exceedRatio})
	}
	return s
}

// Validate says whether the search means anything.
func (s Spec) Validate() error {
	switch {
	case !(s.Start > 0) || !(s.Max >= s.Start) || s.Max > 1e9:
		return fmt.Errorf("the search starts at %g req/s and goes to %g: it needs a start above 0 and a maximum from there to 1e9", s.Start, s.Max)
	case !(s.Expand > 1) || s.Expand > 100 || !(s.Width > 0) || s.Width >= 1:
		return fmt.Errorf("the search expands by %g and ends at a width of %g: want a factor above 1 and a width between 0 and 1", s.Expand, s.Width)
	case s.Trial <= 0 || s.Budget < s.Trial:
		return fmt.Errorf("a budget of %v does not hold one trial of %v: give more (--budget)", s.Budget,
			s.Trial)
	case len(s.Goals) == 0 || len(s.Goals) > 16:
		return fmt.Errorf("the search has %d goals, want 1 to 16", len(s.Goals))
	}
	for _, g := range s.Goals {
		if !(g.LossRatio >= 0 && g.LossRatio < 1) || !(g.ExceedRatio >= 0 && g.ExceedRatio < 1) ||
			g.FinalDuration <= 0 || g.DurationSum < 0 {
			return fmt.Errorf("a goal of loss ratio %g, exceed ratio %g, trials of %v and a sum of %v: ratios are from 0 to below 1, durations above 0",
				g.LossRatio, g.ExceedRatio, g.FinalDuration, g.DurationSum)
		}
	}
	return nil
}
