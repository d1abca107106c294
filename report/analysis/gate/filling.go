package gate

import (
	"math"

	"weir/report/result"
)

// untilOverflow is how long the queue took the load in. Where it did for as long as there was any, it is longer than that.
func untilOverflow(s scope) interval {
	if s.lane.Overflows == nil {
		return missing("%s", uncounted(s.lane))
	}
	at, found := firstOverflow(&s.lane.Timeline)
	took := 0.
	for _, t := range s.lane.Trials {
		switch {
		case !found:
			took = max(took, t.Duration)
		case t.Start <= at:
			took = at - t.Start
		}
	}
	if found {
		return exact(took)
	}
	return interval{value: took, low: took, high: math.Inf(1), note: said("no overflow while there was load")}
}

func firstOverflow(t *result.Timeline) (at float64, found bool) {
	for _, m := range t.Marks {
		if m.Code == "first_overflow" {
			return m.AtS, true
		}
	}
	return 0, false
}

// untilDrained is how long the slowest of the trials' queues took to empty. Where one was given up, it is longer than what is known.
func untilDrained(s scope) interval {
	if s.lane.BacklogLimit == nil || len(s.lane.Trials) == 0 {
		return missing("the queue of this lane was not seen")
	}
	i := exact(0)
	for _, t := range s.lane.Trials {
		if t.DrainedAfter == nil {
			i.high, i.note = math.Inf(1), said("a trial's queue was not empty when it was given up")
			continue
		}
		i.low = max(i.low, *t.DrainedAfter)
	}
	i.value, i.high = i.low, max(i.low, i.high)
	return i
}
