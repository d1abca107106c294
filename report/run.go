package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"weir/report/doc"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/unit"
	"weir/report/words"
)

// screen is the height that the verdict should fit: 24 lines, less one for the path of the report after it
// and one for the prompt.
const screen = 22

// Text writes the verdict for one terminal screen: why requests failed, in a sentence, and a table that says
// the rest in numbers. No warning is ever left out. An INVALID run says so first, and names no cause.
func Text(w io.Writer, a *result.Analysis, opt doc.TextOptions) error {
	return doc.WriteText(w, brief(a), opt)
}

// Markdown writes report.md in GitHub's dialect. It has no figures.
func Markdown(w io.Writer, a *result.Analysis) error {
	return doc.WriteMarkdown(w, whole(a))
}

// brief is the verdict on a screen.
func brief(a *result.Analysis) doc.Document {
	head := append(leadInvalid(a, say("invalid.run", nil)),
		doc.Paragraph{Text: doc.T("weir: " + strings.Join(title(a), " · "))})
	var why []doc.Block
	if a.Valid {
		for _, f := range a.Verdict {
			if f.Code == "sustained_rate" {
				why = append(why, doc.Paragraph{Text: doc.T(words.Of(f)), Tone: doc.Leading})
			}
		}
		for _, text := range causes(a) {
			why = append(why, doc.Paragraph{Text: doc.T(text), Tone: doc.Leading})
		}
	}
	body := []doc.Block{doc.Facts{Items: []doc.Fact{{Label: "lanes", Value: doc.T(say("no_lane", nil))}}}}
	if len(a.Lanes) > 0 {
		body = []doc.Block{summary(a)}
	}
	var said doc.Facts
	if c := a.Comparison; c != nil && c.Proxy != nil && a.Valid {
		said = proxyBrief(c)
	} else if a.Agreement != nil && a.Valid {
		agreement := estimated(a.Agreement.Estimate()).Text.With(say("onset.of_onsets", nil))
		said.Add("proxy ÷ direct", agreement.String())
	}
	if text := typical(a); text != "" {
		said.Items = append(said.Items, doc.Fact{Label: "NGINX said", Value: doc.T(text), Spare: 2})
	}
	body = append(body, said, assertions(a.Assertions))
	return doc.Document{Title: title(a), Margin: 19, Screen: screen, Blocks: []doc.Block{
		doc.Section{Blocks: head}, doc.Section{Blocks: why}, doc.Section{Blocks: []doc.Block{basics(a)}},
		doc.Section{Blocks: append(body, warned(a.Warnings)...)},
	}}
}

// whole is all that the run's record tells, around the figures of a page.
func whole(a *result.Analysis, figures ...doc.Block) doc.Document {
	d := doc.Document{Title: title(a)}
	d.Blocks = append(d.Blocks, doc.Section{ID: "verdict", Label: "Verdict", Blocks: verdict(a)})
	d.Blocks = append(d.Blocks, figures...)
	if c := a.Comparison; c != nil {
		blocks := []doc.Block{doc.Heading{Level: 2, Text: doc.T("What the proxy adds, hides and costs")}}
		for _, v := range c.Verdict {
			blocks = append(blocks, doc.Paragraph{Text: doc.T(words.Of(v)), Tone: doc.Leading})
		}
		d.Blocks = append(d.Blocks, doc.Section{ID: "compared", Label: "Comparison",
			Blocks: append(blocks, comparison(c, nil)...)})
	}
	for i := range a.Lanes {
		d.Blocks = append(d.Blocks, lane(&a.Lanes[i]))
	}
	d.Blocks = append(d.Blocks, hosts(a)...)
	d.Blocks = append(d.Blocks, repeat(a))
	return d
}

// verdict is what the long formats lead with.
func verdict(a *result.Analysis) []doc.Block {
	list := leadInvalid(a, say("invalid.run", nil))
	for i, f := range a.Verdict {
		switch {
		case f.Code == "invalid": // that leads already
		case i == 0:
			list = append(list, doc.Headline{Text: doc.T(words.Of(f))})
		default:
			list = append(list, doc.Paragraph{Text: doc.T(words.Of(f)), Tone: doc.Leading})
		}
	}
	if len(a.Verdict) == 0 && a.Valid {
		list = append(list, doc.Headline{Text: doc.T(say("no_verdict", nil))})
	}
	if a.Claim != "" {
		list = append(list, doc.Paragraph{Text: append(doc.Text{{Text: "Claim tested", Kind: doc.Strong}},
			doc.T(" "+a.Claim)...), Note: true})
	}
	if len(a.Assertions) > 0 {
		list = append(list, assertions(a.Assertions))
	}
	list = append(append(list, warned(a.Warnings)...), basics(a))
	if len(a.Lanes) == 0 {
		return list
	}
	t := summary(a)
	if a.Agreement != nil {
		cell := estimated(a.Agreement.Estimate())
		cell.Text = cell.Text.With(say("onset.of_onsets", nil))
		t.Rows = append(t.Rows, doc.Row{Label: doc.T("proxy ÷ direct"), Cells: []doc.Cell{cell}})
	}
	return append(list, t, doc.Paragraph{Text: doc.T(say("latency.table", nil)), Note: true})
}

// basics are what was under test and what it can do.
func basics(a *result.Analysis) doc.Facts {
	facts := doc.Facts{Wide: true}
	facts.Add("versions", versions(a))
	facts.Add("capacity", capacityLine(a.Capacity))
	return facts
}

// capacityLine says what was computed and from what.
func capacityLine(c result.Capacity) string {
	var why any
	if c.WorkersSource == runfile.NotCounted {
		why = workers(c)
	}
	switch {
	case c.Computed != nil:
	case c.Workers == 0 && c.ServiceTime == nil:
		return say("capacity.nothing", args{"why": why})
	case c.Workers == 0:
		return say("capacity.workers", args{"why": why})
	default:
		return say("capacity.service", nil)
	}
	count := say("workers.stated", args{"n": c.Workers})
	if c.WorkersSource == runfile.Counted {
		count = say("workers.counted", args{"n": c.Workers})
	}
	a := args{"capacity": unit.Estimate{Value: c.Computed, Low: c.Low, High: c.High, Unit: unit.Rate},
		"stated":  c.Low == nil || c.High == nil,
		"workers": count, "service": c.ServiceTime, "n": some(c.ServiceTimeCount),
		"nominal": c.NominalServiceTime}
	if c.WorkerConnections > 1 {
		a["connections"] = c.WorkerConnections
	}
	if c.ServiceTimeSource != "" {
		a["source"] = say("service_time_"+result.Code(c.ServiceTimeSource), nil)
	}
	return say("capacity.line", a)
}

// workers is how many there are and how that is known.
func workers(c result.Capacity) string {
	return say("workers_"+result.Code(c.WorkersSource),
		args{"workers": c.Workers, "evidence": c.WorkersEvidence})
}

// versions names what was under test, what decides whether two reports can be compared.
func versions(a *result.Analysis) string {
	var parts []string
	for _, key := range []struct{ name, says string }{{"kernel", "linux"}, {"proxy", "nginx"},
		{"backend", "backend"}} {
		value := a.Environment[key.name]
		if value == "" && key.name == "proxy" { // there may be none
			continue
		}
		value = unit.Clean(cmp.Or(value, unit.Unknown))
		if !strings.Contains(strings.ToLower(value), key.says) { // else it names itself
			value = key.name + " " + value
		}
		parts = append(parts, value)
	}
	if e := engines(a); e != "" {
		parts = append(parts, say("engine", args{"engine": e}))
	}
	return strings.Join(parts, " · ")
}

// engines names what sent the requests.
func engines(a *result.Analysis) string {
	var names []string
	for _, l := range a.Lanes {
		if l.Engine != "" && !slices.Contains(names, l.Engine) {
			names = append(names, l.Engine)
		}
	}
	return strings.Join(names, ", ")
}

// causes is why requests failed: one sentence for each cause, from the first lane that has it, with the names
// of the others. What differs between them, counts and outcomes, stands in the table.
func causes(a *result.Analysis) (list []string) {
	told := map[result.CauseCode]bool{}
	for i, l := range a.Lanes {
		text := words.Of(l.Cause.Text)
		if text == "" || told[l.Cause.Code] {
			continue
		}
		told[l.Cause.Code] = true
		alike, others := i == 0, []string(nil) // alike: every lane says it in these words
		for j, other := range a.Lanes {
			alike = alike && words.Of(other.Cause.Text) == text
			if j > i && other.Cause.Code == l.Cause.Code {
				others = append(others, other.Name)
			}
		}
		switch {
		case alike:
			list = append(list, text)
		case len(others) > 0:
			list = append(list, say("cause.same", args{"lane": l.Name, "text": text, "lanes": others}))
		default:
			list = append(list, say("lane", args{"lane": l.Name, "text": text}))
		}
	}
	return list
}

// warned are warnings, those that say the same of several lanes in one.
func warned(all []result.Warning) []doc.Block {
	if len(all) == 0 {
		return nil
	}
	c := doc.Callout{Tone: doc.Doubt, Label: "warning"}
	var list []result.Warning
	for _, w := range all {
		i := slices.IndexFunc(list, func(x result.Warning) bool {
			return w.Lane != "" && x.Lane != "" && x.Code == w.Code && reflect.DeepEqual(x.Args, w.Args)
		})
		if i < 0 {
			list = append(list, w)
			continue
		}
		list[i].Lane += ", " + w.Lane
		list[i].Text = ""
	}
	for _, w := range list {
		text := append(doc.T(words.Of(result.Finding(w))), doc.Span{Text: " ("})
		c.Items = append(c.Items, append(append(text, doc.C(string(w.Code))...), doc.Span{Text: ")"}))
	}
	c.Title = unit.Plural(uint64(len(list)), "warning")
	return []doc.Block{c}
}

// title is what was run, when, and how.
func title(a *result.Analysis) []string {
	parts := []string{cmp.Or(a.Name, "run")}
	if a.Started != "" {
		parts = append(parts, when(a.Started))
	}
	if a.Mode != "" {
		parts = append(parts, say("mode", args{"mode": a.Mode}))
	}
	parts = append(parts, say("seed", args{"seed": fmt.Sprint(a.Seed)}))
	if how := a.Ended.How; how != "" && how != runfile.Complete { // a warning says why
		parts = append(parts, how)
	}
	return parts
}

// when is a run's beginning to the minute, where it is a time.
func when(started string) string {
	t, err := time.Parse(time.RFC3339, started)
	if err != nil {
		return started
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// repeat is where the run took place, how to repeat it, and what the words mean.
func repeat(a *result.Analysis) doc.Section {
	how := []doc.Block{doc.Heading{Level: 2, Text: doc.T("How to repeat it")}}
	if len(a.Command) > 0 {
		how = append(how, doc.Command{Line: commandLine(a.Command)})
	} else {
		how = append(how, doc.Paragraph{Text: doc.T(say("no_command", nil))})
	}
	how = append(how, doc.Paragraph{Text: append(doc.T(say("repeat", args{"seed": fmt.Sprint(a.Seed)})),
		doc.C("weir report RUN")...), Note: true},
		doc.Details{Summary: "What the words mean", Blocks: []doc.Block{glossary()}})
	return doc.Section{Label: "Environment", Blocks: []doc.Block{doc.Grid{Class: "columns",
		Cells: [][]doc.Block{
			{doc.Heading{Level: 2, Text: doc.T("Environment")}, environment(a)}, how,
		}}}}
}

func glossary() (f doc.Facts) {
	for _, word := range []struct {
		label string
		code  result.Code
	}{{"overflow", "overflow"}, {"Recv-Q", "recv_q"}, {"onset", "onset"}, {"loss mode", "loss"},
		{"goodput", "goodput"}} {
		f.Add(word.label, say("glossary."+word.code, nil))
	}
	return f
}

// environment lists where the run took place: what decides comparability first, the rest by name.
func environment(a *result.Analysis) (f doc.Facts) {
	add := func(name, value string) {
		f.Items = append(f.Items, doc.Fact{Label: name, Value: doc.C(cmp.Or(value, unit.Unknown))})
	}
	add("weir", a.Version)
	add("engine", engines(a))
	first := []string{"kernel", "proxy", "backend", "cpus"}
	for _, k := range first {
		add(k, a.Environment[k])
	}
	if c := a.Capacity; c.WorkersSource != "" && c.WorkersSource != runfile.Stated {
		f.Add("workers", workers(c))
	}
	for _, k := range slices.Sorted(maps.Keys(a.Environment)) {
		if !slices.Contains(first, k) {
			add(k, a.Environment[k])
		}
	}
	return f
}

// commandLine is the run's command with its arguments quoted for a POSIX shell, so that the line can be
// pasted: hostile or not, an argument stays one argument.
func commandLine(command []string) string {
	if len(command) > 0 && filepath.Base(command[0]) != "weir" {
		command = append([]string{"weir"}, command...)
	}
	quoted := make([]string, len(command))
	for i, arg := range command {
		arg = unit.Clean(arg)
		quoted[i] = arg
		if arg == "" || strings.ContainsFunc(arg, needsQuote) {
			quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

func needsQuote(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%",
		r)
}
