package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"weir/loadgen"
)

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
