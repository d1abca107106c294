//go:build !linux

package epoll

import (
	"context"
	"errors"
	"fmt"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

// Engine is Linux only.
type Engine struct{}

var _ loadgen.Engine = (*Engine)(nil)

var errSystem = fmt.Errorf("the epoll engine is Linux only: %w: use the portable engine",
	errors.ErrUnsupported)

// New refuses every target.
func New(t loadgen.Target) (*Engine, error) {
	if _, err := t.Complete(); err != nil {
		return nil, err
	}
	return nil, errSystem
}

// Name is what a record calls this engine.
func (*Engine) Name() string { return "epoll" }

// Remote is Linux only.
func (*Engine) Remote() string { return "" }

// Run is Linux only.
func (*Engine) Run(context.Context, time.Time, time.Duration, plan.Plan, loadgen.Recorder) error {
	return errSystem
}
