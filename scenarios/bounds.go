package scenarios

import (
	"context"
	"errors"
	"fmt"
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

// Run offers every trial in turn, each after the one before has drained, and returns when the last has. If ctx ends
// first, the trial under way is ended and recorded and ctx's error is returned. A bound ends the load in the same way,
// and the error says which bound it was.
func (e *Experiment) Run(ctx context.Context, epoch time.Time, rec Recorder) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	if e.MaxDuration > 0 {
		over := time.AfterFunc(time.Until(epoch.Add(e.MaxDuration)), func() { end(&CutShort{e.MaxDuration}) })
		defer over.Stop()
	}
	e.rules = map[string]*stop.Watcher{}
	for _, l := range e.Lanes {
		e.rules[l.Name] = stop.Watch(e.AbortIf, func(a stop.Alarm) { end(&Aborted{l.Name, a}) })
	}
	err := e.run(ctx, epoch, rec)
	if cause := context.Cause(ctx); errors.Is(err, context.Canceled) && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// watchRules shows a trial to the rules of its lane until it is ended. What observes breaks no rule.
func (e *Experiment) watchRules(results *count.Counter, epoch time.Time, t runfile.Trial) (end func()) {
	if len(e.AbortIf) == 0 || t.Role != "" {
		return func() {}
	}
	return e.rules[t.Lane].Trial(results, epoch, t.Start, t.Plan)
}
