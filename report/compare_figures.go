package report

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"weir/report/result"
	"weir/report/unit"
)

// forest draws the effects of a comparison with their intervals, one a line: what is a quotient beside 1,
// what is a difference of shares beside 0. "" where no effect has an interval.
func forest(c *result.Comparison) template.HTML {
	var ratios, points []forestRow
	for _, e := range c.Effects {
		switch r := e.Ratio; {
		case e.Unit == unit.Share && e.Difference != nil:
			d := e.Difference
			points = append(points, forestRow{e, 100 * d.Value, 100 * d.Low, 100 * d.High})
		case r != nil && r.Low > 0 && !math.IsInf(r.High, 1):
			ratios = append(ratios, forestRow{e, r.Ratio, r.Low, r.High})
		}
	}
	if len(ratios)+len(points) == 0 {
		return ""
	}
	const line = 20.
	high := 0.0
	for _, rows := range [][]forestRow{ratios, points} {
		if len(rows) > 0 {
			high += line*float64(len(rows)) + 46
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="plot" viewBox="0 0 %g %g" role="img" aria-label="Effects with 95 %% intervals; the table has the same values">`, svgWide, high)
	top := forestPart(&b, ratios, 0, line, 1, c.B.Label+" ÷ "+c.A.Label)
	forestPart(&b, points, top, line, 0, c.B.Label+" − "+c.A.Label+", percentage points")
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// forestRow is an effect in the unit that it is drawn in.
type forestRow struct {
	e                result.Effect
	value, low, high float64
}

// forestPart draws rows below top, beside the value that means "the same", and returns where the next part
// begins.
func forestPart(b *strings.Builder, rows []forestRow, top, line, same float64, name string) float64 {
	if len(rows) == 0 {
		return top
	}
	low, high := same, same
	for _, r := range rows {
		low, high = min(low, r.low), max(high, r.high)
	}
	x := axisScale{low, high, 150, svgWide - svgRight, same == 1}
	if room := (high - low) * .05; same == 1 {
		x.low, x.high = low/1.02, high*1.02
	} else {
		x.low, x.high = low-max(room, 1e-3), high+max(room, 1e-3)
	}
	end := top + 18 + line*float64(len(rows))
	svgText(b, "", 150, top+11, "start", name)
	for _, v := range x.marks() {
		svgLine(b, "grid", x.at(v), top+18, x.at(v), end)
		svgText(b, "", x.at(v), end+14, "middle", unit.Digits(v, 3))
	}
	svgLine(b, "same", x.at(same), top+18, x.at(same), end)
	for i, r := range rows {
		y := top + 18 + line*(float64(i)+.5)
		tint := "l-0"
		if r.e.Finding == result.NoDifference {
			tint = "none"
		}
		svgText(b, "", 142, y+4, "end", effectName(r.e))
		fmt.Fprintf(b, `<g class="%s">`, tint)
		svgLine(b, "", x.at(r.low), y, x.at(r.high), y)
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3.5"><title>%s</title></circle></g>`, x.at(r.value), y,
			html.EscapeString(unit.Clean(fmt.Sprintf("%s: %s, %s", effectLabel(r.e),
				unit.Of(unit.Ratio, r.value, r.low, r.high), r.e.Finding))))
	}
	return end + 28
}

// arms are the lanes that were compared, to be drawn over each other.
type arms struct{ a, b *result.Lane }

// response is goodput against offered rate, of both arms.
func (l arms) response(labels [2]string) plot {
	p := plot{X: "offered, req/s", Y: "goodput, req/s", Diagonal: true,
		Title: "Goodput against offered rate, of " + labels[0] + " and " + labels[1]}
	for i, lane := range []*result.Lane{l.a, l.b} {
		s := svgSeries{Name: labels[i], Tint: i, Line: true}
		for _, t := range lane.Trials {
			if t.Rate > 0 && t.Duration > 0 {
				s.Points = append(s.Points, svgPoint{X: t.Rate, Y: t.Goodput, YLow: &t.GoodLow,
					YHigh: &t.GoodHigh, Unmeasurable: !t.Complete || !t.Drained,
					Says: say("plot.trial", args{"arm": labels[i], "trial": t.Index + 1, "goodput": t.Goodput,
						"rate": t.Rate})})
			}
		}
		slices.SortStableFunc(s.Points, func(a, b svgPoint) int { return cmp.Compare(a.X, b.X) })
		p.Series = append(p.Series, s)
	}
	return p
}

// tails are the latencies by percentile, of all trials of each arm.
func (l arms) tails(labels [2]string) plot {
	p := plot{X: "percentile of the requests that succeeded", Y: "latency", Log: true,
		YName: unit.Time.Format, XMarks: []float64{2, 10, 100, 1e3, 1e4, 1e5, 1e6},
		XName: percentileName, Title: "Latency by percentile, of " + labels[0] + " and " + labels[1]}
	for i, lane := range []*result.Lane{l.a, l.b} {
		s := svgSeries{Name: labels[i], Tint: i, Line: true}
		for _, q := range lane.Percentiles {
			s.Points = append(s.Points, svgPoint{X: q.OneIn, Y: q.S, YLow: &q.LowS, YHigh: &q.HighS,
				Says: say("plot.percentile", args{"arm": labels[i], "n": q.OneIn,
					"time": unit.Of(unit.Time, q.S, q.LowS, q.HighS)})})
		}
		p.Series = append(p.Series, s)
	}
	return p
}

// percentileName is p50 of 2, p99.9 of 1000.
func percentileName(oneIn float64) string {
	return "p" + strconv.FormatFloat(round6(100*(1-1/oneIn)), 'f', -1, 64)
}
