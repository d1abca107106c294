package analysis

import (
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/probe/nginxlog"
	"weir/report/runfile"
)

// failAs turns the requests that a full queue lost into something else.
func failAs(o loadgen.Outcome, status int) func(string, *loadgen.Result) {
	return func(_ string, r *loadgen.Result) {
		if r.Outcome != loadgen.OK {
			r.Outcome, r.Status = o, status
		}
	}
}

// logAs lets the proxy log a class for each failed request.
func logAs(class string) func(string, loadgen.Result) runfile.Event {
	return func(_ string, r loadgen.Result) (e runfile.Event) {
		if r.Outcome != loadgen.OK {
			e = runfile.Event{Host: "proxy", Source: "nginx.error", Class: class, Count: 1}
		}
		return e
	}
}

// frozen keeps a counter where it was.
func frozen(names ...string) func(*probe.Sample) {
	return func(s *probe.Sample) {
		for _, name := range names {
			s.Counters[name] = 3
		}
	}
}

// behind lets the first lane pass a proxy with these timeouts.
func behind(connect, read time.Duration) func(*runfile.Header) {
	return func(h *runfile.Header) {
		h.Lanes[0].Proxy = &runfile.ProxyTimeouts{Connect: connect, Read: read, Source: "its configuration"}
	}
}

// TestWhichTimeoutOfTheProxy is told by how long its 504s took, with where that is known from, and drawn as a guide.
func TestWhichTimeoutOfTheProxy(t *testing.T) {
	for _, c := range []struct {
		connect, read time.Duration
		want          string // "": nothing is claimed
	}{
		{900 * ms, time.Minute, "504s that were kept singly came after 900ms, which is proxy_connect_timeout (its configuration)"},
		{time.Minute, 900 * ms, "504s that were kept singly came after 900ms, which is proxy_read_timeout (its configuration)"},
		{900 * ms, 950 * ms, ""}, {850 * ms, 900 * ms, ""}, {time.Second, time.Minute, ""}, {0, 0, ""},
	} {
		w := demo()
		w.rates, w.result, w.header = []float64{600}, failAs(loadgen.HTTP504, 504), behind(c.connect, c.read)
		l := analyze(t, w.record(t)).Lanes[0]
		said := strings.Join(l.Cause.Evidence, "\n")
		if got := strings.Contains(said, "504s that were kept singly"); got != (c.want != "") || !strings.Contains(said, c.want) {
			t.Errorf("%v, %v: %q", c.connect, c.read, said)
		}
		drawn := map[string]float64{}
		for _, g := range l.Guides {
			drawn[g.Code] = g.S
		}
		if drawn["proxy_connect_timeout"] != c.connect.Seconds() || drawn["proxy_read_timeout"] != c.read.Seconds() {
			t.Errorf("%v, %v: guides %v", c.connect, c.read, drawn)
		}
	}
}

const overflowsCounter, dropsCounter = "TcpExtListenOverflows", "TcpExtListenDrops"

// told is what a record is made to tell, and the cause that it then has to have.
type told struct {
	change func(*world)
	code   string
	level  int
	says   string // in the text
}

// labelled are the same load, with what the kernel, the proxy and the client said changed.
func labelled() map[string]told {
	quiet := frozen(overflowsCounter, dropsCounter)
	none := uint32(0)
	// as many workers as do what is offered, of which half were stopped
	half := func(w *world) {
		w.rates = []float64{500}
		w.header = func(h *runfile.Header) { h.Capacity.Workers = 16 }
	}
	return map[string]told{
		"overflow": {func(*world) {}, "worker_bound_overflow", 2, "backlog 16, 17 places"},
		"unix socket": {func(w *world) {
			w.result, w.sample = failAs(loadgen.QueueFull, 0), func(s *probe.Sample) { quiet(s); s.Listeners[0].Drops = nil }
		}, "unix_queue_overflow", 1, "EAGAIN"},
		"unix socket behind a proxy": {func(w *world) {
			w.result, w.event = failAs(loadgen.HTTP502, 502), logAs(nginxlog.UnixQueueFull)
			w.sample = func(s *probe.Sample) { quiet(s); s.Listeners[0].Drops = nil }
		}, "unix_queue_overflow", 1, "502"},
		"the proxy's read timeout, without its log": {func(w *world) {
			w.result, w.sample = failAs(loadgen.HTTP504, 504), quiet
			w.header = behind(time.Minute, 900*ms)
		}, "proxy_timeout", 0, "proxy_read_timeout"},
		"its connect timeout, without its log": {func(w *world) {
			w.result, w.header = failAs(loadgen.HTTP504, 504), behind(900*ms, time.Minute)
		}, "worker_bound_overflow", 2, "504"},
		"504s of neither timeout, without its log": {func(w *world) {
			w.result, w.sample, w.header = failAs(loadgen.HTTP504, 504), quiet, behind(3*time.Second, time.Minute)
		}, "undetermined", 0, "dropped nothing"},
		"another listener": {func(w *world) {
			w.sample = func(s *probe.Sample) { s.Listeners[0].Drops = &none }
		}, "another_listener", 0, "another listener's"},
		"reopened, and the new socket drops nothing": {func(w *world) { w.sample = reopen(200 * ms) }, "worker_bound_overflow", 2, "17 places"},
		"SYN queue": {func(w *world) {
			w.sample = func(s *probe.Sample) { frozen(overflowsCounter)(s); s.Listeners[0].Depth = 0 }
		}, "syn_queue_overflow", 0, "SYN queue"},
		"SYN queue, and a few overflows": {func(w *world) {
			w.sample = func(s *probe.Sample) { s.Counters[overflowsCounter] = 7 + (s.Counters[overflowsCounter]-7)/20 }
		}, "syn_queue_overflow", 0, "overflowed"},
		"another listener's SYN queue": {func(w *world) {
			w.sample = func(s *probe.Sample) { frozen(overflowsCounter)(s); s.Listeners[0].Drops = &none }
		}, "undetermined", 0, "this listener dropped nothing"},
		"SYN queue, for few of them": {func(w *world) {
			w.sample = func(s *probe.Sample) {
				frozen(overflowsCounter)(s)
				s.Counters[dropsCounter] = 9 + (s.Counters[dropsCounter]-9)/2
			}
		}, "undetermined", 0, "does not account"},
		"lost on the way": {func(w *world) {
			w.sample = func(s *probe.Sample) { quiet(s); s.Listeners[0].Drops = &none }
		}, "undetermined", 0, "dropped nothing"},
		"too few overflows": {func(w *world) {
			w.sample = func(s *probe.Sample) {
				s.Counters[overflowsCounter] /= 10
				few := *s.Listeners[0].Drops / 10
				s.Listeners[0].Drops = &few
			}
		}, "undetermined", 0, "does not account"},
		"drops not told, counts agree": {func(w *world) {
			w.sample = func(s *probe.Sample) { s.Listeners[0].Drops = nil }
		}, "worker_bound_overflow", 2, "17 places"},
		"counters not sampled": {func(w *world) {
			w.sample = func(s *probe.Sample) { clear(s.Counters) }
		}, "undetermined", 0, "not sampled"},
		"worker killed": {func(w *world) {
			w.result, w.event = failAs(loadgen.HTTP502, 502), logAs(nginxlog.PrematureClose)
		}, "worker_closed", 0, "Not an overflow"},
		"502 without a log": {func(w *world) {
			w.result = failAs(loadgen.HTTP502, 502)
		}, "undetermined", 0, "not known"},
		"504 while reading": {func(w *world) {
			w.result, w.event = failAs(loadgen.HTTP504, 504), logAs(nginxlog.ReadTimeout)
		}, "proxy_timeout", 0, "504"},
		"no live upstreams": {func(w *world) {
			w.result, w.event = failAs(loadgen.HTTP502, 502), logAs(nginxlog.NoLiveUpstreams)
		}, "peer_marked_down", 0, "max_fails"},
		"server errors": {func(w *world) { w.result = failAs(loadgen.HTTP500, 500) }, "server_errors", 0, "http_500"},
		"refused":       {func(w *world) { w.result = failAs(loadgen.ConnectRefused, 0) }, "not_listening", 0, "connect_refused"},
		"closed":        {func(w *world) { w.result = failAs(loadgen.ClosedBeforeResponse, 0) }, "worker_closed", 0, "Not an overflow"},
		"no port":       {func(w *world) { w.result = failAs(loadgen.NoLocalPort, 0) }, "ports_exhausted", 0, "EADDRNOTAVAIL"},
		"reset by a worker": {func(w *world) {
			w.result = failAs(loadgen.ResetBeforeResponse, 0)
			w.header = func(h *runfile.Header) { h.Environment["backend: net.ipv4.tcp_abort_on_overflow"] = "0" }
		}, "undetermined", 0, "a full accept queue does not do that"},
		"reset by the kernel": {func(w *world) {
			w.result = failAs(loadgen.ResetBeforeResponse, 0)
			w.header = func(h *runfile.Header) { h.Environment["backend: net.ipv4.tcp_abort_on_overflow"] = "1" }
		}, "worker_bound_overflow", 2, "reset_before_response"},
		"slow": {func(w *world) {
			w.result = failAs(loadgen.ResponseTimeout, 0)
		}, "slow_response", 0, "the backend was slow"},
		"hidden by retransmits": {func(w *world) {
			w.mode, w.deadline = "retrial", 0
			w.retry = []time.Duration{150 * ms, 300 * ms, 450 * ms, 600 * ms, 750 * ms}
			w.rates = []float64{410}
		}, "none", 0, "hid it"},
		"late by retransmits": {func(w *world) {
			w.mode, w.deadline = "retrial", 145*ms
			w.retry = []time.Duration{150 * ms, 300 * ms, 450 * ms, 600 * ms, 750 * ms}
			w.rates = []float64{410}
		}, "worker_bound_overflow", 1, "lost SYNs"},
		"queued too long": {func(w *world) {
			w.backlog, w.deadline = 511, 500*ms
		}, "queued_too_long", 0, "smaller backlog"},
		"capacity not known": {func(w *world) {
			w.header = func(h *runfile.Header) { h.Capacity.Workers = 0 }
		}, "accept_queue_overflow", 2, "17 places"},
		"bursts": {func(w *world) {
			w.backlog, w.rates, w.plans = 2, nil, nil
			for seed := range uint64(3) {
				w.plans = append(w.plans, plan.Plan{Stages: []plan.Stage{{From: 340, To: 340, Duration: 2 * time.Second}}, Arrival: plan.Poisson, Seed: seed})
			}
		}, "burst_overflow", 2, "bursts were too much"},
		"bursts just below capacity": {func(w *world) {
			w.rates, w.plans = nil, nil
			for seed := range uint64(3) {
				w.plans = append(w.plans, plan.Plan{Stages: []plan.Stage{{From: .96 * 400, To: .96 * 400, Duration: 2 * time.Second}}, Arrival: plan.Poisson, Seed: seed})
			}
		}, "burst_overflow", 2, "bursts were too much"},
		"near a capacity that is stated, and a little too high": {func(w *world) {
			w.stamps, w.rates, w.length = false, []float64{407}, 4*time.Second
		}, "accept_queue_overflow", 2, "17 places"},
		"below capacity, and not why": {half, "accept_queue_overflow", 2, "is not known"},
		"below capacity without a processor": {func(w *world) {
			half(w)
			w.sample = func(s *probe.Sample) { s.Counters["sched.listener.run_delay_ns"] = uint64(s.At) * 16 / 2 }
		}, "server_cpu_starved", 2, "no processor"},
		"below capacity within a quota": {func(w *world) {
			half(w)
			w.sample = func(s *probe.Sample) { s.Counters["cgroup.cpu.throttled_us"] = uint64(s.At / time.Microsecond / 2) }
		}, "server_cpu_starved", 2, "no processor"},
		"above capacity without a processor": {func(w *world) {
			w.sample = func(s *probe.Sample) { s.Counters["sched.listener.run_delay_ns"] = uint64(s.At) * 8 / 2 }
		}, "worker_bound_overflow", 2, "17 places"},
		"slow without a processor": {func(w *world) {
			w.result = failAs(loadgen.ResponseTimeout, 0)
			w.sample = func(s *probe.Sample) { s.Counters["sched.listener.run_delay_ns"] = uint64(s.At) * 8 / 2 }
		}, "server_cpu_starved", 0, "no processor"},
		"given up in the queue": {func(w *world) {
			w.backlog, w.deadline = 511, 0
			w.header = func(h *runfile.Header) { h.Lanes[0].Timeout = 300 * ms }
			w.result = func(_ string, r *loadgen.Result) {
				if r.Done-r.Sent > 300*ms {
					r.Outcome, r.Status, r.Done = loadgen.ResponseTimeout, 0, r.Sent+300*ms
				}
			}
		}, "dead_work", 0, "dead work"},
		"given up while the proxy connected": {func(w *world) {
			w.result = failAs(loadgen.ResponseTimeout, 0)
			w.event = func(_ string, r loadgen.Result) (e runfile.Event) {
				if r.Outcome != loadgen.OK {
					e = runfile.Event{Host: "proxy", Source: "nginx.access", Class: "499/-/connect", Count: 1}
				}
				return e
			}
		}, "worker_bound_overflow", 2, "response_timeout"},
		"given up behind a proxy that says nothing": {func(w *world) {
			w.mode, w.deadline, w.header = "retrial", 0, func(h *runfile.Header) {
				behind(time.Minute, time.Minute)(h)
				h.Lanes[0].Timeout = 50 * ms
			}
			w.result = failAs(loadgen.ResponseTimeout, 0)
		}, "worker_bound_overflow", 1, "--nginx-access-log"},
		"given up behind a proxy after its SYNs were sent again": {func(w *world) {
			w.mode, w.deadline, w.header = "retrial", 0, behind(time.Minute, time.Minute)
			w.result = failAs(loadgen.ResponseTimeout, 0)
			w.event = func(_ string, r loadgen.Result) (e runfile.Event) {
				if r.Outcome != loadgen.OK {
					e = runfile.Event{Host: "proxy", Source: "nginx.access", Class: "499/-/header", Count: 1}
				}
				return e
			}
		}, "undetermined", 0, "sent again"},
		"late, of which lost SYNs are a part": {func(w *world) {
			w.mode, w.deadline = "retrial", 145*ms
			w.retry = []time.Duration{150 * ms, 300 * ms, 450 * ms, 600 * ms, 750 * ms}
			w.rates = []float64{410}
			w.result = func(_ string, r *loadgen.Result) {
				if r.SYNRetrans == 0 && r.Seq%50 == 0 {
					r.Done += 200 * ms
				}
			}
		}, "undetermined", 0, "does not account"},
		"shed": {func(w *world) { w.result = failAs(loadgen.Shed, 0) }, "generator", 0, "shed"},
		"proxy limit": {func(w *world) {
			w.result, w.event = failAs(loadgen.HTTP500, 500), logAs(nginxlog.WorkerConnections)
		}, "proxy_limit", 0, "worker_connections"},
		"no peer left for most, and the others tried two": {func(w *world) {
			w.result = failAs(loadgen.HTTP502, 502)
			failed := 0
			w.event = func(_ string, r loadgen.Result) (e runfile.Event) {
				if r.Outcome != loadgen.OK {
					failed++
				}
				switch {
				case r.Outcome == loadgen.OK:
				case failed%10 < 3: // 30 %, with two lines each: more lines than half of the requests
					e = runfile.Event{Host: "proxy", Source: "nginx.error", Class: nginxlog.ConnectRefused, Count: 2}
				default:
					e = runfile.Event{Host: "proxy", Source: "nginx.error", Class: nginxlog.NoLiveUpstreams, Count: 1}
				}
				return e
			}
		}, "peer_marked_down", 0, "max_fails"},
		"closed by a worker, with as many lines of tries that were hidden": {func(w *world) {
			w.result = failAs(loadgen.HTTP502, 502)
			w.event = func(_ string, r loadgen.Result) runfile.Event {
				if r.Outcome == loadgen.OK {
					return runfile.Event{Host: "proxy", Source: "nginx.error", Class: nginxlog.ConnectRefused, Count: 1}
				}
				return runfile.Event{Host: "proxy", Source: "nginx.error", Class: nginxlog.PrematureClose, Count: 1}
			}
		}, "undetermined", 0, "several reasons"},
		"proxy without ports": {func(w *world) {
			w.result, w.event = failAs(loadgen.HTTP502, 502), logAs(nginxlog.NoLocalPort)
		}, "proxy_ports_exhausted", 0, "no local port"},
	}
}

// reopen closes the listener and opens it anew whenever it has dropped something, and then nothing for a while.
func reopen(quiet time.Duration) func(*probe.Sample) {
	var base, last uint32
	var changed time.Duration
	cookie := uint64(1)
	return func(s *probe.Sample) {
		drops := *s.Listeners[0].Drops
		if drops != last {
			last, changed = drops, s.At
		} else if drops > base && s.At >= changed+quiet {
			base, cookie = drops, cookie+1
		}
		drops -= base
		s.Listeners[0].Cookie, s.Listeners[0].Drops = cookie, &drops
	}
}

// TestCause: a wrong cause is worse than none.
func TestCause(t *testing.T) {
	for name, c := range labelled() {
		t.Run(name, func(t *testing.T) {
			w := demo()
			w.rates = []float64{500, 600}
			c.change(&w)
			got := analyze(t, w.record(t)).Lanes[0].Cause
			if got.Code != c.code || got.EvidenceLevel != c.level || !strings.Contains(got.Text, c.says) {
				t.Errorf("cause %s, level %d: %s\nwant %s, level %d, with %q\n%q", got.Code, got.EvidenceLevel, got.Text, c.code, c.level, c.says, got.Evidence)
			}
		})
	}
}
