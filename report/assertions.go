package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/words"
)

// assertion is what a result is called: by its name, else as it was written, with the lane that it is of.
func assertion(r gate.Result) string {
	text := cmp.Or(r.Name, r.Expr)
	if r.Lane != "" {
		text += " (" + r.Lane + ")"
	}
	return text
}

// found is what was measured, and why there is no more to say.
func found(r gate.Result) string {
	text := string(r.Result) + ": " + r.Measured
	if r.Reason.Text != "" {
		text += "; " + r.Reason.Text
	}
	return text
}

// verdictTones are the colours of the answers; those that cannot be told have the colour of doubt.
var verdictTones = map[gate.Verdict]string{gate.Pass: green, gate.Fail: red, gate.Invalid: red, gate.Inconclusive: yellow}

// assertions is a paragraph each: the answer, what was asserted, what was measured, and why.
func (p page) assertions(a *result.Analysis) (out []string) {
	for _, r := range a.Assertions {
		text := assertion(r)
		if r.Name != "" {
			text += ": " + r.Expr
		}
		text += " · " + r.Measured
		if r.Reason.Text != "" && r.Result != gate.Invalid { // that is at the top
			text += "; " + r.Reason.Text
		}
		out = append(out, p.paint(verdictTones[r.Result], p.hang(string(r.Result), text))...)
	}
	return out
}

// mdAssertions is the table of the answers.
func mdAssertions(b *strings.Builder, results []gate.Result) {
	var body [][]string
	for _, r := range results {
		measured := md(clean(r.Measured))
		if r.Reason.Text != "" {
			measured += "; " + md(clean(r.Reason.Text))
		}
		name := code(clean(r.Expr))
		if r.Name != "" {
			name = md(clean(r.Name)) + ": " + name
		}
		body = append(body, []string{"**" + md(clean(string(r.Result))) + "**", name, md(clean(r.Lane)), measured})
	}
	mdTable(b, []string{"result", "assertion", "lane", "measured [interval]"}, 1, body)
}

// GateMarkdown writes the answers in GitHub's dialect, for a job's summary.
func GateMarkdown(w io.Writer, a *result.Analysis, warnings []result.Finding, results []gate.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### weir gate: %s (%s)\n\n", gate.Overall(results), md(clean(cmp.Or(a.Name, "run"))))
	if !a.Valid {
		b.WriteString("> [!CAUTION]\n> **INVALID RUN.** It says nothing of the server.\n")
		for _, why := range words.List(a.InvalidReasons) {
			fmt.Fprintf(&b, "> - %s\n", md(clean(why)))
		}
		b.WriteString("\n")
	}
	mdSummarized(&b, results)
	for _, w := range warnings {
		fmt.Fprintf(&b, "- not comparable: %s\n", md(clean(words.Of(w))))
	}
	if len(warnings) > 0 {
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// maxSummary bounds the table of a step's summary: GitHub takes 1 MiB from a step, and of more than that nothing.
const maxSummary = 900_000

// mdSummarized is the table of as many answers as there is room for, the worst of them first where that is not all.
func mdSummarized(b *strings.Builder, results []gate.Result) {
	var table strings.Builder
	mdAssertions(&table, results)
	if table.Len() > maxSummary {
		order := []gate.Verdict{gate.Invalid, gate.Fail, gate.Inconclusive, gate.Pass}
		worst := slices.SortedStableFunc(slices.Values(results), func(x, y gate.Result) int {
			return cmp.Compare(slices.Index(order, x.Result), slices.Index(order, y.Result))
		})
		n := len(worst)
		for ; n > 0 && table.Len() > maxSummary; n /= 2 {
			table.Reset()
			mdAssertions(&table, worst[:n/2])
		}
		fmt.Fprintf(&table, "%d more are in the run's report.\n\n", len(worst)-n)
	}
	b.WriteString(table.String())
}

// maxAnnotations bounds what one run adds to the page of a commit: GitHub shows ten of a kind and a step, and one page
// is read by people who look for something else too.
const maxAnnotations = 5

// Annotations writes the answers that are no pass as GitHub's workflow commands, the worst first and at most
// maxAnnotations, of which the last counts the rest. An invalid run is one, however many assertions it leaves open.
//
// Source: docs.github.com, Workflow commands for GitHub Actions; the escapes are those of actions/toolkit,
// packages/core/src/command.ts.
func Annotations(w io.Writer, a *result.Analysis, results []gate.Result) error {
	type note struct{ kind, text string }
	var notes []note
	if gate.Overall(results) == gate.Invalid {
		why := results[0].Reason.Text
		for _, r := range results {
			if r.Result == gate.Invalid {
				why = r.Reason.Text
				break
			}
		}
		notes = append(notes, note{"error", cmp.Or(why, "the run is invalid")})
	} else {
		for _, kind := range []struct {
			of   gate.Verdict
			name string
		}{{gate.Fail, "error"}, {gate.Inconclusive, "warning"}} {
			for _, r := range results {
				if r.Result == kind.of {
					notes = append(notes, note{kind.name, assertion(r) + " " + found(r)})
				}
			}
		}
	}
	if more := len(notes) - maxAnnotations; more > 0 {
		notes[maxAnnotations-1] = note{notes[maxAnnotations-1].kind, fmt.Sprintf("and %d more that did not pass: the job's summary has them all", more+1)}
		notes = notes[:maxAnnotations]
	}
	for _, n := range notes {
		title := "weir: " + clean(cmp.Or(a.Name, "run"))
		if _, err := fmt.Fprintf(w, "::%s title=%s::%s\n", n.kind, commandProperty.Replace(title), commandData.Replace(clean(n.text))); err != nil {
			return err
		}
	}
	return nil
}

var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
