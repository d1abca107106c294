package analysis

import (
	"math"
	"strings"
	"testing"
	"time"

	"weir/report/result"

	"weir/probe"
)

// TestTracedQueue: the wait in the accept queue is what eBPF timed since the first sample, beside what the
// sampled queue comes to; and that no RST refused a handshake is evidence.
func TestTracedQueue(t *testing.T) {
	w := short()
	n := uint64(0)
	w.Sample = func(s *probe.Sample) {
		n++
		s.Counters["trace.accept.count"] = 100 + n
		s.Counters["trace.accept.unaccounted"] = 3
		s.Counters["trace.accept.wait_ns"] = 7 + n*uint64(40*ms)
		s.Counters["trace.accept.wait.80"] = 50 + n // 2^20 ns and a quarter more
		s.Counters["trace.rst.received"] = 0
		s.Counters["trace.rst.sent.connection.TCP_ABORT_ON_CLOSE"] = 5
		s.Counters["trace.rst.sent.nobody.X"] = 9 // no kernel says so
	}
	a := analyze(t, record(t, w))
	got := a.Hosts[0].Traced
	if got == nil || got.Accepts != n-1 || got.Unaccounted != 0 || got.Wait == nil {
		t.Fatalf("%+v, want %d accepts", got, n-1)
	}
	if math.Abs(got.Wait.Mean-0.04) > 1e-9 || got.Wait.P50 != got.Wait.Max ||
		got.Wait.Max != (1280*1024*time.Nanosecond).Seconds() {
		t.Errorf("%+v", got.Wait)
	}
	if len(got.SentRST) != 0 || *got.ByRecvQ <= 0 {
		t.Errorf("RSTs %v, by Recv-Q %v", got.SentRST, *got.ByRecvQ)
	}
	const silent = "eBPF: the kernel sent no RST"
	if c := a.Lanes[0].Cause; !strings.Contains(evidence(c), silent) {
		t.Error(evidence(c))
	}

	w.Sample = func(s *probe.Sample) {
		n++
		s.Counters["trace.accept.count"], s.Counters["trace.rst.sent.listener.INVALID_SYN"] = n, 2*n
	}
	n = 0
	a = analyze(t, record(t, w))
	if got := a.Hosts[0].Traced.SentRST; len(got) != 1 ||
		got[0] != (result.SentRST{For: "listener", Reason: "INVALID_SYN", Count: 2 * (n - 1)}) {
		t.Errorf("%v", got)
	}
	if c := a.Lanes[0].Cause; strings.Contains(evidence(c), silent) {
		t.Error(evidence(c))
	}
}
