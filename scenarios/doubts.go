package scenarios

import (
	"fmt"
	"math"
	"time"

	"weir/loadgen/search"
)

// overflowing is how many trials of a lane have to overflow the queue for an onset to be estimated.
const overflowing = 3

// DoubtTrials says of a plan, before its load, that its trials are too short for the server's queue: what the queue takes in
// is no failure, so that a load of minutes would end without a finding. Only where the queue, the workers and their service
// time are known; the analysis says the same afterwards with what was measured.
func (s *Setup) DoubtTrials() (doubts []string) {
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
		if text := s.doubtSteps(lane, computed); text != "" {
			doubts = append(doubts, text)
		}
	}
	return doubts
}

// doubtSteps holds separate trials at constant rates against the queue: one of T seconds overflows it from μ + C/T on.
func (s *Setup) doubtSteps(lane Lane, computed float64) string {
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
		return ""
	}
	most := "none of its trials"
	if overflow > 0 {
		most = fmt.Sprintf("only %d of its trials", overflow)
	}
	// From halfway between the computed capacity and the highest rate on, trials are to overflow.
	need := time.Duration(math.Ceil(2*float64(s.slots)/(top-computed))) * time.Second
	return fmt.Sprintf("%s: %s will overflow a queue of %d places, which takes in what trials of %v offer beyond %.4g req/s (workers ÷ service time), "+
		"so that no onset will be found: give the server a smaller backlog, or --trial-duration %v.", lane.Name, most, s.slots, longest, computed, need)
}

// doubtSearch holds the length of a search's trials against what telling an overload of its width takes at its start.
func (s *Setup) doubtSearch() []string {
	deadline := s.Lanes[0].Deadline
	need := s.Search.Enough(s.Search.Start, s.slots, deadline)
	if s.Search.Trial >= need {
		return nil
	}
	need = need.Round(100*time.Millisecond) + 100*time.Millisecond
	budget := search.BudgetFor(need, len(s.Lanes)).Round(time.Second)
	return []string{fmt.Sprintf("trials of %v are too short for a queue of %d places at %.4g req/s: what it takes in hides an overload of %.3g %%, and the search will be inconclusive: "+
		"it takes trials of %v, so --trial-duration %v with --budget %v or so, or a smaller backlog at the server.",
		s.Search.Trial, s.slots, s.Search.Start, 100*s.Search.Width, need, need, max(budget, s.Search.Budget))}
}
