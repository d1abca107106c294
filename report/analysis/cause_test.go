package analysis

import (
	"slices"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/probe/nginxlog"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/world"
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

// TestWhichTimeoutOfTheProxy is told by how long its 504s took, with where that is known from, and drawn as a
// guide.
func TestWhichTimeoutOfTheProxy(t *testing.T) {
	for _, c := range []struct {
		connect, read time.Duration
		want          string // "": nothing is claimed
	}{
		{900 * ms, time.Minute, "sampled 504s came after 900 ms, which is proxy_connect_timeout (its configuration)"},
		{time.Minute, 900 * ms, "sampled 504s came after 900 ms, which is proxy_read_timeout (its configuration)"},
		{900 * ms, 950 * ms, ""}, {850 * ms, 900 * ms, ""}, {time.Second, time.Minute, ""}, {0, 0, ""},
	} {
		w := world.Demo()
		w.Rates, w.Result, w.Header = []float64{600}, failAs(loadgen.HTTP504, 504), behind(c.connect, c.read)
		l := analyze(t, record(t, w)).Lanes[0]
		said := evidence(l.Cause)
		if got := strings.Contains(said, "sampled 504s"); got != (c.want != "") ||
			!strings.Contains(said, c.want) {
			t.Errorf("%v, %v: %q", c.connect, c.read, said)
		}
		drawn := map[string]float64{}
		for _, g := range l.Guides {
			drawn[g.Code] = g.S
		}
		if drawn["proxy_connect_timeout"] != c.connect.Seconds() ||
			drawn["proxy_read_timeout"] != c.read.Seconds() {
			t.Errorf("%v, %v: guides %v", c.connect, c.read, drawn)
		}
	}
}

// evidence is a line each.
func evidence(c result.Cause) string {
	var lines []string
	for _, e := range c.Evidence {
		lines = append(lines, e.Text)
	}
	return strings.Join(lines, "\n")
}

const overflowsCounter, dropsCounter = "TcpExtListenOverflows", "TcpExtListenDrops"

// told is what a record is made to tell, and the cause that it then has to have.
type told struct {
	change func(*world.World)
	code   result.CauseCode
	level  int
	says   result.Code
}

// labelled are the same load, with what the kernel, the proxy and the client said changed: how a record
// becomes the facts that package cause judges.
func labelled() map[string]told {
	quiet := frozen(overflowsCounter, dropsCounter)
	full := func(w *world.World) {}
	// as many workers as do what is offered, of which half were stopped
	half := func(w *world.World) {
		w.Rates = []float64{500}
		w.Header = func(h *runfile.Header) { h.Capacity.Workers = 16 }
	}
	resends := func(w *world.World) {
		w.Mode, w.Rates = "retrial", []float64{410}
		w.Retry = []time.Duration{150 * ms, 300 * ms, 450 * ms, 600 * ms, 750 * ms}
	}
	aborting := func(value string) func(*world.World) {
		return func(w *world.World) {
			w.Result = failAs(loadgen.ResetBeforeResponse, 0)
			w.Header = func(h *runfile.Header) { h.Environment["backend: net.ipv4.tcp_abort_on_overflow"] = value }
		}
	}
	return map[string]told{
		"overflow": {full, result.WorkerBoundOverflow, 2, "accept_queue_full"},
		"unix socket behind a proxy": {func(w *world.World) {
			w.Result, w.Event = failAs(loadgen.HTTP502, 502), logAs(nginxlog.UnixQueueFull)
			w.Sample = func(s *probe.Sample) { quiet(s); s.Listeners[0].Drops = nil }
		}, result.UnixQueueOverflow, 1, "unix_queue_full"},
		"the proxy's read timeout, without its log": {func(w *world.World) {
			w.Result, w.Sample, w.Header = failAs(loadgen.HTTP504, 504), quiet, behind(time.Minute, 900*ms)
		}, result.ProxyTimeout, 0, "log_explains"},
		"its connect timeout, without its log": {func(w *world.World) {
			w.Result, w.Header = failAs(loadgen.HTTP504, 504), behind(900*ms, time.Minute)
		}, result.WorkerBoundOverflow, 2, "accept_queue_full"},
		"another listener": {func(w *world.World) {
			w.Sample = func(s *probe.Sample) { s.Listeners[0].Drops = new(uint32) }
		}, result.AnotherListener, 0, "another_listener_overflowed"},
		"reopened, and the new socket drops nothing": {func(w *world.World) {
			w.Sample = reopen(200 * ms)
		}, result.WorkerBoundOverflow, 2, "accept_queue_full"},
		"own drops not known": {func(w *world.World) {
			w.Sample = func(s *probe.Sample) { s.Listeners[0].Drops = nil }
		}, result.WorkerBoundOverflow, 2, "accept_queue_full"},
		"counters not sampled": {func(w *world.World) {
			w.Sample = func(s *probe.Sample) { clear(s.Counters) }
		}, result.Undetermined, 0, "queue_not_counted"},
		"SYN queue": {func(w *world.World) {
			w.Sample = func(s *probe.Sample) { frozen(overflowsCounter)(s); s.Listeners[0].Depth = 0 }
		}, result.SYNQueueOverflow, 0, "syn_queue_full"},
		"worker killed": {func(w *world.World) {
			w.Result, w.Event = failAs(loadgen.HTTP502, 502), logAs(nginxlog.PrematureClose)
		}, result.WorkerClosed, 0, "log_explains"},
		"reset by a worker":   {aborting("0"), result.Undetermined, 0, "connections_broke"},
		"reset by the kernel": {aborting("1"), result.WorkerBoundOverflow, 2, "accept_queue_full"},
		"hidden by retransmits": {func(w *world.World) {
			resends(w)
			w.Deadline = 0
		}, result.NoFailure, 0, "nothing_failed_hidden"},
		"late by retransmits": {func(w *world.World) {
			resends(w)
			w.Deadline = 145 * ms
		}, result.WorkerBoundOverflow, 1, "late_by_lost_syns"},
		"late, of which lost SYNs are a part": {func(w *world.World) {
			resends(w)
			w.Deadline = 145 * ms
			w.Result = func(_ string, r *loadgen.Result) {
				if r.SYNRetrans == 0 && r.Seq%50 == 0 {
					r.Done += 200 * ms
				}
			}
		}, result.Undetermined, 0, "late_partly_by_lost_syns"},
		"queued too long": {func(w *world.World) {
			w.Backlog, w.Deadline = 511, 500*ms
		}, result.QueuedTooLong, 0, "late_in_queue"},
		"capacity not known": {func(w *world.World) {
			w.Header = func(h *runfile.Header) { h.Capacity.Workers = 0 }
		}, result.AcceptQueueOverflow, 2, "accept_queue_full"},
		"bursts": {func(w *world.World) {
			w.Backlog, w.Rates, w.Plans = 2, nil, poisson(340)
		}, result.BurstOverflow, 2, "accept_queue_full"},
		"bursts just below capacity": {func(w *world.World) {
			w.Rates, w.Plans = nil, poisson(.96*400)
		}, result.BurstOverflow, 2, "accept_queue_full"},
		"near a capacity that is stated, and a little too high": {func(w *world.World) {
			w.Stamps, w.Rates, w.Length = false, []float64{407}, 4*time.Second
		}, result.AcceptQueueOverflow, 2, "accept_queue_full"},
		"below capacity, and not why": {half, result.AcceptQueueOverflow, 2, "accept_queue_full"},
		"below capacity without a processor": {func(w *world.World) {
			half(w)
			w.Sample = func(s *probe.Sample) { s.Counters["sched.listener.run_delay_ns"] = uint64(s.At) * 16 / 2 }
		}, result.ServerCPUStarved, 2, "accept_queue_full"},
		"below capacity within a quota": {func(w *world.World) {
			half(w)
			w.Sample = func(s *probe.Sample) {
				s.Counters["cgroup.cpu.throttled_us"] = uint64(s.At / time.Microsecond / 2)
			}
		}, result.ServerCPUStarved, 2, "accept_queue_full"},
		"given up in the queue": {func(w *world.World) {
			w.Backlog, w.Deadline = 511, 0
			w.Header = func(h *runfile.Header) { h.Lanes[0].Timeout = 300 * ms }
			w.Result = func(_ string, r *loadgen.Result) {
				if r.Done-r.Sent > 300*ms {
					r.Outcome, r.Status, r.Done = loadgen.ResponseTimeout, 0, r.Sent+300*ms
				}
			}
		}, result.DeadWork, 0, "slow_in_queue"},
		"given up while the proxy connected": {func(w *world.World) {
			w.Result, w.Event = failAs(loadgen.ResponseTimeout, 0), accessAs("499/-/connect")
		}, result.WorkerBoundOverflow, 2, "accept_queue_full"},
		"given up behind a proxy after its SYNs were sent again": {func(w *world.World) {
			w.Mode, w.Deadline, w.Header = "retrial", 0, behind(time.Minute, time.Minute)
			w.Result, w.Event = failAs(loadgen.ResponseTimeout, 0), accessAs("499/-/header")
		}, result.Undetermined, 0, "slow_or_lost_syns"},
	}
}

// accessAs lets the proxy's access log have a class for each failed request.
func accessAs(class string) func(string, loadgen.Result) runfile.Event {
	return func(_ string, r loadgen.Result) (e runfile.Event) {
		if r.Outcome != loadgen.OK {
			e = runfile.Event{Host: "proxy", Source: "nginx.access", Class: class, Count: 1}
		}
		return e
	}
}

// poisson are three plans that arrive in bursts.
func poisson(rate float64) (plans []plan.Plan) {
	for seed := range uint64(3) {
		stages := []plan.Stage{{From: rate, To: rate, Duration: 2 * time.Second}}
		plans = append(plans, plan.Plan{Stages: stages, Arrival: plan.Poisson, Seed: seed})
	}
	return plans
}

// reopen closes the listener and opens it anew whenever it has dropped something, and then nothing for a
// while.
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
			w := world.Demo()
			w.Rates = []float64{500, 600}
			c.change(&w)
			got := analyze(t, record(t, w)).Lanes[0].Cause
			if got.Code != c.code || got.EvidenceLevel != c.level || got.Text.Code != c.says {
				t.Errorf("%s %d: %s\nwant %s %d: %s\n%s\n%s", got.Code, got.EvidenceLevel, got.Text.Code,
					c.code, c.level, c.says, got.Text.Text, evidence(got))
			}
		})
	}
}

// TestClasses: an outcome is of its own class, unless a full queue can have caused it too, as far as is
// known.
func TestClasses(t *testing.T) {
	perhapsFull := []loadgen.Outcome{loadgen.ConnectReset, loadgen.ResetBeforeResponse, loadgen.HTTP504}
	for _, o := range loadgen.Outcomes() {
		class := o.Kind().Class
		if slices.Contains(perhapsFull, o) {
			class = loadgen.ByQueue
		}
		tr := &trial{lane: &lane{}, until: forever,
			figures: figures{outcomes: map[loadgen.Outcome]uint64{o: 3}}}
		r := &run{header: &runfile.Header{}}
		got := r.failures(tr)
		if class == loadgen.Unfailed && len(got) > 0 || class != loadgen.Unfailed && got.sum(class) != 3 {
			t.Errorf("%s: %v, want it of class %q", o, got, class)
		}
	}
}
