package probe

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/probe/trace"
)

// Names of what is traced, as counters of a Sample.
const (
	traceAccepts     = "trace.accept.count"
	traceUnaccounted = "trace.accept.unaccounted"
	traceWaitSum     = "trace.accept.wait_ns"
	traceWaits       = "trace.accept.wait." // + number of the trace.Bucket
	traceReceived    = "trace.rst.received"
	traceSent        = "trace.rst.sent." // + party "." reason
)

// RST is a kind of RST that the kernel sent.
type RST = trace.Reset

// RSTForListener is whom an RST was sent for that refused a handshake.
const RSTForListener = trace.Listener

// Traces is what eBPF saw of a host's watched listeners between two samples.
type Traces struct {
	Accepts     uint64        // connections whose time in the accept queue is known
	Unaccounted uint64        // accepted ones of which it is not
	Wait        time.Duration // of all Accepts together
	Waits       map[trace.Bucket]uint64
	SentRST     map[RST]uint64
	ReceivedRST uint64
}

// TraceCounters are those counters of a sample that are traced; nil where nothing is.
func TraceCounters(counters map[string]uint64) map[string]uint64 {
	if _, ok := counters[traceAccepts]; !ok {
		return nil
	}
	only := map[string]uint64{}
	for name, n := range counters {
		if strings.HasPrefix(name, "trace.") {
			only[name] = n
		}
	}
	return only
}

// TracesBetween is what the counters of a later sample have more than those of an earlier one; nil where they
// are not traced. What the earlier one does not have began at zero.
func TracesBetween(before, after map[string]uint64) *Traces {
	if _, ok := after[traceAccepts]; !ok {
		return nil
	}
	grown := func(name string) uint64 {
		if was := before[name]; was <= after[name] {
			return after[name] - was
		}
		return after[name] // traced anew
	}
	t := &Traces{
		Accepts: grown(traceAccepts), Unaccounted: grown(traceUnaccounted),
		Wait:        time.Duration(grown(traceWaitSum)),
		ReceivedRST: grown(traceReceived), Waits: map[trace.Bucket]uint64{}, SentRST: map[RST]uint64{},
	}
	for name := range after {
		n := grown(name)
		if n == 0 {
			continue
		}
		if number, ok := strings.CutPrefix(name, traceWaits); ok {
			if b, err := strconv.ParseUint(number, 10, 8); err == nil {
				t.Waits[trace.Bucket(b)] = n
			}
		} else if what, ok := strings.CutPrefix(name, traceSent); ok {
			if r, ok := parseReset(what); ok {
				t.SentRST[r] = n
			}
		}
	}
	return t
}

// parseReset refuses what no kernel says: the counters may come from elsewhere.
func parseReset(s string) (RST, bool) {
	party, reason, _ := strings.Cut(s, ".")
	r := RST{For: trace.Party(party), Reason: reason}
	known := r.For == trace.Listener || r.For == trace.Connection || r.For == trace.NoSocket
	strange := func(c rune) bool { return !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_') }
	return r, known && len(reason) <= 64 && !strings.ContainsFunc(reason, strange)
}

// Quantile is the bucket's end below which at least the share q of the waits lies: the truth is less, by a
// quarter of it at most. 0 where there are none.
func (t *Traces) Quantile(q float64) time.Duration {
	total := uint64(0)
	for _, n := range t.Waits {
		total += n
	}
	rank, sum := uint64(math.Ceil(q*float64(total))), uint64(0)
	for _, b := range slices.Sorted(maps.Keys(t.Waits)) {
		if sum += t.Waits[b]; sum >= rank {
			return b.To()
		}
	}
	return 0
}
