package gate

import (
	"cmp"
	"slices"
	"sync"

	"weir/loadgen"
	"weir/report/analysis/compare"
	"weir/report/analysis/estimate"
	"weir/report/result"
	"weir/report/unit"
)

// metric is something that an assertion may name.
type metric struct {
	name     string
	unit     unit.Unit
	ofLane   bool // else of the run
	anyLevel bool // its interval can be had at any level, or it has none and needs none; else at 95 % only
	what     string

	measure   func(scope) interval
	needs     func(Plan, PlannedLane) string // why a run by this plan cannot measure it, or ""; nil: every run can
	window    func(scope, stretch) interval  // of some bins; nil: known of the whole run only
	grows     bool                           // while a run goes on, and never shrinks
	open      bool                           // its interval has room for canceled requests, and so for those of which a run does not know yet
	countedBy counting                       // of a share: what it is the share of
	loaded    bool                           // its windows must lie where load was offered: it is per request or per second

	estimated  bool                                            // its interval is one of confidence, and not all that it can be
	allowance  float64                                         // share that the interval has beyond what resampling shows; 0: none, or it depends
	ofRequests bool                                            // the interval takes requests for independent, and knows nothing of what lies between two runs
	between    func(a, b *result.Lane, level float64) interval // b's ÷ a's, of two runs; nil where the own intervals are all there is
}

// scope is where a metric is measured, and how surely it is wanted.
type scope struct {
	run   *result.Analysis
	lane  *result.Lane // nil where the metric is the run's
	level float64      // in per cent
}

// The metric that stands for another's name.
var aliases = map[string]string{
	"error_onset.rate": "onset.rate",
	"goodput":          "goodput.rate",
}

// vocabulary is every metric by its name.
var vocabulary = sync.OnceValue(func() map[string]*metric {
	all := map[string]*metric{}
	for _, group := range [][]metric{requests(), latencies(), kernel(), backend(), rates(), searched(), events(), mended()} {
		for _, m := range group {
			all[m.name] = &m
		}
	}
	return all
})

func lookup(name string) *metric {
	if full, ok := aliases[name]; ok {
		name = full
	}
	return vocabulary()[name]
}

// Metric describes one to people.
type Metric struct{ Name, Unit, What string }

// Metrics lists what an assertion may name; an entry may stand for others, which it names.
func Metrics() []Metric {
	var list []Metric
	for _, m := range vocabulary() {
		if m.what != "" {
			list = append(list, Metric{m.name, string(m.unit), m.what})
		}
	}
	slices.SortFunc(list, func(a, b Metric) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// requests counts what became of them.
func requests() []metric {
	list := []metric{
		shareOf("bad", bad, "requests not answered well, or late; also bad.count"),
		shareOf("error", failed, "requests not answered well; also error.count"),
		shareOf("late", late, "answered well, but after the deadline; also late.count"),
		countOf("bad", bad, ""),
		countOf("error", failed, ""),
		countOf("late", late, ""),
		exactly("offered", func(l *result.Lane) uint64 { return l.Offered }, "requests that the plan made due"),
		exactly("sent", func(l *result.Lane) uint64 { return l.Sent }, "requests that left the generator"),
		growing("shed", func(l *result.Lane) uint64 { return l.Shed }, "requests not sent at --max-in-flight"),
		{name: "in_flight.max", unit: count, ofLane: true, anyLevel: true, what: "requests under way at once, the most at the end of a tenth of a second",
			measure: func(s scope) interval { return exact(float64(s.lane.MaxOpen)) }},
		growing("synretrans", func(l *result.Lane) uint64 { return l.SYNRetrans }, "SYNs that were lost and sent again"),
		goodput(),
	}
	for _, name := range loadgen.Names() {
		if name == string(loadgen.Canceled) { // says nothing of the server
			continue
		}
		what := ""
		if name == string(loadgen.OK) {
			what = "requests with this outcome; also outcome.ok.count, and so for http_502, connect_timeout …"
		}
		list = append(list, shareOf("outcome."+name, outcome(name), what), countOf("outcome."+name, outcome(name), ""))
	}
	return list
}

// latencies are in the quantiles that an Analysis has.
func latencies() (list []metric) {
	for _, m := range []struct {
		name, what string
		of         func(*result.Lane) *result.Quantiles
	}{
		{"latency", "of ok requests, from when they were due", func(l *result.Lane) *result.Quantiles { return &l.Latency }},
		{"latency_from_sent", "of the same, from when they were sent", func(l *result.Lane) *result.Quantiles { return &l.FromSent }},
		{"fail_latency", "of sent requests that were not ok", func(l *result.Lane) *result.Quantiles { return &l.FailLatency }},
		{"send_lag", "how late the generator sent", func(l *result.Lane) *result.Quantiles { return &l.SendLag }},
	} {
		for i, q := range quantiles {
			what := ""
			if i == 0 {
				what = m.what + "; also .p90 .p99 .p999 .max"
			}
			list = append(list, metric{
				name: m.name + "." + q.name, unit: seconds, ofLane: true, what: what, grows: m.name == "latency" && q.name == "max",
				needs:   enough(q.name),
				measure: func(s scope) interval { return quantile(m.of(s.lane), i) },
			})
			if q.name == "max" { // was seen
				continue
			}
			added := &list[len(list)-1]
			added.estimated, added.ofRequests = true, true
			if m.name == "latency" {
				added.allowance = estimate.Allowance
				added.between = func(a, b *result.Lane, _ float64) interval { return between(compare.Latencies(a, b, q.name)) }
			}
		}
	}
	return list
}

// kernel is what the probe saw.
func kernel() []metric {
	return []metric{
		{name: "overflows", unit: count, ofLane: true, anyLevel: true, grows: true, what: "of the lane's accept queue",
			needs: counts, measure: counter(func(l *result.Lane) *uint64 { return l.Overflows }, overflowsOf), window: overflowsIn},
		{name: "listen_drops", unit: count, ofLane: true, anyLevel: true, grows: true, what: "TcpExtListenDrops of the whole namespace",
			needs: counts, measure: counter(func(l *result.Lane) *uint64 { return l.ListenDrops }, func(t result.Trial) *uint64 { return t.ListenDrops })},
		{name: "listener_drops", unit: count, ofLane: true, anyLevel: true, grows: true, what: "sk_drops of the lane's listener",
			needs: counts, measure: counter(func(l *result.Lane) *uint64 { return l.ListenerDrops }, overflowsOf)},
		{name: "max_recv_q", unit: count, ofLane: true, anyLevel: true, grows: true, what: "deepest accept queue that a sample saw",
			needs: watched, measure: func(s scope) interval { return depth(s.lane.MaxRecvQ) }, window: depthIn},
		{name: "backlog_limit", unit: count, ofLane: true, anyLevel: true, what: "that the kernel granted",
			needs: watched, measure: func(s scope) interval { return depth(s.lane.BacklogLimit) }},
		{name: "filled.time", unit: seconds, ofLane: true, anyLevel: true, what: "from the start of its trial until the accept queue first overflowed",
			needs: counts, measure: untilOverflow},
		{name: "drained.time", unit: seconds, ofLane: true, anyLevel: true, what: "from the end of a trial's load until the accept queue was empty, of the slowest trial",
			needs: watched, measure: untilDrained},
		{name: "reconciliation.ratio", unit: ratio, ofLane: true, anyLevel: true, what: "overflows ÷ the failures that they explain",
			needs: counts, measure: reconciliation},
	}
}

// backend is what the load was to the host of the lane's listener: of a proxy's lane, the server behind it.
func backend() []metric {
	of := func(name string, u unit.Unit, what string, needs func(Plan, PlannedLane) string, value func(*result.Backend) *float64) metric {
		return metric{name: "backend." + name, unit: u, ofLane: true, anyLevel: true, what: what, needs: needs, measure: func(s scope) interval {
			x := value(&s.lane.Backend)
			if x == nil {
				return missing("what the load cost the backend's host was not read around the trials of this lane, or its kernel does not tell")
			}
			return exact(*x)
		}}
	}
	return []metric{
		of("connections_per_request", ratio, "connections made to the backend's host (TcpPassiveOpens) ÷ requests sent: 1 where none is kept", counts,
			func(b *result.Backend) *float64 { return b.PerRequest }),
		of("cpu_per_request", seconds, "processor time of the processes that hold the listener ÷ requests sent", watched,
			func(b *result.Backend) *float64 { return b.CPU }),
		of("starved", share, "time in which the workers could run and had no processor, or a CPU quota stopped them", watched,
			func(b *result.Backend) *float64 { return b.Starved }),
	}
}

// rates are what was estimated from all trials of a lane, and what the server was stated to do.
func rates() []metric {
	return []metric{
		{name: "onset.rate", unit: rate, ofLane: true, estimated: true, allowance: estimate.Allowance, what: "offered rate from which requests fail (error_onset.rate)",
			needs: hinged, measure: func(s scope) interval { return onset(s.lane, s.lane.ErrorOnset) }},
		{name: "overflow_onset.rate", unit: rate, ofLane: true, estimated: true, allowance: estimate.Allowance, what: "offered rate from which the queue overflows",
			needs: hingedByKernel, measure: func(s scope) interval { return onset(s.lane, s.lane.OverflowOnset) }},
		{name: "plateau.rate", unit: rate, ofLane: true, estimated: true, what: "what the server does when overloaded", needs: overloaded, measure: plateau},
		{name: "capacity.computed", unit: rate, estimated: true, what: "workers ÷ service time", needs: capacityKnown, measure: func(s scope) interval {
			return stated(s.run.Capacity.Computed, s.run.Capacity.Low, s.run.Capacity.High)
		}},
		{name: "capacity.service_time", unit: seconds, estimated: true, what: "of a worker", needs: serviceKnown, measure: func(s scope) interval {
			return stated(s.run.Capacity.ServiceTime, s.run.Capacity.ServiceTimeLow, s.run.Capacity.ServiceTimeHigh)
		}},
	}
}
