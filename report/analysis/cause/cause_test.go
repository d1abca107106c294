package cause

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/probe/nginxlog"
	"weir/report/result"
	"weir/report/words"
)

const ms = time.Millisecond

func n(x uint64) *uint64 { return &x }

// failed are requests that ended so, all of them due while more was offered than the workers serve.
func failed(count uint64, o loadgen.Outcome) Failures {
	first := 700 * ms
	all := Offered{All: count, Above: count}
	return Failures{Outcomes: map[loadgen.Outcome]uint64{o: count}, First: &first, Due: all}
}

// only are the facts of a lane of which nothing is known but that 566 requests of one class ended so.
func only(class loadgen.Class, o loadgen.Outcome, change ...func(*Facts)) Facts {
	f := Facts{
		Timeout: 10 * time.Second, Deadline: 500 * ms,
		Classes:  map[loadgen.Class]Failures{class: failed(566, o)},
		Outcomes: map[loadgen.Outcome]uint64{loadgen.OK: 1634, o: 566},
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

// full is a listener with a backlog of 16 and 8 workers of 20 ms, whose queue overflowed once for each of 566
// failures.
func full(change ...func(*Facts)) Facts {
	return only(loadgen.ByQueue, loadgen.ConnectTimeout, append([]func(*Facts){func(f *Facts) {
		depth, limit, began := uint32(17), uint32(16), 720*ms
		f.Kernel = Kernel{Overflows: n(566), Namespace: n(566), Drops: n(566), ListenDrops: n(566),
			Began: &began}
		f.Queue = Queue{Listener: "a:1", Depth: &depth, Limit: &limit, Full: true, FullLimit: 16,
			FullAt: 710 * ms}
		f.Capacity = Capacity{Rate: 400, Service: 20 * ms, Stamped: true}
		f.Reconciliation = result.Reconciliation{Overflows: 566, ClientFailures: 566, Verdict: result.Agree}
	}}, change...)...)
}

// lateFull and slowFull are the same, and the requests were late, or had no answer.
func lateFull(change ...func(*Facts)) Facts {
	return full(append([]func(*Facts){as(loadgen.ByLateness, loadgen.OK)}, change...)...)
}

func slowFull(change ...func(*Facts)) Facts {
	return full(append([]func(*Facts){as(loadgen.BySlowness, loadgen.ResponseTimeout)}, change...)...)
}

// as puts the failures into another class, and lets them end otherwise.
func as(class loadgen.Class, o loadgen.Outcome) func(*Facts) {
	return func(f *Facts) {
		f.Classes = map[loadgen.Class]Failures{class: failed(566, o)}
		f.Outcomes = map[loadgen.Outcome]uint64{loadgen.OK: 1634, o: 566}
	}
}

// counted sets what the kernel counted.
func counted(overflows, namespace, drops, listenDrops *uint64) func(*Facts) {
	return func(f *Facts) {
		f.Kernel.Overflows, f.Kernel.Namespace = overflows, namespace
		f.Kernel.Drops, f.Kernel.ListenDrops = drops, listenDrops
	}
}

// due sorts the queue's failures by what was offered.
func due(above, below uint64) func(*Facts) {
	return func(f *Facts) {
		q := f.Classes[loadgen.ByQueue]
		q.Due = Offered{All: 566, Above: above, Below: below}
		f.Classes[loadgen.ByQueue] = q
	}
}

func simulating(overflows uint64) func(*Facts) {
	return func(f *Facts) { f.Capacity.Simulated = &overflows }
}

func processor(waited, stopped float64) func(*Facts) {
	return func(f *Facts) { f.Processor = &Processor{Workers: 8, Waited: waited, Stopped: stopped} }
}

// lostSYN is the retrial mode, in which the client sent so many SYNs again.
func retrial(retransmits uint64) func(*Facts) {
	return func(f *Facts) {
		f.Retrial, f.SYNRetrans, f.Reconciliation.Verdict = true, retransmits, result.NotMeasured
	}
}

func lateBySYN(count uint64) func(*Facts)      { return func(f *Facts) { f.LateBySYN = &count } }
func timeout(after time.Duration) func(*Facts) { return func(f *Facts) { f.Timeout = after } }
func expired(directive string) func(*Facts) {
	return func(f *Facts) { f.Proxy.Expired = &Expired{Directive: directive} }
}
func proxied(f *Facts)     { f.Proxied = true }
func notSeenFull(f *Facts) { f.Queue.Full = false }
func logged(lines map[string]uint64) func(*Facts) {
	return func(f *Facts) { f.Proxied, f.Proxy.Errors = true, lines }
}

// half lets half of the requests of a class end otherwise, in the same class.
func half(class loadgen.Class, o, other loadgen.Outcome) Facts {
	return only(class, o, func(f *Facts) {
		f.Classes[class].Outcomes[o], f.Classes[class].Outcomes[other] = 283, 283
	})
}

// deep is a queue of 396 connections that does not overflow, in which a request waits 1.01 s.
func deep(f *Facts) {
	depth, limit := uint32(396), uint32(511)
	f.Queue = Queue{Listener: "a:1", Depth: &depth, Limit: &limit}
	counted(n(0), n(0), n(0), n(0))(f)
}

// A row has facts, and the cause that they prove: its code, the level of evidence, its sentence, and why.
type row struct {
	name  string
	facts Facts
	want  string
}

func (r row) test(t *testing.T) {
	got, each := Of(r.facts)
	said := fmt.Sprintf("%s %d: %s", got.Code, got.EvidenceLevel, got.Text.Code)
	if why, ok := got.Text.Args["why"].(result.Finding); ok && why.Code != "" {
		said += ", " + string(why.Code)
	}
	if said != r.want {
		t.Errorf("%s\nwant %s\n%s", said, r.want, words.Of(got.Text))
	}
	if len(each) != min(1, len(r.facts.Classes)) || got.EvidenceName != ladder[got.EvidenceLevel] {
		t.Errorf("%d classes, evidence %q", len(each), got.EvidenceName)
	}
}

// TestRules has a row for each rule, and for each order of rules that matters: a wrong cause is worse than
// none.
func TestRules(t *testing.T) {
	var (
		zero        = n(0)
		interrupted = map[loadgen.Outcome]uint64{loadgen.Canceled: 3}
		proxy502    = func(change ...func(*Facts)) Facts {
			return only(loadgen.ByProxy, loadgen.HTTP502,
				change...)
		}
		proxy504 = func(change ...func(*Facts)) Facts {
			return only(loadgen.ByProxy, loadgen.HTTP504,
				change...)
		}
	)
	const workerBound = "worker_bound_overflow 2: accept_queue_full, why_worker_bound"
	for _, r := range []row{
		{"overflow", full(), workerBound},
		{"of nine in ten", full(counted(n(510), n(510), n(510), n(510))), workerBound},
		{"counts do not agree", full(func(f *Facts) { f.Reconciliation.Verdict = result.Disagree }),
			"worker_bound_overflow 1: accept_queue_full, why_worker_bound"},
		{"overflow after the failure", full(func(f *Facts) { *f.Kernel.Began = 801 * ms }),
			"worker_bound_overflow 0: accept_queue_full, why_worker_bound"},
		{"not seen when", full(func(f *Facts) { f.Kernel.Began = nil }),
			"worker_bound_overflow 0: accept_queue_full, why_worker_bound"},
		{"unix socket", only(loadgen.ByQueue, loadgen.QueueFull, func(f *Facts) { f.Queue.Full = true }),
			"unix_queue_overflow 1: unix_queue_full"},
		{"unix socket, not seen full", only(loadgen.ByQueue, loadgen.QueueFull),
			"unix_queue_overflow 0: unix_queue_full"},
		{"unix socket behind a proxy",
			only(loadgen.ByQueue, loadgen.HTTP502, logged(map[string]uint64{nginxlog.UnixQueueFull: 566})),
			"unix_queue_overflow 0: unix_queue_full"},
		{"half of them at once", half(loadgen.ByQueue, loadgen.QueueFull, loadgen.ConnectTimeout),
			"undetermined 0: queue_not_counted"},
		{"counters not sampled", only(loadgen.ByQueue, loadgen.ConnectTimeout),
			"undetermined 0: queue_not_counted"},
		{"another listener", full(counted(zero, n(566), zero, n(566))),
			"another_listener 0: another_listener_overflowed"},
		{"perhaps only ACKs", full(notSeenFull, func(f *Facts) { f.Kernel.Deferrable = 566 }),
			"undetermined 0: perhaps_only_acks"},
		{"ACKs, but seen full", full(func(f *Facts) { f.Kernel.Deferrable = 566 }), workerBound},
		{"own drops not known, counts agree", full(counted(n(566), n(566), nil, n(566))), workerBound},
		{"own drops not known, not seen full", full(notSeenFull, counted(n(566), n(566), nil, n(566))),
			"undetermined 0: too_few_overflows"},
		{"listener not known", full(counted(n(566), n(566), nil, n(566)),
			func(f *Facts) { f.Queue = Queue{} }),
			"undetermined 0: listener_not_known"},
		{"SYN queue", full(counted(zero, zero, n(566), n(566))), "syn_queue_overflow 0: syn_queue_full"},
		{"SYN queue, by its own counter",
			full(counted(zero, zero, n(566), nil), func(f *Facts) { f.Kernel.QueueDrops = n(566) }),
			"syn_queue_overflow 0: syn_queue_full"},
		{"SYN queue, and a few overflows", full(counted(n(28), n(28), n(566), n(566))),
			"syn_queue_overflow 0: syn_queue_full"},
		{"SYN queue, for few of them", full(counted(zero, zero, n(566), n(283))),
			"undetermined 0: too_few_syn_drops"},
		{"another listener's SYN queue", full(counted(zero, zero, zero, n(566))),
			"undetermined 0: listener_dropped_nothing"},
		{"lost on the way", full(counted(zero, zero, zero, zero)), "undetermined 0: kernel_dropped_nothing"},
		{"too few overflows", full(counted(n(56), n(57), n(56), n(57))), "undetermined 0: too_few_overflows"},

		{"capacity not known", full(func(f *Facts) { f.Capacity = Capacity{} }),
			"accept_queue_overflow 2: accept_queue_full"},
		{"bursts", full(due(0, 566), simulating(300)), "burst_overflow 2: accept_queue_full, why_bursts"},
		{"bursts, and no processor", full(due(0, 566), simulating(300), processor(.5, 0)),
			"burst_overflow 2: accept_queue_full, why_bursts"},
		{"too few bursts", full(due(0, 566), simulating(200)),
			"accept_queue_overflow 2: accept_queue_full, why_not_known"},
		{"bursts just below a stamped capacity", full(due(0, 0), simulating(566)),
			"burst_overflow 2: accept_queue_full, why_bursts"},
		{"near a capacity that is stated",
			full(due(0, 0), simulating(566), func(f *Facts) { f.Capacity.Stamped = false }),
			"accept_queue_overflow 2: accept_queue_full"},
		{"below capacity, and not why", full(due(0, 566)),
			"accept_queue_overflow 2: accept_queue_full, why_not_known"},
		{"below capacity without a processor", full(due(0, 566), processor(.5, 0)),
			"server_cpu_starved 2: accept_queue_full, why_starved"},
		{"below capacity within a quota", full(due(0, 566), processor(0, .5)),
			"server_cpu_starved 2: accept_queue_full, why_starved"},
		{"above capacity without a processor", full(processor(.5, 0)), workerBound},

		{"late by retransmits", lateFull(retrial(0), lateBySYN(284)),
			"worker_bound_overflow 1: late_by_lost_syns, why_worker_bound"},
		{"late by retransmits, single connections not known", lateFull(retrial(566)),
			"worker_bound_overflow 1: late_by_lost_syns, why_worker_bound"},
		{"half of them late by retransmits", lateFull(retrial(0), lateBySYN(283)),
			"worker_bound_overflow 1: late_by_the_proxys_syns, why_worker_bound"},
		{"late in a long queue", lateFull(deep), "queued_too_long 0: late_in_queue"},
		{"late by the proxy's retransmits", lateFull(retrial(0)),
			"worker_bound_overflow 1: late_by_the_proxys_syns, why_worker_bound"},
		{"late, of which lost SYNs are a part", lateFull(retrial(60), lateBySYN(60)),
			"undetermined 0: late_partly_by_lost_syns"},
		{"late and slow", lateFull(), "slow_response 0: late_and_slow"},

		{"given up in the queue", slowFull(deep, timeout(300*ms)), "dead_work 0: slow_in_queue"},
		{"given up behind a proxy that says nothing", slowFull(retrial(0), proxied, timeout(50*ms)),
			"worker_bound_overflow 1: slow_in_or_before_queue, why_worker_bound"},
		{"given up behind a proxy, by its access log",
			slowFull(retrial(0), proxied, timeout(50*ms), func(f *Facts) { f.Proxy.AccessLog = true }),
			"dead_work 0: slow_in_queue"},
		{"slow without a processor", slowFull(processor(.5, 0)), "server_cpu_starved 0: slow_starved"},
		{"hardly without a processor", slowFull(processor(.09, .09)), "slow_response 0: slow"},
		{"given up behind a proxy after its SYNs were sent again", slowFull(retrial(0), proxied),
			"undetermined 0: slow_or_lost_syns"},
		{"slow", slowFull(), "slow_response 0: slow"},
		{"slow, and SYNs were sent again, but no proxy's", slowFull(retrial(0)), "slow_response 0: slow"},

		{"502 without a log", proxy502(proxied), "undetermined 0: log_missing"},
		{"502, and the log has other lines", proxy502(logged(map[string]uint64{nginxlog.RecvReset: 566})),
			"undetermined 0: log_explains_nothing"},
		{"half as many lines", proxy502(logged(map[string]uint64{nginxlog.PrematureClose: 283})),
			"undetermined 0: log_explains_nothing"},
		{"no peer left for half", proxy502(logged(map[string]uint64{nginxlog.NoLiveUpstreams: 283})),
			"undetermined 0: log_explains_nothing"},
		{"no peer left for most, and the others tried two",
			proxy502(logged(map[string]uint64{nginxlog.NoLiveUpstreams: 396, nginxlog.ConnectRefused: 340})),
			"peer_marked_down 0: log_explains"},
		{"as many lines of tries that were hidden",
			proxy502(logged(map[string]uint64{nginxlog.PrematureClose: 566, nginxlog.ConnectRefused: 1634})),
			"undetermined 0: log_gives_several_reasons"},
		{"the proxy's read timeout, without its log", proxy504(expired(ReadTimeout)),
			"proxy_timeout 0: log_explains"},
		{"its connect timeout", proxy504(expired(ConnectTimeout)), "undetermined 0: log_missing"},

		{"server errors", only(loadgen.ByServer, loadgen.HTTP500), "server_errors 0: server_errors_seen"},
		{"closed by a worker", only(loadgen.ByClosing, loadgen.ClosedBeforeResponse),
			"worker_closed 0: worker_closed_connection"},
		{"half of them closed", half(loadgen.ByClosing, loadgen.ClosedBeforeResponse, loadgen.Truncated),
			"undetermined 0: connections_broke"},
		{"reset by a worker", only(loadgen.ByClosing, loadgen.ResetBeforeResponse),
			"undetermined 0: connections_broke"},
		{"closed by a proxy", only(loadgen.ByClosing, loadgen.ClosedBeforeResponse, proxied),
			"undetermined 0: proxy_closed"},
		{"no port", only(loadgen.ByGenerator, loadgen.NoLocalPort),
			"ports_exhausted 0: generator_without_ports"},
		{"shed", only(loadgen.ByGenerator, loadgen.Shed), "generator 0: generator_failed"},
		{"refused", full(as(loadgen.ByRefusal, loadgen.ConnectRefused)), "not_listening 0: nothing_listened"},
		{"raced", only(loadgen.ByKeepAliveRace, loadgen.ReusedClosed), "keepalive_race 0: keepalive_raced"},

		{"nothing", Facts{}, "none 0: nothing_failed"},
		{"nothing failed, a unix socket", Facts{Kernel: Kernel{Namespace: n(5)}, Queue: Queue{Unix: true}},
			"none 0: nothing_failed"},
		{"nothing failed, another listener", Facts{Kernel: Kernel{Namespace: n(5), Drops: zero}},
			"none 0: nothing_failed_another_listener"},
		{"nothing failed, perhaps another listener", Facts{Kernel: Kernel{Namespace: n(5)}},
			"none 0: nothing_failed_perhaps_another_listener"},
		{"nothing failed yet",
			Facts{Kernel: Kernel{Namespace: n(5), Drops: n(5)}, Outcomes: interrupted},
			"none 0: nothing_failed_yet"},
		{"hidden by retransmits", Facts{Kernel: Kernel{Namespace: n(5), Drops: n(5)}},
			"none 0: nothing_failed_hidden"},
	} {
		t.Run(r.name, r.test)
	}
}

// TestLogProves: a row for each cause that a class of log lines means.
func TestLogProves(t *testing.T) {
	outcome := map[loadgen.Class]loadgen.Outcome{
		loadgen.ByProxy: loadgen.HTTP502, loadgen.ByServer: loadgen.HTTP500,
		loadgen.ByClosing: loadgen.Truncated,
	}
	for class, causes := range logCauses {
		for line, code := range causes {
			log := logged(map[string]uint64{line: 284, nginxlog.RecvReset: 900})
			got, _ := Of(only(class, outcome[class], log))
			reason, _ := got.Text.Args["reason"].(result.Finding)
			if got.Code != code || got.Text.Code != "log_explains" || reason.Code != logReason(line).Code {
				t.Errorf("%s: %s is %s (%s, %v), want %s", class, line, got.Code, got.Text.Code, reason, code)
			}
		}
	}
}

// TestEverySentence: whatever the rules may say, package words has a sentence for it, and a claim for each
// code.
func TestEverySentence(t *testing.T) {
	known := words.Codes()
	claims := map[result.CauseCode]bool{}
	for _, c := range words.Claims {
		claims[c.Code] = true
	}
	tables := [][]rule{fullRules, noFailureRules}
	for _, m := range manual {
		tables = append(tables, m.rules)
	}
	for _, rules := range tables {
		for _, r := range rules {
			if r.say != "" && !slices.Contains(known, r.say) || !claims[r.code] {
				t.Errorf("%s, %q: no sentence, or no claim", r.code, r.say)
			}
		}
		if last := rules[len(rules)-1]; !last.when(newMatter(&Facts{}, "")) {
			t.Errorf("%s, %q: the last rule of a table does not always hold", last.code, last.say)
		}
	}
	for _, class := range nginxlog.Classes() {
		if !slices.Contains(known, logReason(class).Code) {
			t.Errorf("the log's class %s has no sentence", class)
		}
	}
}

// TestEvidence: what was counted stands in it, and what is not known is not zero.
func TestEvidence(t *testing.T) {
	all := func(f Facts) string {
		c, _ := Of(f)
		var lines []string
		for _, e := range c.Evidence {
			lines = append(lines, words.Of(e))
		}
		return strings.Join(lines, "\n")
	}
	others := []result.OtherListener{{Addr: "a", Drops: 9}, {Addr: "b", Drops: 8}, {Addr: "c", Drops: 7}, {}}
	timedOut := Expired{ConnectTimeout, 900 * ms, "its configuration", 77, 78}
	withDrops := counted(n(566), n(566), nil, n(566))
	refused := map[string]uint64{nginxlog.ConnectRefused: 566, nginxlog.PrematureClose: 2}
	for _, c := range []struct {
		want  string
		facts Facts
	}{
		{"(TcpExtListenOverflows): 566", full()},
		{"Drops of this listener (sk_drops): 566", full()},
		{"Recv-Q at most 17, limit 16: the queue was seen full", full()},
		{"Order: the first overflow came after 720 ms", full()},
		{"Accounting: 566 overflows, 566 failures.", full()},
		{"566 of 566 failures were due while more was offered", full()},
		{"Drops of this listener (sk_drops): not known", full(withDrops)},
		{"does not count this listener's own drops", full(withDrops)},
		{"own drops: 566\nOther listeners of the namespace, over the whole run: " +
			"a dropped at least 9, b dropped at least 8, c dropped at least 7 and others\n",
			full(func(f *Facts) { f.Kernel.Namespace, f.Kernel.Others = n(600), others })},
		{"(TcpExtTCPDeferAcceptDrop): 12.", full(func(f *Facts) { f.Kernel.Deferred = n(12) })},
		{"eBPF: the kernel sent no RST", full(func(f *Facts) { f.Kernel.RSTs = n(0) })},
		{"eBPF: the kernel sent 3 RSTs", full(func(f *Facts) { f.Kernel.RSTs = n(3) })},
		{"limit 16: a queue with a limit of 8 was seen full", full(func(f *Facts) { f.Queue.FullLimit = 8 })},
		{"had no processor for 50 % of the time (schedstat run delay, 8 workers)",
			full(due(0, 566), processor(.5, .4))},
		{"quota of the workers' group stopped them for 50 % of the time",
			full(due(0, 566), processor(.4, .5))},
		{"had no processor for 50 % of the time", full(due(0, 566), simulating(566), processor(.5, 0))},
		{"77 of the 78 sampled 504s came after 900 ms, which is proxy_connect_timeout (its configuration)",
			full(func(f *Facts) { f.Proxy.Expired = &timedOut })},
		{"NGINX's error log says so in 566 lines\nNGINX's error log has 2 lines of premature_close. The",
			only(loadgen.ByProxy, loadgen.HTTP502, logged(refused))},
		{"Lost SYNs made 7 of them late by themselves", lateFull(deep, lateBySYN(7))},
	} {
		if got := all(c.facts); !strings.Contains(got, c.want) {
			t.Errorf("%q is not in\n%s", c.want, got)
		}
	}
	nothing := all(Facts{})
	if !strings.Contains(nothing, "(TcpExtListenOverflows): not known") ||
		strings.Contains(nothing, "Recv-Q") {
		t.Errorf("of nothing that is known:\n%s", nothing)
	}
}

// TestSentence: what the arguments make of it, where a part of it may be left out.
func TestSentence(t *testing.T) {
	for _, c := range []struct {
		want  string
		facts Facts
	}{
		{"(backlog 16, room for 17) was full, so the kernel dropped 566 connection attempts. " +
			"The client saw 566 × connect_timeout, no reset and no 502. More was", full()},
		{"saw 566 × reset_before_response, no 502.", full(as(loadgen.ByQueue, loadgen.ResetBeforeResponse))},
		{"saw 566 × http_502. More", full(as(loadgen.ByQueue, loadgen.HTTP502))},
		{"(backlog 8, room for 9)", full(func(f *Facts) { f.Queue.FullLimit = 8 })},
		{"The accept queue was full, so", full(func(f *Facts) { f.Queue.Limit, f.Queue.Full = nil, false })},
		{"came later than 500 ms. With 396 connections in the accept queue a request waited up to 1.01 s",
			lateFull(deep)},
		{"and other servers behind the proxy.", full(proxied, counted(n(0), n(0), n(0), n(0)))},
		{"were another listener's.", Facts{Kernel: Kernel{Namespace: n(5), Drops: n(0)}}},
		{"no cause to name. What became of the 3 requests under way",
			Facts{Outcomes: map[loadgen.Outcome]uint64{loadgen.Canceled: 3}}},
	} {
		got, _ := Of(c.facts)
		if text := words.Of(got.Text); !strings.Contains(text, c.want) {
			t.Errorf("%q is not in\n%s", c.want, text)
		}
	}
}

// TestLeading: classes of one cause count together, and what is not known does not.
func TestLeading(t *testing.T) {
	class := func(name loadgen.Class, n uint64, code result.CauseCode) result.ClassCause {
		text := result.Finding{Text: string(name) + "."}
		return result.ClassCause{Class: name, Requests: n, Cause: result.Cause{Code: code, Text: text}}
	}
	queue := func(n uint64, code result.CauseCode) result.ClassCause { return class("queue", n, code) }
	for _, c := range []struct {
		each []result.ClassCause
		want string // code: text
	}{
		{[]result.ClassCause{
			class("refused", 45, "not_listening"), queue(40, "worker_bound_overflow"),
			class("late", 15, "worker_bound_overflow"),
		}, "worker_bound_overflow: queue. That is 55 of the 100 bad requests. The others: 45 not_listening."},
		{[]result.ClassCause{
			class("slow", 40, "dead_work"), queue(30, "undetermined"), class("proxy", 30, "undetermined"),
		}, "dead_work: slow. That is 40 of the 100 bad requests. The others: 30 undetermined and 30 undetermined."},
		{[]result.ClassCause{
			queue(50, "undetermined"), class("proxy", 30, "undetermined"), class("slow", 20, "dead_work"),
		}, "undetermined: queue. That is 50 of the 100 bad requests. The others: 30 undetermined and 20 dead_work."},
		{[]result.ClassCause{queue(90, "worker_bound_overflow"), class("late", 10, "slow_response")},
			"worker_bound_overflow: queue."},
	} {
		got := leading(c.each)
		if text := fmt.Sprintf("%s: %s", got.Code, words.Of(got.Text)); text != c.want {
			t.Errorf("%q, want %q", text, c.want)
		}
		if len(got.Evidence) != 1 {
			t.Errorf("%s: the evidence does not say how many are of this kind: %v", c.want, got.Evidence)
		}
	}
}
