package main

import (
	"fmt"
	"io"
	"time"

	"weir/scenarios/catalogue"
)

// agenda tells how far a list of runs has come and how long the rest will take.
type agenda struct {
	out      io.Writer
	quiet    bool
	total    int
	at       int
	began    time.Time
	expected time.Duration // of all
	before   time.Duration // of those that were begun before
	current  time.Duration
}

func newAgenda(out io.Writer, quiet bool, experiments []experiment) *agenda {
	a := &agenda{out: out, quiet: quiet, began: time.Now()}
	for _, e := range experiments {
		for _, v := range e.variants {
			a.total++
			a.expected += length(v)
		}
	}
	return a
}

// length estimates a run: its trials with what is around each, the lab and the servers.
func length(s catalogue.Scenario) time.Duration {
	const around, setup = 500 * time.Millisecond, 2500 * time.Millisecond
	rest := time.Duration(0)
	for _, b := range s.Backends {
		rest = max(rest, 2*b.ServiceTime)
	}
	return setup + time.Duration(s.Load.Trials*len(s.Lanes))*(s.Load.TrialDuration+around+rest)
}

// next announces a run.
func (a *agenda) next(s catalogue.Scenario) {
	a.at++
	a.before += a.current
	a.current = length(s)
	if a.quiet {
		return
	}
	fmt.Fprintf(a.out, "run %d/%d %s, about %v; %s left\n", a.at, a.total, s.ID(), a.current.Round(time.Second), minutes(a.left()))
}

// left scales what is expected by how long the runs before took.
func (a *agenda) left() time.Duration {
	rest := a.expected - a.before
	if a.before > 0 {
		rest = time.Duration(float64(rest) * float64(time.Since(a.began)) / float64(a.before))
	}
	return rest
}

// skip leaves out the variants of an experiment after this one.
func (a *agenda) skip(e experiment, last catalogue.Scenario) {
	found := false
	for _, v := range e.variants {
		if found {
			a.at++
			a.expected -= length(v)
		}
		found = found || v.Variant == last.Variant
	}
}

func minutes(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
