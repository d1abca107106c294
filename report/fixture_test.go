package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"weir/report/analysis"
	"weir/report/analysis/compare"
	"weir/report/analysis/estimate"
)

// The fixtures are analyses as a run would give them, made by a small simulation of the demo: 8 workers
// that are busy for 20.6 ms, a backlog of 16, 15 drained trials of 2 s a lane from 240 to 640 req/s.

const (
	fixWorkers = 8
	fixService = .0206
	fixSlots   = 17
	fixBin     = .1
)

func ptr[T any](x T) *T { return &x }

// simTrial is one trial as the simulation saw it.
type simTrial struct {
	trial    analysis.Trial
	timeline analysis.Timeline
	latency  []float64
}

// simulate offers rate for duration to a FIFO queue in front of the workers; an arrival that finds the
// queue full fails at once as outcome. jitter is the relative scatter of the service time.
func simulate(rng *rand.Rand, index int, rate, start, duration float64, outcome string, jitter float64) simTrial {
	bins := int(math.Round(duration / fixBin))
	s := simTrial{timeline: analysis.Timeline{BinS: fixBin, Bad: map[string][]uint64{outcome: make([]uint64, bins)}}}
	tl := &s.timeline
	for i := range bins {
		tl.AtS = append(tl.AtS, start+float64(i)*fixBin)
		tl.Offered, tl.Goodput = append(tl.Offered, 0), append(tl.Goodput, 0)
		tl.RecvQ, tl.Overflows = append(tl.RecvQ, ptr(uint32(0))), append(tl.Overflows, ptr(uint64(0)))
	}
	free := make([]float64, fixWorkers) // when each worker is free
	var starts []float64                // when each admitted request is taken from the queue
	n := int(math.Round(rate * duration))
	var bad uint64
	for i := range n {
		now := float64(i) / rate
		bin := min(int(now/fixBin), bins-1)
		tl.Offered[bin] += 1 / fixBin
		depth := 0
		for j := len(starts) - 1; j >= 0 && starts[j] > now; j-- {
			depth++
		}
		if depth >= fixSlots {
			bad++
			*tl.Overflows[bin]++
			tl.Bad[outcome][bin]++
		} else {
			w := slices.Index(free, slices.Min(free))
			begin := max(now, free[w])
			free[w] = begin + fixService*(1+jitter*rng.NormFloat64())
			starts = append(starts, begin)
			s.latency = append(s.latency, free[w]-now)
			tl.Goodput[bin] += 1 / fixBin
			if begin > now {
				depth++
			}
		}
		*tl.RecvQ[bin] = max(*tl.RecvQ[bin], uint32(depth))
	}
	sorted := slices.Sorted(slices.Values(s.latency))
	var latencies analysis.Latencies
	for _, x := range sorted {
		latencies = append(latencies, analysis.LatencyCount{High: time.Duration(x * float64(time.Second)), N: 1})
	}
	good := float64(uint64(n) - bad)
	low, high := wilson(good, float64(n))
	s.trial = analysis.Trial{
		Index: index, Rate: rate, Start: start, Duration: duration, Due: uint64(n), Sent: uint64(n), Bad: bad,
		Outcomes: map[string]uint64{"ok": uint64(n) - bad}, Goodput: good / duration,
		GoodLow: low * float64(n) / duration, GoodHigh: high * float64(n) / duration,
		Overflows: ptr(bad), MaxRecvQ: ptr(maxDepth(tl.RecvQ)), Drained: true, Complete: true,
		Expected: ptr(max(0, (rate-fixWorkers/fixService)*duration-fixSlots-fixWorkers/2)), Latency: quantiles(sorted), Latencies: latencies,
	}
	if 20*bad > uint64(n) {
		s.trial.Served = ptr((good - fixSlots - fixWorkers/2*float64(bad)/float64(n)) / duration)
	}
	if bad > 0 {
		s.trial.Outcomes[outcome] = bad
	}
	return s
}

func maxDepth(depths []*uint32) uint32 {
	var deepest uint32
	for _, d := range depths {
		deepest = max(deepest, *d)
	}
	return deepest
}

func wilson(good, n float64) (low, high float64) {
	const z = 1.96
	p, c := good/n, z*z/n
	half := z * math.Sqrt(p*(1-p)/n+c/(4*n)) / (1 + c)
	mid := (p + c/2) / (1 + c)
	return max(0, mid-half), min(1, mid+half)
}

// simulateLane runs 15 trials, every other turn of a clock that two lanes share, and replays them.
func simulateLane(name, outcome string, turn int, theta float64) analysis.Lane {
	rng := rand.New(rand.NewPCG(7, uint64(turn)))
	l := analysis.Lane{
		Name: name, URL: "http://10.77.0.3:8000/", Engine: "epoll", Connections: analysis.Connections{Use: "new"}, Mode: "loss", ConnectTimeout: .9, Deadline: .9,
		Outcomes: map[string]uint64{}, BacklogLimit: ptr(uint32(fixSlots - 1)), Listener: "10.77.0.3:8000",
		OverflowOnset: &analysis.Onset{RPS: theta + 1.2, Low: theta - 6.1, High: theta + 8.4, Method: "hinge"},
		ErrorOnset:    &analysis.Onset{RPS: theta, Low: theta - 7.3, High: theta + 7.9, Method: "hinge"},
		Plateau:       ptr(theta + .6),
		CrossChecks: analysis.CrossChecks{Knee: ptr(theta + 8.1), Crossing: ptr(theta - .5), Fill: ptr(fixSlots / 2.),
			Busy: analysis.Estimate{Value: ptr(theta - 2.1), Low: ptr(theta - 9), High: ptr(theta + 4.8)}},
	}
	var latencies []float64
	var overflows uint64
	for i := range 15 {
		rate := 240 + float64(i)*400/14
		start := 1 + 5.2*float64(i) + 2.6*float64(turn)
		s := simulate(rng, 2*i+turn, math.Round(rate*100)/100, start, 2, outcome, .02)
		replay := simulate(rng, 0, s.trial.Rate, start, 2, outcome, 0)
		l.Trials = append(l.Trials, s.trial)
		for o, n := range s.trial.Outcomes {
			l.Outcomes[o] += n
		}
		l.Offered += s.trial.Due
		overflows += s.trial.Bad
		latencies = append(latencies, s.latency...)
		l.Trials[i].QueueFailures = s.trial.Bad
		addLatencies(&l.LatencyMap, &s)
		join(&l.Timeline, &s.timeline, replay.timeline.Overflows, outcome)
	}
	l.Sent, l.Overflows, l.ListenDrops, l.ListenerDrops = l.Offered, &overflows, &overflows, &overflows
	l.MaxRecvQ = ptr(uint32(fixSlots))
	l.Reconciliation = analysis.Reconciliation{Overflows: overflows, ClientFailures: overflows, Ratio: ptr(1.0), Low: ptr(.98), High: ptr(1.02),
		Verdict: "agree: in loss mode one overflow is one failure, within 2 %"}
	l.Cause = analysis.Cause{
		Code: "accept_queue_overflow", EvidenceLevel: 2, EvidenceName: "accounting",
		Text: "The accept queue overflowed: 8 workers were all busy, the kernel dropped the SYNs that found the queue full, and each drop is one failed request.",
		Evidence: []string{
			fmt.Sprintf("ListenOverflows rose by %s, and the listener's own drops by the same number.", count(overflows)),
			"The queue was seen at 17 connections, one more than its limit of 16: full.",
			"The first overflow fell into the same tenth of a second as the first failure.",
			fmt.Sprintf("%s overflows against %s failed requests: ratio 1.000, allowed 0.98 to 1.02.", count(overflows), count(overflows)),
		},
	}
	slices.Sort(latencies)
	l.Latency = quantiles(latencies)
	l.Percentiles = tailOf(latencies)
	l.Guides = []analysis.Guide{{S: fixService, Code: "service_time", Text: "S, one service time"},
		{S: fixService + fixSlots*fixService/fixWorkers, Code: "full_queue", Text: "S + C/μ, through a full queue of 17"},
		{S: .9, Code: "connect_timeout", Text: "the client's connect timeout"}}
	l.FromSent = quantiles(shifted(latencies, -.000041))
	l.Connections = analysis.Connections{Use: "new", Opened: ptr(l.Latency.Count), PerOne: ptr(1.0), PeerClosed: ptr(l.Latency.Count), WeClosed: ptr(uint64(0)), TimeWait: ptr("peer")}
	l.FailLatency = analysis.Quantiles{P50: ptr(.9003), P90: ptr(.9007), P99: ptr(.9019), Max: ptr(.9052), Count: overflows}
	l.SendLag = analysis.Quantiles{P50: ptr(.000041), P90: ptr(.000118), P99: ptr(.00043), P999: ptr(.00121), Max: ptr(.0031), Count: l.Sent}
	l.Timeline.Marks = fixtureMarks(&l)
	return l
}

func shifted(values []float64, by float64) []float64 {
	out := slices.Clone(values)
	for i := range out {
		out[i] += by
	}
	return out
}

func quantiles(sorted []float64) analysis.Quantiles {
	n := len(sorted)
	at := func(p float64) *float64 {
		if p < 1 && !estimate.Supported(uint64(n), p) {
			return nil
		}
		return ptr(sorted[int(p*float64(n-1))])
	}
	around := func(p float64) *analysis.Bounds { // by the normal approximation
		if at(p) == nil {
			return nil
		}
		half := 1.96 * math.Sqrt(p*(1-p)/float64(n))
		return &analysis.Bounds{Low: sorted[int((p-half)*float64(n-1))], High: sorted[int(min(1, p+half)*float64(n-1))]}
	}
	return analysis.Quantiles{
		P50: at(.5), P90: at(.9), P99: at(.99), P999: at(.999), Max: at(1), Count: uint64(n),
		P50Interval: around(.5), P90Interval: around(.9), P99Interval: around(.99), P999Interval: around(.999),
	}
}

// addLatencies puts a trial into four columns: what succeeded by how long it took, what failed at the timeout.
func addLatencies(m *analysis.LatencyMap, s *simTrial) {
	if m.EdgesS == nil {
		for e := .016; e < 1.2; e *= 1.2 {
			m.EdgesS = append(m.EdgesS, e)
		}
		m.BinS = .5
	}
	row := func(x float64) int {
		i, _ := slices.BinarySearch(m.EdgesS, x)
		return min(max(i-1, 0), len(m.EdgesS)-2)
	}
	for c := range 4 {
		m.Trial, m.AtS = append(m.Trial, s.trial.Index), append(m.AtS, s.trial.Start+float64(c)*m.BinS)
		ok := make([]uint64, len(m.EdgesS))
		for _, x := range s.latency[c*len(s.latency)/4 : (c+1)*len(s.latency)/4] {
			ok[row(x)]++
		}
		failed := s.trial.Bad * uint64(c) / 6 // none in the first, all in the others
		for r := range ok {
			n := uint64(0)
			if r == row(.9) {
				n = failed
			}
			if ok[r]+n > 0 {
				m.Column, m.Row = append(m.Column, len(m.AtS)-1), append(m.Row, r)
				m.OK, m.Failed = append(m.OK, ok[r]), append(m.Failed, n)
			}
		}
	}
}

func tailOf(sorted []float64) []analysis.Percentile {
	var out []analysis.Percentile
	for _, x := range []float64{1.25, 1.6, 2, 2.5, 4, 6.3, 10, 16, 25, 40, 63, 100, 160, 250, 400, 630, 1000, 1600, 2500} {
		s := sorted[int((1-1/x)*float64(len(sorted)-1))]
		out = append(out, analysis.Percentile{OneIn: x, S: s, LowS: s * (1 - x/1e5), HighS: s * (1 + x/3e4)})
	}
	return out
}

func join(all, one *analysis.Timeline, replayed []*uint64, outcome string) {
	all.BinS = one.BinS
	all.AtS = append(all.AtS, one.AtS...)
	all.Offered = append(all.Offered, one.Offered...)
	all.Goodput = append(all.Goodput, one.Goodput...)
	all.RecvQ = append(all.RecvQ, one.RecvQ...)
	all.Overflows = append(all.Overflows, one.Overflows...)
	all.Replayed = append(all.Replayed, replayed...)
	if all.Bad == nil {
		all.Bad = map[string][]uint64{}
	}
	all.Bad[outcome] = append(all.Bad[outcome], one.Bad[outcome]...)
}

func fixtureMarks(l *analysis.Lane) []analysis.Mark {
	mark := func(at float64, code, text string) analysis.Mark {
		return analysis.Mark{AtS: at, Code: code, Text: text}
	}
	var marks []analysis.Mark
	for _, t := range l.Trials {
		if t.Rate > fixWorkers/fixService {
			marks = append(marks, mark(t.Start, "load_passes_capacity", fmt.Sprintf("load passes capacity (%.0f req/s)", t.Rate)),
				mark(t.Start+(fixSlots+fixWorkers/2)/(t.Rate-fixWorkers/fixService), "predicted_fill", "queue predicted to be full"))
			break
		}
	}
	for i, n := range l.Timeline.Overflows {
		if *n > 0 {
			at := l.Timeline.AtS[i]
			return append(marks, mark(at, "first_overflow", "first overflow"), mark(at+fixBin/2, "first_error", "first failed request"))
		}
	}
	return marks
}

// demo is the run of the README: two lanes, everything known.
func demo() *analysis.Analysis {
	direct, proxy := simulateLane("direct", "connect_timeout", 0, 387.4), simulateLane("proxy", "http_504", 1, 386.7)
	proxy.URL = "http://10.77.0.2:8080/"
	proxy.LogClasses = []analysis.LogClass{
		{Source: "nginx.error", Class: "connect_timeout", Count: *proxy.Overflows,
			Text: `2026/03/01 12:00:41 [error] 31#31: *5211 upstream timed out (110: Connection timed out) while connecting to upstream, client: 10.77.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://10.77.0.3:8000/", host: "10.77.0.2:8080"`},
		{Source: "nginx.access", Class: "504", Count: *proxy.Overflows},
	}
	proxy.ProxyLog = &analysis.ProxyLog{
		Requests: proxy.Sent, Tries: proxy.Sent, TriesPerRequest: ptr(1.), Hidden: map[string]uint64{}, Unconnected: *proxy.Overflows,
		Upstream: 3100, Connect: ptr(.803), Header: ptr(.196), Body: ptr(.001),
		Kinds: []analysis.ProxiedKind{{Outcome: "http_504", Class: "504/504/connect", Kept: 122, Examples: []analysis.Proxied{
			{Trial: 22, Seq: 219, Due: ptr(31.4), Latency: ptr(.902), Status: 504, Took: ptr(.901), Text: "this 504 spent 0.9 s in connect to 10.77.0.3:8000, one try",
				Tries: []analysis.ProxyTry{{Addr: "10.77.0.3:8000", Status: 504, Response: ptr(.9)}}}}}},
	}
	proxy.ProxyStatus = &analysis.ProxyStatus{Polls: 61, Active: 131, Reading: 1, Writing: 130, Accepted: &proxy.Sent, Handled: &proxy.Sent, Requested: &proxy.Sent}
	computed := fixWorkers / fixService
	a := &analysis.Analysis{
		Schema: "weir.report/1", Name: "backlog-overflow", Started: "2026-03-01T12:00:00Z", Version: "0.1.0",
		Command: []string{"weir", "reproduce", "backlog-overflow", "--seed", "7"}, Seed: 7, Mode: "loss", Ended: "complete", Valid: true,
		Environment: map[string]string{"kernel": "Linux 6.18.5", "proxy": "nginx/1.22.1", "backend": "weir backend 0.1.0, 8 sync workers",
			"go": "go1.26.0", "cpus": "2", "backend.net.core.somaxconn": "4096", "backend.net.ipv4.tcp_abort_on_overflow": "0"},
		Capacity: analysis.Capacity{Workers: 8, WorkerConnections: 1, ServiceTime: ptr(fixService), ServiceTimeLow: ptr(.02054), ServiceTimeHigh: ptr(.02067),
			ServiceTimeSource: "busy periods stamped by the backend", ServiceTimeCount: direct.Latency.Count + proxy.Latency.Count,
			NominalServiceTime: ptr(.02), Computed: &computed, Low: ptr(8 / .02067), High: ptr(8 / .02054)},
		Lanes: []analysis.Lane{direct, proxy},
		Hosts: []analysis.Host{
			{Name: "backend", Overflows: ptr(*direct.Overflows + *proxy.Overflows + 12), OwnDrops: ptr(*direct.Overflows + *proxy.Overflows), OthersAtLeast: ptr(uint64(12)),
				Others: []analysis.OtherListener{{Addr: "0.0.0.0:9000", Drops: 12}}, SYNQueue: ptr(uint64(3)),
				SysctlChanges: []analysis.SysctlChange{{Name: "net.core.somaxconn", Before: "128", After: "4096"}}},
			{Name: "client", Overflows: ptr(uint64(0)), SYNSent: ptr(uint64(41)), TimeWait: ptr(uint64(2210)), PortsUsed: ptr(uint64(2251)), PortsRange: ptr(uint64(28232))},
			{Name: "remote", Clock: &analysis.Clock{Method: "ping", Estimates: 91, Offset: -2.25, Moved: .0004, Early: ptr(.00031), Late: .00031, RTT: .0006, Ahead: -.012,
				Drift: &analysis.Drift{PPM: 4.2, Low: -2.5, High: 10.9}}},
		},
		OnsetOverCapacity: map[string]analysis.Interval{
			"direct": {Ratio: 387.4 / computed, Low: .978, High: 1.018}, "proxy": {Ratio: 386.7 / computed, Low: .976, High: 1.016}},
		Agreement: &analysis.Interval{Ratio: 386.7 / 387.4, Low: .971, High: 1.026},
		Verdict: []string{
			"Overflow began where workers ÷ service time says it must: at 387 req/s, 0.998 of the computed 388 req/s.",
			"Directly, the client saw it as connect timeouts; through NGINX the same drops became 504, never 502.",
		},
	}
	a.Comparison = compare.Lanes(a)
	return a
}

// invalid is a run whose generator could not keep its schedule.
func invalid() *analysis.Analysis {
	a := demo()
	a.Valid = false
	a.InvalidReasons = []string{
		"the generator was late: p99 send lag 14.2 ms, more than 1 ms",
		"214 requests were shed at the in-flight cap of 512; give --max-in-flight 4096",
	}
	a.Warnings = []analysis.Warning{
		{Code: "generator_cpu", Text: "The generator used 93 % of the CPU it may use; on a shared machine, offer less or pin it."},
		{Code: "probe_gap", Text: "The probe missed 1.4 s of trial 11; overflows there are counted, but Recv-Q was not seen."},
	}
	a.Ended = "interrupted"
	a.Verdict = append([]string{"INVALID, this run says nothing of the server: " + a.InvalidReasons[0] + "."}, a.Verdict...)
	for i := range a.Lanes {
		l := &a.Lanes[i]
		l.Trials[9].Drained, l.Trials[14].Complete = false, false
		l.Outcomes["shed"] = 107
		l.Shed = 107
		for j := 190; j < 204; j++ {
			l.Timeline.RecvQ[j] = nil
		}
	}
	return a
}

// direct is a run of one lane.
func oneLane() *analysis.Analysis {
	a := demo()
	a.Lanes, a.Agreement, a.Comparison = a.Lanes[:1], nil, nil
	delete(a.OnsetOverCapacity, "proxy")
	delete(a.Environment, "proxy")
	a.Warnings = []analysis.Warning{{Code: "no_nginx", Text: "NGINX is not installed, so there is no proxy lane; run make demo to have it installed."}}
	a.Verdict = a.Verdict[:1]
	return a
}

// nothingFailed is a run that stayed below capacity.
func nothingFailed() *analysis.Analysis {
	a := demo()
	for i := range a.Lanes {
		l := &a.Lanes[i]
		l.Trials = l.Trials[:5]
		l.Timeline = head(l.Timeline, 5*20)
		l.Outcomes = map[string]uint64{}
		l.Offered = 0
		for _, t := range l.Trials {
			l.Outcomes["ok"] += t.Due
			l.Offered += t.Due
		}
		l.LatencyMap, l.Percentiles = headLatencies(l.LatencyMap, 5*4), l.Percentiles[:13]
		l.Sent, l.Latency.Count = l.Offered, l.Offered
		l.Overflows, l.ListenDrops, l.ListenerDrops, l.MaxRecvQ = ptr(uint64(0)), ptr(uint64(0)), ptr(uint64(0)), ptr(uint32(2))
		l.OverflowOnset, l.ErrorOnset, l.Plateau, l.CrossChecks = nil, nil, nil, analysis.CrossChecks{}
		l.NoOnset = "nothing overflowed or failed up to 354 req/s"
		l.FailLatency = analysis.Quantiles{}
		l.Reconciliation = analysis.Reconciliation{Verdict: "nothing to reconcile"}
		l.Cause = analysis.Cause{Code: "none", EvidenceName: "none", Text: "Nothing failed."}
		l.LogClasses = nil
	}
	a.OnsetOverCapacity, a.Agreement = nil, nil
	a.Comparison = compare.Lanes(a)
	a.Verdict = []string{"Nothing overflowed and nothing failed up to 354 req/s, 0.91 of the computed capacity.", "An onset, if there is one, lies above."}
	return a
}

func head(t analysis.Timeline, n int) analysis.Timeline {
	return analysis.Timeline{BinS: t.BinS, AtS: t.AtS[:n], Offered: t.Offered[:n], Goodput: t.Goodput[:n], RecvQ: t.RecvQ[:n],
		Overflows: t.Overflows[:n], Replayed: t.Replayed[:n]}
}

func headLatencies(m analysis.LatencyMap, columns int) analysis.LatencyMap {
	cells := slices.IndexFunc(m.Column, func(c int) bool { return c == columns })
	return analysis.LatencyMap{BinS: m.BinS, Trial: m.Trial[:columns], AtS: m.AtS[:columns], EdgesS: m.EdgesS,
		Column: m.Column[:cells], Row: m.Row[:cells], OK: m.OK[:cells], Failed: m.Failed[:cells]}
}

// reused is a run over kept connections whose generator was late, of which the proxy reset its own.
func reused() *analysis.Analysis {
	a := demo()
	a.Warnings = []analysis.Warning{{Code: "send_lag", Text: "1 % of requests left the generator over 9.1 ms (direct), 9.4 ms (proxy) late: latencies are blurred by that, onsets are not"}}
	for i, c := range []analysis.Connections{
		{Use: "reuse", Opened: ptr(uint64(1234)), PerOne: ptr(12.3), PeerClosed: ptr(uint64(1180)), WeClosed: ptr(uint64(0)), TimeWait: ptr("peer")},
		{Use: "reuse", Opened: ptr(uint64(87)), PerOne: ptr(151.7), PeerClosed: ptr(uint64(0)), WeClosed: ptr(uint64(12))},
	} {
		l := &a.Lanes[i]
		l.Connections = c
		l.Outcomes["reused_closed"] = 17
		l.Latency.P99 = ptr(*l.Latency.P99 + .0091)
		if i == 0 {
			l.SYNRetrans = 18
			l.LostSYNs = []analysis.LostSYNs{{Lost: 1, Count: 12, Connect: 1.031}, {Lost: 2, Count: 3, Connect: 3.08}}
		}
	}
	return a
}

// noCapacity is a run against a server of which only the address is known.
func noCapacity() *analysis.Analysis {
	a := demo()
	a.Capacity, a.OnsetOverCapacity = analysis.Capacity{}, nil
	for i := range a.Lanes {
		l := &a.Lanes[i]
		clear(l.Timeline.Replayed)
		l.Timeline.Marks = l.Timeline.Marks[2:]
		l.Cause.EvidenceLevel, l.Cause.EvidenceName = 1, "order"
	}
	a.Warnings = []analysis.Warning{{Code: "no_capacity", Text: "The number of workers is not known; give --workers to compare the onset with what it should be."}}
	a.Verdict = []string{"Overflow began at 387 req/s; whether that is what the workers can do is not known."}
	return a
}

// allNull is a record that was cut off right after its header and one trial's opening.
func allNull() *analysis.Analysis {
	return &analysis.Analysis{
		Schema: "weir.report/1", Name: "run", Started: "2026-03-01T12:00:00Z", Version: "0.1.0", Mode: "retrial", Ended: "cut short",
		InvalidReasons: []string{"the record ends before the first trial was complete"},
		Lanes: []analysis.Lane{{Name: "direct", URL: "http://127.0.0.1:8000/", Trials: []analysis.Trial{{Rate: 50, Start: .2, Duration: 2, Due: 100}},
			NoOnset: "fewer than 15 trials", Reconciliation: analysis.Reconciliation{Verdict: "not measured"}}},
	}
}

// plants is text as a hostile server, header or log line would send it.
var plants = []string{
	`</script><script>document.documentElement.dataset.pwned=1</script>`,
	`<img src=x onerror="document.documentElement.dataset.pwned=1">`,
	"\x1b[31mred\x1b[0m\x1b]0;title\x07",
	"evil\u202Egnp.exe\u2066\u200b",
	"line\u2028separator\u2029and\r\nbreaks\x00\xff",
	"| pipe ` tick ``` fence [link](javascript:alert(1)) ![img](http://x/y) @maintainer *b* _i_ # h",
	`{{.}} ${7*7} ' onfocus='document.documentElement.dataset.pwned=1' autofocus="`,
	"constructor", "__proto__",
}

// hostile is demo with the plants in every place that a server, a header, a file or a log can reach.
func hostile() *analysis.Analysis {
	a := demo()
	all := ""
	for _, p := range plants {
		all += " " + p
	}
	a.Name, a.Claim, a.Started, a.Version, a.Ended, a.Mode, a.Schema = all, all, all, all, all, all, all
	a.Command = append([]string{"weir", "run"}, plants...)
	a.Warnings = []analysis.Warning{{Code: plants[0], Text: all}}
	a.Verdict = []string{"Hostile text:" + all, all}
	a.Environment[plants[0]] = all
	a.Environment["kernel"], a.Environment["proxy"] = all, plants[1]
	a.Capacity.ServiceTimeSource = all
	for i := range a.Lanes {
		l := &a.Lanes[i]
		l.Name += plants[i]
		l.URL, l.Engine, l.Listener = "http://x/?"+all, all, all
		l.Connections.Use, l.Connections.TimeWait = all, &all
		l.Cause.Text, l.Cause.EvidenceName, l.Cause.Evidence = all, plants[0], plants
		l.Reconciliation.Verdict = all
		l.NoOnset, l.OverflowOnset = all, nil
		l.ErrorOnset.Method = plants[0]
		for _, p := range plants {
			l.Outcomes[p], l.Trials[3].Outcomes[p] = 3, 3
			l.Timeline.Bad[p] = make([]uint64, len(l.Timeline.AtS))
			l.Timeline.Bad[p][7] = 2
			l.LogClasses = append(l.LogClasses, analysis.LogClass{Source: p, Class: p, Count: 1, Text: p})
		}
		l.ProxyLog = &analysis.ProxyLog{Requests: 2, Tries: 3, Hidden: map[string]uint64{plants[0]: 1, plants[1]: 2}, Retried: 1, Saved: 1,
			Kinds: []analysis.ProxiedKind{{Outcome: all, Class: all, Kept: 1, Examples: []analysis.Proxied{{Tries: []analysis.ProxyTry{{Addr: all}}, Text: all}}}}}
		for j := range l.Timeline.Marks {
			l.Timeline.Marks[j].Text = all
		}
		for j := range l.Guides {
			l.Guides[j].Text = all
		}
	}
	return a
}

// fixtures by the name of their golden files.
var fixtures = map[string]func() *analysis.Analysis{
	"demo": demo, "invalid": invalid, "one-lane": oneLane, "nothing-failed": nothingFailed,
	"no-capacity": noCapacity, "reused": reused, "all-null": allNull, "hostile": hostile,
}
