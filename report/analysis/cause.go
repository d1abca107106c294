package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"weir/loadgen"
	"weir/probe/nginxlog"
	"weir/report/runfile"
)

// The rungs of the evidence ladder. One run climbs to the second; the third and fourth need runs that
// differ in what is claimed to matter, and are never claimed from one.
var ladder = [...]string{"none", "order", "accounting", "dose-response", "intervention"}

// explained is the share of a lane's failures for which a counter must account before it is called their cause.
const explained = 0.9

// cause names the mechanism behind most of a lane's failures. Its opinion is that a wrong cause is worse
// than none: what the record cannot prove is "undetermined", with what was seen as evidence.
func (r *run) cause(l *lane, c serverCapacity, rec Reconciliation) Cause {
	f := r.allFailures(l)
	k := witness{run: r, lane: l, capacity: c, failures: f, rec: rec, queue: l.queue()}
	k.drops = l.sum(func(f *figures) *uint64 { return f.drops })
	k.listenDrops = l.sum(func(f *figures) *uint64 { return f.listenDrops })
	k.queueDrops = l.sum(func(f *figures) *uint64 { return f.queueDrops })
	k.overflows = l.overflows()

	kinds := []struct {
		n       uint64
		explain func() Cause
	}{
		{f.sumFull(), k.fullQueue}, {l.late(), k.late}, {f.own, k.generator}, {f.refused, k.refused},
		{f.proxy, k.proxy}, {f.server, k.server}, {f.closed, k.closed}, {f.slow, k.slow},
	}
	main, total := kinds[0], uint64(0)
	for _, kind := range kinds {
		total += kind.n
		if kind.n > main.n {
			main = kind
		}
	}
	if total == 0 {
		return k.nothing()
	}
	out := main.explain()
	if main.n < total {
		out.Evidence = append(out.Evidence, fmt.Sprintf("this speaks of %d of the %d requests that went bad", main.n, total))
	}
	out.EvidenceName = ladder[out.EvidenceLevel]
	return out
}

// witness is what is known when the cause is to be named.
type witness struct {
	run      *run
	lane     *lane
	capacity serverCapacity
	failures failures
	rec      Reconciliation
	queue    queue

	overflows, drops, listenDrops, queueDrops *uint64
}

func (k *witness) nothing() Cause {
	c := Cause{Code: "none", EvidenceName: ladder[0], Text: "No request went bad, so there is no cause to name.", Evidence: k.counters()}
	if n := value(k.overflows); n > 0 {
		c.Text = fmt.Sprintf("No request went bad, but the accept queue overflowed %d times: retransmitted SYNs hid it from the client.", n)
	}
	return c
}

// fullQueue applies the rules for failures that a full queue produces.
func (k *witness) fullQueue() Cause {
	n := k.failures.sumFull()
	saw := list(k.failures.full)
	c := Cause{Code: "undetermined", Evidence: k.counters()}
	enough := func(count *uint64) bool { return float64(value(count)) >= explained*float64(n) }
	errors := k.errorLog()
	switch {
	case k.failures.full[loadgen.QueueFull]+min(errors[nginxlog.UnixQueueFull], k.failures.full[loadgen.HTTP502]) > n/2:
		c.Code = "unix_queue_overflow"
		c.Text = fmt.Sprintf("The accept queue of the unix socket was full, so connect() failed at once with EAGAIN; the client saw %s. No kernel counter shows this.", saw)
		c.Evidence = append(c.Evidence, "errno 11 (EAGAIN) from connect() on a unix socket has no other cause than a full queue")
		c.EvidenceLevel = k.unixLevel()
	case k.overflows == nil:
		c.Text = fmt.Sprintf("The client saw %s, as it would from a full accept queue, but the kernel's counters were not sampled, so this is not known.", saw)
	case value(k.overflows) > 0 && k.drops != nil && *k.drops == 0:
		c.Code = "another_listener"
		c.Text = fmt.Sprintf("The overflows were another listener's: this one dropped nothing while its namespace counted %d. What made the client see %s is not known.", *k.overflows, saw)
	case value(k.overflows) > 0 && k.drops == nil && k.agrees() && k.queue.full:
		k.overflow(&c, saw)
		c.Evidence = append(c.Evidence, "the kernel does not tell this listener's own drops: that it was this listener rests on its full queue and on the equal counts")
	case value(k.overflows) > 0 && k.drops != nil && enough(k.drops) && enough(k.overflows):
		k.overflow(&c, saw)
	case value(k.overflows) > 0:
		c.Text = fmt.Sprintf("The accept queue overflowed %d times, which does not account for %s; something else took part.", *k.overflows, saw)
	case enough(k.queueDrops) || enough(k.listenDrops):
		c.Code = "syn_queue_overflow"
		c.Text = fmt.Sprintf("The SYN queue was full, not the accept queue: the kernel dropped SYNs %d times without one overflow; the client saw %s.", max(value(k.queueDrops), value(k.listenDrops)), saw)
	default:
		c.Text = fmt.Sprintf("The client saw %s, but the backend's kernel dropped nothing: look between them, at packet filters and at the network.", saw)
	}
	return c
}

// overflow is the verdict this program exists for.
func (k *witness) overflow(c *Cause, saw string) {
	c.Code = "accept_queue_overflow"
	where := "its accept queue was full"
	if k.queue.limit != nil {
		where = fmt.Sprintf("its accept queue (backlog %d, %d places) was full", *k.queue.limit, uint64(*k.queue.limit)+1)
	}
	c.Text = fmt.Sprintf("The backend's kernel dropped connection attempts %d times because %s; the client saw %s.", *k.overflows, where, saw)
	c.EvidenceLevel = k.level(c)
}

// level climbs the ladder: order, then accounting.
func (k *witness) level(c *Cause) int {
	from, _, ok := k.run.overflowBegan(k.lane)
	first, bad := k.firstFull()
	if !ok || !bad || from > first+runfile.BinWidth {
		return 0
	}
	c.Evidence = append(c.Evidence, fmt.Sprintf("order: the first overflow came after %.2f s, the first failure was due in the tenth of a second from %.1f s", from.Seconds(), first.Seconds()))
	if !k.agrees() {
		return 1
	}
	c.Evidence = append(c.Evidence, fmt.Sprintf("accounting: %d overflows, %d failures; %s", k.rec.Overflows, k.rec.ClientFailures, strings.TrimPrefix(k.rec.Verdict, "agree: ")))
	return 2
}

func (k *witness) agrees() bool { return strings.HasPrefix(k.rec.Verdict, "agree") }

// unixLevel: nothing counts on a unix socket, so order is all that can be shown.
func (k *witness) unixLevel() int {
	if first, ok := k.firstFull(); ok && k.queue.full && k.queue.at <= first+runfile.BinWidth {
		return 1
	}
	return 0
}

// firstFull is the first bin with a failure of the kinds that a full queue produced here.
func (k *witness) firstFull() (time.Duration, bool) {
	return k.lane.firstBin(func(b *bin) (n uint64) {
		for o := range k.failures.full {
			n += b.due[o]
		}
		return n
	})
}

// late: an answer came, after the deadline.
func (k *witness) late() Cause {
	c := Cause{Code: "slow_response", Evidence: k.counters()}
	deadline := k.lane.Deadline
	late, retrans := k.lane.late(), k.retransmits()
	wait := k.longestWait()
	switch {
	case value(k.overflows) > 0 && k.drops != nil && *k.drops > 0 && retrans > 0 && k.run.header.Mode != "loss":
		k.overflow(&c, fmt.Sprintf("%d answers later than %v, after %d lost SYNs", late, deadline, retrans))
		c.EvidenceLevel = min(c.EvidenceLevel, 1)
	case value(k.overflows) == 0 && wait > deadline && k.queue.depth != nil && *k.queue.depth > 0:
		c.Code = "queued_too_long"
		c.Text = fmt.Sprintf("%d answers were later than %v although nothing overflowed: a full queue makes a request wait %s before it is served. A smaller backlog would refuse what cannot be served in time.", late, deadline, wait.Round(time.Millisecond))
	default:
		c.Code = "slow_response"
		c.Text = fmt.Sprintf("%d answers were later than %v; the queue's length does not explain it alone.", late, deadline)
	}
	return c
}

func (k *witness) retransmits() (n uint64) {
	for _, t := range k.lane.trials {
		n += t.figures.synRetrans
	}
	return n
}

// longestWait is C/μ+S, how long the last request that finds room has to wait for its answer; 0 where it is not known.
func (k *witness) longestWait() time.Duration {
	m, ok := k.capacity.model(k.lane)
	if !ok {
		return 0
	}
	return m.LongestWait() + m.Service
}

func (k *witness) generator() Cause {
	return Cause{Code: "generator", Evidence: k.counters(), Text: fmt.Sprintf(
		"The load generator itself failed %d requests (%s): this says nothing of the server.", k.failures.own,
		list(k.pick(loadgen.NoLocalPort, loadgen.NoFD, loadgen.Shed)))}
}

func (k *witness) refused() Cause {
	return Cause{Code: "not_listening", Evidence: k.counters(), Text: fmt.Sprintf(
		"Nothing listened where the requests went: %s. A full queue does not refuse.",
		list(k.pick(loadgen.ConnectRefused, loadgen.ConnectUnreachable, loadgen.DNSFailed)))}
}

// proxyCauses are what the classes of NGINX's log mean for a 502 or 504 that no full queue produced.
var proxyCauses = map[string]string{
	nginxlog.PrematureClose:    "worker_closed",
	nginxlog.NoLiveUpstreams:   "no_live_upstreams",
	nginxlog.NoLocalPort:       "proxy_ports_exhausted",
	nginxlog.ConnectRefused:    "not_listening",
	nginxlog.ReadTimeout:       "slow_response",
	nginxlog.SendReset:         "worker_closed",
	nginxlog.WorkerConnections: "proxy_limit",
	nginxlog.NoFD:              "proxy_limit",
}

func (k *witness) proxy() Cause {
	return k.fromLog(k.failures.proxy, list(k.pick(loadgen.HTTP502, loadgen.HTTP504)),
		"without the errno in the proxy's error log (--nginx-error-log) a 502 may be a killed worker, a lack of ports or a reset")
}

func (k *witness) server() Cause {
	saw := list(k.pick(loadgen.HTTP4xx, loadgen.HTTP500, loadgen.HTTP503, loadgen.HTTP5xx))
	if c := k.fromLog(k.failures.server, saw, ""); c.Code == "proxy_limit" {
		return c
	}
	return Cause{Code: "server_errors", Evidence: k.counters(), Text: fmt.Sprintf(
		"The server answered, with %s: it accepted these requests, so the accept queue is not why they failed.", saw)}
}

// fromLog takes the class that accounts for most of n failures, if one does.
func (k *witness) fromLog(n uint64, saw, otherwise string) Cause {
	c := Cause{Code: "undetermined", Evidence: k.counters(), Text: fmt.Sprintf("The client saw %s, and why is not known: %s.", saw, otherwise)}
	errors := k.errorLog()
	for _, class := range slices.Sorted(maps.Keys(proxyCauses)) {
		if count := errors[class]; 2*count > n {
			c.Code = proxyCauses[class]
			c.Text = fmt.Sprintf("The client saw %s. %s", saw, nginxlog.Explain(class))
			c.Evidence = append(c.Evidence, fmt.Sprintf("NGINX's error log says so in %d lines", count))
			break
		}
	}
	return c
}

func (k *witness) closed() Cause {
	c := Cause{Code: "undetermined", Evidence: k.counters()}
	saw := list(k.pick(loadgen.ClosedBeforeResponse, loadgen.ResetMidResponse, loadgen.Truncated,
		loadgen.BadResponse, loadgen.WriteFailed, loadgen.TLSFailed))
	if n := k.pick(loadgen.ClosedBeforeResponse)[loadgen.ClosedBeforeResponse]; 2*n > k.failures.closed {
		c.Code = "worker_closed"
		c.Text = fmt.Sprintf("A worker took the connection and closed it without an answer (%s): it was killed, timed out or crashed. Not an overflow.", saw)
		return c
	}
	c.Text = fmt.Sprintf("Connections broke after they were made (%s); a full accept queue does not do that.", saw)
	return c
}

func (k *witness) slow() Cause {
	c := Cause{Code: "slow_response", Evidence: k.counters()}
	if wait := k.longestWait(); wait > k.lane.Timeout && value(k.overflows) == 0 && k.queue.depth != nil && *k.queue.depth > 0 {
		c.Code = "queued_too_long"
		c.Text = fmt.Sprintf("%d requests got no answer within %v although nothing overflowed: a full queue makes a request wait %v.", k.failures.slow, k.lane.Timeout, wait.Round(time.Millisecond))
		return c
	}
	c.Text = fmt.Sprintf("%d requests were connected but got no answer within %v: the backend was slow, or they waited in its queue.", k.failures.slow, k.lane.Timeout)
	return c
}

// counters says what the kernel counted, whatever the cause.
func (k *witness) counters() []string {
	out := []string{}
	add := func(v *uint64, format string) {
		if v == nil {
			format = "not known: " + strings.TrimPrefix(format, "%d ")
			out = append(out, format)
			return
		}
		out = append(out, fmt.Sprintf(format, *v))
	}
	add(k.overflows, "%d overflows in the backend's network namespace (TcpExtListenOverflows)")
	add(k.drops, "%d drops of this listener (sk_drops)")
	add(k.listenDrops, "%d listen drops in the namespace (TcpExtListenDrops)")
	if q := k.queue; q.depth != nil && q.limit != nil {
		text := fmt.Sprintf("Recv-Q at most %d, limit %d: ", *q.depth, *q.limit)
		if q.full {
			text += "limit + 1 was seen, the queue was full"
		} else {
			text += "not seen full; bursts shorter than the sampling are missed"
		}
		out = append(out, text)
	}
	return out
}

func (k *witness) errorLog() map[string]uint64 {
	sum := map[string]uint64{}
	for _, t := range k.lane.trials {
		errors, _ := k.run.log(t)
		for class, n := range errors {
			sum[class] += n
		}
	}
	return sum
}

func (k *witness) pick(outcomes ...loadgen.Outcome) map[loadgen.Outcome]uint64 {
	all, out := k.lane.outcomes(), map[loadgen.Outcome]uint64{}
	for _, o := range outcomes {
		if all[o] > 0 {
			out[o] = all[o]
		}
	}
	return out
}

// list is "51 × http_504, 3 × http_502", the most frequent first.
func list(counts map[loadgen.Outcome]uint64) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b loadgen.Outcome) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, o := range names {
		if counts[o] > 0 {
			parts = append(parts, fmt.Sprintf("%d × %s", counts[o], o))
		}
	}
	return strings.Join(parts, ", ")
}

func value(n *uint64) uint64 {
	if n == nil {
		return 0
	}
	return *n
}
