package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/words"
)

const (
	gateWidth  = 79
	gateIndent = 14 // of what stands beside a result
)

// Colours of the results (ECMA-48 8.3.117).
var gateColours = map[gate.Verdict]string{gate.Pass: "\x1b[32m", gate.Inconclusive: "\x1b[33m", gate.Fail: "\x1b[1;31m", gate.Invalid: "\x1b[1;31m"}

// writeText prints a line an assertion: the result, what was asserted, and what was measured. What does not fit
// goes below.
func (j judgement) writeText(w io.Writer, color bool) error {
	var b strings.Builder
	beside := func(label, text string) {
		for _, line := range wrapped(printable(text), gateWidth-gateIndent) {
			b.WriteString(padded(label, gateIndent) + line + "\n")
			label = ""
		}
	}
	if !j.a.Valid {
		beside("INVALID RUN", words.Join(j.a.InvalidReasons))
	}
	if j.baseline != nil && !j.baseline.Valid {
		beside("INVALID", "baseline: "+words.Join(j.baseline.InvalidReasons))
	}
	column := j.column()
	for _, r := range j.results {
		start := b.Len()
		what := assertionText(r)
		room := min(column, gateWidth-gateIndent-2-utf8.RuneCountInString(r.Measured))
		if utf8.RuneCountInString(what) <= room {
			beside(string(r.Result), padded(what, room+2)+r.Measured)
		} else {
			beside(string(r.Result), what)
			beside("", r.Measured)
		}
		if r.Reason.Text != "" && r.Result != gate.Invalid { // that was said above
			beside("", r.Reason.Text)
		}
		if color {
			text := b.String()
			b.Reset()
			b.WriteString(text[:start] + gateColours[r.Result] + string(r.Result) + "\x1b[0m" + text[start+len(r.Result):])
		}
	}
	for _, w := range j.warnings {
		beside("warning", "not comparable: "+w.Text)
	}
	b.WriteString(j.conclusion())
	_, err := io.WriteString(w, b.String())
	return err
}

// column is where what was measured begins: beside the longest assertion for which there is room.
func (j judgement) column() (n int) {
	for _, r := range j.results {
		what := utf8.RuneCountInString(assertionText(r))
		if gateIndent+what+2+utf8.RuneCountInString(r.Measured) <= gateWidth {
			n = max(n, what)
		}
	}
	return n
}

func assertionText(r gate.Result) string {
	text := r.Expr
	if r.Name != "" {
		text = r.Name + ": " + text
	}
	if r.Lane != "" {
		text += " (" + r.Lane + ")"
	}
	return printable(strings.Join(strings.Fields(text), " "))
}

// conclusion counts the answers.
func (j judgement) conclusion() string {
	var parts []string
	for _, v := range []gate.Verdict{gate.Pass, gate.Fail, gate.Inconclusive, gate.Invalid} {
		n := 0
		for _, r := range j.results {
			if r.Result == v {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return fmt.Sprintf("gate: %s (%s)\n", gate.Overall(j.results), strings.Join(parts, ", "))
}

// printable takes from a text what could move a terminal's cursor or hide: it may come from a record.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

const gateSchemaName = "weir.gate/1"

// gateReport is what `weir gate --json` prints.
type gateReport struct {
	Schema         string           `json:"schema"`          // "weir.gate/1"
	Run            string           `json:"run"`             // its name
	Result         gate.Verdict     `json:"result"`          // of all assertions: "pass", "fail", "inconclusive" or "invalid"
	Valid          bool             `json:"valid"`           // false: the run cannot be believed
	InvalidReasons []string         `json:"invalid_reasons"` // why not
	Warnings       []result.Finding `json:"not_comparable"`  // why the run and its baseline may not be comparable
	Assertions     []gate.Result    `json:"assertions"`      // the answers, in the order of the assertions
}

// writeJSON prints the judgement for programs. Its results are those of report.json's assertions.
func (j judgement) writeJSON(w io.Writer) error {
	out := gateReport{
		gateSchemaName, j.a.Name, gate.Overall(j.results), j.a.Valid,
		words.List(j.a.InvalidReasons), append([]result.Finding{}, j.warnings...), slices.Clone(j.results),
	}
	for i := range out.Assertions {
		r := &out.Assertions[i]
		r.Value, r.Low, r.High = rounded(r.Value), rounded(r.Low), rounded(r.High)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// rounded is x with six significant digits, as in report.json: all machines agree on these.
func rounded(x *float64) *float64 {
	if x == nil {
		return nil
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(*x, 'g', 6, 64), 64)
	if err != nil {
		return x
	}
	return &r
}
