package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"weir/report/result"
	"weir/scenarios/catalogue"
)

// agenda tells how far a table's runs have come and how long the rest will take.
type agenda struct {
	out      io.Writer
	quiet    bool
	deadline time.Time // of all; zero: none
	total    int

	mu    sync.Mutex
	at    int
	began time.Time
	open  time.Duration // what is expected of the runs that have not ended
	ended time.Duration // and was of those that have
}

func newAgenda(out io.Writer, quiet bool, experiments []experiment) *agenda {
	a := &agenda{out: out, quiet: quiet, began: time.Now()}
	for _, e := range experiments {
		a.total += len(e.variants)
		a.open += expected(e)
	}
	return a
}

// length estimates a run: its trials with what is around each, the lab and the servers.
func length(s catalogue.Scenario) time.Duration {
	const around, setup, interpreter = 700 * time.Millisecond, 2500 * time.Millisecond, time.Second
	rest, drain, start := time.Duration(0), time.Duration(0), setup
	for _, b := range s.Backends {
		rest, drain = max(rest, 2*b.ServiceTime), max(drain, s.Drains(b))
		if b.Real() {
			start += interpreter
		}
	}
	trials := s.Load.Trials * len(s.Lanes)
	// after the last it is short
	return start + time.Duration(trials)*(s.Load.TrialDuration+around+drain) + time.Duration(trials-1)*rest
}

// share is what a run adds to a table: others run beside those that are light.
func share(s catalogue.Scenario) time.Duration {
	if s.Light {
		return length(s) / time.Duration(beside)
	}
	return length(s)
}

// expected is what all runs of the experiments add.
func expected(experiments ...experiment) (d time.Duration) {
	for _, e := range experiments {
		for _, v := range e.variants {
			d += share(v)
		}
	}
	return d
}

// next announces a run. again is one more of a run that was INVALID.
func (a *agenda) next(s catalogue.Scenario, again bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	what := fmt.Sprintf("run %d/%d %s", a.at+1, a.total, s.ID())
	if again {
		what = say("claim.again", result.Args{"run": s.ID()})
		a.open += length(s)
	} else {
		a.at++
	}
	if a.quiet || a.total == 1 && !again { // a single run tells of itself
		return
	}
	fmt.Fprintf(a.out, "%s, about %v; %s left\n", what, length(s).Round(time.Second), a.left())
}

// end takes a run off what is left, one that was not made too.
func (a *agenda) end(s catalogue.Scenario, again bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := share(s)
	if again {
		d = length(s)
	}
	a.open, a.ended = a.open-d, a.ended+d
}

// left scales what is expected by how long the runs before took, when there were enough of them to tell, and
// never promises more than the budget.
func (a *agenda) left() string {
	const enough = 20 * time.Second
	rest := a.open
	if a.ended > enough {
		rest = time.Duration(float64(rest) * float64(time.Since(a.began)) / float64(a.ended))
	}
	if a.deadline.IsZero() {
		return minutes(rest)
	}
	budget := time.Until(a.deadline)
	return fmt.Sprintf("%s (of at most %s)", minutes(min(rest, budget)), minutes(budget))
}

func minutes(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
