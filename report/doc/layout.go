package doc

import (
	"slices"
	"strings"
	"unicode/utf8"

	"weir/report/unit"
)

// paint wraps every line in the sequence of a tone, where colour is wanted.
func (t terminal) paint(tone Tone, lines []string) []string {
	sgr := colours[tone]
	if !t.color || sgr == "" {
		return lines
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = sgr + line + reset
	}
	return out
}

// hang wraps a text beside a label; without one it takes the whole width.
func (t terminal) hang(label string, text Text) []string {
	if label == "" {
		t.left = 0
	}
	return t.indent(label, text)
}

// indent wraps a text to the right of the margin, beside a label that may be empty.
func (t terminal) indent(label string, text Text) []string {
	lines := wrapped(text, t.width-t.left)
	label = unit.Clean(label)
	for i := range lines {
		lines[i] = strings.TrimRight(pad(label, t.left)+lines[i], " ")
		label = ""
	}
	return lines
}

// wrapped is a text in lines of at most so many columns.
func wrapped(text Text, columns int) (lines []string) {
	for _, part := range parts(text) {
		lines = append(lines, Wrap(line(part), columns)...)
	}
	return lines
}

// length is how many columns a text takes that is not wrapped.
func length(text Text) (n int) {
	for _, part := range parts(text) {
		n = max(n, width(line(part)))
	}
	return n
}

// parts are a text's lines, as its breaks make them.
func parts(text Text) (all []Text) {
	from := 0
	for i, s := range text {
		if s.Kind == Break {
			all, from = append(all, text[from:i]), i+1
		}
	}
	return append(all, text[from:])
}

// line is a text without its marks, each span cleaned.
func line(text Text) string {
	var b strings.Builder
	for i, s := range text {
		if i > 0 && (s.Kind == Aside || s.Kind == Break) {
			b.WriteByte(' ')
		}
		b.WriteString(unit.Clean(s.Text))
	}
	return b.String()
}

// Wrap breaks text at blanks into lines of at most so many columns; a longer word is cut. A number and its
// unit stay together.
func Wrap(text string, columns int) []string {
	columns = max(columns, 1)
	var lines []string
	line := ""
	for _, word := range words(text) {
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

// words are what may begin a line.
func words(text string) (list []string) {
	for _, word := range strings.Fields(text) {
		if n := len(list); n > 0 && unit.IsName(strings.TrimRight(word, ",;:.)")) && endsInDigit(list[n-1]) {
			list[n-1] += " " + word
			continue
		}
		list = append(list, word)
	}
	return list
}

func endsInDigit(s string) bool { return s[len(s)-1] >= '0' && s[len(s)-1] <= '9' }

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

// widest is the longest label at the left.
func widest(list []Block) (n int) {
	for _, b := range list {
		switch b := b.(type) {
		case Section:
			n = max(n, widest(b.Blocks))
		case Grid:
			n = max(n, widest(slices.Concat(b.Cells...)))
		case Facts:
			for _, f := range b.Items {
				n = max(n, width(unit.Clean(f.Label)))
			}
		case Callout:
			n = max(n, width(b.Label))
		case Table:
			n = max(n, width(b.Corner))
			for _, r := range b.Rows {
				if len(r.Cells) > 0 {
					n = max(n, width(line(r.Label)))
				}
			}
		}
	}
	return n
}
