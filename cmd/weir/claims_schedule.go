package main

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"weir/report"
	"weir/report/result"
	"weir/scenarios/catalogue"
)

// beside is how many labs of light scenarios there are at once: one more than there are processors, at most
// four. Nearly all of their time goes by in waiting, for workers that sleep, for timeouts, for queues that
// drain, and their verdicts rest on counts.
var beside = min(4, runtime.NumCPU()+1)

// The longest that the whole catalogue may take, and what of it is kept for ending runs and writing the
// table.
const (
	allBudget   = 20 * time.Minute
	quickBudget = 6 * time.Minute
	closing     = 10 * time.Second
)

// schedule runs the variants of experiments: first those that need the machine to themselves, one after the
// other, then the light ones, beside each other and the longest first, then, alone, what was INVALID the
// first time.
type schedule struct {
	run    func(context.Context, experiment, catalogue.Scenario) variantRun
	agenda *agenda
	until  time.Time // no run may last longer; zero: any may

	mu   sync.Mutex
	done map[*experiment]map[string]variantRun // by variant
}

// task is one run of the table.
type task struct {
	of      *experiment
	variant catalogue.Scenario
}

func (s *schedule) all(ctx context.Context, experiments []experiment) {
	if !s.until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, s.until)
		defer cancel()
	}
	s.done = map[*experiment]map[string]variantRun{}
	var alone, light []task
	for i := range experiments {
		e := &experiments[i]
		s.done[e] = map[string]variantRun{}
		for _, v := range e.variants {
			if v.Light {
				light = append(light, task{e, v})
			} else {
				alone = append(alone, task{e, v})
			}
		}
	}
	slices.SortStableFunc(light, func(a, b task) int { return int(length(b.variant) - length(a.variant)) })
	s.each(ctx, 1, alone)
	s.each(ctx, beside, light)
	for _, t := range slices.Concat(alone, light) {
		if r := s.done[t.of][t.variant.Variant]; r.verdict == "" && r.a != nil && !r.a.Valid &&
			s.fits(ctx, t.variant) {
			s.one(ctx, t, true)
		}
	}
}

// each runs tasks, so many at once.
func (s *schedule) each(ctx context.Context, atOnce int, tasks []task) {
	var g errgroup.Group
	g.SetLimit(atOnce)
	for _, t := range tasks {
		g.Go(func() error {
			s.one(ctx, t, false)
			return nil
		})
	}
	_ = g.Wait() // what went wrong with a run is its verdict
}

func (s *schedule) one(ctx context.Context, t task, again bool) {
	defer s.agenda.end(t.variant, again)
	if ctx.Err() != nil || !s.fits(ctx, t.variant) {
		s.keep(t, leftOut(ctx, t.variant))
		return
	}
	if !again && s.hopeless(t.of) {
		return
	}
	s.agenda.next(t.variant, again)
	r := s.run(ctx, *t.of, t.variant)
	switch {
	case ctx.Err() == nil || r.verdict == report.ClaimSkipped:
		s.keep(t, r)
	case !again:
		s.keep(t, leftOut(ctx, t.variant))
	}
}

func leftOut(ctx context.Context, v catalogue.Scenario) variantRun {
	why := say("claim.no_time", result.Args{"run": v.ID()})
	if errors.Is(ctx.Err(), context.Canceled) {
		why = say("claim.interrupted", result.Args{"run": v.ID()})
	}
	return variantRun{ClaimRun: report.ClaimRun{Variant: v.Variant}, verdict: report.ClaimLeftOut, why: why}
}

// fits reports whether a run of that length ends in time.
func (s *schedule) fits(ctx context.Context, v catalogue.Scenario) bool {
	return ctx.Err() == nil && (s.until.IsZero() || time.Until(s.until) > length(v))
}

// hopeless reports whether there is no verdict to be had of an experiment, as one of its runs could not be
// made.
func (s *schedule) hopeless(e *experiment) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.done[e] {
		if r.verdict != "" {
			return true
		}
	}
	return false
}

func (s *schedule) keep(t task, r variantRun) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[t.of][t.variant.Variant] = r
}
