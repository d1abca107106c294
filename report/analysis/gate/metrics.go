package gate

import (
	"strconv"
	"strings"
	"sync"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/probe/nginxlog"
	"weir/report/result"
	"weir/report/unit"
)

// metric is something that an assertion may name: parser, suggestions, help, evaluation and Live read this one table.
type metric struct {
	name string
	unit unit.Unit
	what string // for people; "" where the row of another one speaks of it too

	kind    kind
	ofRun   bool                                                                     // and of no lane
	allowed bool                                                                     // its interval has room for estimate.Allowance, beyond what resampling shows
	needs   func(Plan, PlannedLane) string                                           // why a run by this plan cannot measure it, or ""; nil: every run can
	of      *requests                                                                // of shares and counts of requests: which requests
	q       float64                                                                  // of percentiles of the latency: which one
	read    func(scope) interval                                                     // of a whole run
	in      func(scope, stretch) interval                                            // of some bins of the timeline; nil: known of the whole run only
	pairs   func(a, b *result.Lane, level float64) (result.Interval, result.Finding) // b's ÷ a's, of two runs

	// Of what only grows while a run goes on: what was counted in a bin, or seen between two samples.
	counts  func(*count.Bin) float64
	samples func(now, before *liveSample) (float64, bool)
	most    bool // it is the most of these, not their sum
}

// grows reports whether it only grows while a run goes on, so that it may be decided before the end.
func (m *metric) grows() bool { return m.counts != nil || m.samples != nil }

// kind is how sure the number is.
type kind int

const (
	exactly kind = iota // counted, seen or stated: its interval is all that it can be, at any level
	sampled             // a share of requests, which are taken for independent: an interval at any level
	ordered             // a percentile, between order statistics of requests, at 95 %
	fitted              // an estimate from the trials, at 95 %
)

// estimated reports whether the interval is one of confidence, and not all that the number can be.
func (m *metric) estimated() bool { return m.kind != exactly }

// ofRequests reports whether the interval takes requests for independent, and knows nothing of what lies between two runs.
func (m *metric) ofRequests() bool { return m.kind == sampled || m.kind == ordered }

// loaded reports whether its windows must lie where load was offered: it is per request or per second.
func (m *metric) loaded() bool { return m.kind == sampled }

// scope is where a metric is measured, and how surely it is wanted.
type scope struct {
	run   *result.Analysis
	lane  *result.Lane // nil where the metric is the run's
	level float64      // in per cent
}

// table has every metric, those first that most people ask for.
var table = sync.OnceValue(func() []*metric {
	var list []*metric
	add := func(more ...metric) {
		for _, m := range more {
			list = append(list, &m)
		}
	}
	add(shareOf("bad.rate", bad, "requests that failed or were late"), shareOf("failed.rate", failed, "requests without a good answer"))
	add(quantilesOf("latency", "of ok requests, from when they were due; any percentile (latency.p95), and latency.max", latency)...)
	add(metric{name: "onset.rate", unit: unit.Rate, kind: fitted, allowed: true, needs: hinged, what: "offered rate from which requests fail",
		read: func(s scope) interval { return onset(s.lane, s.lane.ErrorOnset) }},
		goodput(),
		metric{name: "overflows", unit: unit.Count, samples: overflowsSince, needs: counts, what: "overflows of the lane's accept queue", in: overflowsIn,
			read: overflows})

	add(shareOf("late.rate", late, "requests answered well, but after the deadline"),
		countOf("bad.count", bad, "requests that failed or were late"), countOf("failed.count", failed, "requests without a good answer"),
		countOf("late.count", late, "requests answered well, but after the deadline"))
	for _, o := range loadgen.Names() {
		if o == string(loadgen.Canceled) { // says nothing of the server
			continue
		}
		rate, count := shareOf("outcome."+o+".rate", outcome(o), ""), countOf("outcome."+o+".count", outcome(o), "")
		if o == string(loadgen.OK) {
			rate.what = "requests with this outcome; likewise http_5xx, http_502, connect_timeout and all others (weir help outcomes)"
			count.what = "how many requests had it"
		}
		add(rate, count)
	}
	add(tallied("offered", nil, "requests that the plan made due", func(l *result.Lane) uint64 { return l.Offered }),
		tallied("sent", nil, "requests that left the generator", func(l *result.Lane) uint64 { return l.Sent }),
		tallied("shed", func(b *count.Bin) float64 { return float64(b.Of(loadgen.Shed)) }, "requests not sent because too many were in flight", func(l *result.Lane) uint64 { return l.Shed }),
		tallied("in_flight.max", nil, "most requests in flight at the end of a tenth of a second", func(l *result.Lane) uint64 { return l.MaxOpen }),
		tallied("synretrans", func(b *count.Bin) float64 { return float64(b.SYNRetrans) }, "SYNs that were lost and sent again", func(l *result.Lane) uint64 { return l.SYNRetrans }))
	add(quantilesOf("latency_from_sent", "of the same requests, from when they were sent", func(l *result.Lane) *result.Quantiles { return &l.FromSent })...)
	add(quantilesOf("fail_latency", "of sent requests that were not ok", func(l *result.Lane) *result.Quantiles { return &l.FailLatency })...)
	add(quantilesOf("send_lag", "how late the generator sent", func(l *result.Lane) *result.Quantiles { return &l.SendLag })...)

	add(metric{name: "overflow_onset.rate", unit: unit.Rate, kind: fitted, allowed: true, needs: hingedByKernel, what: "offered rate from which the accept queue overflows",
		read: func(s scope) interval { return onset(s.lane, s.lane.OverflowOnset) }},
		metric{name: "plateau.rate", unit: unit.Rate, kind: fitted, needs: overloaded, what: "good requests a second when overloaded", read: plateau},
		metric{name: "capacity.computed", unit: unit.Rate, kind: fitted, ofRun: true, needs: capacityKnown, what: "workers ÷ service time",
			read: func(s scope) interval { c := &s.run.Capacity; return stated(c.Computed, c.Low, c.High) }},
		metric{name: "capacity.service_time", unit: unit.Time, kind: fitted, ofRun: true, needs: serviceKnown, what: "how long a worker is busy with a request",
			read: func(s scope) interval {
				c := &s.run.Capacity
				return stated(c.ServiceTime, c.ServiceTimeLow, c.ServiceTimeHigh)
			}})
	add(searchedBy("search", "without a loss", func(goals []result.SearchGoal) result.SearchGoal { return goals[0] })...)
	add(searchedBy("search.tolerant", "with 0.5 % lost", func(goals []result.SearchGoal) result.SearchGoal { return goals[len(goals)-1] })...)

	add(metric{name: "listen_drops", unit: unit.Count, samples: listenDropsSince, needs: counts, what: "TcpExtListenDrops of the whole network namespace",
		read: counter(func(l *result.Lane) *uint64 { return l.ListenDrops }, func(t result.Trial) *uint64 { return t.ListenDrops })},
		metric{name: "listener_drops", unit: unit.Count, samples: dropsSince, needs: counts, what: "sk_drops of the lane's listener",
			read: counter(func(l *result.Lane) *uint64 { return l.ListenerDrops }, func(t result.Trial) *uint64 { return t.Overflows })},
		metric{name: "max_recv_q", unit: unit.Count, samples: depthNow, most: true, needs: watched, what: "deepest accept queue in any sample", in: depthIn,
			read: func(s scope) interval { return depth(s.lane.MaxRecvQ) }},
		metric{name: "backlog_limit", unit: unit.Count, needs: watched, what: "backlog that the kernel granted",
			read: func(s scope) interval { return depth(s.lane.BacklogLimit) }},
		metric{name: "filled.time", unit: unit.Time, needs: counts, what: "from the start of its trial to the first overflow", read: untilOverflow},
		metric{name: "drained.time", unit: unit.Time, needs: watched, what: "from the end of the load until the queue was empty, in the slowest trial", read: untilDrained},
		metric{name: "reconciliation.ratio", unit: unit.Ratio, needs: counts, what: "overflows ÷ the failures that they explain", read: reconciliation},
		backendOf("connections_per_request", unit.Ratio, counts, "connections to the backend's host ÷ requests sent: 1 where none is kept",
			func(b *result.Backend) *float64 { return b.PerRequest }),
		backendOf("cpu_per_request", unit.Time, watched, "CPU time of the listener's processes ÷ requests sent",
			func(b *result.Backend) *float64 { return b.CPU }),
		backendOf("starved", unit.Share, watched, "time in which the workers were runnable but not scheduled, or stopped by a CPU quota",
			func(b *result.Backend) *float64 { return b.Starved }))

	add(logged("log.retried.count", "nginx.access", "requests that NGINX tried more than once", func(class string) bool { return strings.HasSuffix(class, "/retried") }),
		metric{name: "log.tries_per_request", unit: unit.Ratio, read: tries, what: "attempts at upstream servers ÷ requests, in NGINX's access log"})
	for i, class := range nginxlog.Classes() {
		what := ""
		if i == 0 {
			what = "lines of this class in NGINX's error log; likewise read_timeout, no_live_upstreams and all others"
		}
		add(logged("log."+class+".count", "nginx.error", what, func(c string) bool { return c == class }))
	}
	for _, class := range []struct{ name, what string }{
		{"failed", "health checks that failed beside the load"}, {"ok", "health checks that passed"}, {"slow", "health checks that passed slowly"},
	} {
		add(logged("health."+class.name+".count", "health", class.what, func(c string) bool { return c == class.name }))
	}
	add(healthIn("before", "before the load", func(h *result.Health) *result.HealthCounts { return &h.Before })...)
	add(healthIn("during", "", func(h *result.Health) *result.HealthCounts { return &h.During })...)
	add(healthIn("after", "", func(h *result.Health) *result.HealthCounts { return &h.After })...)
	add(mended()...)
	return list
})

var vocabulary = sync.OnceValue(func() map[string]*metric {
	all := map[string]*metric{}
	for _, m := range table() {
		all[m.name] = m
	}
	return all
})

// names are those of all metrics, in the order of the table.
var names = sync.OnceValue(func() (list []string) {
	for _, m := range table() {
		list = append(list, m.name)
	}
	return list
})

// lookup finds a metric: one of the table, or a percentile of the latency; nil where there is none.
func lookup(name string) *metric {
	if m := vocabulary()[name]; m != nil {
		return m
	}
	digits, found := strings.CutPrefix(name, "latency.p")
	if !found || number.FindString(digits) != digits {
		return nil
	}
	if strings.HasPrefix(digits, "99") && len(digits) > 2 && !strings.Contains(digits, ".") {
		digits = "99." + digits[2:] // p999, as the report calls it
	}
	percent, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(0 < percent && percent < 100) {
		return nil
	}
	short := "p" + strings.Replace(strconv.FormatFloat(percent, 'f', -1, 64), "99.", "99", 1)
	if m := vocabulary()["latency."+short]; m != nil {
		return m
	}
	return &metric{
		name: "latency." + short, unit: unit.Time, kind: ordered, q: percent / 100, needs: enough(short, percent/100),
		read: func(s scope) interval { return percentile(s.lane, short, percent/100) },
	}
}

// Metric describes one to people.
type Metric struct {
	Name, Unit, What string
	Grows            bool // while a run goes on, and never shrinks
}

// Metrics lists what an assertion may name, those first that most people ask for; an entry may speak of others too.
func Metrics() (list []Metric) {
	for _, m := range table() {
		if m.what != "" {
			list = append(list, Metric{m.name, string(m.unit), m.what, m.grows()})
		}
	}
	return list
}

// Common is how many of Metrics most people ask for.
const Common = 6
