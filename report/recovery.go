package report

import (
	"fmt"
	"slices"

	"weir/report/result"
)

// observed reports whether a lane was watched after its load had ended.
func observed(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool { return l.Recovery != nil })
}

// recovery is how long after the load everything was as before, or that it never was.
func recovery(_ *result.Analysis, l *result.Lane) cell {
	r := l.Recovery
	if r == nil {
		return cell{Main: "not observed", Tone: muted}
	}
	queue := "queue not seen"
	switch {
	case r.QueueEmptyS != nil:
		queue = "queue empty after " + seconds(*r.QueueEmptyS)
	case r.QueueLeft != nil:
		queue = plural(*r.QueueLeft, "connection") + " still in the queue"
	}
	switch {
	case r.Code == "recovered":
		text := fmt.Sprintf("%s after the load, %s", seconds(*r.LatencyS), queue)
		if r.DeadWorkS != nil && *r.DeadWorkS > 0 {
			text += ", " + seconds(*r.DeadWorkS) + " of it dead work"
		}
		return cell{Main: text}
	case r.Code == "unknown":
		return cell{Main: "not known: no request before the load was answered; " + queue, Tone: muted}
	}
	why := queue
	switch {
	case r.Code == "dead_work":
		why = "dead work"
	case r.Code == "retry_storm":
		why = "retry storm"
	case r.LatencyS == nil && r.LimitS != nil:
		why = "answers took longer than " + seconds(*r.LimitS) + ", " + queue
	}
	return cell{Main: "did not recover: " + why, Interval: fmt.Sprintf("(within %s)", seconds(r.ObservedS)), Tone: bad}
}
