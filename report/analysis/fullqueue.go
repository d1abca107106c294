package analysis

import (
	"fmt"
	"strings"

	"weir/report/result"

	"weir/loadgen"
	"weir/probe"
	"weir/probe/nginxlog"
	"weir/report/runfile"
)

// fullQueue applies the rules for failures that a full queue produces.
func (k *witness) fullQueue() result.Cause {
	n := k.failures.sum(byQueue)
	saw := list(k.failures[byQueue])
	c := result.Cause{Code: undetermined, Evidence: k.counters()}
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
		c.Text = fmt.Sprintf("The client saw %s. Accept queues in the backend's network namespace overflowed %s, but whether this listener's did is not known: its own drops (%d) may all be bare ACKs that TCP_DEFER_ACCEPT ignored, and its queue was not seen full.", saw, often(*k.namespace), *k.drops)
	case value(k.overflows) > 0 && k.drops == nil && k.agrees() && k.queue.full:
		k.overflow(&c, saw, k.countFull)
		c.Evidence = append(c.Evidence, "the kernel does not tell this listener's own drops: that it was this listener rests on its full queue and on the equal counts")
	case value(k.overflows) > 0 && k.drops != nil && enough(k.drops) && enough(k.overflows):
		k.overflow(&c, saw, k.countFull)
	case value(k.overflows) > 0 && k.lane.Listener == "":
		c.Text = fmt.Sprintf("The client saw %s. An accept queue in the backend's network namespace overflowed %s, but which one is not known: name the backend's listener (--probe-listener).", saw, often(*k.overflows))
	case enough(k.synDrops()):
		c.Code = "syn_queue_overflow"
		c.Text = fmt.Sprintf("The SYN queue was full, not the accept queue: the kernel dropped %s without an overflow; the client saw %s.", number(*k.synDrops(), "SYN"), saw)
		if n := value(k.overflows); n > 0 {
			c.Text += fmt.Sprintf(" The accept queue overflowed %s beside that.", often(n))
		}
	case value(k.overflows) > 0:
		c.Text = fmt.Sprintf("The accept queue overflowed %s, which does not account for %s; something else took part.", often(*k.overflows), saw)
	case value(k.synDrops()) > 0:
		c.Text = fmt.Sprintf("The kernel dropped %s without an overflow, which does not account for %s; something else took part.", number(*k.synDrops(), "SYN"), saw)
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
func (k *witness) overflow(c *result.Cause, saw string, affected func(*bin) uint64) {
	c.Code = queueFull
	where := "its accept queue was full"
	if limit := k.queue.limit; k.queue.full || limit != nil {
		if k.queue.full { // another socket at its address may have another limit
			limit = &k.queue.held
		}
		where = fmt.Sprintf("its accept queue (backlog %d, %d places) was full", *limit, uint64(*limit)+1)
	}
	c.Text = fmt.Sprintf("The backend's kernel dropped %s because %s; the client saw %s%s.", number(*k.overflows, "connection attempt"), where, saw, k.neverSaw())
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
func (k *witness) level(c *result.Cause, affected func(*bin) uint64) int {
	from, _, ok := k.run.overflowBegan(k.lane)
	first, bad := k.lane.firstBin(affected)
	if !ok || !bad || from > first+runfile.BinWidth {
		return 0
	}
	c.Evidence = append(c.Evidence, fmt.Sprintf("order: the first overflow came after %.2f s, the first failure was due in the tenth of a second from %.1f s", from.Seconds(), first.Seconds()))
	if !k.agrees() {
		return 1
	}
	c.Evidence = append(c.Evidence, fmt.Sprintf("accounting: %s, %s; %s", number(k.rec.Overflows, "overflow"), number(k.rec.ClientFailures, "failure"), strings.TrimPrefix(k.rec.Verdict, "agree: ")))
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
