package report

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"weir/loadgen"
	"weir/report/doc"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

//go:embed assets/figures.html.tmpl assets/report.js assets/echarts
var assets embed.FS

// figuresTemplate is the markup into which report.js draws; it escapes by context.
var figuresTemplate = template.Must(template.ParseFS(assets, "assets/figures.html.tmpl"))

// HTML writes one self-contained page: what the record tells, around interactive figures. Their script finds its data
// and the chart library in elements of the page.
func HTML(w io.Writer, a *result.Analysis) error {
	drawn := filtered(filter{text: unit.Clean}, ptrTo(draw(a)))
	data, err := json.Marshal(drawn) // escapes <, >, &, U+2028 and U+2029: nothing in it can end the script element
	if err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	var figures []doc.Block
	if len(a.Lanes) > 0 {
		var b strings.Builder
		if err := figuresTemplate.Execute(&b, frames(filtered(filter{text: unit.Clean}, a), drawn)); err != nil {
			return err
		}
		figures = append(figures, doc.Page{HTML: template.HTML(b.String())})
	}
	window := cmp.Or(a.Name, "run") + " – weir"
	if !a.Valid {
		window = "INVALID: " + window
	}
	return doc.WriteHTML(w, whole(a, figures...), doc.PageOptions{
		Window: window, Foot: fmt.Sprintf("weir %s · %s · figures drawn with Apache ECharts", a.Version, a.Schema),
		Scripts: []doc.Script{
			{ID: "data", Type: "application/json", Content: data},
			{ID: "library", Type: "text/plain", Content: asset("echarts/echarts.min.js")}, // text, until report.js makes a script of it
			{Content: asset("report.js")},
		},
	})
}

func ptrTo[T any](v T) *T { return &v }

// asset reads an embedded file; the build fails without it, so that here it exists.
func asset(name string) []byte {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err)
	}
	return b
}

// framesView is what stands around the figures.
type framesView struct {
	Mode    string
	Lanes   []frameView
	Classes []class
	Drawn   []string // what else the legends must explain
}

type frameView struct {
	Name, Spread, Tail, Verdict string // the heat map, the percentile curve and the reconciliation in words
	Trials                      int
	Marks                       []string
}

// class is a kind of failure with the CSS class of its colour.
type class struct{ Name, CSS string }

func frames(a *result.Analysis, drawn *figures) framesView {
	v := framesView{Mode: a.Mode, Drawn: drawn.shows()}
	for _, name := range drawn.Classes {
		v.Classes = append(v.Classes, class{name, classOf(name)})
	}
	for i := range a.Lanes {
		l := &a.Lanes[i]
		f := frameView{Name: l.Name, Spread: spread(l), Tail: tail(l), Verdict: byRule(&l.Reconciliation), Trials: len(l.Trials)}
		for _, m := range l.Timeline.Marks {
			f.Marks = append(f.Marks, moment(l, m))
		}
		v.Lanes = append(v.Lanes, f)
	}
	return v
}

// moment places a mark in one of the lane's trials. The run's clock is of no use beside a timeline from which the time
// between trials is cut out.
func moment(l *result.Lane, m result.Mark) string {
	for i := len(l.Trials) - 1; i >= 0; i-- {
		if t := &l.Trials[i]; m.AtS >= t.Start {
			a := args{"text": words.Of(m.Text), "at": unit.Tenths(m.AtS - t.Start)}
			if t.Rate > 0 {
				a["rate"] = t.Rate
			}
			return say("trial.moment", a)
		}
	}
	return say("run.moment", args{"text": words.Of(m.Text), "at": unit.Tenths(m.AtS)})
}

// classOf is the CSS class that carries an outcome's colour. A name that weir does not know, which a foreign record may
// hold, shares one colour.
func classOf(name string) string {
	if name == "late" || slices.Contains(loadgen.Outcomes(), loadgen.Outcome(name)) {
		return "c-" + name
	}
	return "c-other"
}
