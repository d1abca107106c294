package scenarios

import (
	"math"
	"time"

	"weir/loadgen"
)

// demand is what a lane asks of this machine: at its highest rate, or at one of the rates that a search may
// come to.
type demand struct {
	rate float64 // req/s
	// requests in flight at once, were there no limit to them: as many as come before the first must end
	open int
	all  int // requests of all its trials up to then
}

// demands lists what a lane may ask for, the least first; never none. A fixed plan asks for one thing.
func (s *Setup) demands(lane Lane) []demand {
	if s.Search != nil {
		return s.searched(lane.Target.Timeout)
	}
	var d demand
	for _, t := range s.Trials {
		if t.Lane == lane.Name {
			d.rate = max(d.rate, t.Plan.MaxRate())
			d.open = max(d.open, openAt(t.Plan.MaxRate(), t.Due, lane.Target.Timeout))
			d.all += t.Due
		}
	}
	return []demand{d}
}

// searched are the rates that a search comes to while everything holds, as far as its budget lasts: it needs
// two trials of a rate before the next one, in each lane.
func (s *Setup) searched(timeout time.Duration) (all []demand) {
	const trials = 2
	spent, sum := time.Duration(0), 0
	for rate := s.Search.Start; ; rate = min(rate*s.Search.Expand, s.Search.Max) {
		due := int(math.Ceil(rate * s.Search.Trial.Seconds()))
		spent += trials * s.Search.Trial * time.Duration(max(1, len(s.Lanes)))
		sum += trials * due
		if all = append(all, demand{rate, openAt(rate, due, timeout), sum}); rate >= s.Search.Max ||
			spent > s.Search.Budget {
			return all
		}
	}
}

func openAt(rate float64, due int, timeout time.Duration) int {
	return min(due, int(math.Ceil(rate*timeout.Seconds())))
}

// inFlight is how many requests may be in flight at once.
func (d demand) inFlight(t loadgen.Target) int { return min(d.open, t.MaxInFlight) }

// opening is at which rate connections are opened at most, 1/s.
func (d demand) opening(t loadgen.Target) float64 {
	switch {
	case t.Connections != loadgen.Reuse:
		return d.rate
	case t.RequestsPerConnection == 0:
		return 0
	}
	return d.rate / float64(t.RequestsPerConnection)
}

// ports is how many local ports connections hold at once, each for so long after we closed it first.
func (d demand) ports(t loadgen.Target, held time.Duration) int {
	return min(d.all, d.inFlight(t)+int(d.opening(t)*held.Seconds()))
}
