package scenarios

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"weir/loadgen/belief"
	"weir/loadgen/count"
	"weir/loadgen/plan"
	"weir/loadgen/search"
	"weir/loadgen/self"
	"weir/report/runfile"
)

// SearchOptions ask for a search for the highest sustained rate, in place of a plan.
type SearchOptions struct {
	Start    float64       // the first load, req/s; 0: the computed capacity
	Shortest time.Duration // a trial is at least as long
	Budget   time.Duration // of the whole search
	Arrival  plan.Arrival
	Seed     uint64
}

// Search is a search that stands ready.
type Search struct {
	search.Spec
	arrival plan.Arrival
	seed    uint64
	service time.Duration
	slots   int // places in the lanes' queue; 0: not known
}

// ErrNoStart is the error of a search that does not know where to begin.
var ErrNoStart = errors.New("--search needs a rate to start from: give --workers, or --rate")

// searching replaces the experiment's fixed trials.
func (s *Setup) searching(opt SearchOptions) error {
	start := cmp.Or(opt.Start, s.Capacity.Computed())
	if start == 0 {
		return ErrNoStart
	}
	s.Search = &Search{
		Spec:    search.New(start, s.slots, len(s.Lanes), opt.Shortest, opt.Budget),
		arrival: opt.Arrival, seed: opt.Seed, service: s.Capacity.ServiceTime, slots: s.slots,
	}
	return s.Search.Validate()
}

// search offers trials to the lanes in turn, each at the load that its trials before ask for, until every
// goal is decided or the budget is spent. A trial is begun if the longest so far would still fit; one that
// takes longer all the same is cut off, recorded, and says nothing.
func (e *Experiment) search(ctx context.Context, epoch time.Time, tap *queueTap) error {
	within, cancel := context.WithDeadline(ctx, epoch.Add(e.Search.Budget))
	defer cancel()
	states := map[string]*search.State{}
	for _, l := range e.Lanes {
		states[l.Name] = e.Search.Begin()
	}
	longest, requests := lead+e.Search.Trial+e.Rest, 0
	for index, idle := 0, 0; idle < len(e.Lanes); {
		lane := e.Lanes[(index+idle)%len(e.Lanes)]
		load, open := states[lane.Name].Next()
		if !open {
			idle++
			continue
		}
		idle = 0
		t, err := e.Search.trial(index, lane.Name, load)
		if err != nil {
			return err
		}
		if requests += t.Due; requests > maxRequests {
			return fmt.Errorf("the search has offered more than %d requests without an end: give it a start nearer to what the server does (--rate)", maxRequests)
		}
		began := time.Since(epoch)
		if began+longest > e.Search.Budget {
			return nil
		}
		var total count.Bin
		used, err := e.trial(within, epoch, lane, t, tap, &total)
		switch {
		case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			return nil // the budget is spent
		case err != nil:
			return err
		}
		longest = max(longest, time.Since(epoch)-began)
		if len(belief.Check(e.Search.facts(load, &total, used))) > 0 {
			states[lane.Name].Spoil(load)
		} else {
			states[lane.Name].Add(search.Trial{Load: load, Duration: e.Search.Trial, Due: total.Ended(),
				Bad: total.Bad()})
		}
		index++
	}
	return nil
}

func (s *Search) trial(index int, lane string, load float64) (runfile.Trial, error) {
	p := plan.Plan{Stages: []plan.Stage{{From: load, To: load, Duration: s.Trial}}, Arrival: s.arrival,
		Seed: s.seed + uint64(index)}
	if err := p.Validate(); err != nil {
		return runfile.Trial{}, fmt.Errorf("the search came to %g req/s: %w", load, err)
	}
	return runfile.Trial{Index: index, Lane: lane, Rate: load, Due: p.Count(), Plan: p}, nil
}

// facts are what decides whether a trial is believed, of which total adds up the results.
func (s *Search) facts(load float64, total *count.Bin, used self.Usage) belief.Facts {
	f := belief.Facts{
		Due: total.Ended(), Sent: total.Sent, Outcomes: total.Due(),
		Bearable: belief.Bearable(load, s.service, s.slots),
		CPU:      used.CPU, Wall: used.Wall, CPUs: used.CPUs, RunDelay: used.RunDelay, LoopCPU: used.LoopCPU,
		LoopDelay: used.LoopDelay,
	}
	if slices.Sort(total.Lag); len(total.Lag) >= belief.LateNeeds {
		f.Late = time.Duration(total.Lag[len(total.Lag)*99/100])
	}
	return f
}
