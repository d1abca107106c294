package main

import (
	"time"

	"github.com/spf13/pflag"

	"weir/report/analysis/gate"
)

// stopFlags say what ends a run before its plan does.
type stopFlags struct {
	maxDuration time.Duration
	abortIf     []string
	rules       []gate.Assertion // of abortIf
}

func (s *stopFlags) register(f *pflag.FlagSet) {
	f.DurationVar(&s.maxDuration, "max-duration", 0,
		"end the load after this time, and report on what there is; 0: no limit")
	f.StringArrayVar(&s.abortIf, "abort-if", nil,
		"end the load, with exit status 10, as soon as this is clearly so in a lane: `'failed.rate > 5%'`, 'latency.p95 > 500ms'; may be repeated (weir help assert)")
}

func (s *stopFlags) check() error {
	if s.maxDuration < 0 {
		return usage("--max-duration must be 0 (no bound) or more, not %v", s.maxDuration)
	}
	for _, expr := range s.abortIf {
		rule, err := gate.ParseAbort(expr)
		if err != nil {
			return usage("--abort-if: %w", err)
		}
		s.rules = append(s.rules, rule)
	}
	return nil
}
