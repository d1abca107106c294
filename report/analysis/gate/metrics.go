package gate

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/probe/nginxlog"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/unit"
)

// metric is something that an assertion may name: parser, suggestions, help, evaluation and Live read this
// one table.
type metric struct {
	name string
	unit unit.Unit
	what string // for people; "" where the row of another one speaks of it too

	kind    kind
	ofRun   bool      // and of no lane
	allowed bool      // its interval has room for estimate.Allowance, beyond what resampling shows
	needs   need      // of a plan
	of      *requests // of a share: which requests
	q       float64   // of a percentile: which one

	read  func(scope) interval          // of a whole run
	in    func(scope, stretch) interval // of some bins of the timeline; nil: known of the whole run only
	pairs paired                        // nil: the trials' own values are not kept

	// Of what only grows while a run goes on: what was counted in a bin, or seen between two samples.
	counts  func(*count.Bin) float64
	samples func(now, before *liveSample) (float64, bool)
	most    bool // it is the most of these, not their sum
}

// paired is b's ÷ a's, of two runs, or why there is none.
type paired func(a, b *result.Lane, level float64) (result.Interval, result.Finding)

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

// ofRequests reports whether the interval takes requests for independent, and knows nothing of what lies
// between two runs.
func (m *metric) ofRequests() bool { return m.kind == sampled || m.kind == ordered }

// tail reports whether it is a percentile of the latency, which a run that goes on knows as a share of slow
// requests.
func (m *metric) tail() bool { return m.q > 0 && strings.HasPrefix(m.name, "latency.") }

// loaded reports whether its windows must lie where load was offered: it is per request or per second.
func (m *metric) loaded() bool { return m.kind == sampled }

// scope is where a metric is measured, and how surely it is wanted.
type scope struct {
	run   *result.Analysis
	lane  *result.Lane // nil where the metric is the run's
	level float64      // in per cent
}

// table has every metric, those first that most people ask for.
var table = sync.OnceValue(func() (list []*metric) {
	all := slices.Concat(mostUsed(), ofRequests(), estimates(), ofTheKernel(), reported(), mended())
	for _, m := range all {
		if !slices.ContainsFunc(list, func(x *metric) bool { return x.name == m.name }) {
			list = append(list, &m)
		}
	}
	return list
})

func mostUsed() []metric {
	latencies := quantilesOf("latency",
		"of ok requests, from when they were due; also any percentile (latency.p95), .max",
		func(l *result.Lane) *result.Quantiles { return &l.Latency })
	return append(append([]metric{
		shareOf("bad.rate", bad, "requests that failed or were late"),
		shareOf("failed.rate", failed, "requests without a good answer"),
	}, latencies...),
		metric{name: "onset.rate", unit: unit.Rate, kind: fitted, allowed: true, needs: manySteps,
			what: "offered rate from which requests fail",
			read: func(s scope) interval { return onset(s.lane, s.lane.ErrorOnset) }},
		goodput(),
		metric{name: "overflows", unit: unit.Count, needs: aTCPListener,
			what: "overflows of the lane's accept queue",
			read: overflows, in: overflowsIn, samples: overflowsSince})
}

func ofRequests() []metric {
	list := []metric{
		shareOf("late.rate", late, "requests answered well, but after the deadline"),
		countOf("bad.count", bad, "requests that failed or were late"),
		countOf("failed.count", failed, "requests without a good answer"),
		countOf("late.count", late, "requests answered well, but after the deadline"),
		shareOf("outcome.ok.rate", outcome("ok"),
			"requests with this outcome; likewise http_5xx, http_502, connect_timeout …"),
		countOf("outcome.ok.count", outcome("ok"), "how many had it; all outcomes: weir help outcomes"),
	}
	for _, o := range loadgen.Names() {
		if o != string(loadgen.Canceled) { // says nothing of the server
			list = append(list, shareOf("outcome."+o+".rate", outcome(o), ""),
				countOf("outcome."+o+".count", outcome(o), ""))
		}
	}
	tallied := func(name, what string, live func(*count.Bin) float64, of func(*result.Lane) uint64) {
		read := func(s scope) interval { return exact(float64(of(s.lane))) }
		list = append(list, metric{name: name, unit: unit.Count, what: what, counts: live, read: read})
	}
	tallied("offered", "requests that the plan made due", nil,
		func(l *result.Lane) uint64 { return l.Offered })
	tallied("sent", "requests that left the generator", nil, func(l *result.Lane) uint64 { return l.Sent })
	tallied("shed", "requests not sent because too many were in flight",
		func(b *count.Bin) float64 { return float64(b.Of(loadgen.Shed)) },
		func(l *result.Lane) uint64 { return l.Shed })
	tallied("in_flight.max", "most requests in flight at the end of a tenth of a second", nil,
		func(l *result.Lane) uint64 { return l.MaxOpen })
	tallied("synretrans", "SYNs that were lost and sent again",
		func(b *count.Bin) float64 { return float64(b.SYNRetrans) },
		func(l *result.Lane) uint64 { return l.SYNRetrans })
	return slices.Concat(list,
		quantilesOf("latency_from_sent",
			"of the same requests, from when they were sent; also .p90 .p99 .p999 .max",
			func(l *result.Lane) *result.Quantiles { return &l.FromSent }),
		quantilesOf("fail_latency", "of sent requests that were not ok; also .p90 .p99 .p999 .max",
			func(l *result.Lane) *result.Quantiles { return &l.FailLatency }),
		quantilesOf("send_lag", "how late the generator sent; also .p90 .p99 .p999 .max",
			func(l *result.Lane) *result.Quantiles { return &l.SendLag }))
}

func estimates() []metric {
	return slices.Concat([]metric{
		{name: "overflow_onset.rate", unit: unit.Rate, kind: fitted, allowed: true,
			needs: manySteps | aTCPListener,
			what:  "offered rate from which the accept queue overflows",
			read:  func(s scope) interval { return onset(s.lane, s.lane.OverflowOnset) }},
		{name: "plateau.rate", unit: unit.Rate, kind: fitted, needs: overload, read: plateau,
			what: "good requests a second when overloaded"},
		{name: "capacity.computed", unit: unit.Rate, kind: fitted, ofRun: true, needs: theWorkers,
			what: "workers ÷ service time",
			read: func(s scope) interval { c := &s.run.Capacity; return stated(c.Computed, c.Low, c.High) }},
		{name: "capacity.service_time", unit: unit.Time, kind: fitted, ofRun: true, needs: aServiceTime,
			what: "how long a worker is busy with a request",
			read: func(s scope) interval {
				c := &s.run.Capacity
				return stated(c.ServiceTime, c.ServiceTimeLow, c.ServiceTimeHigh)
			}},
	},
		searchedBy("search", "without a loss",
			func(all []result.SearchGoal) result.SearchGoal { return all[0] }),
		searchedBy("search.tolerant", "with 0.5 % lost",
			func(all []result.SearchGoal) result.SearchGoal { return all[len(all)-1] }))
}

// ofTheKernel are what the probe read around the trials.
func ofTheKernel() []metric {
	backend := func(name string, u unit.Unit, needs need, what string,
		of func(*result.Backend) *float64) metric {
		return metric{name: "backend." + name, unit: u, needs: needs, what: what,
			read: func(s scope) interval { return known(of(&s.lane.Backend), "gate_backend_unread") }}
	}
	return []metric{
		{name: "listen_drops", unit: unit.Count, needs: aTCPListener, samples: listenDropsSince,
			what: "TcpExtListenDrops of the whole network namespace",
			read: counter(func(l *result.Lane) *uint64 { return l.ListenDrops },
				func(t result.Trial) *uint64 { return t.ListenDrops })},
		{name: "listener_drops", unit: unit.Count, needs: aTCPListener, samples: dropsSince,
			what: "sk_drops of the lane's listener",
			read: counter(func(l *result.Lane) *uint64 { return l.ListenerDrops },
				func(t result.Trial) *uint64 { return t.Overflows })},
		{name: "max_recv_q", unit: unit.Count, needs: aListener, samples: depthNow, most: true, in: depthIn,
			what: "deepest accept queue in any sample",
			read: func(s scope) interval { return depth(s.lane.MaxRecvQ) }},
		{name: "backlog_limit", unit: unit.Count, needs: aListener,
			what: "backlog that the kernel granted",
			read: func(s scope) interval { return depth(s.lane.BacklogLimit) }},
		{name: "filled.time", unit: unit.Time, needs: aTCPListener, read: untilOverflow,
			what: "from the start of its trial to the first overflow"},
		{name: "drained.time", unit: unit.Time, needs: aListener, read: untilDrained,
			what: "from the end of the load until the queue was empty, in the slowest trial"},
		{name: "reconciliation.ratio", unit: unit.Ratio, needs: aTCPListener, read: reconciliation,
			what: "overflows ÷ the failures that they explain"},
		backend("connections_per_request", unit.Ratio, aTCPListener,
			"connections to the backend's host ÷ requests sent: 1 where none is kept",
			func(b *result.Backend) *float64 { return b.PerRequest }),
		backend("cpu_per_request", unit.Time, aListener,
			"CPU time of the listener's processes ÷ requests sent",
			func(b *result.Backend) *float64 { return b.CPU }),
		backend("starved", unit.Share, aListener,
			"time in which the workers were runnable but not scheduled, or stopped by a CPU quota",
			func(b *result.Backend) *float64 { return b.Starved }),
	}
}

// reported are what NGINX's logs and health checks reported while a lane's trials ran.
func reported() []metric {
	list := []metric{
		logged("log.retried.count", runfile.FromAccessLog, "requests that NGINX tried more than once",
			func(class string) bool { return strings.HasSuffix(class, "/retried") }),
		{name: "log.tries_per_request", unit: unit.Ratio, read: tries,
			what: "attempts at upstream servers ÷ requests, in NGINX's access log"},
	}
	what := "lines of this class in NGINX's error log; likewise read_timeout, no_live_upstreams …"
	for _, class := range nginxlog.Classes() {
		list = append(list, logged("log."+class+".count", runfile.FromErrorLog, what,
			func(c string) bool { return c == class }))
		what = ""
	}
	for _, c := range []struct{ class, what string }{
		{"failed", "health checks that failed beside the load"},
		{"ok", "health checks that passed"},
		{"slow", "health checks that passed slowly"},
	} {
		is := func(class string) bool { return class == c.class }
		list = append(list, logged("health."+c.class+".count", runfile.FromHealth, c.what, is))
	}
	return slices.Concat(list,
		healthIn("before", "before the load",
			func(h *result.Health) *result.HealthCounts { return &h.Before }),
		healthIn("during", "", func(h *result.Health) *result.HealthCounts { return &h.During }),
		healthIn("after", "", func(h *result.Health) *result.HealthCounts { return &h.After }))
}

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
		name: "latency." + short, unit: unit.Time, kind: ordered, q: percent / 100,
		read: func(s scope) interval { return percentile(s.lane, short, percent/100) },
	}
}

// Metric describes one to people.
type Metric struct {
	Name, Unit, What string
	Grows            bool // while a run goes on, and never shrinks
}

// Metrics lists what an assertion may name, those first that most people ask for; an entry may speak of
// others too.
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
