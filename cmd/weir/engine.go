package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"weir/scenarios"
)

// engineFlag chooses what sends the requests.
type engineFlag struct{ engine string }

func (e *engineFlag) register(f *pflag.FlagSet) {
	f.StringVar(&e.engine, "engine", "auto",
		"load generator: `auto|epoll|portable`; epoll is an event loop for plain HTTP on Linux, auto uses it where possible")
}

func (e *engineFlag) check() error {
	if !slices.Contains(scenarios.Engines(), e.engine) {
		return usage("--engine %s: there are %s", quoted(e.engine), strings.Join(scenarios.Engines(), ", "))
	}
	return nil
}

// engineUsage makes usage errors of an engine that was asked for and cannot carry the target, and of a search
// without a start.
func engineUsage(err error) error {
	if errors.Is(err, scenarios.ErrEngine) || errors.Is(err, scenarios.ErrNoStart) {
		return &statusError{exitUsage, err}
	}
	return err
}
