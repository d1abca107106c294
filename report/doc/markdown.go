package doc

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"weir/report/unit"
)

// WriteMarkdown writes the document in GitHub's dialect. It has no figures.
func WriteMarkdown(w io.Writer, d Document) error {
	var b strings.Builder
	if len(d.Title) > 0 {
		fmt.Fprintf(&b, "# weir: %s\n\n", escape(strings.Join(d.Title, " · ")))
	}
	markdown(&b, d.Blocks)
	_, err := io.WriteString(w, b.String())
	return err
}

func markdown(b *strings.Builder, blocks []Block) {
	for _, block := range blocks {
		switch x := block.(type) {
		case Section:
			markdown(b, x.Blocks)
		case Grid:
			markdown(b, slices.Concat(x.Cells...))
		case Headline:
			fmt.Fprintf(b, "**%s**\n\n", span(x.Text))
		case Heading:
			fmt.Fprintf(b, "%s %s\n\n", strings.Repeat("#", x.Level), span(x.Text))
		case Paragraph:
			fmt.Fprintf(b, "%s\n\n", span(x.Text))
		case List:
			items(b, "", x.Items)
			b.WriteString("\n")
		case Facts:
			for _, f := range x.Items {
				fmt.Fprintf(b, "- **%s** %s\n", escape(f.Label), span(f.Value))
			}
			b.WriteString("\n")
		case Callout:
			calloutMarkdown(b, x)
		case Table:
			tableMarkdown(b, &x)
		case Details:
			fmt.Fprintf(b, "<details><summary>%s</summary>\n\n", escape(x.Summary))
			markdown(b, x.Blocks)
			b.WriteString("</details>\n\n")
		case Command:
			fmt.Fprintf(b, "%s\n\n", code(x.Line))
		}
	}
}

func items(b *strings.Builder, quote string, list []Text) {
	for _, item := range list {
		fmt.Fprintf(b, "%s- %s\n", quote, span(item))
	}
}

func calloutMarkdown(b *strings.Builder, c Callout) {
	if c.Tone == Bad {
		fmt.Fprintf(b, "> [!CAUTION]\n> **%s.** %s\n", escape(c.Title), escape(c.Text))
	} else {
		b.WriteString("> [!WARNING]\n")
	}
	items(b, "> ", c.Items)
	b.WriteString("\n")
}

func tableMarkdown(b *strings.Builder, t *Table) {
	if t.Caption != "" {
		fmt.Fprintf(b, "**%s**\n\n", escape(t.Caption))
	}
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	head, rule := []string{escape(t.Corner)}, []string{"---"}
	for _, c := range t.Columns {
		head = append(head, escape(c.Head))
		if c.Number {
			rule = append(rule, "---:")
		} else {
			rule = append(rule, "---")
		}
	}
	line(head)
	line(rule)
	for _, r := range t.Rows {
		cells := []string{strong(r.Tone, span(r.Label))}
		for _, c := range r.Cells {
			cells = append(cells, span(c.Text))
		}
		for len(cells) < len(head) {
			cells = append(cells, "")
		}
		line(cells)
	}
	b.WriteString("\n")
}

func strong(tone Tone, s string) string {
	if tone == Neutral || s == "" {
		return s
	}
	return "**" + s + "**"
}

// span is a text in Markdown.
func span(text Text) string {
	var b strings.Builder
	for i, s := range text {
		part := escape(s.Text)
		switch s.Kind {
		case Code:
			part = code(s.Text)
		case Strong:
			part = "**" + part + "**"
		case Break:
			part = "<br>"
		}
		if s.Href != "" {
			part = fmt.Sprintf("[%s](%s)", part, s.Href)
		}
		if i > 0 && s.Kind == Aside {
			b.WriteByte(' ')
		}
		b.WriteString(part)
	}
	return b.String()
}

// meaning takes the meaning from every character that has one in GitHub's Markdown, HTML included.
var meaning = strings.NewReplacer(
	"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "#", "\\#", "|", "\\|", "~",
	"\\~", "!", "\\!",
	"<", "&lt;", ">", "&gt;", "&", "&amp;", "@", "&#64;", "://", "&#58;//",
)

func escape(s string) string { return meaning.Replace(unit.Clean(s)) }

// code is a code span, also within a table. Its fence is longer than any run of backticks inside (CommonMark
// 6.1), and GitHub reads \| in a table before it looks for code.
func code(s string) string {
	s = unit.Clean(s)
	longest, run := 0, 0
	for _, r := range s {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + strings.ReplaceAll(s, "|", "\\|") + fence
}
