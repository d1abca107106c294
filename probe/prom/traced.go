package prom

import (
	"github.com/prometheus/client_golang/prometheus"

	"weir/probe"
	"weir/probe/tally"
	"weir/probe/trace"
)

// What eBPF saw, where it was asked for.
var (
	acceptWait = prometheus.NewDesc("weir_accept_queue_wait_seconds",
		"Time that connections stood in the accept queues of the watched TCP listeners, from --trace on.",
		nil, nil)
	untimed = prometheus.NewDesc("weir_accept_unaccounted_total",
		"Accepted connections of which that time was not taken: they were queued before.", nil, nil)
	rstSent = prometheus.NewDesc("weir_rst_sent_total",
		"RSTs that the kernel sent from the watched ports, by whom they were for and the kernel's reason.",
		[]string{"for", "reason"}, nil)
	rstReceived = prometheus.NewDesc("weir_rst_received_total",
		"Connections of the watched ports that an RST ended.", nil, nil)
)

// collectTraced shows the traced counters as what they are together: a histogram, and resets with labels. Its
// buckets are the octaves': four times as many series would say little more.
func collectTraced(out chan<- prometheus.Metric, counters []tally.Counter) {
	all := map[string]uint64{}
	for _, c := range counters {
		all[c.Name] = c.Value
	}
	t := probe.TracesBetween(nil, all)
	if t == nil {
		return
	}
	const first, last, octave = 14 << 2, 37 << 2, 1 << 2 // 16 µs to over a minute
	buckets := map[float64]uint64{}
	for end := first; end <= last; end += octave {
		below := uint64(0)
		for b, n := range t.Waits {
			if int(b) < end {
				below += n
			}
		}
		buckets[trace.Bucket(end).From().Seconds()] = below
	}
	out <- prometheus.MustNewConstHistogram(acceptWait, t.Accepts, t.Wait.Seconds(), buckets)
	out <- prometheus.MustNewConstMetric(untimed, prometheus.CounterValue, float64(t.Unaccounted))
	out <- prometheus.MustNewConstMetric(rstReceived, prometheus.CounterValue, float64(t.ReceivedRST))
	for r, n := range t.SentRST {
		out <- prometheus.MustNewConstMetric(rstSent, prometheus.CounterValue, float64(n), string(r.For),
			r.Reason)
	}
}
