package scenarios

import (
	"fmt"
	"time"

	"weir/loadgen/plan"
	"weir/report/runfile"
	"weir/scenarios/catalogue"
)

// maxRequests bounds one run: a mistyped rate must not fill a disk or run for a week.
const maxRequests = 100_000_000

// trials lays plans out over lanes. Every lane gets every plan, and the lane that goes first alternates
// (ABBA), so that a drift of the machine does not favour one of them.
func trials(lanes []Lane, plans []plan.Plan) ([]runfile.Trial, error) {
	var out []runfile.Trial
	total := 0
	for k, p := range plans {
		if err := p.Validate(); err != nil {
			return nil, err
		}
		due := p.Count()
		if due == 0 {
			return nil, fmt.Errorf("trial %d offers no request in %v: raise its rate or its duration", k+1,
				p.Duration())
		}
		for i := range lanes {
			lane := lanes[i]
			if k%2 == 1 {
				lane = lanes[len(lanes)-1-i]
			}
			if total += due; total > maxRequests {
				return nil, fmt.Errorf("the plan has more than %d requests: lower its rate, its duration or its trials", maxRequests)
			}
			out = append(out, runfile.Trial{Index: len(out), Lane: lane.Name, Rate: constantRate(p), Due: due,
				Plan: p})
		}
	}
	return out, nil
}

// constantRate is a plan's rate where it has one, else 0.
func constantRate(p plan.Plan) float64 {
	rate := p.Stages[0].From
	for _, s := range p.Stages {
		if s.From != rate || s.To != rate {
			return 0
		}
	}
	return rate
}

// pace sets the quiet times around trials from how fast the probe is and how long a worker may still be busy.
func (e *Experiment) pace(sampleEvery, serviceTime time.Duration) {
	e.SampleEvery = sampleEvery
	e.Baseline = 500 * time.Millisecond
	e.Rest = max(3*sampleEvery, 2*serviceTime, 50*time.Millisecond)
	e.DrainLimit = catalogue.DrainLimit
}

// Length estimates how long the trials take, drains not counted; of a search, how long it may take.
func (e *Experiment) Length() time.Duration {
	if e.Search != nil {
		return e.Search.Budget
	}
	total := e.Baseline
	for _, t := range e.Trials {
		total += lead + t.Plan.Duration() + e.restAfter(t)
	}
	if o := e.Observation; o != nil {
		total += time.Duration(len(e.Lanes)) * (lead + o.Before + e.Rest + o.After)
	}
	return total
}
