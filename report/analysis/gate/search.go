package gate

import (
	"math"

	"weir/report/result"
)

// searched are what a search found (RFC 9971) in place of an onset: of its strictest goal, and of the one that
// tolerates most. The rate lies between two that were offered, of which one held and the other did not, so that an
// assertion passes only by what held, less what the queue put off in the trials, and fails only by what did not. A search
// that did not come to its end has wider bounds, or but one of them.
func searched() (list []metric) {
	for _, g := range []struct {
		name, rate, bounds string
		of                 func([]result.SearchGoal) result.SearchGoal
	}{
		{"search", "of a search: the highest that was sustained without a loss", "of a search: that held; also search.upper.rate, that did not",
			func(goals []result.SearchGoal) result.SearchGoal { return goals[0] }},
		{"search.tolerant", "the same with 0.5 % lost; also .lower.rate, .upper.rate", "",
			func(goals []result.SearchGoal) result.SearchGoal { return goals[len(goals)-1] }},
	} {
		of := func(measure func(result.SearchGoal) interval) func(scope) interval {
			return func(s scope) interval {
				if s.lane.Search == nil || len(s.lane.Search.Goals) == 0 {
					return missing("the run was no search")
				}
				return measure(g.of(s.lane.Search.Goals))
			}
		}
		list = append(list,
			metric{name: g.name + ".rate", unit: rate, ofLane: true, anyLevel: true, needs: searching, measure: of(sustained), what: g.rate},
			metric{name: g.name + ".lower.rate", unit: rate, ofLane: true, anyLevel: true, needs: searching, what: g.bounds,
				measure: of(lasting)},
			metric{name: g.name + ".upper.rate", unit: rate, ofLane: true, anyLevel: true, needs: searching,
				measure: of(func(g result.SearchGoal) interval { return bound(g.Upper, g) })})
	}
	return list
}

func sustained(g result.SearchGoal) interval {
	i := interval{value: math.NaN(), high: math.Inf(1), note: g.Reason}
	if g.Lower == nil && g.Upper == nil {
		return absent(g.Reason)
	}
	if g.Lower != nil {
		i.value, i.low = *g.Lower, lasting(g).low
	}
	if g.Upper != nil {
		i.high = *g.Upper
	}
	return i
}

// lasting is the rate that held in its trials, down to what of it lasts however long it is offered.
func lasting(g result.SearchGoal) interval {
	i := bound(g.Lower, g)
	if !i.known() {
		return i
	}
	i.low = 0
	if g.Lasting != nil {
		i.low = *g.Lasting
	}
	return i
}

func bound(x *float64, g result.SearchGoal) interval {
	if x == nil {
		return absent(g.Reason)
	}
	i := exact(*x)
	i.note = g.Reason
	return i
}

func searching(p Plan, _ PlannedLane) string {
	if !p.Search {
		return "it is what a search finds: give --search"
	}
	return ""
}
