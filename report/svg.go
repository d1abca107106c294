package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"

	"weir/report/unit"
)

// plot is a small figure as SVG, for pages without a script: points with intervals, lines between them, and
// lines to read them by. Its colours come from the style sheet. It is drawn for a width of svgWide, that of a
// telephone.
type plot struct {
	Title        string // what a screen reader says
	X, Y         string // what stands on the axes, with units
	Log          bool   // both axes; all values are above 0 then
	Diagonal     bool   // the line y = x, drawn over the same range on both axes
	Series       []svgSeries
	XMarks       []float64                    // where the x axis is labelled; nil: where it suits
	XName, YName func(float64) (label string) // of a mark
}

// svgSeries is one arm, or one lane.
type svgSeries struct {
	Name   string
	Tint   int // of the colours that the style sheet has for lanes
	Line   bool
	Points []svgPoint
}

// svgPoint is a value; intervals that are not known are nil.
type svgPoint struct {
	X, Y         float64
	XLow, XHigh  *float64
	YLow, YHigh  *float64
	Says         string // when pointed at
	Unmeasurable bool   // drawn hollow
}

const (
	svgWide, svgHigh                    = 420., 270.
	svgLeft, svgRight, svgTop, svgUnder = 52., 18., 22., 40.
)

// axisScale maps values to pixels.
type axisScale struct {
	low, high, from, to float64
	log                 bool
}

func (s axisScale) at(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		v, low, high = math.Log(v), math.Log(low), math.Log(high)
	}
	return s.from + (v-low)/(high-low)*(s.to-s.from)
}

// marks are a few round numbers on the scale.
func (s axisScale) marks() (list []float64) {
	if s.log {
		for _, steps := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
			list = nil
			for e := math.Floor(math.Log10(s.low)); e <= math.Ceil(math.Log10(s.high)); e++ {
				for _, m := range steps {
					if v := m * math.Pow(10, e); v >= s.low*(1-1e-9) && v <= s.high*(1+1e-9) {
						list = append(list, v)
					}
				}
			}
			if len(list) <= 7 {
				break
			}
		}
		if len(list) >= 2 {
			return list
		}
		list = nil
	}
	span := s.high - s.low
	step := math.Pow(10, math.Floor(math.Log10(span/4)))
	for _, by := range []float64{1, 2, 2.5, 2} {
		if span/step <= 6 {
			break
		}
		step *= by
	}
	for v := math.Ceil(s.low/step) * step; v <= s.high*(1+1e-9); v += step {
		list = append(list, v)
	}
	return list
}

// reach is the range of all points and intervals, with some room.
func (p plot) reach() (xlow, xhigh, ylow, yhigh float64, found bool) {
	xlow, ylow, xhigh, yhigh = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	grow := func(low, high *float64, values ...*float64) {
		for _, v := range values {
			if v != nil && (!p.Log || *v > 0) {
				*low, *high, found = min(*low, *v), max(*high, *v), true
			}
		}
	}
	for _, s := range p.Series {
		for _, q := range s.Points {
			grow(&xlow, &xhigh, &q.X, q.XLow, q.XHigh)
			grow(&ylow, &yhigh, &q.Y, q.YLow, q.YHigh)
		}
	}
	if p.Diagonal {
		xlow, xhigh = min(xlow, ylow), max(xhigh, yhigh)
		ylow, yhigh = xlow, xhigh
	}
	room := func(low, high *float64) {
		if p.Log {
			*low, *high = *low/1.12, *high*1.12
			return
		}
		span := *high - *low
		if span == 0 {
			span = max(1, *high)
		}
		*low, *high = max(0, *low-span*.04), *high+span*.06
	}
	room(&xlow, &xhigh)
	room(&ylow, &yhigh)
	return xlow, xhigh, ylow, yhigh, found
}

// svg draws it; "" where there is nothing to draw.
func (p plot) svg() template.HTML {
	xlow, xhigh, ylow, yhigh, found := p.reach()
	if !found {
		return ""
	}
	x := axisScale{xlow, xhigh, svgLeft, svgWide - svgRight, p.Log}
	y := axisScale{ylow, yhigh, svgHigh - svgUnder, svgTop, p.Log}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="plot" viewBox="0 0 %g %g" role="img" aria-label="%s">`, svgWide, svgHigh,
		html.EscapeString(unit.Clean(p.Title)))
	p.axes(&b, x, y)
	for _, s := range p.Series {
		s.draw(&b, x, y)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

func (p plot) axes(b *strings.Builder, x, y axisScale) {
	named := func(f func(float64) string, v float64) string {
		if f == nil {
			return unit.Digits(v, 3)
		}
		return f(v)
	}
	for _, v := range y.marks() {
		svgLine(b, "grid", x.from, y.at(v), x.to, y.at(v))
		svgText(b, "", x.from-6, y.at(v)+4, "end", named(p.YName, v))
	}
	marks := p.XMarks
	if marks == nil {
		marks = x.marks()
	}
	for _, v := range marks {
		if v >= x.low && v <= x.high*(1+1e-9) {
			svgLine(b, "rule", x.at(v), y.from, x.at(v), y.from+4)
			svgText(b, "", x.at(v), y.from+17, "middle", named(p.XName, v))
		}
	}
	svgLine(b, "rule", x.from, y.from, x.to, y.from)
	svgText(b, "", (x.from+x.to)/2, svgHigh-5, "middle", p.X)
	svgText(b, "", 0, 12, "start", p.Y)
	if p.Diagonal {
		svgLine(b, "same", x.from, y.from, x.to, y.to)
	}
}

func (s svgSeries) draw(b *strings.Builder, x, y axisScale) {
	fmt.Fprintf(b, `<g class="l-%d">`, s.Tint%4)
	if s.Line && len(s.Points) > 1 {
		var at []string
		for _, q := range s.Points {
			at = append(at, fmt.Sprintf("%.1f,%.1f", x.at(q.X), y.at(q.Y)))
		}
		fmt.Fprintf(b, `<polyline points="%s"/>`, strings.Join(at, " "))
	}
	for _, q := range s.Points {
		b.WriteString("<g>")
		if q.YLow != nil && q.YHigh != nil {
			svgLine(b, "", x.at(q.X), y.at(max(*q.YLow, y.low)), x.at(q.X), y.at(*q.YHigh))
		}
		if q.XLow != nil && q.XHigh != nil {
			svgLine(b, "", x.at(max(*q.XLow, x.low)), y.at(q.Y), x.at(*q.XHigh), y.at(q.Y))
		}
		class := ""
		if q.Unmeasurable {
			class = ` class="hollow"`
		}
		fmt.Fprintf(b, `<circle%s cx="%.1f" cy="%.1f" r="3"><title>%s</title></circle></g>`, class, x.at(q.X),
			y.at(q.Y), html.EscapeString(unit.Clean(q.Says)))
	}
	b.WriteString("</g>")
}

func svgLine(b *strings.Builder, class string, x1, y1, x2, y2 float64) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	fmt.Fprintf(b, `<line%s x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, class, x1, y1, x2, y2)
}

func svgText(b *strings.Builder, class string, x, y float64, anchor, text string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	fmt.Fprintf(b, `<text%s x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, class, x, y, anchor,
		html.EscapeString(unit.Clean(text)))
}
