package scenarios

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// CutShort is the error of an experiment that MaxDuration ended.
type CutShort struct{ After time.Duration }

func (c *CutShort) Error() string {
	return fmt.Sprintf("the longest that it may take, %v, was over (--max-duration)", c.After)
}

// Run offers every trial in turn, each after the one before has drained, and returns when the last has. If
// ctx ends first, or after MaxDuration, the trial under way is ended and recorded, and what ended it is the
// error.
func (e *Experiment) Run(ctx context.Context, epoch time.Time, rec Recorder) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	if e.MaxDuration > 0 {
		over := time.AfterFunc(time.Until(epoch.Add(e.MaxDuration)), func() { end(&CutShort{e.MaxDuration}) })
		defer over.Stop()
	}
	err := e.run(ctx, epoch, rec)
	if cause := context.Cause(ctx); errors.Is(err, context.Canceled) && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}
