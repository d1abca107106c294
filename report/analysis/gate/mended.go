package gate

import (
	"math"
	"slices"
	"time"

	"weir/loadgen"
	"weir/report/result"
	"weir/report/unit"
)

// mended is how long after the last thing that a scenario did to its servers requests still failed, until the
// clean tail that cleanTail and cleanShare describe: of all kinds, or of one outcome. A request counts where
// it was due.
func mended() []metric {
	list := []metric{mendedOf(mendedPrefix+"time", "",
		"after the last event, until under 1 % failed for 5 s and to the end; also mended.http_502.time …")}
	for _, name := range loadgen.Names() {
		if name != string(loadgen.OK) && name != string(loadgen.Canceled) {
			list = append(list, mendedOf(mendedPrefix+name+".time", name, ""))
		}
	}
	return list
}

// mendedPrefix begins the names of the metrics that are read off a timeline.
const mendedPrefix = "mended."

func mendedOf(name, class, what string) metric {
	return metric{name: name, unit: unit.Time, what: what, read: func(s scope) interval {
		e := mendedIn(s.lane, class)
		switch {
		case e.Value == nil:
			return missing("gate_no_event", nil)
		case e.High == nil:
			note := result.Finding{Code: "gate_not_mended",
				Args: result.Args{"tail": cleanTail, "share": cleanShare}}
			return interval{value: *e.Value, low: *e.Value, high: math.Inf(1), note: note}
		}
		return exact(*e.Value)
	}}
}

// Mended is how long requests of a lane still failed after the last thing that a scenario did to its servers:
// not known where it did nothing, open above where they failed to the end of the load.
func Mended(l *result.Lane) result.Estimate { return mendedIn(l, "") }

func mendedIn(l *result.Lane, class string) result.Estimate {
	t := &l.Timeline
	from, found := lastEvent(t)
	if !found {
		return result.Estimate{}
	}
	at, last, whole := mendedAt(t, from, class)
	if !whole { // when it would have stopped is not known
		took := last - from
		return result.Estimate{Value: &took, Low: &took}
	}
	took := at - from
	return result.Estimate{Value: &took, Low: &took, High: &took}
}

// A lane has mended when from then on, for so long at least and to the end of the load, fewer than that share
// of the requests fail. A shorter tail may be a pause between failures: the first requests after a restart
// find an empty queue, and are answered whatever becomes of the others.
const (
	cleanTail  = 5 * time.Second
	cleanShare = 0.01
)

// mendedAt is when the lane had mended after from. Where it has not, whole is false; last is the end of the
// last bin in which requests failed. All bins after a scenario's last event are of the same trial.
func mendedAt(t *result.Timeline, from float64, class string) (at, last float64, whole bool) {
	n := len(t.AtS)
	bad, due := make([]float64, n+1), make([]float64, n+1) // in all bins before
	begin, end := n, 0                                     // of the load after from
	last = from
	for i := range n {
		bad[i+1], due[i+1] = bad[i]+badIn(t, class, i), due[i]+t.Offered[i]*t.BinS
		after := t.AtS[i] + t.BinS
		if after > from {
			begin = min(begin, i)
		}
		if t.Offered[i] > 0 {
			end = i + 1
		}
		if after > from && bad[i+1] > bad[i] {
			last = after
		}
	}
	clean := func(i, j int) bool { return bad[j]-bad[i] < cleanShare*(due[j]-due[i]) }
	tail := int(math.Ceil(cleanTail.Seconds()/t.BinS - 1e-9))
	for i := begin; i+tail <= end; i++ {
		if bad[i+1] == bad[i] && clean(i, i+tail) && clean(i, end) {
			return max(t.AtS[i], from), last, true
		}
	}
	return 0, last, false
}

// badIn counts the requests of a bin that failed, or did so in one way.
func badIn(t *result.Timeline, class string, bin int) (sum float64) {
	for c, n := range t.Bad {
		if class == "" || slices.Contains(loadgen.Named(class), loadgen.Outcome(c)) {
			sum += float64(n[bin])
		}
	}
	return sum
}

func lastEvent(t *result.Timeline) (at float64, found bool) {
	for _, m := range t.Marks {
		if m.Code == "event" {
			at, found = m.AtS, true
		}
	}
	return at, found
}
