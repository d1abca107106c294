// Package doc is one model of a document and its three writers: for a terminal, in GitHub's Markdown, and as
// one self-contained HTML page. Whoever has something to show builds a Document; a table row is written once,
// and every format shows it.
//
// The model knows nothing of what it shows. Its writers choose layout and escape: each text passes
// unit.Clean, so that no builder can forget a string of a server, a header or a log.
package doc

import (
	"html/template"
	"strings"
)

// Document is what is shown.
type Document struct {
	Title  []string // Markdown's first heading and the head of a page; a terminal does not show it
	Blocks []Block

	Margin int // terminal: columns of the labels at the left, 0: as wide as the widest
	Screen int // terminal: lines that it should fit; blank lines and Spare ones go for it. 0: any number
}

// Block is a part of a document, one of the types below.
type Block interface{ kind() string }

// Text is a line of text in spans.
type Text []Span

// Span is a part of a text.
type Span struct {
	Text string
	Kind Kind
	Href string // where it leads, relative to the page; "": nowhere. A terminal shows no links
	Mark string // on a page: the class of a coloured mark before it
}

// Kind is what a span is.
type Kind string

// The kinds of spans.
const (
	Plain  Kind = ""
	Code   Kind = "code"   // as a program or a command has it
	Aside  Kind = "aside"  // beside what it belongs to: an interval, a reason
	Strong Kind = "strong" // the word to look for
	Break  Kind = "break"  // the end of a line; it has no text
)

// Tone is what a cell, a fact or a paragraph means, where it means something.
type Tone string

// The tones. Each format has its own way to show them.
const (
	Neutral Tone = ""
	Good    Tone = "good"
	Bad     Tone = "bad"
	Doubt   Tone = "doubt"
	Muted   Tone = "muted" // what is missing
	Leading Tone = "lead"  // the answer
)

// T is a text without marks.
func T(s string) Text { return Text{{Text: s}} }

// C is a text as a program has it; nothing where it is empty.
func C(s string) Text {
	if s == "" {
		return T("–")
	}
	return Text{{Text: s, Kind: Code}}
}

// With is the text with something beside it: an interval, a reason. Nothing is added where that is empty.
func (t Text) With(aside string) Text {
	if aside == "" {
		return t
	}
	return append(t[:len(t):len(t)], Span{Text: aside, Kind: Aside})
}

// Lines are texts below each other.
func Lines(texts ...Text) (all Text) {
	for i, t := range texts {
		if i > 0 {
			all = append(all, Span{Kind: Break})
		}
		all = append(all, t...)
	}
	return all
}

// String is the text as it is, in one line: a blank before what stands beside.
func (t Text) String() string {
	var b strings.Builder
	for i, s := range t {
		if i > 0 && (s.Kind == Aside || s.Kind == Break) {
			b.WriteByte(' ')
		}
		b.WriteString(s.Text)
	}
	return b.String()
}

// Section is a part with its own place on the page. A terminal sets it off by a blank line.
type Section struct {
	Label  string // what a screen reader calls it, where it has no heading
	ID     string
	Class  string // of the style sheet
	Blocks []Block
}

// Heading begins a part, from level 1.
type Heading struct {
	Level int
	Text  Text
	ID    string
}

// Headline is the answer, in a sentence.
type Headline struct{ Text Text }

// Paragraph is a sentence or several.
type Paragraph struct {
	Text Text
	Tone Tone
	Note bool // it explains what stands beside it
}

// List is texts of equal rank.
type List struct{ Items []Text }

// Facts are labels with their values.
type Facts struct {
	Items []Fact
	Wide  bool // on a page: over its whole width
}

// Fact is one of them.
type Fact struct {
	Label string
	Value Text
	Tone  Tone
	Spare int // terminal: the higher, the sooner it goes where the screen is too small; 0: never
}

// Add appends a fact; one without a value says nothing, and is left out.
func (f *Facts) Add(label, value string) {
	if value != "" {
		f.Items = append(f.Items, Fact{Label: label, Value: T(value)})
	}
}

// Callout is a warning, or what makes all the rest worthless.
type Callout struct {
	Tone  Tone   // Bad: it comes before everything; Doubt: a warning
	Label string // terminal: at the left of each item
	Title string // page and Markdown
	Text  string // what follows from it; page and Markdown
	Items []Text
}

// Table has a row for each question and a column for each thing of which it is asked, or a row for each
// thing.
type Table struct {
	Caption string
	Label   string // what a screen reader calls it, where it has no caption
	Class   string // of the style sheet
	Corner  string // what the labels are; "": a terminal shows no head
	Columns []Column
	Rows    []Row
	Lanes   bool // the columns are what is compared: a narrow terminal shows them below each other
}

// Column is one of a table's.
type Column struct {
	Head   string
	Number bool // to the right
	Prose  bool // terminal: wraps, and has the width that the others leave
	Long   bool // a terminal leaves it out
}

// Columns are columns of words.
func Columns(heads ...string) (list []Column) {
	for _, h := range heads {
		list = append(list, Column{Head: h})
	}
	return list
}

// Numbers are columns of numbers.
func Numbers(heads ...string) (list []Column) {
	for _, h := range heads {
		list = append(list, Column{Head: h, Number: true})
	}
	return list
}

// Row is a table's row. Without cells it is a heading of the rows below; the last cell takes the columns that
// are left over.
type Row struct {
	Label Text
	Cells []Cell
	Tone  Tone // of its label
	Spare int  // terminal: as a fact's
}

// Cell is an answer.
type Cell struct {
	Text Text
	Tone Tone
}

// Cells are cells of words.
func Cells(texts ...string) (list []Cell) {
	for _, t := range texts {
		list = append(list, Cell{Text: T(t)})
	}
	return list
}

// Figure is a drawing with its caption. A terminal and Markdown skip it: the numbers stand in a table.
type Figure struct {
	Caption string
	Drawing template.HTML // as its drawer escaped it
	Legend  []Key
}

// Legend explains the marks of several figures. Only a page has it.
type Legend struct{ Keys []Key }

// Key explains a mark of a figure by the class of its colour.
type Key struct{ Class, Text string }

// Grid is groups of blocks side by side, where there is room.
type Grid struct {
	Class string // of the style sheet; "": "lanes"
	Cells [][]Block
}

// Details are folded: read by who wants them. A terminal skips them.
type Details struct {
	Summary string
	Blocks  []Block
}

// Command is a line to copy.
type Command struct{ Line string }

// Page is markup of the page's own, which no other format has.
type Page struct{ HTML template.HTML }

func (Section) kind() string   { return "section" }
func (Heading) kind() string   { return "heading" }
func (Headline) kind() string  { return "headline" }
func (Paragraph) kind() string { return "paragraph" }
func (List) kind() string      { return "list" }
func (Facts) kind() string     { return "facts" }
func (Callout) kind() string   { return "callout" }
func (Table) kind() string     { return "table" }
func (Figure) kind() string    { return "figure" }
func (Legend) kind() string    { return "legend" }
func (Grid) kind() string      { return "grid" }
func (Details) kind() string   { return "details" }
func (Command) kind() string   { return "command" }
func (Page) kind() string      { return "page" }
