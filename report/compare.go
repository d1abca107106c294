package report

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"

	"weir/report/doc"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

// Comparisons are those that `weir compare` makes: one a lane.
type Comparisons struct {
	Schema string               `json:"schema"`      // "weir.compare/1"
	List   []*result.Comparison `json:"comparisons"` // in the order of A's lanes

	arms []arms // of each, to be drawn
}

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

// CompareText prints comparisons for a terminal.
func CompareText(w io.Writer, c *Comparisons, opt doc.TextOptions) error {
	d := compared(c)
	for i, of := range c.List { // for want of the columns that the note explains
		blocks := d.Blocks[i].(doc.Section).Blocks
		blocks[len(blocks)-1] = reasons(of)
	}
	return doc.WriteText(w, d, opt)
}

// CompareMarkdown prints comparisons in GitHub's dialect.
func CompareMarkdown(w io.Writer, c *Comparisons) error { return doc.WriteMarkdown(w, compared(c)) }

// CompareHTML prints comparisons as one self-contained page without a script.
func CompareHTML(w io.Writer, c *Comparisons) error {
	return doc.WriteHTML(w, compared(c), doc.PageOptions{Window: "weir compare"})
}

// compared is the verdict of each, every warning, drawings and a table.
func compared(c *Comparisons) doc.Document {
	// three columns of 20 in 80: a value and its interval
	d := doc.Document{Title: []string{"compare"}, Margin: 16}
	for i, of := range c.List {
		text := say("compare.arms", args{"a": armText(of.A), "b": armText(of.B)})
		blocks := append(compareVerdict(of), doc.Paragraph{Text: doc.T(text), Note: true})
		d.Blocks = append(d.Blocks, doc.Section{Label: "Comparison",
			Blocks: append(blocks, comparison(of, &c.arms[i])...)})
	}
	return d
}

// compareVerdict leads: what differs, or that nothing can be compared.
func compareVerdict(c *result.Comparison) (list []doc.Block) {
	valid := c.A.Valid && c.B.Valid
	for i, v := range c.Verdict {
		switch {
		case !valid && i == 0:
			list = append(list, doc.Callout{Tone: doc.Bad, Title: "INVALID", Text: say("invalid.run", nil),
				Items: []doc.Text{doc.T(words.Of(v))}})
		case i == 0:
			list = append(list, doc.Headline{Text: doc.T(words.Of(v))})
		default:
			list = append(list, doc.Paragraph{Text: doc.T(words.Of(v))})
		}
	}
	return list
}

// comparison is all of one in the long formats, with its drawings; those of the arms are nil within a run's
// report, whose own figures show them.
func comparison(c *result.Comparison, of *arms) []doc.Block {
	list := unlike(c.Warnings)
	labels := [2]string{c.A.Label, c.B.Label}
	var drawn doc.Grid
	figure := func(caption string, drawing template.HTML, legend ...doc.Key) {
		if drawing != "" {
			drawn.Cells = append(drawn.Cells, []doc.Block{doc.Figure{Caption: caption, Drawing: drawing,
				Legend: legend}})
		}
	}
	figure("What differs, with 95 % intervals", forest(c), doc.Key{Class: "k-same", Text: "no difference"},
		doc.Key{Class: "k-none", Text: "grey: none was found"})
	if of != nil {
		legend := []doc.Key{{Class: "l-0", Text: labels[0]}, {Class: "l-1", Text: labels[1]}}
		figure("What was offered, and what was served", of.response(labels).svg(), legend...)
		figure("Latency, of all trials of each", of.tails(labels).svg(), legend...)
	}
	var facts doc.Facts
	facts.Wide = true
	if c.Proxy != nil {
		facts.Items = proxyFacts(c.Proxy).Items
	}
	facts.Add("design", words.Of(c.Design))
	return append(list, drawn, facts, effects(c),
		doc.Paragraph{Text: doc.T(say("comparison.note", nil)), Note: true})
}

// reasons are why effects are not known, or what is to be known beside them; each once, with the metrics that
// have it, and not those that the verdict gives.
func reasons(c *result.Comparison) (f doc.Facts) {
	told := func(why result.Finding) bool {
		return slices.ContainsFunc(c.Verdict, func(v result.Finding) bool {
			return sameFinding(v.Args["why"], why) || sameFinding(v.Args["note"], why)
		})
	}
	at := map[string]int{}
	for _, e := range c.Effects {
		if e.Reason.IsZero() || told(e.Reason) {
			continue
		}
		name := strings.TrimSuffix(e.Metric, ".rate")
		reason := words.Of(e.Reason)
		if i, seen := at[reason]; seen {
			f.Items[i].Value = append(doc.T(name+", "), f.Items[i].Value...)
			continue
		}
		label := "  not known"
		if e.Finding != result.NotKnown {
			label = "  note"
		}
		at[reason] = len(f.Items)
		f.Add(label, say("lane", args{"lane": name, "text": reason}))
	}
	return f
}

// armText names an arm.
func armText(a result.Arm) string {
	label := a.Label
	if label == a.Lane {
		label = ""
	}
	return say("compare.arm", args{"label": label, "run": a.Run, "lane": a.Lane, "at": when(a.Started)})
}

// sameFinding reports whether an argument is that finding; the sentence may have been made in one of them
// alone.
func sameFinding(v any, f result.Finding) bool {
	x, ok := v.(result.Finding)
	return ok && x.Code == f.Code && x.Lane == f.Lane && reflect.DeepEqual(x.Args, f.Args)
}

// unlike is why the arms may differ for another reason than what is under test.
func unlike(all []result.ArmWarning) []doc.Block {
	var list []result.Warning
	for _, w := range all {
		list = append(list, result.Warning{Code: w.Code, Text: words.Of(w.Text)})
	}
	return warned(list)
}

func proxyFacts(x *result.ProxyEffects) (f doc.Facts) {
	f.Add("the proxy adds", words.Of(x.Adds.Text))
	f.Add("the proxy hides", words.Of(x.Hides.Text))
	f.Add("the proxy costs", words.Of(x.Costs.Text))
	return f
}

// proxyBrief is what a terminal's screen has room for of the proxy's effects; the long formats say it in
// words.
func proxyBrief(c *result.Comparison) doc.Facts {
	facts := proxyFacts(c.Proxy)
	effect := func(metric string) *result.Effect {
		for i := range c.Effects {
			if e := &c.Effects[i]; e.Metric == metric && e.Finding != result.NotKnown {
				return e
			}
		}
		return nil
	}
	set := func(i int, code result.Code, a args) { facts.Items[i].Value = doc.T(say(code, a)) }
	if p50 := effect("latency.p50"); c.Proxy.Adds.Measured && p50 != nil {
		a, p99 := args{"p50": difference(p50)}, effect("latency.p99")
		switch {
		case p99 != nil && (p50.Finding != result.NoDifference || p99.Finding != result.NoDifference):
			a["p99"] = difference(p99)
			set(0, "proxy.adds", a)
		case p50.Finding == result.NoDifference:
			set(0, "proxy.adds_none", a)
		default:
			set(0, "proxy.adds", a)
		}
	}
	if bad := effect("bad.rate"); c.Proxy.Hides.Measured && bad != nil {
		code := map[result.Direction]result.Code{result.Lower: "proxy.hides",
			result.Higher: "proxy.hides_more", result.NoDifference: "proxy.hides_none"}[bad.Finding]
		set(1, code, args{"points": difference(bad)})
	}
	if onset := effect("onset.rate"); onset != nil {
		a := args{"quotient": onset.Ratio.Estimate()}
		if onset.Finding == result.NoDifference && onset.Detectable != nil {
			a["mdc"] = *onset.Detectable
		}
		set(2, "proxy.costs", a)
	}
	return facts
}

// effects is the table of all metrics.
func effects(c *result.Comparison) doc.Table {
	t := doc.Table{Caption: "What differs", Class: "trials", Corner: "[95 % interval]", Lanes: true,
		Columns: doc.Numbers(c.A.Label, c.B.Label, "÷, or ± points")}
	long := append(doc.Numbers(c.B.Label+" − "+c.A.Label, "effect size", "MDC", "pairs"),
		doc.Columns("finding", "method, or why not")...)
	for i := range long {
		long[i].Long = true
	}
	t.Columns = append(t.Columns, long...)
	for _, e := range c.Effects {
		texts := []string{"–", "–", "–", "–"}
		if e.Difference != nil {
			texts[0] = signed(e.Difference, scale(e.Unit), 3)
		}
		if e.EffectSize != nil {
			texts[1] = fmt.Sprintf("%+.2f", *e.EffectSize)
		}
		if e.Detectable != nil {
			u := unit.Share
			if e.Unit == unit.Share {
				u = unit.Points
			}
			texts[2] = u.FormatTo(*e.Detectable, 2)
		}
		if e.Pairs > 0 {
			texts[3] = fmt.Sprint(e.Pairs)
		}
		var method []string
		for _, f := range []result.Finding{e.Method, e.Reason} {
			if !f.IsZero() {
				method = append(method, words.Of(f))
			}
		}
		cells := []doc.Cell{inTable(e.A, e.Unit), inTable(e.B, e.Unit), change(e)}
		cells = append(cells, doc.Cells(append(texts, string(e.Finding), strings.Join(method, "; "))...)...)
		t.Rows = append(t.Rows, doc.Row{Label: doc.T(effectLabel(e)), Cells: cells})
	}
	return t
}

// effectLabel is a metric with its unit, so that its cells need none.
func effectLabel(e result.Effect) string {
	suffix := map[unit.Unit]string{unit.Rate: ", req/s", unit.Time: ", ms", unit.Share: ", %"}[e.Unit]
	return effectName(e) + suffix
}

// effectName is a metric in short.
func effectName(e result.Effect) string {
	name := strings.TrimSuffix(strings.TrimPrefix(e.Metric, "outcome."), ".rate")
	return strings.NewReplacer("latency.", "latency ", "_onset", "", "_", " ", "p999", "p99.9").Replace(name)
}

// scale of a unit in tables, whose labels have it.
func scale(u unit.Unit) float64 {
	switch u {
	case unit.Time:
		return 1e3
	case unit.Share:
		return 100
	}
	return 1
}

// inTable is an estimate in the unit of its row's label.
func inTable(x result.Estimate, of unit.Unit) doc.Cell {
	by := scale(of)
	times := func(v *float64) *float64 {
		if v == nil {
			return nil
		}
		scaled := by * *v
		return &scaled
	}
	e := unit.Estimate{Value: times(x.Value), Unit: unit.Ratio}
	if x.Low != nil && x.High != nil {
		e.Low, e.High = times(x.Low), times(x.High)
	}
	return estimated(e)
}

// change is the quotient, or of shares the difference in points.
func change(e result.Effect) doc.Cell {
	var cell doc.Cell
	switch {
	case e.Unit == unit.Share && e.Difference != nil:
		d := e.Difference
		cell.Text = doc.T(unit.Signed(100*d.Value, 2)).With(fmt.Sprintf("[%s, %s]", unit.Signed(100*d.Low, 2),
			unit.Signed(100*d.High, 2)))
	case e.Ratio != nil:
		cell = estimated(e.Ratio.Estimate())
	default:
		return estimated(unit.Estimate{})
	}
	if e.Finding == result.NoDifference {
		cell.Tone = doc.Muted
	}
	return cell
}

// difference is an effect's, with its unit.
func difference(e *result.Effect) string {
	if e.Unit == unit.Share {
		return signed(e.Difference, 100, 2) + " points"
	}
	d := *e.Difference
	for _, x := range []*float64{&d.Value, &d.Low, &d.High} {
		*x = math.Round(*x*1e6) / 1e6 // below a microsecond nothing was measured
	}
	return signed(&d, 1e3, 2) + " ms"
}

func signed(d *result.Difference, by float64, digits int) string {
	return fmt.Sprintf("%s [%s, %s]", unit.Signed(by*d.Value, digits), unit.Signed(by*d.Low, digits),
		unit.Signed(by*d.High, digits))
}
