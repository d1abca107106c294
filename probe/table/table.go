// Package table draws how a host stands as text: a table for a terminal, and a line for everything else. It
// is for people who look at it now. Programs take the samples themselves (weir probe --ndjson), and what a
// run meant is in its report.
//
// Colour says one thing each: red, connections are being lost this second; yellow, a queue is filling up or
// was full before. What is merely traffic has none.
package table

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"weir/probe"
	"weir/probe/tally"
)

// Head is what a view does not say.
type Head struct {
	Host    string
	Every   time.Duration
	Unheard func(tally.View) []string // what was asked for, where nobody has listened so far
	// probe.Discovery.Clamp where it is worth a line, else ""; nil: not looked for
	Clamp func(addr string, limit uint32) string
}

// Size is that of the terminal, in cells.
type Size struct{ Width, Height int }

// Table draws v for a terminal: at most size.Height lines of at most size.Width cells, with colour or
// without. What does not fit is left out at the bottom, and the last line says so.
func Table(head Head, v tally.View, size Size, colour bool) []string {
	size.Width, size.Height = min(max(size.Width, 20), 300), max(size.Height, 3)
	p := painter{width: size.Width, colour: colour}
	title := fmt.Sprintf("weir probe · %s · %s · every %v · Ctrl-C ends", head.Host, elapsed(v.Sample.At),
		head.Every)
	p.line(bold, title)
	p.line(plain, "")
	p.listeners(head, v)
	p.asides(head, v)
	p.line(plain, "")
	p.levels(v)
	p.counters(v)
	notes := missing(v.Errors, size.Width)
	notes = notes[:min(len(notes), size.Height-2)]
	if len(notes) > 0 {
		p.line(plain, "")
	}
	room := size.Height - len(notes)
	if len(p.lines) > room {
		left := len(p.lines) - room + 1
		p.lines = p.lines[:room-1]
		p.line(dim, fmt.Sprintf("… %d more lines", left))
	}
	for _, n := range notes {
		p.line(yellow, n)
	}
	return p.lines[:min(len(p.lines), size.Height)]
}

func elapsed(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
}

// missing says what is not known and why: two sources, three lines each, and how many more there are.
func missing(errors []probe.SourceError, width int) (lines []string) {
	const sources, each = 2, 3
	for i, e := range errors {
		if i == sources {
			return append(lines, fmt.Sprintf("… and %d more sources", len(errors)-sources))
		}
		text := wrapped("not known: "+Printable(e.String()), width)
		if len(text) > each {
			text = append(text[:each-1], text[each-1]+"…")
		}
		lines = append(lines, text...)
	}
	return lines
}

// wrapped breaks text at spaces into lines of at most width; a word that is longer is left to be cut.
func wrapped(text string, width int) (lines []string) {
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last >= 0 && utf8.RuneCountInString(lines[last])+1+utf8.RuneCountInString(word) <= width {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

// Printable is text without what could command a terminal.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f ||
			r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, text)
}

type style string

const (
	plain  style = ""
	bold   style = "\x1b[1m"
	dim    style = "\x1b[2m"
	red    style = "\x1b[31m"
	yellow style = "\x1b[33m"
	reset        = "\x1b[0m"
)

// painter collects lines that fit the terminal.
type painter struct {
	width  int
	colour bool
	lines  []string
}

// line adds one line in one style, cut to the width.
func (p *painter) line(s style, text string) {
	if utf8.RuneCountInString(text) > p.width {
		text = string([]rune(text)[:p.width-1]) + "…"
	}
	p.lines = append(p.lines, p.paint(s, strings.TrimRight(text, " ")))
}

func (p *painter) paint(s style, text string) string {
	if !p.colour || s == plain || text == "" {
		return text
	}
	return string(s) + text + reset
}
