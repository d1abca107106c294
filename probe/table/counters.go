package table

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/probe"
	"weir/probe/tally"
)

// weight of a counter: those of lost connections come first, then resets and retries, then everything else.
func weight(name string) probe.Weight {
	m, _ := probe.MetricOf(name)
	return m.Weight
}

// changed are the counters that moved since the watching began, the gravest first.
func changed(v tally.View) []tally.Counter {
	var out []tally.Counter
	for _, c := range v.Counters {
		if c.Since > 0 && !strings.HasPrefix(c.Name, "trace.accept.") { // those have a line of their own
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b tally.Counter) int {
		return cmp.Compare(weight(b.Name),
			weight(a.Name))
	})
	return out
}

// waits says how long connections have stood in the accept queues since that is traced, which is as long as
// we watch.
func waits(v tally.View) string {
	all := map[string]uint64{}
	for _, c := range v.Counters {
		all[c.Name] = c.Value
	}
	t := probe.TracesBetween(nil, all)
	if t == nil || t.Accepts == 0 {
		return ""
	}
	mean := t.Wait / time.Duration(t.Accepts)
	return fmt.Sprintf("wait for accept(): mean %s, p50 ≤ %s, p99 ≤ %s of %s connections",
		rounded(mean), rounded(t.Quantile(0.5)), rounded(t.Quantile(0.99)), grouped(t.Accepts))
}

// rounded is a time in three digits or so.
func rounded(d time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
}

// counters draws those that changed. Loss that goes on is red, loss that was is yellow.
func (p *painter) counters(v tally.View) {
	if text := waits(v); text != "" {
		p.line(plain, text)
	}
	moved := changed(v)
	if len(moved) == 0 {
		p.line(dim, "no counter has changed")
		return
	}
	p.line(dim, fmt.Sprintf("%-32s %14s %12s", "counter (namespace or host)", "since start", "per second"))
	for _, c := range moved {
		s := plain
		switch {
		case weight(c.Name) == probe.Loss && c.Rate > 0:
			s = red
		case weight(c.Name) == probe.Loss:
			s = yellow
		}
		p.line(s, fmt.Sprintf("%-32s %14s %12s", Printable(c.Name), grouped(c.Since), rate(c.Rate)))
	}
}

// Line is how things stand in one line, for a log: v's window is what "/s" and "peak" are of.
func Line(head Head, v tally.View) string {
	parts := []string{elapsed(v.Sample.At)}
	for _, l := range v.Listeners {
		text := name(l) + " " + absence(v)
		if l.Sockets > 0 {
			text = fmt.Sprintf("%s %d/%d peak %d", name(l), l.Depth, l.Limit, l.Lately)
		}
		if l.Drops != nil {
			text += fmt.Sprintf(" drops %d +%s/s", l.Drops.Since, rate(l.Drops.Rate))
			if n := l.Drops.Since - l.Drops.Lost; n > 0 {
				text += fmt.Sprintf(" (%d are bare ACKs, ignored by TCP_DEFER_ACCEPT)", n)
			}
		}
		parts = append(parts, text)
	}
	for _, name := range head.Unheard(v) {
		parts = append(parts, Printable(name)+" "+absence(v)+waiting(v))
	}
	if text := others(v); text != "" {
		parts = append(parts, text)
	}
	for _, c := range changed(v) {
		if weight(c.Name) == probe.Loss {
			parts = append(parts, fmt.Sprintf("%s %d +%s/s", Printable(c.Name), c.Since, rate(c.Rate)))
		}
	}
	if text := waits(v); text != "" {
		parts = append(parts, text)
	}
	for _, e := range v.Errors {
		if !e.Lost { // that was said in the beginning
			parts = append(parts, Printable(e.Source)+" not known")
		}
	}
	return strings.Join(parts, " · ")
}
