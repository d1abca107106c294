package report

import (
	"io"
	"strings"

	"weir/report/analysis/compare"
	"weir/report/doc"
	"weir/report/unit"
	"weir/report/words"
)

// DoseJSON prints a dose-response for programs, rounded as report.json is.
func DoseJSON(w io.Writer, d *compare.Dose) error { return writeJSON(w, d) }

// DoseText prints it for a terminal.
func DoseText(w io.Writer, d *compare.Dose, opt doc.TextOptions) error {
	return doc.WriteText(w, doseResponse(d), opt)
}

// DoseHTML prints it as one self-contained page without a script.
func DoseHTML(w io.Writer, d *compare.Dose) error {
	return doc.WriteHTML(w, doseResponse(d), doc.PageOptions{Window: "weir: dose-response"})
}

// doseResponse has a lane's verdict, its runs, and what was left out and why.
func doseResponse(d *compare.Dose) doc.Document {
	out := doc.Document{Title: []string{say("dose.title", nil)}, Margin: 19}
	for _, l := range d.Lanes {
		facts := doc.Facts{Wide: true}
		for _, x := range l.Points {
			facts.Add(strings.TrimSuffix(when(x.Started), " UTC"), doseLine(x))
		}
		for _, why := range l.Left {
			facts.Add("left out", words.Of(why))
		}
		blocks := []doc.Block{doc.Headline{Text: doc.T(say("lane",
			args{"lane": l.Name, "text": words.Of(l.Verdict)}))}}
		if drawn := dosePlot(l).svg(); drawn != "" {
			blocks = append(blocks, doc.Figure{Caption: say("dose.caption", nil), Drawing: drawn})
		}
		out.Blocks = append(out.Blocks, doc.Section{Label: "Lane " + l.Name,
			Blocks: append(append(blocks, facts), unlike(l.Warnings)...)})
	}
	return out
}

// doseLine is a run in words.
func doseLine(p compare.DosePoint) string {
	return say("dose.run", args{"run": p.Run, "onset": p.Onset.In(unit.Rate),
		"capacity": p.Capacity.In(unit.Rate), "quotient": *p.Onset.Value / *p.Capacity.Value})
}

// dosePlot is the onset against the capacity, both logarithmic, beside the line on which they are equal.
func dosePlot(l compare.DoseLane) plot {
	p := plot{X: "workers ÷ service time, req/s", Y: "onset, req/s", Log: true, Diagonal: true,
		Title: "Onset of failures against capacity, lane " + l.Name + ": " + words.Of(l.Verdict)}
	s := svgSeries{Name: l.Name, Line: true}
	for _, x := range l.Points {
		s.Points = append(s.Points, svgPoint{X: *x.Capacity.Value, Y: *x.Onset.Value, XLow: x.Capacity.Low,
			XHigh: x.Capacity.High,
			YLow:  x.Onset.Low, YHigh: x.Onset.High, Says: doseLine(x)})
	}
	p.Series = []svgSeries{s}
	return p
}
