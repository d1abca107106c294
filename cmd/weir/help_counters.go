package main

import (
	"fmt"
	"strings"

	"weir/probe"
)

// counterScopes are the scopes of the probe's table, in the order in which the topic shows them.
var counterScopes = []struct {
	scope probe.Scope
	about string
}{
	{probe.Namespace, "the network namespace, all its sockets together"},
	{probe.Watched, "the watched listeners, and the connections to their ports"},
	{probe.Processes, "the processes that hold a watched listener, since weir first saw them"},
	{probe.Cgroups, "the control groups of these processes, since weir first saw them"},
	{probe.Host, "the whole machine"},
	{probe.Itself, "the reading itself"},
}

// countersTopic is `weir help counters`: the table of the probe.
func countersTopic() string {
	var b strings.Builder
	b.WriteString(`# weir help counters: the kernel's counters and gauges

weir probe and the record of a run use these names. They are nstat's where
nstat has one. Counters only grow; gauges are levels. What a kernel does not
have, or does not show to this user, is absent, and not zero.
`)
	for _, s := range counterScopes {
		fmt.Fprintf(&b, "\nOf %s:\n", s.about)
		for _, m := range probe.Metrics {
			if m.Scope == s.scope {
				counterLines(&b, m)
			}
		}
	}
	return b.String()
}

// counterLines has a metric's name beside its meaning.
func counterLines(b *strings.Builder, m probe.Metric) {
	meaning := m.Help
	if m.Kind == probe.Gauge {
		meaning += " A gauge."
	}
	if m.Unit != probe.Things {
		meaning += fmt.Sprintf(" Unit: %s.", m.Unit)
	}
	nameLines(b, 28, m.Name, meaning)
}

// nameLines has a name in a column of that width beside its meaning, or above it where it is too long.
func nameLines(b *strings.Builder, width int, name, meaning string) {
	if len(name) >= width {
		fmt.Fprintln(b, name)
		name = ""
	}
	for i, line := range wrap(meaning, helpWidth-width) {
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(b, "%-*s%s\n", width, name, line)
	}
}
