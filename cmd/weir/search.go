package main

import (
	"time"

	"github.com/spf13/pflag"

	"weir/loadgen/plan"
	"weir/scenarios"
)

// searchFlags ask for a search in place of a plan.
type searchFlags struct {
	search bool
	budget time.Duration
}

func (s *searchFlags) register(f *pflag.FlagSet) {
	f.BoolVar(&s.search, "search", false,
		"find the highest sustained rate (RFC 9971), starting at --rate or at the computed capacity")
	f.DurationVar(&s.budget, "budget", 3*time.Minute,
		"time limit of --search, including the time until queues are empty")
}

// check finds what does not go with a search. Known says whether the workers are.
func (s *searchFlags) check(l *loadFlags, known bool) error {
	switch {
	case !s.search:
		return nil
	case l.ramp != "" || l.steps != "" || l.stages != "":
		return usage("--search chooses its own rates: leave --ramp, --steps and --stages out (--rate is where it starts)")
	case l.rate == "" && !known:
		return usage("--search needs a rate to start from: give --workers, or --rate")
	case l.trialDuration <= 0:
		return usage("--trial-duration must be above 0, not %v", l.trialDuration)
	case s.budget < l.trialDuration:
		return usage("--budget %v does not hold one trial of %v (--trial-duration)", s.budget,
			l.trialDuration)
	}
	return nil
}

// options of the search; nil: none is wanted.
func (s *searchFlags) options(l *loadFlags) (*scenarios.SearchOptions, error) {
	if !s.search {
		return nil, nil
	}
	opt := &scenarios.SearchOptions{Shortest: l.trialDuration, Budget: s.budget,
		Arrival: plan.Arrival(l.arrival), Seed: l.seed}
	if l.rate != "" {
		start, err := plan.ParseRate(l.rate)
		if err != nil {
			return nil, usage("--rate: %w", err)
		}
		opt.Start = start
	}
	return opt, nil
}
