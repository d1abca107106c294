package report

import (
	"strings"
	"unicode/utf8"
)

// page lays lines out for one terminal width. Columns are counted in runes; wide East Asian characters
// in a name misalign their row and nothing else.
type page struct {
	width int
	left  int // columns of the labels
	color bool
}

const (
	margin = 19 // columns of the labels at the left, of a run's verdict
	gutter = 2  // between lanes
)

func newPage(opt TextOptions, left int) page {
	p := page{width: max(opt.Width, 40), left: left, color: opt.Color}
	if opt.Width == 0 {
		p.width = 80
	}
	return p
}

// SGR sequences (ECMA-48 8.3.117).
const (
	bold   = "\x1b[1m"
	red    = "\x1b[1;31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	faint  = "\x1b[2m"
	reset  = "\x1b[0m"
)

var colours = map[tone]string{good: green, bad: red, muted: faint}

// paint wraps every line in a sequence, where colour is wanted.
func (p page) paint(sgr string, lines []string) []string {
	if !p.color || sgr == "" {
		return lines
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = sgr + line + reset
	}
	return out
}

// hang wraps text beside a label; without one it takes the whole width.
func (p page) hang(label, text string) []string {
	indent := p.left
	if label == "" {
		indent = 0
	}
	lines := wrap(text, p.width-indent)
	for i := range lines {
		if i == 0 {
			lines[i] = pad(label, indent) + lines[i]
		} else {
			lines[i] = pad("", indent) + lines[i]
		}
	}
	return lines
}

// wrap breaks text at blanks into lines of at most so many columns; a longer word is cut.
func wrap(text string, columns int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for width(word) > columns {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			r := []rune(word)
			lines, word = append(lines, string(r[:columns])), string(r[columns:])
		}
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= columns:
			line += " " + word
		case word != "":
			lines, line = append(lines, line), word
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// width is the number of columns that s takes; its own colour sequences take none.
func width(s string) int {
	n := utf8.RuneCountInString(s)
	for rest := s; ; {
		_, after, found := strings.Cut(rest, "\x1b[")
		if !found {
			return n
		}
		sgr, _, _ := strings.Cut(after, "m")
		n -= utf8.RuneCountInString(sgr) + 3 // ESC, [ and m
		rest = after
	}
}

func pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-width(s)))
}
