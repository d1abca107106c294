package table

import (
	"fmt"
	"strings"

	"weir/probe/tally"
)

// levels is what may run short beside the accept queues, in one line: what is read of it, and no more.
func levels(gauges map[string]uint64) string {
	var parts []string
	for _, g := range []struct{ name, what string }{
		{"listen.syn_recv", "SYN queue"}, {"tcp.towards.syn_sent", "SYN_SENT"},
		{"sockstat.TCP.tw", "TIME_WAIT"},
	} {
		if n, known := gauges[g.name]; known {
			parts = append(parts, g.what+" "+grouped(n))
		}
	}
	used, known := gauges["ports.used"]
	if of, ranged := gauges["ports.range"]; known && ranged {
		parts = append(parts, fmt.Sprintf("ports %d/%d", used, of))
	}
	if n, known := gauges["psi.cpu.some.avg10"]; known {
		parts = append(parts, fmt.Sprintf("PSI cpu %.1f%%", float64(n)/100))
	}
	return strings.Join(parts, " · ")
}

// levels draws them.
func (p *painter) levels(v tally.View) {
	for _, line := range wrapped(levels(v.Sample.Gauges), p.width) {
		p.line(plain, line)
	}
}

// others says that somebody else's queue overflowed; "" where that is not known.
func others(v tally.View) string {
	n := v.Overflows.Others
	if n == nil || *n == 0 {
		return ""
	}
	return fmt.Sprintf("another listener's: at least %s of %s overflows since start", grouped(*n),
		grouped(*v.Overflows.Namespace))
}

// asides are what is to be said of the listeners beside their rows.
func (p *painter) asides(head Head, v tally.View) {
	p.deferred(v)
	if text := others(v); text != "" {
		p.line(plain, text+" (weir probe --once)")
	}
	for _, text := range head.Clamps(v) {
		for _, line := range wrapped(text, p.width) {
			p.line(dim, line)
		}
	}
}

// Clamps says of each listener that may have a shorter queue than its server asked for why that is so.
func (h Head) Clamps(v tally.View) (texts []string) {
	for _, l := range v.Listeners {
		if h.Clamp == nil || l.Sockets == 0 {
			continue
		}
		if text := h.Clamp(l.Addr, l.Limit); text != "" {
			texts = append(texts, Printable(l.Addr+" "+text))
		}
	}
	return texts
}
