package scenarios

import (
	"math"
	"time"

	"weir/loadgen/search"
	"weir/report/runfile"
)

// overflowing is how many trials of a lane have to overflow the queue for an onset to be estimated.
const overflowing = 3

// DoubtTrials says of a plan, before its load, that its trials are too short for the server's queue: what the
// queue takes in is no failure, so that a load of minutes would end without a finding. Only where the queue,
// the workers and their service time are known; the analysis says the same afterwards with what was measured.
func (s *Setup) DoubtTrials() (doubts []runfile.Warning) {
	computed := s.Capacity.Computed()
	if s.slots == 0 {
		return nil
	}
	if s.Search != nil {
		return s.doubtSearch()
	}
	if computed == 0 {
		return nil
	}
	for _, lane := range s.Lanes {
		doubts = append(doubts, s.doubtSteps(lane, computed)...)
	}
	return doubts
}

// doubtSteps holds separate trials at constant rates against the queue: one of T seconds overflows it from μ
// + C/T on.
func (s *Setup) doubtSteps(lane Lane, computed float64) []runfile.Warning {
	rates, top, overflow, longest := map[float64]bool{}, 0.0, 0, time.Duration(0)
	for _, t := range s.Trials {
		if t.Lane != lane.Name || t.Rate == 0 {
			continue
		}
		rates[t.Rate] = true
		top, longest = max(top, t.Rate), max(longest, t.Plan.Duration())
		if t.Rate > computed+float64(s.slots)/t.Plan.Duration().Seconds() {
			overflow++
		}
	}
	if len(rates) < 2 || overflow >= overflowing || top <= computed {
		return nil
	}
	args := map[string]any{"slots": s.slots, "trial": longest.Seconds(), "computed": computed}
	if overflow > 0 {
		args["overflow"] = overflow
	}
	// From halfway between the computed capacity and the highest rate on, trials are to overflow.
	args["need"] = (time.Duration(math.Ceil(2*float64(s.slots)/(top-computed))) * time.Second).String()
	return []runfile.Warning{{Code: "plan_cannot_overflow", Lane: lane.Name, Args: args}}
}

// doubtSearch holds the length of a search's trials against what telling an overload of its width takes at
// its start.
func (s *Setup) doubtSearch() []runfile.Warning {
	deadline := s.Lanes[0].Deadline
	need := s.Search.Enough(s.Search.Start, s.slots, deadline)
	if s.Search.Trial >= need {
		return nil
	}
	need = need.Round(100*time.Millisecond) + 100*time.Millisecond
	budget := search.BudgetFor(need, len(s.Lanes)).Round(time.Second)
	return []runfile.Warning{{Code: "search_cannot_conclude", Args: map[string]any{
		"trial": s.Search.Trial.Seconds(), "slots": s.slots, "rate": s.Search.Start, "width": s.Search.Width,
		"need": need.String(), "budget": max(budget, s.Search.Budget).String(),
	}}}
}
