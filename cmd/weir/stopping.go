package main

import (
	"time"

	"github.com/spf13/pflag"

	"weir/scenarios"
)

// stopFlags say what ends a run before its plan does.
type stopFlags struct {
	maxDuration time.Duration
}

func (s *stopFlags) register(f *pflag.FlagSet) {
	f.DurationVar(&s.maxDuration, "max-duration", 0, "end the load after this, whatever the plan says, and report on what there is; 0: no bound")
}

func (s *stopFlags) check() error {
	if s.maxDuration < 0 {
		return usage("--max-duration must be 0 (no bound) or more, not %v", s.maxDuration)
	}
	return nil
}

func (s *stopFlags) bounds() scenarios.Bounds { return scenarios.Bounds{MaxDuration: s.maxDuration} }
