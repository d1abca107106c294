package scenarios

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"weir/loadgen/count"
	"weir/loadgen/stop"
	"weir/report/runfile"
)

// Bounds end an experiment before its plan does.
type Bounds struct {
	MaxDuration time.Duration // of the load, from the epoch; 0: no bound
	AbortIf     []stop.Rule   // each for every lane by itself
}

// CutShort is the error of an experiment that MaxDuration ended.
type CutShort struct{ After time.Duration }

func (c *CutShort) Error() string {
	return fmt.Sprintf("the longest that it may take, %v, was over (--max-duration)", c.After)
}

// Aborted is the error of an experiment that one of AbortIf ended.
type Aborted struct {
	Lane string
	stop.Alarm
}

func (a *Aborted) Error() string { return a.Lane + ": " + a.Text }

// Run runs the experiment within its bounds. One of them ends the load as an interrupt does: the trial under way
// is ended and recorded, and the error says which bound it was.
func (s *Setup) Run(ctx context.Context, epoch time.Time, rec Recorder) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	if s.MaxDuration > 0 {
		over := time.AfterFunc(time.Until(epoch.Add(s.MaxDuration)), func() { end(&CutShort{s.MaxDuration}) })
		defer over.Stop()
	}
	if len(s.AbortIf) > 0 {
		rec = newGuard(rec, epoch, s.Lanes, s.AbortIf, func(a *Aborted) { end(a) })
	}
	err := s.Experiment.Run(ctx, epoch, rec)
	if cause := context.Cause(ctx); errors.Is(err, context.Canceled) && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// guard is a Recorder that shows the results of each lane to the rules.
type guard struct {
	Recorder
	epoch    time.Time
	watchers map[string]*stop.Watcher
	mu       sync.Mutex
	trials   map[int]runfile.Trial // of the load, that have begun; what observes breaks no rule
	ends     map[int]func()        // of watching them
}

func newGuard(rec Recorder, epoch time.Time, lanes []Lane, rules []stop.Rule, alarm func(*Aborted)) *guard {
	g := &guard{Recorder: rec, epoch: epoch, watchers: map[string]*stop.Watcher{}, trials: map[int]runfile.Trial{}, ends: map[int]func(){}}
	for _, l := range lanes {
		g.watchers[l.Name] = stop.Watch(rules, func(a stop.Alarm) { alarm(&Aborted{l.Name, a}) })
	}
	return g
}

func (g *guard) Write(rec runfile.Record) error {
	if t, ok := rec.(*runfile.Trial); ok && t.Role == "" {
		g.mu.Lock()
		g.trials[t.Index] = *t
		g.mu.Unlock()
	}
	err := g.Recorder.Write(rec)
	if end, ok := rec.(*runfile.TrialEnd); ok { // all its results have been read
		g.unwatch(end.Index)
	}
	return err
}

func (g *guard) Results(trial int) *count.Counter {
	results := g.Recorder.Results(trial)
	g.mu.Lock()
	defer g.mu.Unlock()
	if t, ok := g.trials[trial]; ok {
		g.ends[trial] = g.watchers[t.Lane].Trial(results, g.epoch, t.Start, t.Plan)
	}
	return results
}

func (g *guard) unwatch(trial int) {
	g.mu.Lock()
	end := g.ends[trial]
	delete(g.ends, trial)
	delete(g.trials, trial)
	g.mu.Unlock()
	if end != nil {
		end()
	}
}
