package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"weir/report/analysis/gate"
	"weir/report/doc"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

// Judgement is what the gate found of a run.
type Judgement struct {
	Run, Baseline *result.Analysis // Baseline may be nil
	Warnings      []result.Finding // why they may not be comparable
	Results       []gate.Result    // in the order of the assertions
}

// GateSchemaName is what the JSON of a judgement calls its schema.
const GateSchemaName = "weir.gate/1"

// GateReport is what `weir gate --json` prints.
type GateReport struct {
	Schema string `json:"schema"` // "weir.gate/1"
	Run    string `json:"run"`    // its name
	// of all assertions: "pass", "fail", "inconclusive" or "invalid"
	Result         gate.Verdict     `json:"result"`
	Valid          bool             `json:"valid"`           // false: the run cannot be believed
	InvalidReasons []result.Finding `json:"invalid_reasons"` // why not
	// why the run and its baseline may not be comparable
	Warnings   []result.Finding `json:"not_comparable"`
	Assertions []gate.Result    `json:"assertions"` // the answers, in the order of the assertions
}

// JSON prints the judgement for programs. Its results are those of report.json's assertions.
func (j Judgement) JSON(w io.Writer) error {
	return writeJSON(w, &GateReport{GateSchemaName, j.Run.Name, gate.Overall(j.Results), j.Run.Valid,
		j.Run.InvalidReasons, j.Warnings, j.Results})
}

// Text prints the judgement for a terminal.
func (j Judgement) Text(w io.Writer, opt doc.TextOptions) error {
	d := doc.Document{Margin: 14, Blocks: append(j.blocks(assertions(j.Results)),
		doc.Paragraph{Text: doc.T("gate: " + j.conclusion())})}
	return doc.WriteText(w, d, opt)
}

// maxSummary bounds the summary of a step: GitHub takes 1 MiB from a step, and of more than that nothing.
const maxSummary = 900_000

// Markdown writes the judgement in GitHub's dialect, for a job's summary: as many answers as there is room
// for, the worst of them first where that is not all.
func (j Judgement) Markdown(w io.Writer) error {
	order := []gate.Verdict{gate.Invalid, gate.Fail, gate.Inconclusive, gate.Pass}
	results := j.Results
	for {
		blocks := []doc.Block{doc.Heading{Level: 3,
			Text: doc.T(fmt.Sprintf("weir gate: %s (%s)", gate.Overall(j.Results),
				cmp.Or(j.Run.Name, "run")))}}
		blocks = append(blocks, j.blocks(assertions(results))...)
		if more := len(j.Results) - len(results); more > 0 {
			blocks = append(blocks, doc.Paragraph{Text: doc.T(say("gate.more", args{"n": more}))})
		}
		var b strings.Builder
		if err := doc.WriteMarkdown(&b, doc.Document{Blocks: blocks}); err != nil {
			return err
		}
		if b.Len() <= maxSummary || len(results) == 0 {
			_, err := io.WriteString(w, b.String())
			return err
		}
		results = slices.SortedStableFunc(slices.Values(results), func(x, y gate.Result) int {
			return cmp.Compare(slices.Index(order, x.Result), slices.Index(order, y.Result))
		})[:len(results)/2]
	}
}

// blocks are what makes a run, or its baseline, worthless, the answers, and the warnings.
func (j Judgement) blocks(answers doc.Table) (list []doc.Block) {
	list = append(list, leadInvalid(j.Run, say("invalid.gate", nil))...)
	if j.Baseline != nil && !j.Baseline.Valid {
		list = append(list, doc.Callout{Tone: doc.Bad, Label: "INVALID", Title: "INVALID BASELINE",
			Text:  say("invalid.baseline", nil),
			Items: prefixed("baseline: ", words.List(j.Baseline.InvalidReasons))})
	}
	list = append(list, answers)
	if len(j.Warnings) > 0 {
		list = append(list, doc.Callout{Tone: doc.Doubt, Label: "warning", Title: "Not comparable",
			Items: prefixed("not comparable: ", words.List(j.Warnings))})
	}
	return list
}

// conclusion is the answer of all, and how many of each there are.
func (j Judgement) conclusion() string {
	var parts []string
	for _, v := range []gate.Verdict{gate.Pass, gate.Fail, gate.Inconclusive, gate.Invalid} {
		n := 0
		for _, r := range j.Results {
			if r.Result == v {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return fmt.Sprintf("%s (%s)", gate.Overall(j.Results), strings.Join(parts, ", "))
}

// leadInvalid leads with what makes a run worthless; nothing where it is valid.
func leadInvalid(a *result.Analysis, so string) []doc.Block {
	if a.Valid {
		return nil
	}
	why := words.List(a.InvalidReasons)
	if len(why) == 0 {
		why = []string{say("no_reason", nil)}
	}
	return []doc.Block{doc.Callout{Tone: doc.Bad, Label: "INVALID RUN", Title: "INVALID RUN", Text: so,
		Items: prefixed("", why)}}
}

// prefixed are texts; the first of those that a terminal shows in one paragraph says what they are.
func prefixed(what string, texts []string) (list []doc.Text) {
	for _, t := range texts {
		list = append(list, append(doc.T(what), doc.T(t)...))
	}
	return list
}

// tones are the colours of the answers; those that cannot be told have the colour of doubt.
var tones = map[gate.Verdict]doc.Tone{gate.Pass: doc.Good, gate.Fail: doc.Bad, gate.Invalid: doc.Bad,
	gate.Inconclusive: doc.Doubt}

// assertions is the table of the answers: what was asserted, what was measured, and why there is no more to
// say.
func assertions(results []gate.Result) doc.Table {
	t := doc.Table{Caption: "Assertions", Class: "gate", Columns: doc.Columns("assertion", "measured")}
	for _, r := range results {
		var what doc.Text
		if r.Name != "" {
			what = doc.T(r.Name + ": ")
		}
		what = append(what, doc.C(r.Expr)...)
		if r.Lane != "" {
			what = what.With("(" + r.Lane + ")")
		}
		measured := doc.T(r.Measured)
		if !r.Reason.IsZero() && r.Result != gate.Invalid { // that leads the document
			measured = doc.Lines(measured, doc.Text{{Text: words.Of(r.Reason), Kind: doc.Aside}})
		}
		t.Rows = append(t.Rows, doc.Row{Label: doc.T(string(r.Result)), Tone: tones[r.Result],
			Cells: []doc.Cell{{Text: what}, {Text: measured}}})
	}
	return t
}

// named is what a result is called: by its name, else as it was written, with the lane that it is of.
func named(r gate.Result) string {
	text := cmp.Or(r.Name, r.Expr)
	if r.Lane != "" {
		text += " (" + r.Lane + ")"
	}
	return unit.Clean(text)
}

// found is what was measured, and why there is no more to say.
func found(r gate.Result) string {
	text := string(r.Result) + ": " + r.Measured
	if !r.Reason.IsZero() {
		text += "; " + words.Of(r.Reason)
	}
	return unit.Clean(text)
}

// maxAnnotations bounds what one run adds to the page of a commit: GitHub shows ten of a kind and a step, and
// one page is read by people who look for something else too.
const maxAnnotations = 5

// Annotations writes the answers that are no pass as GitHub's workflow commands, the worst first and at most
// maxAnnotations, of which the last counts the rest. An invalid run is one, however many assertions it leaves
// open.
//
// Source: docs.github.com, Workflow commands for GitHub Actions; the escapes are those of actions/toolkit,
// packages/core/src/command.ts.
func (j Judgement) Annotations(w io.Writer) error {
	type note struct{ kind, text string }
	var notes []note
	for _, kind := range []struct {
		of   gate.Verdict
		name string
	}{{gate.Invalid, "error"}, {gate.Fail, "error"}, {gate.Inconclusive, "warning"}} {
		for _, r := range j.Results {
			if r.Result == kind.of {
				notes = append(notes, note{kind.name, named(r) + " " + found(r)})
			}
		}
		if kind.of == gate.Invalid && len(notes) > 0 {
			i := slices.IndexFunc(j.Results, func(r gate.Result) bool { return r.Result == gate.Invalid })
			notes = []note{{"error", cmp.Or(words.Of(j.Results[i].Reason), say("gate.invalid", nil))}}
			break
		}
	}
	if more := len(notes) - maxAnnotations; more > 0 {
		notes[maxAnnotations-1].text = say("gate.annotations", args{"n": more + 1})
		notes = notes[:maxAnnotations]
	}
	for _, n := range notes {
		title := "weir: " + unit.Clean(cmp.Or(j.Run.Name, "run"))
		if _, err := fmt.Fprintf(w, "::%s title=%s::%s\n", n.kind, commandProperty.Replace(title),
			commandData.Replace(unit.Clean(n.text))); err != nil {
			return err
		}
	}
	return nil
}

var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
