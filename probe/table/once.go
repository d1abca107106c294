package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"weir/probe"
)

// Once is a single reading as text, every value of it: one thing a line, its name first and its numbers
// behind it, so that grep and awk can take it apart. Counters are as the kernel has them, since the namespace
// was made. Where d says that a listener may have less than was asked for, a line "backlog" says what it
// says; and a line "server" which processes hold it.
func Once(s probe.Sample, d probe.Discovery) string {
	var b strings.Builder
	for _, l := range s.Listeners {
		fmt.Fprintf(&b, "listener %s recv-q %d limit %d", Printable(l.Addr), l.Depth, l.Limit)
		if l.Drops != nil {
			fmt.Fprintf(&b, " drops %d", *l.Drops)
		}
		b.WriteByte('\n')
		if d.Clamped(l) {
			fmt.Fprintf(&b, "backlog %s %s\n", Printable(l.Addr), Printable(d.Clamp(l)))
		}
		for _, server := range d.Servers {
			if slices.Contains(server.Inodes, l.Inode) {
				fmt.Fprintf(&b, "server %s %s\n", Printable(l.Addr), Printable(server.String()))
			}
		}
	}
	for _, values := range []map[string]uint64{s.Counters, s.Gauges} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			fmt.Fprintf(&b, "%s %d\n", Printable(name), values[name])
		}
	}
	return b.String()
}
