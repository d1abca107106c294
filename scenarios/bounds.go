package scenarios

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Bounds end an experiment before its plan does.
type Bounds struct {
	MaxDuration time.Duration // of the load, from the epoch; 0: no bound
}

// CutShort is the error of an experiment that MaxDuration ended.
type CutShort struct{ After time.Duration }

func (c *CutShort) Error() string {
	return fmt.Sprintf("the longest that it may take, %v, was over (--max-duration)", c.After)
}

// Run runs the experiment within its bounds. One of them ends the load as an interrupt does: the trial under way
// is ended and recorded, and the error says which bound it was.
func (s *Setup) Run(ctx context.Context, epoch time.Time, rec Recorder) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	if s.MaxDuration > 0 {
		over := time.AfterFunc(time.Until(epoch.Add(s.MaxDuration)), func() { end(&CutShort{s.MaxDuration}) })
		defer over.Stop()
	}
	err := s.Experiment.Run(ctx, epoch, rec)
	if cause := context.Cause(ctx); errors.Is(err, context.Canceled) && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}
