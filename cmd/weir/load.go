package main

import (
	"time"

	"github.com/spf13/pflag"

	"weir/loadgen/plan"
)

// loadFlags say what is offered, and when.
type loadFlags struct {
	rate, ramp, steps, stages string
	duration                  time.Duration
	trials                    int
	trialDuration             time.Duration
	pairs                     int
	arrival                   string
	seed                      uint64
}

// The plan where only the workers are known: from comfortable to clearly overloaded.
const (
	defaultFrom = 0.6 // × computed capacity
	defaultTo   = 1.6
)

func (l *loadFlags) register(f *pflag.FlagSet) {
	f.StringVar(&l.rate, "rate", "", "offer one constant `rate` for --duration: 50, 50/s or 3000/m")
	f.StringVar(&l.ramp, "ramp", "", "offer a rate that rises from A to B over --duration, `A..B`")
	f.StringVar(&l.steps, "steps", "",
		"separate trials at constant rates from A to B, `A..B`, each with an empty queue: this plan measures the onset")
	f.StringVar(&l.stages, "stages", "", "stages of constant rate, e.g. `30s:50,1m:200`")
	f.DurationVar(&l.duration, "duration", 30*time.Second, "length of the load, for --rate and --ramp")
	f.IntVar(&l.trials, "trials", 15, "number of trials of --steps in each lane")
	f.DurationVar(&l.trialDuration, "trial-duration", 2*time.Second, "length of each trial of --steps")
	f.IntVar(&l.pairs, "pairs", 0,
		"with two lanes: offer each load to both lanes this `number` of times, in turn (A B B A); 0: once")
	f.StringVar(&l.arrival, "arrival", string(plan.Constant), "arrivals: `constant|poisson`")
	f.Uint64Var(&l.seed, "seed", 1, "seed of the random numbers")
}

// plans is the plan the flags describe, once the computed capacity (req/s, 0 if unknown) is known.
func (l *loadFlags) plans(computed float64) ([]plan.Plan, error) {
	once, err := l.once(computed)
	return plan.Repeat(once, max(1, l.pairs)), err
}

// once is the plan with each load once in each lane.
func (l *loadFlags) once(computed float64) ([]plan.Plan, error) {
	arrival := plan.Arrival(l.arrival)
	one := func(stages []plan.Stage) []plan.Plan {
		return []plan.Plan{{Stages: stages, Arrival: arrival, Seed: l.seed}}
	}
	switch {
	case l.rate != "":
		r, err := plan.ParseRate(l.rate)
		if err != nil {
			return nil, usage("--rate: %w", err)
		}
		return one([]plan.Stage{{From: r, To: r, Duration: l.duration}}), nil
	case l.ramp != "":
		a, b, err := plan.ParseRange(l.ramp)
		if err != nil {
			return nil, usage("--ramp: %w", err)
		}
		return one([]plan.Stage{{From: a, To: b, Duration: l.duration}}), nil
	case l.stages != "":
		stages, err := plan.ParseStages(l.stages)
		if err != nil {
			return nil, usage("--stages: %w", err)
		}
		return one(stages), nil
	}
	from, to := defaultFrom*computed, defaultTo*computed
	if l.steps != "" {
		var err error
		if from, to, err = plan.ParseRange(l.steps); err != nil {
			return nil, usage("--steps: %w", err)
		}
	}
	if from == 0 {
		return nil, usage("no plan: give --workers, so that one around the computed capacity can be made, or --steps, --ramp, --stages or --rate")
	}
	return plan.Steps(from, to, l.trials, l.trialDuration, arrival, l.seed), nil
}

// check finds what is wrong with the flags before anything is started. known says whether the workers are.
func (l *loadFlags) check(known bool) error {
	given := 0
	for _, plan := range []string{l.rate, l.ramp, l.steps, l.stages} {
		if plan != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return usage("--rate, --ramp, --steps and --stages are different plans: give one")
	case l.arrival != string(plan.Constant) && l.arrival != string(plan.Poisson):
		return usage("--arrival must be constant or poisson, not %s", quoted(l.arrival))
	case l.pairs != 0 && (l.pairs < 2 || l.pairs > 100):
		return usage("--pairs must be from 2 to 100, or 0 for one trial of each load, not %d; from 5 on what differs has an interval", l.pairs)
	case l.trials < 1 || l.trials > 1000:
		return usage("--trials must be from 1 to 1000, not %d", l.trials)
	}
	computed := 0.0
	if known {
		computed = 1 // any: the real one is not known before the service time is
	}
	plans, err := l.plans(computed)
	if err != nil {
		return err
	}
	if given == 0 {
		return nil
	}
	for _, p := range plans {
		if err := p.Validate(); err != nil {
			return usage("the plan: %w", err)
		}
	}
	return nil
}
