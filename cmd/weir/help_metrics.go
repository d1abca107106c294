package main

import (
	"fmt"
	"strings"

	"weir/report/analysis/gate"
)

// metricsTopic is `weir help metrics`: the table of the gate.
func metricsTopic() string {
	all := gate.Metrics()
	return `# weir help metrics: what --assert and --abort-if can name

A metric is of a lane (proxy.bad.rate), or of each where none is named.
failed: no good answer. late: a good answer after the deadline. bad: both.
--abort-if takes shares, percentiles of the latency and, marked with +, what
only grows during a run. abort behind an assertion takes those marked with +.

Most used:
` + metricLines(all[:gate.Common]) + "\nAll others:\n" + metricLines(all[gate.Common:])
}

// metricLines has a line for each metric: name, unit and meaning.
func metricLines(list []gate.Metric) string {
	const name, unit = 32, 7 // columns
	var b strings.Builder
	for _, m := range list {
		if m.Grows {
			m.Name += " +"
		}
		for i, line := range wrap(m.What, helpWidth-name-unit) {
			if i > 0 {
				m.Name, m.Unit = "", ""
			}
			fmt.Fprintf(&b, "%-*s%-*s%s\n", name, m.Name, unit, m.Unit, line)
		}
	}
	return b.String()
}
