package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"weir/probe"
	"weir/report/result"

	"weir/loadgen"
)

// The rungs of the evidence ladder. One run climbs to the second; the third and fourth need runs that
// differ in what is claimed to matter, and are never claimed from one.
var ladder = [...]string{"none", "order", "accounting", "dose-response", "intervention"}

// explained is the share of a lane's failures for which a counter must account before it is called their cause.
const explained = 0.9

// cause names the mechanism behind most of a lane's failures. Its opinion is that a wrong cause is worse
// than none: what the record cannot prove is "undetermined", with what was seen as evidence. It also says the same of
// each class of failures by itself, the most frequent first.
func (r *run) cause(l *lane, c serverCapacity, rec result.Reconciliation) (result.Cause, []result.ClassCause) {
	k := witness{run: r, lane: l, capacity: c, failures: r.allFailures(l), rec: rec, queue: l.queue()}
	k.drops = l.sum(func(f *figures) *uint64 { return f.drops })
	k.listenDrops = l.sum(func(f *figures) *uint64 { return f.listenDrops })
	k.queueDrops = l.sum(func(f *figures) *uint64 { return f.queueDrops })
	k.deferred = l.sum(func(f *figures) *uint64 { return f.deferred })
	k.overflows = l.overflows()
	k.namespace = l.sum(func(f *figures) *uint64 { return f.namespace })
	each := k.eachClass()
	if len(each) == 0 {
		return k.nothing(), each
	}
	return leading(each), each
}

// eachClass explains the classes that have any failures, the most frequent first.
func (k *witness) eachClass() []result.ClassCause {
	each := []result.ClassCause{}
	for _, class := range []struct {
		name    string
		explain func() result.Cause
	}{
		{byQueue, k.fullQueue}, {byLate, k.late}, {byGenerator, k.generator}, {byRefused, k.refused}, {byProxy, k.proxy},
		{byServer, k.server}, {byClosed, k.closed}, {bySlow, k.slow}, {byRaced, k.raced},
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
		each = append(each, result.ClassCause{Class: class.name, Requests: n, Cause: c})
	}
	slices.SortStableFunc(each, func(a, b result.ClassCause) int { return cmp.Compare(b.Requests, a.Requests) })
	return each
}

// leading is the cause that most of the failures have, classes of one cause together, as it is told of the most frequent of
// them; how many failures have another is said with it.
func leading(each []result.ClassCause) result.Cause {
	var total uint64
	of := map[string]uint64{} // by code
	for _, c := range each {
		total += c.Requests
		if c.Cause.Code != undetermined { // classes of which nothing is known need not have one cause
			of[c.Cause.Code] += c.Requests
		}
	}
	weight := func(c result.ClassCause) uint64 { return max(c.Requests, of[c.Cause.Code]) }
	first := slices.MaxFunc(each, func(a, b result.ClassCause) int { return cmp.Compare(weight(a), weight(b)) })
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
	rec      result.Reconciliation
	queue    queue

	overflows, namespace, drops, listenDrops, queueDrops, deferred *uint64
}

func (k *witness) nothing() result.Cause {
	c := result.Cause{Code: "none", EvidenceName: ladder[0], Text: "No request went bad, so there is no cause to name.", Evidence: k.counters()}
	canceled := k.lane.outcomes()[loadgen.Canceled]
	switch n := value(k.namespace); {
	case n == 0 || probe.IsUnix(k.lane.Listener):
	case k.drops != nil && *k.drops == 0:
		c.Text = fmt.Sprintf("No request went bad. The overflows in the backend's namespace (%d) were another listener's%s.", n, k.whose())
	case k.drops == nil:
		c.Text = fmt.Sprintf("No request went bad, but the backend's namespace counted %s, which may have been another listener's.", number(n, "overflow"))
	case canceled > 0:
		c.Text = fmt.Sprintf("No request went bad by the time that the run ended, and the accept queue overflowed %s.", often(n))
	default:
		c.Text = fmt.Sprintf("No request went bad, but the accept queue overflowed %s: retransmitted SYNs hid it from the client.", often(n))
	}
	if canceled > 0 {
		c.Text += fmt.Sprintf(" What became of the %s on their way then is not known.", number(canceled, "request"))
	}
	return c
}
