package doc

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample has one of each block.
func sample() Document {
	var facts Facts
	facts.Add("capacity", "388 req/s [387, 390] = 8 workers ÷ 20.6 ms (service time as stated)")
	facts.Add("nothing", "")
	facts.Items = append(facts.Items, Fact{Label: "NGINX's time", Value: T("connect 80 %"), Spare: 1})
	return Document{Title: []string{"a run", "seed 7"}, Margin: 16, Screen: 22, Blocks: []Block{
		Callout{Tone: Bad, Label: "INVALID RUN", Title: "This run is invalid",
			Text: "Nothing below can be relied on.", Items: []Text{T("the first reason"), T("the second")}},
		Section{ID: "verdict", Label: "Verdict", Blocks: []Block{
			Headline{Text: T("The accept queue overflowed.")},
			Paragraph{Text: append(T("Run "), append(C("weir report"), T(" to see it.")...)...), Note: true},
			facts,
			Table{Label: "Lanes", Corner: "[95 % interval]", Lanes: true, Columns: Columns("direct", "proxy"),
				Rows: []Row{
					{Label: T("onset"), Cells: []Cell{{Text: T("387 req/s").With("[380, 395]")},
						{Text: T("none: too few trials"), Tone: Muted}}},
					{Label: T("client saw"), Cells: []Cell{{Text: T("10,880 ok, 2,320 connect_timeout")},
						{Text: T("10,878 ok, 2,322 http_504"), Tone: Bad}}},
					{Label: T("proxy ÷ direct"), Cells: []Cell{{Text: T("0.998").With("[0.971, 1.026]")}}},
				}},
			Callout{Tone: Doubt, Label: "warning", Title: "One warning",
				Items: []Text{append(T("The probe missed 1.4 s. "), C("probe_gap")...)}},
		}},
		Section{Blocks: []Block{
			Heading{Level: 2, Text: T("Details")},
			Table{Caption: "Assertions", Columns: append(Columns("assertion"), Numbers("measured")...),
				Rows: []Row{
					{Label: T("pass"), Tone: Good,
						Cells: []Cell{{Text: C("bad.rate < 50%")}, {Text: T("15.3% [14.3%, 16.3%]")}}},
					{Label: T("fail"), Tone: Bad, Cells: []Cell{{Text: C("onset.rate / baseline.onset.rate in 0.95..1.10 @99.9")}, {Text: T("0.90").With("more trials would tell")}}},
					{Label: T("a heading of rows")},
					{Label: T("pass"), Cells: []Cell{{Text: C("sent > 0")}, {Text: T("12")}}},
				}},
			Grid{Cells: [][]Block{{Figure{Caption: "A drawing", Drawing: "<svg></svg>",
				Legend: []Key{{"l-0", "direct"}}}}}},
			List{Items: []Text{T("one"), Lines(T("two"), T("in two lines"))}},
			Details{Summary: "More", Blocks: []Block{Paragraph{Text: T("Folded.")}}},
			Command{Line: "weir run --direct 'http://x/'"},
		}},
	}}
}

// TestWriters keeps what each format makes of the sample in a file of its own.
func TestWriters(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"wide.txt":   func(w io.Writer) error { return WriteText(w, sample(), TextOptions{}) },
		"narrow.txt": func(w io.Writer) error { return WriteText(w, sample(), TextOptions{Width: 40}) },
		"color.txt":  func(w io.Writer) error { return WriteText(w, sample(), TextOptions{Color: true}) },
		"sample.md":  func(w io.Writer) error { return WriteMarkdown(w, sample()) },
		"sample.html": func(w io.Writer) error {
			var b bytes.Buffer
			err := WriteHTML(&b, sample(), PageOptions{Window: "a run", Foot: "weir"})
			_, page, _ := strings.Cut(b.String(), "<body")
			_, err2 := io.WriteString(w, "<body"+page)
			return errors.Join(err, err2)
		},
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		path := "testdata/" + name
		if *update {
			if err := errors.Join(os.MkdirAll("testdata", 0o755),
				os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || string(want) != b.String() {
			t.Errorf("%s is not as it was (%v); go test ./report/doc -update accepts\n%s", path, err,
				b.String())
		}
	}
}

// TestTerminal: no line is wider than the terminal but a command, colour changes no letter, and where the
// screen is small blank lines go before what is spare, and nothing else goes.
func TestTerminal(t *testing.T) {
	for _, columns := range []int{40, 57, 80, 120} {
		var plain, colour bytes.Buffer
		if err := errors.Join(WriteText(&plain, sample(), TextOptions{Width: columns}),
			WriteText(&colour, sample(), TextOptions{Width: columns, Color: true})); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(plain.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("%d columns of %d: %s", n, columns, line)
			}
		}
		if bare := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colour.String(),
			""); bare != plain.String() {
			t.Errorf("colour changes the text at %d columns", columns)
		}
	}
	d := sample()
	d.Screen = 0
	whole := fit(d, TextOptions{Width: 120})
	d.Screen = len(whole) - 1
	tight := fit(d, TextOptions{Width: 120})
	if len(tight) != d.Screen || !strings.Contains(strings.Join(tight, "\n"), "NGINX's time") {
		t.Errorf("%d lines for %d:\n%s", len(tight), d.Screen, strings.Join(tight, "\n"))
	}
	d.Screen = 3
	least := strings.Join(fit(d, TextOptions{Width: 120}), "\n")
	if strings.Contains(least, "NGINX's time") || strings.Contains(least, "\n\n") ||
		!strings.Contains(least, "probe_gap") {
		t.Errorf("a small screen has\n%s", least)
	}
}

func TestWrapKeepsUnits(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"it took 20.6 ms, or 15 req/s", "it took|20.6 ms,|or|15 req/s"},
		{"a-word-that-is-cut", "a-word-t|hat-is-c|ut"},
		{"", ""},
	} {
		if got := strings.Join(Wrap(c.text, 8), "|"); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestHostileText: in no format is a text of a record more than text.
func TestHostileText(t *testing.T) {
	plants := []string{
		`</script><script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, "\x1b[31mred\x1b]0;title\x07",
		"evil\u202Egnp.exe\u2066",
		"line\u2028and\r\n# head\x00\xff", "| pipe ` tick ``` [link](javascript:alert(1)) @maintainer *b*",
		`{{.}} " autofocus onfocus="alert(1)`,
	}
	var d Document
	for _, p := range plants {
		text := append(T(p), Span{Text: p, Kind: Code}, Span{Text: p, Kind: Aside},
			Span{Text: p, Href: "javascript:alert(1)"})
		d.Title = append(d.Title, p)
		d.Blocks = append(d.Blocks, Section{Label: p, ID: p,
			Blocks: []Block{Heading{Level: 2, Text: text, ID: p}, Paragraph{Text: text},
				List{Items: []Text{text}}, Facts{Items: []Fact{{Label: p, Value: text}}},
				Callout{Label: p, Title: p, Text: p, Items: []Text{text}},
				Table{Caption: p, Corner: p, Columns: Columns(p),
					Rows: []Row{{Label: text, Cells: []Cell{{Text: text}}}}},
				Figure{Caption: p}, Details{Summary: p}, Command{Line: p}}})
	}
	var text, markdown, page bytes.Buffer
	if err := errors.Join(WriteText(&text, d, TextOptions{}), WriteMarkdown(&markdown, d),
		WriteHTML(&page, d, PageOptions{Window: plants[0], Foot: plants[1]})); err != nil {
		t.Fatal(err)
	}
	for format, s := range map[string]string{"text": text.String(), "markdown": markdown.String(),
		"html": page.String()} {
		if i := strings.IndexFunc(s, func(r rune) bool {
			return r != '\n' && r < ' ' || r == '\u202e' || r == '\u2066' || r == '\u2028' || false
		}); i >= 0 || !utf8.ValidString(s) {
			t.Errorf("%s: %q is live", format, s[i:i+8])
		}
	}
	prose := regexp.MustCompile("`+[^\n]*?`+").ReplaceAllString(markdown.String(), "")
	for _, live := range []string{`<script`, `<img`, `@maintainer`, `\n# head`} {
		if found := regexp.MustCompile(live).FindString(prose); found != "" {
			t.Errorf("%q is live in Markdown", found)
		}
	}
	for z := html.NewTokenizer(&page); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Type != html.StartTagToken {
			continue
		}
		if token.Data == "script" || token.Data == "img" {
			t.Errorf("an element %s", token.Data)
		}
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "autofocus" ||
				a.Key == "href" && strings.Contains(a.Val, "javascript:") {
				t.Errorf("an attribute %s=%q", a.Key, a.Val)
			}
		}
	}
}
