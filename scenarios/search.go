package scenarios

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"weir/loadgen"
	"weir/loadgen/belief"
	"weir/loadgen/count"
	"weir/loadgen/plan"
	"weir/loadgen/search"
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

// search offers trials to the lanes in turn, each at the load that its trials before ask for, until every goal is
// decided or the budget is spent. A trial is begun if the longest so far would still fit; one that takes longer
// all the same is cut off, recorded, and says nothing.
func (e *Experiment) search(ctx context.Context, epoch time.Time, seen *tally, tap *queueTap) error {
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
		err = e.trial(within, epoch, lane, t, tap)
		switch {
		case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			return nil // the budget is spent
		case err != nil:
			return err
		}
		longest = max(longest, time.Since(epoch)-began)
		if len(belief.Check(seen.facts(e.Search, load))) > 0 {
			states[lane.Name].Spoil(load)
		} else {
			states[lane.Name].Add(search.Trial{Load: load, Duration: e.Search.Trial, Due: seen.due, Bad: seen.bad})
		}
		index++
	}
	return nil
}

func (s *Search) trial(index int, lane string, load float64) (runfile.Trial, error) {
	p := plan.Plan{Stages: []plan.Stage{{From: load, To: load, Duration: s.Trial}}, Arrival: s.arrival, Seed: s.seed + uint64(index)}
	if err := p.Validate(); err != nil {
		return runfile.Trial{}, fmt.Errorf("the search came to %g req/s: %w", load, err)
	}
	return runfile.Trial{Index: index, Lane: lane, Rate: load, Due: p.Count(), Plan: p}, nil
}

// tally is a Recorder that keeps what a search needs of the trial under way.
type tally struct {
	Recorder
	due, bad uint64
	outcomes map[loadgen.Outcome]uint64
	lag      []int64 // ns, of the requests that were sent
	end      runfile.TrialEnd
}

func (t *tally) Write(rec runfile.Record) error {
	switch rec := rec.(type) {
	case *runfile.Trial:
		t.due, t.bad, t.outcomes, t.lag = 0, 0, map[loadgen.Outcome]uint64{}, t.lag[:0]
	case *runfile.TrialEnd:
		t.end = *rec
	}
	return t.Recorder.Write(rec)
}

func (t *tally) Results(trial int) *count.Counter {
	c := t.Recorder.Results(trial)
	c.Watch(t.see)
	return c
}

// see is called by who reads the count, for the last time when the trial's end is written.
func (t *tally) see(r *count.Reading) {
	for _, b := range r.Bins {
		t.due += b.Ended()
		t.bad += b.Bad()
		for o, n := range b.Due() {
			t.outcomes[o] += n
		}
		t.lag = append(t.lag, b.Lag...)
	}
}

// facts are what decides whether the trial is believed.
func (t *tally) facts(s *Search, load float64) belief.Facts {
	g := t.end.Generator
	f := belief.Facts{
		Due: t.due, Sent: uint64(len(t.lag)), Outcomes: t.outcomes, Bearable: belief.Bearable(load, s.service, s.slots),
		CPU: g.CPU, Wall: g.Wall, CPUs: g.CPUs, RunDelay: g.RunDelay, LoopCPU: g.LoopCPU, LoopDelay: g.LoopDelay,
	}
	if slices.Sort(t.lag); len(t.lag) >= belief.LateNeeds {
		f.Late = time.Duration(t.lag[len(t.lag)*99/100])
	}
	return f
}
