package scenarios

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"weir/loadgen"
	"weir/loadgen/stop"
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
		rec = newGuard(rec, s.Lanes, s.AbortIf, func(a *Aborted) { end(a) })
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
	watchers map[string]*stop.Watcher
	lane     string // of the trial that began last
	mu       sync.Mutex
	observed map[int]bool // trials that are no load, and break no rule
}

func newGuard(rec Recorder, lanes []Lane, rules []stop.Rule, alarm func(*Aborted)) *guard {
	g := &guard{Recorder: rec, watchers: map[string]*stop.Watcher{}, observed: map[int]bool{}}
	for _, l := range lanes {
		g.watchers[l.Name] = stop.Watch(rules, func(a stop.Alarm) { alarm(&Aborted{l.Name, a}) })
	}
	return g
}

func (g *guard) Trial(t Trial) {
	g.mu.Lock()
	g.lane = t.Lane
	g.observed[t.Index] = t.Role != ""
	g.mu.Unlock()
	g.Recorder.Trial(t)
}

func (g *guard) Results(trial int) loadgen.Recorder {
	g.mu.Lock()
	lane, observed := g.lane, g.observed[trial]
	g.mu.Unlock()
	if observed {
		return g.Recorder.Results(trial)
	}
	return g.watchers[lane].Recorder(g.Recorder.Results(trial))
}
