// Package prom shows a probe to Prometheus: queues, drops and counters of one host under conventional names,
// for weeks. Counters are the kernel's own and go on where they are when we are restarted; what cannot be
// read now is absent, and never zero. It is not for experiments: a scrape every 15 s sees a queue that was
// full for one of them only by its peak and its drops.
package prom

import (
	_ "embed"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"weir/probe"
	"weir/probe/tally"
)

// Alerts are example rules for Prometheus, in YAML.
//
//go:embed alerts.yaml
var Alerts string

// Dashboard is an example for Grafana, as it imports it.
//
//go:embed dashboard.json
var Dashboard string

// PeakWindow is how far weir_listener_accept_queue_peak looks back: longer than a usual scrape interval, so
// that no full queue falls between two scrapes.
const PeakWindow = "1m"

// collector shows what view returns at each scrape.
type collector struct {
	view func() tally.View

	mu    sync.Mutex
	descs map[string]*prometheus.Desc // of counters and gauges, by kernel name
}

// NewCollector makes a collector that asks view for the state at each scrape.
func NewCollector(view func() tally.View) prometheus.Collector {
	return &collector{view: view, descs: map[string]*prometheus.Desc{}}
}

func listener(name, text string) *prometheus.Desc {
	return prometheus.NewDesc("weir_listener_"+name, text, []string{"listener"}, nil)
}

var (
	queueLength = listener("accept_queue_length",
		"Connections waiting in the accept queue (Recv-Q); of the fullest socket where several share the address.")
	queueLimit = listener("accept_queue_limit",
		"Backlog of the same socket after the kernel's clamp (Send-Q). One more connection than this fits.")
	queuePeak = listener("accept_queue_peak",
		"Highest accept queue length that was sampled within the last "+PeakWindow+".")
	lossRate = listener("loss_rate", "Packets a second, within the last "+PeakWindow+
		", that the sockets at this address dropped, without the bare ACKs that TCP_DEFER_ACCEPT ignores: connections lost, or late by a retransmission. Absent for unix sockets.")
	sockets = listener("sockets",
		"Listening sockets at this address; 0 where there was one. Absent while the listeners cannot be seen.")
	opened = listener("sockets_opened_total",
		"Listening sockets that appeared while this exporter ran: restarts of the server.")
	drops = listener("drops_total",
		"Packets that the sockets at this address dropped, over restarts of the server; bare ACKs that TCP_DEFER_ACCEPT ignores are among them, which are no loss. Absent for unix sockets, where the kernel counts none.")

	readings = prometheus.NewDesc("weir_probe_samples_total", "Readings of the kernel.", nil, nil)
	lost     = prometheus.NewDesc("weir_probe_source_lost",
		"1 for a source that could not be opened when the exporter started; what it would have shown is absent until it is started again.", []string{"source"}, nil)
	failures = prometheus.NewDesc("weir_probe_source_errors_total",
		"Readings in which a source failed; what it would have shown is absent.", []string{"source"}, nil)
)

// Describe names nothing: which counters there are depends on the kernel (an "unchecked" collector).
func (c *collector) Describe(chan<- *prometheus.Desc) {}

func (c *collector) Collect(out chan<- prometheus.Metric) {
	v := c.view()
	collectTraced(out, v.Counters)
	for _, one := range v.Counters {
		c.collect(out, one.Name, one.Value, prometheus.CounterValue)
	}
	for name, value := range v.Sample.Gauges {
		c.collect(out, name, value, prometheus.GaugeValue)
	}
	for _, l := range v.Listeners {
		collectListener(out, v, l)
	}
	out <- prometheus.MustNewConstMetric(readings, prometheus.CounterValue, float64(v.Samples))
	for source, n := range v.Failures {
		out <- prometheus.MustNewConstMetric(failures, prometheus.CounterValue, float64(n), tidy(source))
	}
	for _, e := range v.Errors {
		if e.Lost {
			out <- prometheus.MustNewConstMetric(lost, prometheus.GaugeValue, 1, tidy(e.Source))
		}
	}
}

// collect shows a counter or a gauge of the kernel. What was traced is shown by collectTraced, and what is
// about the reading itself is nobody's metric.
func (c *collector) collect(out chan<- prometheus.Metric, name string, value uint64,
	kind prometheus.ValueType) {
	of, known := probe.MetricOf(name)
	if !known || of.Scope == probe.Itself || of.Source == "trace" {
		return
	}
	m := named(of)
	out <- prometheus.MustNewConstMetric(c.desc(m), kind, float64(value)*m.scale)
}

// collectListener shows one address; one where nobody listens now has only its history.
func collectListener(out chan<- prometheus.Metric, v tally.View, l tally.Listener) {
	name := tidy(l.Addr)
	gauge := func(d *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, name)
	}
	if l.Sockets > 0 {
		gauge(queueLength, float64(l.Depth))
		gauge(queueLimit, float64(l.Limit))
		gauge(queuePeak, float64(l.Lately))
	}
	if l.Sockets > 0 || !v.Blind {
		gauge(sockets, float64(l.Sockets))
	}
	if l.Drops != nil && v.Window > 0 {
		gauge(lossRate, l.Drops.LostRate)
	}
	out <- prometheus.MustNewConstMetric(opened, prometheus.CounterValue, float64(l.Opened), name)
	if l.Drops != nil {
		out <- prometheus.MustNewConstMetric(drops, prometheus.CounterValue, float64(l.Drops.Total), name)
	}
}

func (c *collector) desc(m metric) *prometheus.Desc {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.descs[m.name]
	if d == nil {
		d = prometheus.NewDesc(m.name, m.help, nil, nil)
		c.descs[m.name] = d
	}
	return d
}
