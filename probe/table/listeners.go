package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"weir/probe/tally"
)

const (
	narrow  = 12 // cells of a bar, at least
	fixed   = 38 // cells of a row beside address and bar
	minAddr = 15
)

// absence says why there is no queue to show.
func absence(v tally.View) string {
	if v.Blind {
		return "not known"
	}
	return "nobody listens here"
}

// waiting is what is known of a queue whose listener may not be looked at.
func waiting(v tally.View) string {
	if n, known := v.Sample.Gauges["listen.depth"]; known && v.Blind {
		return fmt.Sprintf(", Recv-Q %d", n)
	}
	return ""
}

// listeners draws a row for each address: its queue as a bar, and in numbers.
func (p *painter) listeners(head Head, v tally.View) {
	addr := minAddr
	for _, l := range v.Listeners {
		addr = max(addr, utf8.RuneCountInString(name(l)))
	}
	for _, name := range head.Unheard(v) {
		addr = max(addr, utf8.RuneCountInString(name))
	}
	addr = max(min(addr, p.width/3, p.width-fixed-narrow), 8)
	bar := max(p.width-fixed-addr, 1)
	p.line(dim, fmt.Sprintf("%-*s %-*s %12s %6s %8s %7s", addr, "listener", bar, "accept queue",
		"Recv-Q/limit", "peak", "drops", "/s"))
	for _, l := range v.Listeners {
		if l.Sockets == 0 {
			p.line(yellow, fmt.Sprintf("%-*s %-*s %12s %6d %8s %7s", addr, short(name(l), addr), bar,
				absence(v), "-", l.Peak, drops(l), "-"))
			continue
		}
		p.row(l, addr, bar)
	}
	for _, name := range head.Unheard(v) {
		p.line(yellow, fmt.Sprintf("%-*s %s%s", addr, short(Printable(name), addr), absence(v), waiting(v)))
	}
}

func (p *painter) row(l tally.Listener, addr, bar int) {
	text := fmt.Sprintf("%-*s %s %12s %6d %8s %7s", addr, short(name(l), addr), gauge(l, bar),
		fmt.Sprintf("%d/%d", l.Depth, l.Limit), l.Peak, drops(l), dropRate(l))
	p.line(queueStyle(l), text)
}

// deferred says what drops are that are no loss.
func (p *painter) deferred(v tally.View) {
	var n uint64
	for _, l := range v.Listeners {
		if l.Drops != nil {
			n += l.Drops.Since - l.Drops.Lost
		}
	}
	if n > 0 {
		p.line(dim, grouped(n)+" of the drops are no loss: bare ACKs, ignored by TCP_DEFER_ACCEPT")
	}
}

// queueStyle is red where connections are lost now: the queue drops, or it is a full one that cannot say so.
func queueStyle(l tally.Listener) style {
	full := l.Depth > l.Limit
	switch {
	case l.Drops != nil && l.Drops.LostRate > 0, full && l.Drops == nil:
		return red
	case full || uint64(l.Lately)*2 > uint64(l.Limit), l.Drops != nil && l.Drops.Lost > 0:
		return yellow
	}
	return plain
}

// name is the address, with the number of its sockets where they are several.
func name(l tally.Listener) string {
	if l.Sockets > 1 {
		return fmt.Sprintf("%s ×%d", Printable(l.Addr), l.Sockets)
	}
	return Printable(l.Addr)
}

// short keeps the end of a name that is too long: it tells more than the beginning.
func short(text string, width int) string {
	r := []rune(text)
	if len(r) <= width {
		return text
	}
	return "…" + string(r[len(r)-width+1:])
}

// gauge is the queue as a bar of that many cells, in eighths of one. It is full when the queue is, at
// limit+1.
func gauge(l tally.Listener, cells int) string {
	const part = "▏▎▍▌▋▊▉"
	places := uint64(l.Limit) + 1
	eighths := int(min(uint64(l.Depth), places) * uint64(cells) * 8 / places)
	if l.Depth > 0 {
		eighths = max(eighths, 1)
	}
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune(part)[rest-1])
	}
	return text + strings.Repeat("·", cells-len([]rune(text)))
}

func drops(l tally.Listener) string {
	if l.Drops == nil {
		return "-"
	}
	return grouped(l.Drops.Since)
}

func dropRate(l tally.Listener) string {
	if l.Drops == nil {
		return "-"
	}
	return rate(l.Drops.Rate)
}

// grouped writes n with commas, or with a unit where that is too wide for a column.
func grouped(n uint64) string {
	if n >= 10_000_000 {
		return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + "M"
	}
	digits := []byte(strconv.FormatUint(n, 10))
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = slices.Insert(digits, i, ',')
	}
	return string(digits)
}

func rate(r float64) string {
	switch {
	case r == 0:
		return "0"
	case r < 10:
		return strconv.FormatFloat(r, 'f', 1, 64)
	}
	return grouped(uint64(r + 0.5))
}
