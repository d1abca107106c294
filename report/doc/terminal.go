package doc

import (
	"io"
	"slices"
	"strings"

	"weir/report/unit"
)

// TextOptions says what the terminal can show.
type TextOptions struct {
	Color bool // SGR colours; leave false when the output is no terminal or NO_COLOR is set
	Width int  // columns; 0 means 80, and less than 40 is taken as 40
}

// WriteText writes the document for a terminal. No callout is ever left out; where the screen is too small,
// blank lines go first and then what is spare. Colour is for what has a tone.
func WriteText(w io.Writer, d Document, opt TextOptions) error {
	_, err := io.WriteString(w, strings.Join(fit(d, opt), "\n")+"\n")
	return err
}

const (
	gutter    = 2  // between columns
	narrow    = 18 // columns of a cell that are too few to read it: the lanes then stand below each other
	mostSpare = 2  // the highest Spare there is
)

// SGR sequences (ECMA-48 8.3.117).
const (
	bold   = "\x1b[1m"
	red    = "\x1b[1;31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	faint  = "\x1b[2m"
	reset  = "\x1b[0m"
)

var colours = map[Tone]string{Good: green, Bad: red, Doubt: yellow, Muted: faint, Leading: bold}

// terminal lays lines out for one width. Columns are counted in runes; wide East Asian characters in a name
// misalign their row and nothing else.
type terminal struct {
	width, left int
	color       bool
	spare       int // what has a higher one is left out
}

func fit(d Document, opt TextOptions) []string {
	t := terminal{width: max(opt.Width, 40), left: d.Margin, color: opt.Color}
	if opt.Width == 0 {
		t.width = 80
	}
	if t.left == 0 {
		t.left = min(widest(d.Blocks)+gutter, t.width/3)
	}
	var out []string
	for t.spare = mostSpare; t.spare >= 0; t.spare-- {
		out = trim(t.blocks(d.Blocks))
		if d.Screen == 0 {
			break
		}
		for i := slices.Index(out, ""); i >= 0 && len(out) > d.Screen; i = slices.Index(out, "") {
			out = slices.Delete(out, i, i+1)
		}
		if len(out) <= d.Screen {
			break
		}
	}
	return out
}

// trim takes blank lines from both ends, and doubled ones.
func trim(lines []string) []string {
	out := slices.CompactFunc(lines, func(a, b string) bool { return a == "" && b == "" })
	if len(out) > 0 && out[0] == "" {
		out = out[1:]
	}
	if n := len(out); n > 0 && out[n-1] == "" {
		out = out[:n-1]
	}
	return out
}

func (t terminal) blocks(list []Block) (out []string) {
	for _, b := range list {
		switch b := b.(type) {
		case Section:
			out = append(append(append(out, ""), t.blocks(b.Blocks)...), "")
		case Grid:
			out = append(out, t.blocks(slices.Concat(b.Cells...))...)
		case Headline:
			out = append(out, t.paint(Leading, t.hang("", b.Text))...)
		case Heading:
			out = append(out, t.paint(Leading, t.hang("", b.Text))...)
		case Paragraph:
			out = append(out, t.paint(b.Tone, t.hang("", b.Text))...)
		case List:
			for _, item := range b.Items {
				out = append(out, t.hang("", item)...)
			}
		case Facts:
			out = append(out, t.facts(b.Items)...)
		case Callout:
			out = append(out, t.callout(b)...)
		case Table:
			if b.Corner != "" { // its head needs room above
				out = append(out, "")
			}
			out = append(out, t.table(&b)...)
		case Command:
			out = append(out, unit.Clean(b.Line)) // whole, to be copied
		}
	}
	return out
}

func (t terminal) facts(items []Fact) (out []string) {
	for _, f := range items {
		if f.Spare > t.spare {
			continue
		}
		if label := unit.Clean(f.Label); width(label) >= t.left { // it takes a line of its own
			out = append(append(out, t.paint(f.Tone, []string{label})...),
				t.paint(f.Tone, t.indent("", f.Value))...)
			continue
		}
		out = append(out, t.paint(f.Tone, t.indent(f.Label, f.Value))...)
	}
	return out
}

// callout is one paragraph where its items are reasons of one thing, and else one an item.
func (t terminal) callout(c Callout) (out []string) {
	if c.Tone != Bad {
		for _, item := range c.Items {
			out = append(out, t.paint(c.Tone, t.hang(c.Label, item))...)
		}
		return out
	}
	var all Text
	for i, item := range c.Items {
		switch before := line(all); {
		case i > 0 && strings.HasSuffix(before, "."):
			all = append(all, Span{Text: " "})
		case i > 0:
			all = append(all, Span{Text: "; "})
		}
		all = append(all, item...)
	}
	return t.paint(c.Tone, t.hang(c.Label, all))
}

func (t terminal) table(of *Table) []string {
	rows := slices.DeleteFunc(slices.Clone(of.Rows), func(r Row) bool { return r.Spare > t.spare })
	if i := slices.IndexFunc(of.Columns, func(c Column) bool { return c.Long }); i >= 0 { // they stand last
		short := *of
		of, short.Columns = &short, of.Columns[:i]
		for j := range rows {
			rows[j].Cells = rows[j].Cells[:min(i, len(rows[j].Cells))]
		}
	}
	if of.Lanes {
		return t.lanes(of, rows)
	}
	return t.records(of, rows)
}

// lanes sets the columns side by side, all of one width, or below each other.
func (t terminal) lanes(of *Table, rows []Row) (out []string) {
	n := max(len(of.Columns), 1)
	column := (t.width - t.left - gutter*(n-1)) / n
	if column < narrow {
		return t.stacked(of, rows)
	}
	widths := slices.Repeat([]int{column}, n)
	out = t.paint(Leading, t.row(headRow(of), widths))
	for _, r := range rows {
		out = append(out, t.row(r, widths)...)
	}
	return out
}

// stacked has a lane below the other, and then what is of all of them.
func (t terminal) stacked(of *Table, rows []Row) (out []string) {
	answer := func(r Row, i int) {
		out = append(out, t.paint(r.Cells[i].Tone, t.indent(line(r.Label), r.Cells[i].Text))...)
	}
	for i, c := range of.Columns {
		out = append(out, t.paint(Leading, t.hang("", T(c.Head)))...)
		for _, r := range rows {
			if len(r.Cells) == len(of.Columns) {
				answer(r, i)
			}
		}
	}
	for _, r := range rows {
		for i := range r.Cells {
			if len(r.Cells) != len(of.Columns) {
				answer(r, i)
			}
		}
	}
	return out
}

// records sets rows in columns as wide as they need to be. The cells of a row that does not fit stand below
// each other.
func (t terminal) records(of *Table, rows []Row) (out []string) {
	widths, some := t.columns(of, rows)
	if some && of.Corner != "" {
		out = append(out, t.paint(Leading, t.row(headRow(of), widths))...)
	}
	for _, r := range rows {
		switch {
		case len(r.Cells) == 0:
			lines := Wrap(line(r.Label), t.width-gutter)
			head := strings.Join(lines, "\n"+pad("", gutter))
			out = append(append(out, ""), t.paint(Leading, []string{head})...)
		case t.fits(of, r, widths):
			out = append(out, t.row(r, widths)...)
		default:
			label := line(r.Label)
			for i, c := range r.Cells {
				lines := t.indent(label, c.Text)
				if i == 0 {
					lines[0] = t.label(r, lines[0])
				}
				out, label = append(out, lines...), ""
			}
		}
	}
	return out
}

// columns are as wide as the rows that fit need them; one of prose has what is left. Some tells whether any
// does.
func (t terminal) columns(of *Table, rows []Row) (widths []int, some bool) {
	widths = make([]int, len(of.Columns))
	for _, r := range append([]Row{headRow(of)}, rows...) {
		if !t.fits(of, r, widths) {
			continue
		}
		for i, c := range r.Cells {
			if !of.Columns[i].Prose {
				widths[i] = max(widths[i], length(c.Text))
			}
		}
	}
	rest := t.width - t.left - gutter*(len(widths)-1)
	for i, w := range widths {
		if !of.Columns[i].Prose {
			rest -= w
		}
	}
	for i, c := range of.Columns {
		if c.Prose {
			widths[i] = max(rest, narrow)
		}
	}
	return widths, slices.ContainsFunc(rows, func(r Row) bool { return t.fits(of, r, widths) })
}

// fits reports whether a row's cells stand in one line beside those that have made the columns so wide.
func (t terminal) fits(of *Table, r Row, widths []int) bool {
	need := t.left + gutter*(len(widths)-1)
	for i, c := range r.Cells {
		if of.Columns[i].Prose {
			need += narrow
		} else {
			need += max(widths[i], length(c.Text))
		}
	}
	return len(r.Cells) == len(widths) && need <= t.width && width(line(r.Label)) < t.left
}

func headRow(of *Table) Row {
	r := Row{Label: T(of.Corner)}
	for _, c := range of.Columns {
		r.Cells = append(r.Cells, Cell{Text: T(c.Head)})
	}
	return r
}

// row wraps each cell within its column; the last one of a short row has the columns that are left.
func (t terminal) row(r Row, widths []int) []string {
	if label := line(r.Label); width(label) >= t.left { // it takes a line of its own
		rest := t.row(Row{Cells: r.Cells}, widths)
		return append(t.paint(r.Tone, []string{label}), rest...)
	}
	var out []string
	at := t.left
	for i, c := range r.Cells {
		room := widths[i]
		if i == len(r.Cells)-1 {
			for _, w := range widths[i+1:] {
				room += gutter + w
			}
		}
		for j, text := range wrapped(c.Text, room) {
			for len(out) <= j {
				out = append(out, pad("", t.left))
			}
			if width(out[j]) < at {
				out[j] = pad(out[j], at)
			}
			out[j] += t.paint(c.Tone, []string{text})[0]
		}
		at += room + gutter
	}
	if len(out) > 0 {
		out[0] = t.label(r, pad(line(r.Label), t.left)+out[0][t.left:])
	}
	for j := range out {
		out[j] = strings.TrimRight(out[j], " ")
	}
	return out
}

// label gives a row's label its tone.
func (t terminal) label(r Row, first string) string {
	label := line(r.Label)
	if rest, ok := strings.CutPrefix(first, label); ok && label != "" {
		return t.paint(r.Tone, []string{label})[0] + rest
	}
	return first
}
