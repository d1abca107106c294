package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"strings"

	"weir/report/analysis/compare"
)

// DoseJSON prints a dose-response for programs, rounded as report.json is.
func DoseJSON(w io.Writer, d *compare.Dose) error { return writeJSON(w, d) }

// DoseText prints it for a terminal.
func DoseText(w io.Writer, d *compare.Dose, opt TextOptions) error {
	p := newPage(opt, margin)
	var out []string
	for i, l := range readable(d).Lanes {
		if i > 0 {
			out = append(out, "")
		}
		out = append(out, p.paint(bold, p.hang("", l.Name+": "+l.Verdict.Text))...)
		for _, x := range l.Points {
			out = append(out, p.hang(strings.TrimSuffix(when(x.Started), " UTC"), doseLine(x))...)
		}
		for _, why := range l.Left {
			out = append(out, p.hang("left out", why.Text)...)
		}
		for _, w := range l.Warnings {
			out = append(out, p.hang("warning", w.Text.Text+" ("+string(w.Code)+")")...)
		}
	}
	_, err := io.WriteString(w, strings.Join(out, "\n")+"\n")
	return err
}

// doseLine is a run in words.
func doseLine(p compare.DosePoint) string {
	return fmt.Sprintf("%s: onset %s req/s at a capacity of %s, quotient %.3f", p.Run, estimateCell(p.Onset, "rate").Text(),
		estimateCell(p.Capacity, "rate").Text(), *p.Onset.Value / *p.Capacity.Value)
}

// dosePlot is the onset against the capacity, both logarithmic, beside the line on which they are equal.
func dosePlot(l compare.DoseLane) plot {
	p := plot{X: "workers ÷ service time, req/s", Y: "onset, req/s", Log: true, Diagonal: true, Title: "Onset of failures against capacity, lane " + l.Name + ": " + l.Verdict.Text}
	s := svgSeries{Name: l.Name, Line: true}
	for _, x := range l.Points {
		s.Points = append(s.Points, svgPoint{X: *x.Capacity.Value, Y: *x.Onset.Value, XLow: x.Capacity.Low, XHigh: x.Capacity.High,
			YLow: x.Onset.Low, YHigh: x.Onset.High, Says: doseLine(x)})
	}
	p.Series = []svgSeries{s}
	return p
}

// DoseHTML prints it as one self-contained page without a script.
func DoseHTML(w io.Writer, d *compare.Dose) error {
	css := asset("report.css")
	type lane struct {
		compare.DoseLane
		Plot template.HTML
		Rows []string
	}
	view := struct {
		CSP   string
		CSS   template.CSS
		Lanes []lane
	}{CSP: "default-src 'none'; style-src " + hash(css) + "; base-uri 'none'; form-action 'none'", CSS: template.CSS(css)}
	for _, l := range readable(d).Lanes {
		v := lane{DoseLane: l, Plot: dosePlot(l).svg()}
		for _, x := range l.Points {
			v.Rows = append(v.Rows, when(x.Started)+", "+doseLine(x))
		}
		view.Lanes = append(view.Lanes, v)
	}
	var page bytes.Buffer
	if err := pageTemplate.ExecuteTemplate(&page, "dose.html.tmpl", view); err != nil {
		return err
	}
	_, err := page.WriteTo(w)
	return err
}
