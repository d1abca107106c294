package report

import (
	"slices"

	"weir/report/analysis/compare"
	"weir/report/result"
)

// demo is the run of the README: two lanes, everything known.
func demo() *result.Analysis {
	direct, proxy := simulateLane("direct", "connect_timeout", 0, 387.4), simulateLane("proxy", "http_504", 1, 386.7)
	proxy.URL = "http://10.77.0.2:8080/"
	proxy.LogClasses = []result.LogClass{
		{Source: "nginx.error", Class: "connect_timeout", Count: *proxy.Overflows,
			Text: `2026/03/01 12:00:41 [error] 31#31: *5211 upstream timed out (110: Connection timed out) while connecting to upstream, client: 10.77.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://10.77.0.3:8000/", host: "10.77.0.2:8080"`},
		{Source: "nginx.access", Class: "504", Count: *proxy.Overflows},
	}
	proxy.ProxyLog = &result.ProxyLog{
		Requests: proxy.Sent, Tries: proxy.Sent, TriesPerRequest: ptr(1.), Hidden: map[string]uint64{}, Unconnected: *proxy.Overflows,
		Upstream: 3100, Connect: ptr(.803), Header: ptr(.196), Body: ptr(.001),
		Kinds: []result.ProxiedKind{{Outcome: "http_504", Class: "504/504/connect", Kept: 122, Examples: []result.Proxied{
			{Trial: 22, Seq: 219, Due: ptr(31.4), Latency: ptr(.902), Status: 504, Took: ptr(.901), Text: "this 504 spent 0.9 s in connect to 10.77.0.3:8000, one try",
				Tries: []result.ProxyTry{{Addr: "10.77.0.3:8000", Status: 504, Response: ptr(.9)}}}}}},
	}
	proxy.ProxyStatus = &result.ProxyStatus{Polls: 61, Active: 131, Reading: 1, Writing: 130, Accepted: &proxy.Sent, Handled: &proxy.Sent, Requested: &proxy.Sent}
	computed := fixWorkers / fixService
	a := &result.Analysis{
		Schema: "weir.report/1", Name: "backlog-overflow", Started: "2026-03-01T12:00:00Z", Version: "0.1.0",
		Command: []string{"weir", "reproduce", "backlog-overflow", "--seed", "7"}, Seed: 7, Mode: "loss", Ended: result.Ending{How: "complete"}, Valid: true,
		Environment: map[string]string{"kernel": "Linux 6.18.5", "proxy": "nginx/1.22.1", "backend": "weir backend 0.1.0, 8 sync workers",
			"go": "go1.26.0", "cpus": "2", "backend.net.core.somaxconn": "4096", "backend.net.ipv4.tcp_abort_on_overflow": "0"},
		Capacity: result.Capacity{Workers: 8, WorkerConnections: 1, ServiceTime: ptr(fixService), ServiceTimeLow: ptr(.02054), ServiceTimeHigh: ptr(.02067),
			ServiceTimeSource: "busy periods stamped by the backend", ServiceTimeCount: direct.Latency.Count + proxy.Latency.Count,
			NominalServiceTime: ptr(.02), Computed: &computed, Low: ptr(8 / .02067), High: ptr(8 / .02054)},
		Lanes: []result.Lane{direct, proxy},
		Hosts: []result.Host{
			{Name: "backend", Overflows: ptr(*direct.Overflows + *proxy.Overflows + 12), OwnDrops: ptr(*direct.Overflows + *proxy.Overflows), OthersAtLeast: ptr(uint64(12)),
				Others: []result.OtherListener{{Addr: "0.0.0.0:9000", Drops: 12}}, SYNQueue: ptr(uint64(3)),
				SysctlChanges: []result.SysctlChange{{Name: "net.core.somaxconn", Before: "128", After: "4096"}}},
			{Name: "client", Overflows: ptr(uint64(0)), SYNSent: ptr(uint64(41)), TimeWait: ptr(uint64(2210)), PortsUsed: ptr(uint64(2251)), PortsRange: ptr(uint64(28232))},
			{Name: "remote", Clock: &result.Clock{Method: "ping", Estimates: 91, Offset: -2.25, Moved: .0004, Early: ptr(.00031), Late: .00031, RTT: .0006, Ahead: -.012,
				Drift: &result.Drift{PPM: 4.2, Low: -2.5, High: 10.9}}},
		},
		OnsetOverCapacity: map[string]result.Interval{
			"direct": {Ratio: 387.4 / computed, Low: .978, High: 1.018}, "proxy": {Ratio: 386.7 / computed, Low: .976, High: 1.016}},
		Agreement: &result.Interval{Ratio: 386.7 / 387.4, Low: .971, High: 1.026},
		Verdict: []string{
			"Overflow began where workers ÷ service time says it must: at 387 req/s, 0.998 of the computed 388 req/s.",
			"Directly, the client saw it as connect timeouts; through NGINX the same drops became 504, never 502.",
		},
	}
	a.Comparison = compare.Lanes(a)
	return a
}

// invalid is a run whose generator could not keep its schedule.
func invalid() *result.Analysis {
	a := demo()
	a.Valid = false
	a.InvalidReasons = []result.Finding{
		{Code: "sent_late", Lane: "direct", Args: result.Args{"share": .01, "measured": .0142, "limit": .001, "advice": result.Finding{Code: "quiet_machine"}}},
		{Code: "requests_shed", Lane: "direct", Args: result.Args{"measured": 214., "advice": result.Finding{Code: "raise_in_flight"}}},
	}
	a.Warnings = []result.Warning{
		{Code: "generator_cpu", Text: "The generator used 93 % of the CPU it may use; on a shared machine, offer less or pin it."},
		{Code: "probe_gap", Text: "The probe missed 1.4 s of trial 11; overflows there are counted, but Recv-Q was not seen."},
	}
	a.Ended.How = "interrupted"
	a.Verdict = append([]string{"INVALID, this run says nothing of the server."}, a.Verdict...)
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
func oneLane() *result.Analysis {
	a := demo()
	a.Lanes, a.Agreement, a.Comparison = a.Lanes[:1], nil, nil
	delete(a.OnsetOverCapacity, "proxy")
	delete(a.Environment, "proxy")
	a.Warnings = []result.Warning{{Code: "no_nginx", Text: "NGINX is not installed, so there is no proxy lane; run make demo to have it installed."}}
	a.Verdict = a.Verdict[:1]
	return a
}

// nothingFailed is a run that stayed below capacity.
func nothingFailed() *result.Analysis {
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
		l.OverflowOnset, l.ErrorOnset, l.Plateau, l.CrossChecks = nil, nil, nil, result.CrossChecks{}
		l.NoOnset = "nothing overflowed or failed up to 354 req/s"
		l.FailLatency = result.Quantiles{}
		l.Reconciliation = result.Reconciliation{Verdict: "nothing to reconcile"}
		l.Cause = result.Cause{Code: "none", EvidenceName: "none", Text: "Nothing failed."}
		l.LogClasses = nil
	}
	a.OnsetOverCapacity, a.Agreement = nil, nil
	a.Comparison = compare.Lanes(a)
	a.Verdict = []string{"Nothing overflowed and nothing failed up to 354 req/s, 0.91 of the computed capacity.", "An onset, if there is one, lies above."}
	return a
}

func head(t result.Timeline, n int) result.Timeline {
	return result.Timeline{BinS: t.BinS, AtS: t.AtS[:n], Offered: t.Offered[:n], Goodput: t.Goodput[:n], RecvQ: t.RecvQ[:n],
		Overflows: t.Overflows[:n], Replayed: t.Replayed[:n]}
}

func headLatencies(m result.LatencyMap, columns int) result.LatencyMap {
	cells := slices.IndexFunc(m.Column, func(c int) bool { return c == columns })
	return result.LatencyMap{BinS: m.BinS, Trial: m.Trial[:columns], AtS: m.AtS[:columns], EdgesS: m.EdgesS,
		Column: m.Column[:cells], Row: m.Row[:cells], OK: m.OK[:cells], Failed: m.Failed[:cells]}
}

// reused is a run over kept connections whose generator was late, of which the proxy reset its own.
func reused() *result.Analysis {
	a := demo()
	a.Warnings = []result.Warning{{Code: "send_lag", Text: "the generator sent late: 1 % of requests over 9.1 ms (direct), 1 % of requests over 9.4 ms (proxy); latencies are blurred by that, onsets are not"}}
	for i, c := range []result.Connections{
		{Use: "reuse", Opened: ptr(uint64(1234)), PerOne: ptr(12.3), PeerClosed: ptr(uint64(1180)), WeClosed: ptr(uint64(0)), TimeWait: ptr("peer")},
		{Use: "reuse", Opened: ptr(uint64(87)), PerOne: ptr(151.7), PeerClosed: ptr(uint64(0)), WeClosed: ptr(uint64(12))},
	} {
		l := &a.Lanes[i]
		l.Connections = c
		l.Outcomes["reused_closed"] = 17
		l.Latency.P99 = ptr(*l.Latency.P99 + .0091)
		if i == 0 {
			l.SYNRetrans = 18
			l.LostSYNs = []result.LostSYNs{{Lost: 1, Count: 12, Connect: 1.031}, {Lost: 2, Count: 3, Connect: 3.08}}
		}
	}
	return a
}

// noCapacity is a run against a server of which only the address is known.
func noCapacity() *result.Analysis {
	a := demo()
	a.Capacity, a.OnsetOverCapacity = result.Capacity{}, nil
	for i := range a.Lanes {
		l := &a.Lanes[i]
		clear(l.Timeline.Replayed)
		l.Timeline.Marks = l.Timeline.Marks[2:]
		l.Cause.EvidenceLevel, l.Cause.EvidenceName = 1, "order"
	}
	a.Warnings = []result.Warning{{Code: "no_capacity", Text: "The number of workers is not known; give --workers to compare the onset with what it should be."}}
	a.Verdict = []string{"Overflow began at 387 req/s; whether that is what the workers can do is not known."}
	return a
}

// allNull is a record that was cut off right after its header and one trial's opening.
func allNull() *result.Analysis {
	return &result.Analysis{
		Schema: "weir.report/1", Name: "run", Started: "2026-03-01T12:00:00Z", Version: "0.1.0", Mode: "retrial", Ended: result.Ending{How: "cut short"},
		InvalidReasons: []result.Finding{{Text: "the record ends before the first trial was complete"}},
		Lanes: []result.Lane{{Name: "direct", URL: "http://127.0.0.1:8000/", Trials: []result.Trial{{Rate: 50, Start: .2, Duration: 2, Due: 100}},
			NoOnset: "fewer than 15 trials", Reconciliation: result.Reconciliation{Verdict: "not measured"}}},
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
func hostile() *result.Analysis {
	a := demo()
	all := ""
	for _, p := range plants {
		all += " " + p
	}
	a.Name, a.Claim, a.Started, a.Version, a.Ended.How, a.Mode, a.Schema = all, all, all, all, all, all, all
	a.Command = append([]string{"weir", "run"}, plants...)
	a.Warnings = []result.Warning{{Code: result.Code(plants[0]), Text: all}}
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
			l.LogClasses = append(l.LogClasses, result.LogClass{Source: p, Class: p, Count: 1, Text: p})
		}
		l.ProxyLog = &result.ProxyLog{Requests: 2, Tries: 3, Hidden: map[string]uint64{plants[0]: 1, plants[1]: 2}, Retried: 1, Saved: 1,
			Kinds: []result.ProxiedKind{{Outcome: all, Class: all, Kept: 1, Examples: []result.Proxied{{Tries: []result.ProxyTry{{Addr: all}}, Text: all}}}}}
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
var fixtures = map[string]func() *result.Analysis{
	"demo": demo, "invalid": invalid, "one-lane": oneLane, "nothing-failed": nothingFailed,
	"no-capacity": noCapacity, "reused": reused, "all-null": allNull, "hostile": hostile,
}
