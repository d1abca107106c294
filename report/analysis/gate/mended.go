package gate

import (
	"math"

	"weir/loadgen"
	"weir/report/analysis"
)

// mended is how long after the last thing that a scenario did to its servers requests still failed: of all kinds, or of one
// outcome. A request counts where it was due.
func mended() []metric {
	list := []metric{mendedOf(mendedPrefix+"time", "",
		"after the scenario's last event, until requests no longer failed; also mended.http_502.time …")}
	for _, o := range loadgen.Outcomes() {
		if o != loadgen.OK && o != loadgen.Canceled {
			list = append(list, mendedOf(mendedPrefix+string(o)+".time", string(o), ""))
		}
	}
	return list
}

// mendedPrefix begins the names of the metrics that are read off a timeline.
const mendedPrefix = "mended."

func mendedOf(name, class, what string) metric {
	return metric{name: name, unit: seconds, ofLane: true, anyLevel: true, what: what, measure: func(s scope) interval {
		t := &s.lane.Timeline
		from, found := lastEvent(t)
		if !found {
			return missing("nothing was done to a server while this lane's trials ran")
		}
		last, offered := from, from
		for i, at := range t.AtS {
			end := at + t.BinS
			if t.Offered[i] > 0 {
				offered = end
			}
			if at+t.BinS > from && badIn(t, class, i) {
				last = end
			}
		}
		took := last - from
		if last > from && last >= offered { // to the end: when it would have stopped is not known
			return interval{value: took, low: took, high: math.Inf(1), note: "requests failed to the end of the load"}
		}
		return interval{value: took, low: took, high: took}
	}}
}

func badIn(t *analysis.Timeline, class string, bin int) bool {
	for c, n := range t.Bad {
		if n[bin] > 0 && (class == "" || c == class) {
			return true
		}
	}
	return false
}

func lastEvent(t *analysis.Timeline) (at float64, found bool) {
	for _, m := range t.Marks {
		if m.Code == "event" {
			at, found = m.AtS, true
		}
	}
	return at, found
}
