package scenarios

import (
	"context"
	"fmt"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/runfile"
)

// Observation offers few requests before a lane's first trial and after its last, so that it can be told when
// the server was as it had been. After the load it begins one lead after the load's end, while answers are
// still awaited: between the two a probe reads what the load alone did.
type Observation struct {
	Rate    float64 // req/s, so low that it is no load
	Before  time.Duration
	After   time.Duration
	engines map[string]loadgen.Engine // by lane, beside the one that is busy with the load
}

// The observation's rate: a fifth of the capacity, where that is known, and no more than shows a tenth of a
// second.
const (
	observedShare = 0.2
	observedMost  = 20 // req/s
	observedBlind = 5  // where the capacity is not known
	observedLeast = time.Second
)

// observe prepares the observation of a recovery for so long after the load.
func (s *Setup) observe(after time.Duration) error {
	o := &Observation{Rate: observedBlind, After: after, Before: max(after/5, observedLeast),
		engines: map[string]loadgen.Engine{}}
	if computed := s.Capacity.Computed(); computed > 0 {
		o.Rate = min(observedMost, observedShare*computed)
	}
	for _, l := range s.Lanes {
		e, err := openEngine(l.EngineName, l.Target)
		if err != nil {
			return fmt.Errorf("%s lane: %w", l.Name, err)
		}
		o.engines[l.Name] = e
	}
	s.Observation = o
	return nil
}

func (o *Observation) plan(d time.Duration) plan.Plan {
	return plan.Plan{Stages: []plan.Stage{{From: o.Rate, To: o.Rate, Duration: d}}, Arrival: plan.Constant}
}

// baseline offers each lane its few requests before the load. The indices are those after the load's.
func (e *Experiment) baseline(ctx context.Context, epoch time.Time, tap *queueTap) error {
	if e.Observation == nil {
		return nil
	}
	p := e.Observation.plan(e.Observation.Before)
	for i, lane := range e.Lanes {
		t := runfile.Trial{Index: len(e.Trials) + 2*i, Role: runfile.Baseline, Lane: lane.Name,
			Rate: e.Observation.Rate, Due: p.Count(), Plan: p}
		if _, err := e.trial(ctx, epoch, lane, t, tap, nil); err != nil {
			return err
		}
	}
	return nil
}

// recovery begins the observation of a lane at the end of its last trial, and returns what waits for its end.
func (e *Experiment) recovery(ctx context.Context, epoch time.Time, lane Lane, last runfile.Trial,
	tap *queueTap) (wait func() error) {
	if e.Observation == nil || last.Role != "" || !e.isLast(last) {
		return func() error { return nil }
	}
	p := e.Observation.plan(e.Observation.After)
	t := runfile.Trial{Role: runfile.Recovery, Lane: lane.Name, Rate: e.Observation.Rate, Due: p.Count(),
		Plan: p, Start: last.Start + last.Plan.Duration() + lead}
	for i := range e.Lanes {
		if e.Lanes[i].Name == lane.Name {
			t.Index = len(e.Trials) + 2*i + 1
		}
	}
	t.Plan.First = e.number(t.Due)
	tap.Write(&t)
	over := make(chan error, 1)
	go func() {
		err := e.Observation.engines[lane.Name].Run(ctx, epoch, t.Start, t.Plan, tap.Results(t.Index))
		end := runfile.TrialEnd{Index: t.Index, End: time.Since(epoch)}
		if err == nil {
			end.Drained, err = e.drain(ctx, epoch, lane, end.End, tap)
		}
		end.DrainedAt = time.Since(epoch)
		tap.Write(&end)
		over <- err
	}()
	return func() error { return <-over }
}

// isLast reports whether no later trial is of the same lane.
func (e *Experiment) isLast(t runfile.Trial) bool {
	for _, other := range e.Trials {
		if other.Lane == t.Lane && other.Index > t.Index {
			return false
		}
	}
	return true
}
