package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"strings"

	"weir/report/result"
	"weir/report/unit"
)

// comparisonHead and comparisonRows are the table of a comparison in the long formats.
func comparisonHead(c *result.Comparison) []string {
	return []string{"metric", c.A.Label, c.B.Label, c.B.Label + " ÷ " + c.A.Label, c.B.Label + " − " + c.A.Label, "effect size", "would find", "pairs", "finding", "method, or why not"}
}

func comparisonRows(c *result.Comparison) [][]string {
	var rows [][]string
	for _, e := range c.Effects {
		line := []string{effectLabel(e), estimateCell(e.A, e.Unit).Text(), estimateCell(e.B, e.Unit).Text(), "–", "–", "–", "–", "–", string(e.Finding), e.Method.Text}
		if e.Ratio != nil {
			line[3] = ratioCell(*e.Ratio).Text()
		}
		if d := e.Difference; d != nil {
			by := scale(e.Unit)
			line[4] = fmt.Sprintf("%+.3g [%+.3g, %+.3g]", by*d.Value, by*d.Low, by*d.High)
		}
		if e.EffectSize != nil {
			line[5] = fmt.Sprintf("%+.2f", *e.EffectSize)
		}
		if e.Detectable != nil {
			line[6] = unit.Digits(100**e.Detectable, 2) + " %"
			if e.Unit == "share" {
				line[6] = fmt.Sprintf("%.2g points", 100**e.Detectable)
			}
		}
		if e.Pairs > 0 {
			line[7] = fmt.Sprint(e.Pairs)
		}
		if e.Reason.Text != "" {
			line[9] = strings.TrimPrefix(e.Method.Text+"; "+e.Reason.Text, "; ")
		}
		rows = append(rows, line)
	}
	return rows
}

// comparisonNote explains the table's columns.
const comparisonNote = "Intervals are 95 % each, not of all metrics together. Effect size: mean ÷ standard deviation of the pairs (Cohen's d), of shares Cohen's h. Would find: the least change that 8 of 10 such comparisons find."

// CompareMarkdown prints comparisons in GitHub's dialect.
func CompareMarkdown(w io.Writer, c *Comparisons) error {
	var b strings.Builder
	for _, c := range readable(c).List {
		fmt.Fprintf(&b, "# weir compare: %s with %s\n\n", md(armText(c.A)), md(armText(c.B)))
		mdComparison(&b, c)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func mdComparison(b *strings.Builder, c *result.Comparison) {
	if !c.A.Valid || !c.B.Valid {
		b.WriteString("> [!CAUTION]\n> **INVALID.** Nothing below can be relied on.\n\n")
	}
	for _, v := range c.Verdict {
		fmt.Fprintf(b, "%s\n\n", md(v.Text))
	}
	if len(c.Warnings) > 0 {
		b.WriteString("> [!WARNING]\n")
		for _, d := range c.Warnings {
			fmt.Fprintf(b, "> - %s (%s)\n", md(d.Text.Text), code(string(d.Code)))
		}
		b.WriteString("\n")
	}
	if c.Proxy != nil {
		for _, f := range proxyFacts(c.Proxy) {
			fmt.Fprintf(b, "- **%s** %s\n", upper(f.Name), md(f.Value))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "Design: %s\n\n", md(c.Design.Text))
	var body [][]string
	for _, line := range comparisonRows(c) {
		for i := range line {
			line[i] = md(line[i])
		}
		body = append(body, line)
	}
	head := comparisonHead(c)
	for i := range head {
		head[i] = md(head[i])
	}
	mdTable(b, head, len(head)-2, body)
	fmt.Fprintf(b, "%s\n\n", md(comparisonNote))
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// comparisonView is what the templates show of a comparison.
type comparisonView struct {
	*result.Comparison
	Arms  []string
	Facts []fact
	Head  []string
	Rows  [][]string
	Note  string

	Forest          template.HTML // the effects, drawn
	Response, Tails template.HTML // both arms over each other; "" within a run's report, whose figures show them
}

func viewComparison(c *result.Comparison) *comparisonView {
	if c == nil {
		return nil
	}
	v := &comparisonView{Comparison: c, Arms: []string{armText(c.A), armText(c.B)}, Head: comparisonHead(c), Rows: comparisonRows(c), Note: comparisonNote, Forest: forest(c)}
	if c.Proxy != nil {
		v.Facts = proxyFacts(c.Proxy)
	}
	v.Facts = append(v.Facts, fact{"design", c.Design.Text})
	return v
}

// CompareHTML prints comparisons as one self-contained page without a script.
func CompareHTML(w io.Writer, c *Comparisons) error {
	css := asset("report.css")
	view := struct {
		CSP  string
		CSS  template.CSS
		List []*comparisonView
	}{CSP: "default-src 'none'; style-src " + hash(css) + "; base-uri 'none'; form-action 'none'", CSS: template.CSS(css)}
	for i, of := range readable(c).List {
		v := viewComparison(of)
		labels := [2]string{of.A.Label, of.B.Label}
		v.Response, v.Tails = c.arms[i].response(labels).svg(), c.arms[i].tails(labels).svg()
		view.List = append(view.List, v)
	}
	var page bytes.Buffer
	if err := pageTemplate.ExecuteTemplate(&page, "compare.html.tmpl", view); err != nil {
		return err
	}
	_, err := page.WriteTo(w)
	return err
}
