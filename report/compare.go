package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"weir/report/result"
	"weir/report/unit"
)

// Comparisons are those that `weir compare` makes: one a lane.
type Comparisons struct {
	Schema string               `json:"schema"`      // "weir.compare/1"
	List   []*result.Comparison `json:"comparisons"` // in the order of A's lanes

	arms []arms // of each, to be drawn
}

// compareMargin leaves three columns of 20 in 80: a value of three digits and its interval.
const compareMargin = 16

// CompareSchemaName is what the JSON of comparisons calls its schema.
const CompareSchemaName = "weir.compare/1"

// NewComparisons begins an empty list.
func NewComparisons() *Comparisons {
	return &Comparisons{Schema: CompareSchemaName, List: []*result.Comparison{}}
}

// Add appends a comparison, of these lanes.
func (c *Comparisons) Add(of *result.Comparison, a, b *result.Lane) {
	c.List, c.arms = append(c.List, of), append(c.arms, arms{a, b})
}

// CompareJSON prints comparisons for programs, rounded as report.json is.
func CompareJSON(w io.Writer, c *Comparisons) error { return writeJSON(w, c) }

// CompareText prints comparisons for a terminal: the verdict, every doubt, and a table.
func CompareText(w io.Writer, c *Comparisons, opt TextOptions) error {
	p := newPage(opt, compareMargin)
	var out []string
	for i, c := range readable(c).List {
		if i > 0 {
			out = append(out, "")
		}
		out = append(out, p.comparison(c)...)
	}
	_, err := io.WriteString(w, strings.Join(out, "\n")+"\n")
	return err
}

func (p page) comparison(c *result.Comparison) []string {
	var out []string
	valid := c.A.Valid && c.B.Valid
	out = append(out, p.hang("weir compare", armText(c.A))...)
	out = append(out, p.hang("  with", armText(c.B))...)
	out = append(out, "")
	for i, v := range c.Verdict {
		lines := p.hang("", v.Text)
		switch {
		case !valid:
			lines = p.paint(red, lines)
		case i == 0:
			lines = p.paint(bold, lines)
		}
		out = append(out, lines...)
	}
	out = append(out, "")
	for _, d := range c.Warnings {
		out = append(out, p.paint(yellow, p.hang("warning", fmt.Sprintf("%s (%s)", d.Text.Text, d.Code)))...)
	}
	out = append(out, p.hang("design", c.Design.Text)...)
	if c.Proxy != nil {
		for _, l := range proxyFacts(c.Proxy) {
			out = append(out, p.hang(l.Name, l.Value)...)
		}
	}
	out = append(out, "")
	column := (p.width - p.left - 2*gutter) / 3
	head := row{Label: "[95 % interval]", Cells: []cell{{Main: c.A.Label}, {Main: c.B.Label}, {Main: "÷, or ± % points"}}}
	out = append(out, p.paint(bold, p.row(head, column))...)
	for _, e := range c.Effects {
		out = append(out, p.row(effectRow(e), column)...)
	}
	for _, why := range reasons(c) {
		out = append(out, p.hang("  "+why.Name, why.Value)...)
	}
	return out
}

// reasons are why effects are not known, or what is to be known beside them; each once, with the
// metrics that have it, and not those that the verdict told.
func reasons(c *result.Comparison) (list []fact) {
	at := map[string]int{}
	for _, e := range c.Effects {
		said := func(v result.Finding) bool { return strings.Contains(v.Text, e.Reason.Text) }
		if e.Reason.Text == "" || slices.ContainsFunc(c.Verdict, said) {
			continue
		}
		name := strings.TrimSuffix(e.Metric, ".rate")
		if i, seen := at[e.Reason.Text]; seen {
			list[i].Value = name + ", " + list[i].Value
			continue
		}
		at[e.Reason.Text] = len(list)
		list = append(list, fact{"not known", name + ": " + e.Reason.Text})
		if e.Finding != result.NotKnown {
			list[len(list)-1].Name = "note"
		}
	}
	return list
}

// armText names an arm.
func armText(a result.Arm) string {
	text := a.Run
	if a.Label != a.Lane {
		text = a.Label + ": " + text
	}
	return text + ", lane " + a.Lane + ", " + when(a.Started)
}

// proxyBrief is what a terminal's screen has room for; the long formats say it in words.
func proxyBrief(c *result.Comparison) []fact {
	facts := proxyFacts(c.Proxy)
	effect := func(metric string) *result.Effect {
		for i := range c.Effects {
			if e := &c.Effects[i]; e.Metric == metric && e.Finding != result.NotKnown {
				return e
			}
		}
		return nil
	}
	ms := func(d *result.Difference) string {
		return fmt.Sprintf("%+.2f [%+.2f, %+.2f] ms", 1e3*d.Value, 1e3*d.Low, 1e3*d.High)
	}
	if p50 := effect("latency.p50"); c.Proxy.Adds.Measured && p50 != nil {
		text, p99 := "p50 "+ms(p50.Difference), effect("latency.p99")
		switch {
		case p99 != nil && (p50.Finding != result.NoDifference || p99.Finding != result.NoDifference):
			text += ", p99 " + ms(p99.Difference)
		case p50.Finding == result.NoDifference:
			text = "no latency found: " + text
		}
		facts[0].Value = text
	}
	if bad := effect("bad.rate"); c.Proxy.Hides.Measured && bad != nil {
		d, what := bad.Difference, map[result.Direction]string{
			result.Lower: "failures", result.Higher: "no failures, it adds some", result.NoDifference: "no failures found",
		}
		facts[1].Value = fmt.Sprintf("%s: %+.2g [%+.2g, %+.2g] points", what[bad.Finding], 100*d.Value, 100*d.Low, 100*d.High)
	}
	if onset := effect("onset.rate"); onset != nil {
		r := onset.Ratio
		facts[2].Value = fmt.Sprintf("onset × %.3f [%.3f, %.3f]", r.Ratio, r.Low, r.High)
		if onset.Finding == result.NoDifference && onset.Detectable != nil {
			facts[2].Value += fmt.Sprintf(": no loss found, %s %% would be", unit.Digits(100**onset.Detectable, 2))
		}
	}
	return facts
}

func proxyFacts(x *result.ProxyEffects) []fact {
	return []fact{{"the proxy adds", x.Adds.Text.Text}, {"the proxy hides", x.Hides.Text.Text}, {"the proxy costs", x.Costs.Text.Text}}
}

// effectLabel is a metric with its unit, so that its cells need none.
func effectLabel(e result.Effect) string {
	name := strings.TrimSuffix(strings.TrimPrefix(e.Metric, "outcome."), ".rate")
	name = strings.ReplaceAll(strings.ReplaceAll(name, "latency.", "latency "), "_", " ")
	switch name = strings.ReplaceAll(name, "p999", "p99.9"); e.Unit {
	case "rate":
		return name + ", req/s"
	case "time":
		return name + ", ms"
	}
	return name + ", %"
}

func effectRow(e result.Effect) row {
	r := row{Label: shortened(effectLabel(e)), Cells: []cell{estimateCell(e.A, e.Unit), estimateCell(e.B, e.Unit), changeCell(e)}}
	return r
}

// shortened keeps a label within the margin.
func shortened(label string) string {
	label = strings.NewReplacer("latency p", "p", ", ms", " lat., ms", "overflow onset", "overflow", ", req/s", ", /s").Replace(label)
	if width(label) >= compareMargin {
		label = strings.NewReplacer("connect ", "conn. ", " before response", " early", "response ", "resp. ", ", ", " ").Replace(label)
	}
	if r := []rune(label); len(r) >= compareMargin {
		label = string(r[:compareMargin-2]) + "…"
	}
	return label
}

// scale of a unit in tables.
func scale(unit unit.Unit) float64 {
	switch unit {
	case "time":
		return 1e3
	case "share":
		return 100
	}
	return 1
}

func estimateCell(x result.Estimate, unit unit.Unit) cell {
	if x.Value == nil {
		return cell{Main: "not known", Tone: muted}
	}
	by := scale(unit)
	out := cell{Main: digits(by**x.Value, 3)}
	if x.Low == nil || x.High == nil {
		out.Interval = "(no interval)"
	} else {
		out.Interval = interval(by**x.Low, by**x.High)
	}
	return out
}

// changeCell is the quotient, or of shares the difference in points.
func changeCell(e result.Effect) cell {
	var out cell
	switch {
	case e.Unit == "share" && e.Difference != nil:
		d := e.Difference
		out = cell{Main: fmt.Sprintf("%+.2g", 100*d.Value), Interval: fmt.Sprintf("[%+.2g, %+.2g]", 100*d.Low, 100*d.High)}
	case e.Ratio != nil:
		out = cell{Main: digits(e.Ratio.Ratio, 3), Interval: interval(e.Ratio.Low, e.Ratio.High)}
	default:
		return cell{Main: "not known", Tone: muted}
	}
	if e.Finding == result.NoDifference {
		out.Tone = muted
	}
	return out
}
