package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"weir/loadgen"
	"weir/probe"
	"weir/probe/nginxlog"
	"weir/report/runfile"
)

// The rungs of the evidence ladder. One run climbs to the second; the third and fourth need runs that
// differ in what is claimed to matter, and are never claimed from one.
var ladder = [...]string{"none", "order", "accounting", "dose-response", "intervention"}

// explained is the share of a lane's failures for which a counter must account before it is called their cause.
const explained = 0.9

// cause names the mechanism behind most of a lane's failures. Its opinion is that a wrong cause is worse
// than none: what the record cannot prove is "undetermined", with what was seen as evidence. It also says the same of
// each class of failures by itself, the most frequent first.
func (r *run) cause(l *lane, c serverCapacity, rec Reconciliation) (Cause, []ClassCause) {
	k := witness{run: r, lane: l, capacity: c, failures: r.allFailures(l), rec: rec, queue: l.queue()}
	k.drops = l.sum(func(f *figures) *uint64 { return f.drops })
	k.listenDrops = l.sum(func(f *figures) *uint64 { return f.listenDrops })
	k.queueDrops = l.sum(func(f *figures) *uint64 { return f.queueDrops })
	k.deferred = l.sum(func(f *figures) *uint64 { return f.deferred })
	k.overflows = l.overflows()
	k.namespace = l.sum(func(f *figures) *uint64 { return f.namespace })
	k.gaps = r.gaps(l)
	k.setGapsApart()
	each := k.eachClass()
	if len(each) == 0 {
		return k.nothing(), each
	}
	return leading(each), each
}

// eachClass explains the classes that have any failures, the most frequent first.
func (k *witness) eachClass() []ClassCause {
	each := []ClassCause{}
	for _, class := range []struct {
		name    string
		explain func() Cause
	}{
		{byQueue, k.fullQueue}, {byLate, k.late}, {byGenerator, k.generator}, {byRefused, k.refused}, {byProxy, k.proxy},
		{byServer, k.server}, {byClosed, k.closed}, {bySlow, k.slow}, {byRaced, k.raced}, {bySwap, k.swap},
	} {
		n := k.failures.sum(class.name)
		if class.name == byLate {
			n = k.lane.late()
		}
		if n == 0 {
			continue
		}
		c := class.explain()
		if text := k.run.expired(k.lane).text; text != "" && (class.name == byQueue || class.name == byProxy) {
			c.Evidence = append(c.Evidence, text)
		}
		c.EvidenceName = ladder[c.EvidenceLevel]
		each = append(each, ClassCause{Class: class.name, Requests: n, Cause: c})
	}
	slices.SortStableFunc(each, func(a, b ClassCause) int { return cmp.Compare(b.Requests, a.Requests) })
	return each
}

// leading is the cause that most of the failures have, classes of one cause together, as it is told of the most frequent of
// them; how many failures have another is said with it. A scenario's swap of servers was meant: it
// only leads where hardly anything else went bad.
func leading(each []ClassCause) Cause {
	var total uint64
	of := map[string]uint64{} // by code
	for _, c := range each {
		total += c.Requests
		if c.Cause.Code != undetermined { // classes of which nothing is known need not have one cause
			of[c.Cause.Code] += c.Requests
		}
	}
	weight := func(c ClassCause) uint64 {
		if c.Cause.Code == swapped && float64(total-c.Requests) >= (1-explained)*float64(total) {
			return 0
		}
		return max(c.Requests, of[c.Cause.Code])
	}
	first := slices.MaxFunc(each, func(a, b ClassCause) int { return cmp.Compare(weight(a), weight(b)) })
	out := first.Cause
	n := max(first.Requests, of[out.Code])
	if n == total {
		return out
	}
	out.Evidence = append(slices.Clone(out.Evidence), fmt.Sprintf("this speaks of %d of the %d requests that went bad", n, total))
	if float64(n) >= explained*float64(total) {
		return out
	}
	var others []string
	for _, c := range each {
		if c.Cause.Code != out.Code || out.Code == undetermined && c.Class != first.Class {
			others = append(others, fmt.Sprintf("%d %s", c.Requests, c.Cause.Code))
		}
	}
	out.Text += fmt.Sprintf(" That is %d of the %d requests that went bad; beside it: %s.", n, total, strings.Join(others, ", "))
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

	overflows, namespace, drops, listenDrops, queueDrops, deferred *uint64

	gaps []gap
}

func (k *witness) nothing() Cause {
	c := Cause{Code: "none", EvidenceName: ladder[0], Text: "No request went bad, so there is no cause to name.", Evidence: k.counters()}
	switch n := value(k.namespace); {
	case n == 0 || isUnix(k.lane.Listener):
	case k.drops != nil && *k.drops == 0:
		c.Text = fmt.Sprintf("No request went bad. The %d overflows in the backend's namespace were another listener's%s.", n, k.whose())
	case k.drops != nil && k.lane.outcomes()[loadgen.Canceled] > 0:
		c.Text = fmt.Sprintf("The accept queue overflowed %d times; what became of the requests that were on their way when the run ended is not known.", n)
	case k.drops != nil:
		c.Text = fmt.Sprintf("No request went bad, but the accept queue overflowed %d times: retransmitted SYNs hid it from the client.", n)
	default:
		c.Text = fmt.Sprintf("No request went bad, but the backend's namespace counted %d overflows, which may have been another listener's.", n)
	}
	return c
}

// fullQueue applies the rules for failures that a full queue produces.
func (k *witness) fullQueue() Cause {
	n := k.failures.sum(byQueue)
	saw := list(k.failures[byQueue])
	c := Cause{Code: undetermined, Evidence: k.counters()}
	enough := func(count *uint64) bool { return float64(value(count)) >= explained*float64(n) }
	errors := k.errorLog()
	switch {
	case k.failures[byQueue][loadgen.QueueFull]+min(errors[nginxlog.UnixQueueFull], k.failures[byQueue][loadgen.HTTP502]) > n/2:
		c.Code = "unix_queue_overflow"
		c.Text = fmt.Sprintf("The accept queue of the unix socket was full, so connect() failed at once with EAGAIN; the client saw %s. No kernel counter shows this.", saw)
		c.Evidence = append(c.Evidence, "errno 11 (EAGAIN) from connect() on a unix socket has no other cause than a full queue")
		c.EvidenceLevel = k.unixLevel()
	case k.overflows == nil:
		c.Text = fmt.Sprintf("The client saw %s, as it would from a full accept queue, but the kernel's counters were not sampled, so this is not known.", saw)
	case value(k.namespace) > 0 && k.drops != nil && *k.drops == 0:
		c.Code = "another_listener"
		c.Text = fmt.Sprintf("The overflows were another listener's: this one dropped nothing while its namespace counted %d%s. What made the client see %s is not known.", *k.namespace, k.whose(), saw)
	case value(k.overflows) > 0 && k.maybeDeferred() && !k.queue.full:
		c.Text = fmt.Sprintf("The client saw %s. Accept queues in the backend's network namespace overflowed %d times, but whether this listener's did is not known: its own %d drops may all be bare ACKs that TCP_DEFER_ACCEPT ignored, and its queue was not seen full.", saw, *k.namespace, *k.drops)
	case value(k.overflows) > 0 && k.drops == nil && k.agrees() && k.queue.full:
		k.overflow(&c, saw, k.countFull)
		c.Evidence = append(c.Evidence, "the kernel does not tell this listener's own drops: that it was this listener rests on its full queue and on the equal counts")
	case value(k.overflows) > 0 && k.drops != nil && enough(k.drops) && enough(k.overflows):
		k.overflow(&c, saw, k.countFull)
	case value(k.overflows) > 0 && k.lane.Listener == "":
		c.Text = fmt.Sprintf("The client saw %s. An accept queue in the backend's network namespace overflowed %d times, but which one is not known: name the backend's listener (--probe-listener).", saw, *k.overflows)
	case enough(k.synDrops()):
		c.Code = "syn_queue_overflow"
		c.Text = fmt.Sprintf("The SYN queue was full, not the accept queue: the kernel dropped SYNs %d times without an overflow; the client saw %s.", *k.synDrops(), saw)
		if n := value(k.overflows); n > 0 {
			c.Text += fmt.Sprintf(" The accept queue overflowed %d times beside that.", n)
		}
	case value(k.overflows) > 0:
		c.Text = fmt.Sprintf("The accept queue overflowed %d times, which does not account for %s; something else took part.", *k.overflows, saw)
	case value(k.synDrops()) > 0:
		c.Text = fmt.Sprintf("The kernel dropped %d SYNs without an overflow, which does not account for %s; something else took part.", *k.synDrops(), saw)
	default:
		who, where := "the backend's kernel", "between them"
		if value(k.listenDrops) > 0 {
			who = "this listener"
		}
		if k.proxied() {
			where = "at other servers behind the proxy, or between them"
		}
		c.Text = fmt.Sprintf("The client saw %s, but %s dropped nothing: look %s, at packet filters and at the network.", saw, who, where)
	}
	return c
}

// synDrops is how many SYNs the listener dropped at most that met no full accept queue, by the namespace's counters and by its
// own drops; nil where neither of the namespace's is known.
func (k *witness) synDrops() *uint64 {
	n := k.queueDrops
	if k.listenDrops != nil {
		rest := *k.listenDrops - min(*k.listenDrops, value(k.namespace))
		n = plus(n, 0)
		*n = max(*n, rest)
	}
	if n != nil && k.drops != nil {
		own := min(*n, *k.drops-min(*k.drops, value(k.overflows)))
		n = &own
	}
	return n
}

// maybeDeferred tells whether all drops of the listener can be bare ACKs, which are no loss.
func (k *witness) maybeDeferred() bool {
	if k.drops == nil {
		return false
	}
	_, most := probe.DeferredACKs(*k.drops, k.listenDrops, k.deferred)
	return most == *k.drops
}

// overflow is the verdict this program exists for. Affected counts the requests of a bin that it is to explain.
func (k *witness) overflow(c *Cause, saw string, affected func(*bin) uint64) {
	c.Code = queueFull
	where := "its accept queue was full"
	if limit := k.queue.limit; k.queue.full || limit != nil {
		if k.queue.full { // another socket at its address may have another limit
			limit = &k.queue.held
		}
		where = fmt.Sprintf("its accept queue (backlog %d, %d places) was full", *limit, uint64(*limit)+1)
	}
	c.Text = fmt.Sprintf("The backend's kernel dropped %d connection attempts because %s; the client saw %s%s.", *k.overflows, where, saw, k.neverSaw())
	c.EvidenceLevel = k.level(c, affected)
	k.whyFull(c, affected)
}

// neverSaw answers what most people expect of an overflow, where it did not happen.
func (k *witness) neverSaw() string {
	saw := k.lane.outcomes()
	resets := saw[loadgen.ConnectReset] + saw[loadgen.ResetBeforeResponse] + saw[loadgen.ResetMidResponse]
	switch {
	case resets == 0 && saw[loadgen.HTTP502] == 0:
		return ", no reset and no 502"
	case saw[loadgen.HTTP502] == 0:
		return ", no 502"
	}
	return ""
}

// level climbs the ladder: order, then accounting.
func (k *witness) level(c *Cause, affected func(*bin) uint64) int {
	from, _, ok := k.run.overflowBegan(k.lane)
	first, bad := k.lane.firstBin(affected)
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
	if first, ok := k.lane.firstBin(k.countFull); ok && k.queue.full && k.queue.at <= first+runfile.BinWidth {
		return 1
	}
	return 0
}

// countFull counts a bin's failures of the kinds that a full queue produced here.
func (k *witness) countFull(b *bin) (n uint64) {
	for o := range k.failures[byQueue] {
		n += b.due[o]
	}
	return n
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
	add(k.namespace, "%d overflows in the backend's network namespace (TcpExtListenOverflows)")
	if value(k.overflows) < value(k.namespace) {
		add(k.overflows, "%d of them at most are this listener's, by its own drops")
		if others := k.run.theOthers(k.lane.ListenerHost); others != "" {
			out = append(out, "other listeners of the namespace, over the whole run: "+others)
		}
	}
	add(k.drops, "%d drops of this listener (sk_drops)")
	if value(k.deferred) > 0 {
		add(k.deferred, "%d bare ACKs that TCP_DEFER_ACCEPT ignored in the namespace (TcpExtTCPDeferAcceptDrop): so many of the drops may be no loss")
	}
	add(k.listenDrops, "%d listen drops in the namespace (TcpExtListenDrops)")
	out = append(out, k.tracedResets()...)
	if q := k.queue; q.depth != nil && q.limit != nil {
		text := fmt.Sprintf("Recv-Q at most %d, limit %d: ", *q.depth, *q.limit)
		if q.full && q.held != *q.limit {
			text += fmt.Sprintf("a queue with a limit of %d was seen full", q.held)
		} else if q.full {
			text += "limit + 1 was seen, the queue was full"
		} else {
			text += "not seen full; bursts shorter than the sampling are missed"
		}
		out = append(out, text)
	}
	return out
}

// whose names the other listeners that dropped packets, where the record knows them.
func (k *witness) whose() string {
	if others := k.run.theOthers(k.lane.ListenerHost); others != "" {
		return " (" + others + ")"
	}
	return ""
}

func (k *witness) errorLog() map[string]uint64 {
	sum := map[string]uint64{}
	for _, t := range k.lane.trials {
		errors, _ := k.run.log(t)
		for class, n := range errors {
			sum[class] += n
		}
	}
	for class, n := range k.gapLines() {
		sum[class] -= n
	}
	return sum
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
