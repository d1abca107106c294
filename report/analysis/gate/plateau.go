package gate

import (
	"slices"

	"weir/report/analysis/estimate"
)

// plateau is Lane.Plateau with an interval: the Analysis gives the median of the overloaded trials' goodput, less
// what an empty queue and idle workers took in, and the order of these trials bounds it. Six are the least.
func plateau(s scope) interval {
	l, c := s.lane, s.run.Capacity
	if l.Plateau == nil {
		return missing("no complete trial lost more than a twentieth, so that none shows a plateau")
	}
	if l.BacklogLimit == nil {
		return missing("no interval: what the queue took in is not known without its backlog limit")
	}
	var good []float64
	for _, t := range l.Trials {
		if t.Complete && t.Rate > 0 && t.Duration > 0 && 20*t.Bad > t.Due {
			servers := float64(c.Workers * max(1, c.WorkerConnections))
			fill := float64(*l.BacklogLimit) + 1 + servers/2*float64(t.Bad)/float64(t.Due)
			good = append(good, max(0, float64(t.Due-t.Bad)-fill)/t.Duration)
		}
	}
	low, high := estimate.QuantileRanks(uint64(len(good)), .5)
	if low == 0 || high == 0 {
		return missing("no interval: %d trials were overloaded, 6 are the least", len(good))
	}
	slices.Sort(good)
	return interval{value: *l.Plateau, low: min(*l.Plateau, good[low-1]), high: max(*l.Plateau, good[high-1])}
}
