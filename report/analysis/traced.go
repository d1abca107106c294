package analysis

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"weir/report/result"

	"weir/probe"
)

// traced is what eBPF saw at a host, from the first sample to the last, beside what the sampled queue comes to.
type traced struct {
	first, last map[string]uint64
	at          time.Duration // of the last sample
	depth       uint64        // of all watched TCP queues in it
	queued      float64       // connections × seconds, since the first
}

// longGap is a time between two samples in which nobody knows how long the queue was.
const longGap = time.Second

func (t *traced) sample(rec *probe.Sample) {
	now := probe.TraceCounters(rec.Counters)
	if now == nil {
		return
	}
	if t.first == nil {
		t.first = now
	} else if passed := rec.At - t.at; passed > 0 && passed < longGap {
		t.queued += float64(t.depth) * passed.Seconds()
	}
	t.last, t.at, t.depth = now, rec.At, 0
	for _, l := range rec.Listeners {
		if !l.Unix() {
			t.depth += uint64(l.Depth)
		}
	}
}

// between is what happened since the first sample; nil where nothing is traced.
func (t *traced) between() *probe.Traces { return probe.TracesBetween(t.first, t.last) }

func (t *traced) report() *result.Traced {
	got := t.between()
	if got == nil {
		return nil
	}
	out := &result.Traced{Accepts: got.Accepts, Unaccounted: got.Unaccounted, ReceivedRST: got.ReceivedRST, SentRST: []result.SentRST{}}
	if got.Accepts > 0 {
		quantile := func(q float64) float64 { return got.Quantile(q).Seconds() }
		out.Wait = &result.TraceWait{
			Mean: got.Wait.Seconds() / float64(got.Accepts), P50: quantile(0.5), P90: quantile(0.9), P99: quantile(0.99), Max: quantile(1),
		}
		byRecvQ := t.queued / float64(got.Accepts+got.Unaccounted)
		out.ByRecvQ = &byRecvQ
	}
	for _, r := range resets(got) {
		out.SentRST = append(out.SentRST, result.SentRST{For: string(r.For), Reason: r.Reason, Count: got.SentRST[r]})
	}
	return out
}

// resets are the kinds of RSTs that were sent, the most first.
func resets(t *probe.Traces) []probe.RST {
	return slices.SortedFunc(maps.Keys(t.SentRST), func(a, b probe.RST) int {
		return cmp.Or(cmp.Compare(t.SentRST[b], t.SentRST[a]), cmp.Compare(a.For, b.For), cmp.Compare(a.Reason, b.Reason))
	})
}

// refused is how many RSTs the kernel sent for the watched listeners, refusing handshakes; nil where nothing is traced. That
// there was none is worth as much, because a reset is what most people take an overflow for.
func (t *traced) refused() *uint64 {
	got := t.between()
	if got == nil {
		return nil
	}
	n := uint64(0)
	for r, count := range got.SentRST {
		if r.For == probe.RSTForListener {
			n += count
		}
	}
	return &n
}
