package gate

import (
	"math"
	"slices"
	"strings"

	"weir/probe"
	"weir/report/result"
	"weir/report/unit"
)

// counter is a sum over the lane's trials. Where one of them does not have its part, because the kernel was
// not read around it, it may be more.
func counter(of func(*result.Lane) *uint64, part func(result.Trial) *uint64) func(scope) interval {
	return func(s scope) interval {
		n := of(s.lane)
		if n == nil {
			return uncounted(s.lane)
		}
		i := exact(float64(*n))
		if slices.ContainsFunc(s.lane.Trials, func(t result.Trial) bool { return part(t) == nil }) {
			i.high, i.note = math.Inf(1), result.Finding{Code: "gate_partly_read"}
		}
		return i
	}
}

// overflows are of the lane's own listener, which a unix socket has none of.
var overflows = counter(func(l *result.Lane) *uint64 { return l.Overflows },
	func(t result.Trial) *uint64 { return t.Overflows })

func uncounted(l *result.Lane) interval {
	if probe.IsUnix(l.Listener) {
		return missing("gate_unix_uncounted", nil)
	}
	return missing("gate_unread", nil)
}

func depth(n *uint32) interval {
	if n == nil {
		return missing("gate_queue_unseen", nil)
	}
	return exact(float64(*n))
}

// known is a number that the analysis may lack, for the reason given.
func known(x *float64, lacking result.Code) interval {
	if x == nil {
		return missing(lacking, nil)
	}
	return exact(*x)
}

func reconciliation(s scope) interval {
	r := &s.lane.Reconciliation
	if r.Ratio == nil {
		return unknownFor(r.Rule)
	}
	return exact(*r.Ratio)
}

// onset takes the hinge's interval. Other methods show where something was first seen, and their bounds are
// not those of an interval that holds in 95 of 100 runs.
func onset(l *result.Lane, o *result.Onset) interval {
	switch {
	case o == nil && l.NoOnset.IsZero():
		return missing("gate_no_onset", nil)
	case o == nil:
		return unknownFor(l.NoOnset)
	case !o.Estimated():
		return missing("onset_bracketed", result.Args{"method": o.How})
	}
	return interval{value: o.RPS, low: max(0, o.Low), high: o.High}
}

// plateau is what the overloaded trials served, less what their queues took in. The order of these trials
// bounds it.
func plateau(s scope) interval {
	switch l := s.lane; {
	case l.Plateau == nil:
		return missing("gate_no_plateau", nil)
	case l.BacklogLimit == nil:
		return missing("gate_plateau_without_backlog", nil)
	case l.PlateauBounds == nil:
		return missing("gate_plateau_of_few", nil)
	default:
		return interval{value: *l.Plateau, low: max(0, l.PlateauBounds.Low), high: l.PlateauBounds.High}
	}
}

// stated is a value that was measured, with its interval, or given, and then without one.
func stated(x, low, high *float64) interval {
	switch {
	case x == nil:
		return missing("gate_needs_workers", nil)
	case low == nil || high == nil:
		return exact(*x)
	}
	return interval{value: *x, low: *low, high: *high}
}

// searchedBy are what a search found (RFC 9971) in place of an onset, by one of its goals. The rate lies
// between two that were offered, of which one was sustained and the other was not, so that an assertion
// passes only by what was, less what the queue put off in the trials, and fails only by what was not. A
// search that did not come to its end has wider bounds, or but one of them.
func searchedBy(name, how string, goal func([]result.SearchGoal) result.SearchGoal) []metric {
	of := func(name, what string, measure func(result.SearchGoal) interval) metric {
		return metric{name: name, unit: unit.Rate, needs: aSearch, what: what, read: func(s scope) interval {
			if s.lane.Search == nil || len(s.lane.Search.Goals) == 0 {
				return missing("gate_no_search", nil)
			}
			return measure(goal(s.lane.Search.Goals))
		}}
	}
	return []metric{
		of(name+".rate", "of a search: highest rate sustained "+how+"; also .lower.rate, .upper.rate",
			sustained),
		of(name+".lower.rate", "", lasting),
		of(name+".upper.rate", "", func(g result.SearchGoal) interval { return bound(g.Upper, g) }),
	}
}

func sustained(g result.SearchGoal) interval {
	i := interval{value: math.NaN(), high: math.Inf(1), note: g.Reason}
	if g.Lower == nil && g.Upper == nil {
		return unknownFor(g.Reason)
	}
	if g.Lower != nil {
		i.value, i.low = *g.Lower, lasting(g).low
	}
	if g.Upper != nil {
		i.high = *g.Upper
	}
	return i
}

// lasting is the rate that was sustained in its trials, down to what of it lasts however long it is offered.
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
		return unknownFor(g.Reason)
	}
	i := exact(*x)
	i.note = g.Reason
	return i
}

// untilOverflow is how long the queue took the load in. Where it did for as long as there was any, it is
// longer than that.
func untilOverflow(s scope) interval {
	if s.lane.Overflows == nil {
		return uncounted(s.lane)
	}
	marks := s.lane.Timeline.Marks
	first := slices.IndexFunc(marks, func(m result.Mark) bool { return m.Code == "first_overflow" })
	took := 0.
	for _, t := range s.lane.Trials {
		switch {
		case first < 0:
			took = max(took, t.Duration)
		case t.Start <= marks[first].AtS:
			took = marks[first].AtS - t.Start
		}
	}
	i := exact(took)
	if first < 0 {
		i.high, i.note = math.Inf(1), result.Finding{Code: "gate_no_overflow"}
	}
	return i
}

// untilDrained is how long the slowest of the trials' queues took to empty. Where one was given up, it is
// longer than what is known.
func untilDrained(s scope) interval {
	if s.lane.BacklogLimit == nil || len(s.lane.Trials) == 0 {
		return missing("gate_queue_unseen", nil)
	}
	i := exact(0)
	for _, t := range s.lane.Trials {
		if t.DrainedAfter == nil {
			i.high, i.note = math.Inf(1), result.Finding{Code: "gate_not_drained"}
			continue
		}
		i.low = max(i.low, *t.DrainedAfter)
	}
	i.value, i.high = i.low, max(i.low, i.high)
	return i
}

// logged counts what logs and health checks reported while a lane's trials ran. That a log was not followed,
// or nobody checked, is not zero.
func logged(name, source, what string, of func(class string) bool) metric {
	kind, _, _ := strings.Cut(source, ".") // nginx.access shows that the error log was followed too
	return metric{name: name, unit: unit.Count, what: what, read: func(s scope) interval {
		n, any := uint64(0), false
		for _, c := range s.lane.LogClasses {
			any = any || strings.HasPrefix(c.Source, kind)
			if c.Source == source && of(c.Class) {
				n += c.Count
			}
		}
		if !any {
			return missing("gate_log_silent", result.Args{"source": kind})
		}
		return exact(float64(n))
	}}
}

func tries(s scope) interval {
	if s.lane.ProxyLog == nil {
		return missing("gate_not_in_access_log", nil)
	}
	return known(s.lane.ProxyLog.TriesPerRequest, "gate_not_in_access_log")
}

// healthIn are the health checks that were sent before the load, while it was offered, or after it.
func healthIn(phase, when string, of func(*result.Health) *result.HealthCounts) (list []metric) {
	add := func(name string, u unit.Unit, what string, value func(*result.HealthCounts) interval) {
		if when == "" {
			what = ""
		}
		list = append(list, metric{name: "health." + phase + name, unit: u, what: what,
			read: func(s scope) interval {
				if s.lane.Health == nil {
					return missing("gate_log_silent", result.Args{"source": "health"})
				}
				return value(of(s.lane.Health))
			}})
	}
	add(".ok.count", unit.Count,
		"health checks sent "+when+"; also .slow.count, .failed.count; also health.during, health.after",
		func(c *result.HealthCounts) interval { return exact(float64(c.OK)) })
	add(".slow.count", unit.Count, "",
		func(c *result.HealthCounts) interval { return exact(float64(c.Slow)) })
	add(".failed.count", unit.Count, "",
		func(c *result.HealthCounts) interval { return exact(float64(c.Failed)) })
	add(".latency.p50", unit.Time, "how long the answered ones took; also .latency.max",
		func(c *result.HealthCounts) interval { return known(c.P50, "gate_no_check_answered") })
	add(".latency.max", unit.Time, "",
		func(c *result.HealthCounts) interval { return known(c.Max, "gate_no_check_answered") })
	return list
}

// What a run that goes on shows of the kernel, between two samples. An overflow is the listener's own or,
// where the kernel does not tell these apart, the namespace's, as after the run.

func overflowsSince(now, before *liveSample) (float64, bool) {
	return since(now, before, func() *uint64 { return now.listener.Since(before.listener).Overflows })
}

func dropsSince(now, before *liveSample) (float64, bool) {
	return since(now, before, func() *uint64 { return now.listener.Since(before.listener).Drops })
}

func listenDropsSince(now, before *liveSample) (float64, bool) {
	return since(now, before, func() *uint64 {
		return now.Counter(probe.ListenDrops).Since(before.Counter(probe.ListenDrops))
	})
}

func since(now, before *liveSample, grew func() *uint64) (float64, bool) {
	if before == nil || !now.listener.Whole() {
		return 0, false
	}
	n := grew()
	if n == nil {
		return 0, false
	}
	return float64(*n), true
}

func depthNow(now, _ *liveSample) (float64, bool) {
	return float64(now.listener.Depth), now.listener.Sockets > 0
}
