package prom

import (
	"strings"
	"testing"
	"time"

	"weir/probe"
	"weir/probe/tally"
)

func TestTraced(t *testing.T) {
	ta := tally.New(time.Second)
	ta.Add(probe.Sample{Counters: map[string]uint64{
		"trace.accept.count": 5, "trace.accept.unaccounted": 2, "trace.accept.wait_ns": 3e9,
		"trace.rst.received":   1,
		"trace.accept.wait.60": 3, "trace.accept.wait.119": 2, // from 32,768 ns, and to 2^30 ns
		"trace.rst.sent.listener.INVALID_SYN": 4,
	}})
	text := scrape(t, ta, "/metrics")
	for _, want := range []string{
		"# TYPE weir_accept_queue_wait_seconds histogram", "weir_accept_queue_wait_seconds_count 5",
		"weir_accept_queue_wait_seconds_sum 3",
		`wait_seconds_bucket{le="3.2768e-05"} 0`, `wait_seconds_bucket{le="6.5536e-05"} 3`,
		`wait_seconds_bucket{le="0.536870912"} 3`, `wait_seconds_bucket{le="1.073741824"} 5`,
		"weir_accept_unaccounted_total 2", "weir_rst_received_total 1",
		`weir_rst_sent_total{for="listener",reason="INVALID_SYN"} 4`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if strings.Contains(text, "weir_trace") {
		t.Error("a traced counter is shown twice")
	}
	if t.Failed() {
		t.Log(text)
	}
}
