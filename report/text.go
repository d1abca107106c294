package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"weir/report/result"
	"weir/report/words"
)

// TextOptions says what the terminal can show.
type TextOptions struct {
	Color bool // SGR colours; leave false when the output is no terminal or NO_COLOR is set
	Width int  // columns; 0 means 80, and less than 40 is taken as 40
}

// screen is the height that the verdict should fit: 24 lines, less one for the path of the report after
// it and one for the prompt.
const screen = 22

// Text writes the verdict for one terminal screen: why requests failed, in a sentence, and a table that says
// the rest in numbers. No warning is ever left out; where there is no room for all, the blank lines go. An
// INVALID run says so first, and names no cause. Colour is for warnings, invalid runs and
// reconciliations, because only there it means something.
func Text(w io.Writer, a *result.Analysis, opt TextOptions) error {
	a = readable(a)
	p := newPage(opt, margin)
	_, err := io.WriteString(w, strings.Join(p.fit(a), "\n")+"\n")
	return err
}

// fit is the layout, without what NGINX said of single requests and of its time where that takes more than the
// screen; the long formats have it. The analysis is a copy that is nobody else's.
func (p page) fit(a *result.Analysis) []string {
	out := p.layout(a)
	for _, drop := range []func(*result.ProxyLog){
		func(l *result.ProxyLog) { l.Kinds = nil },
		func(l *result.ProxyLog) { l.Connect = nil },
	} {
		if len(out) <= screen {
			break
		}
		for _, l := range a.Lanes {
			if l.ProxyLog != nil {
				drop(l.ProxyLog)
			}
		}
		out = p.layout(a)
	}
	return out
}

// layout is the whole verdict as lines. Blank lines part its blocks where there is room; the first ones go
// first, because the table needs its own most.
func (p page) layout(a *result.Analysis) []string {
	var out []string
	gap := func() { out = append(out, "") }
	if !a.Valid {
		out = append(out, p.paint(red, p.hang("INVALID RUN", cmp.Or(words.Join(a.InvalidReasons), "no reason recorded")))...)
	}
	out = append(out, p.hang("", "weir: "+strings.Join(title(a), " · "))...)
	gap()
	if a.Valid {
		for _, found := range searches(a) {
			out = append(out, p.paint(bold, p.hang("", found))...)
		}
		for _, why := range causes(a) {
			out = append(out, p.paint(bold, p.hang("", why))...)
		}
		gap()
	}
	out = append(out, p.hang("versions", versions(a))...)
	out = append(out, p.hang("capacity", capacityLine(a.Capacity))...)
	gap()
	out = append(out, p.table(a)...)
	if c := a.Comparison; c != nil && c.Proxy != nil && a.Valid {
		for _, l := range proxyBrief(c) {
			out = append(out, p.hang(l.Name, l.Value)...)
		}
	} else if a.Agreement != nil && a.Valid {
		out = append(out, p.hang("proxy ÷ direct", ratioCell(*a.Agreement).Text()+", ratio of the onsets")...)
	}
	if text := typical(a); text != "" {
		out = append(out, p.hang("NGINX said", text)...)
	}
	out = append(out, p.assertions(a)...)
	for _, warning := range warnings(a) {
		out = append(out, p.paint(yellow, p.hang("warning", fmt.Sprintf("%s (%s)", warning.Text, warning.Code)))...)
	}
	for i := slices.Index(out, ""); i >= 0 && len(out) > screen; i = slices.Index(out, "") {
		out = slices.Delete(out, i, i+1)
	}
	return out
}

// table sets the lanes side by side, or below each other where the columns would be too narrow to read.
func (p page) table(a *result.Analysis) []string {
	rows := summary(a)
	if len(a.Lanes) == 0 {
		return p.hang("lanes", "none: the record holds no lane")
	}
	column := (p.width - p.left - gutter*(len(a.Lanes)-1)) / len(a.Lanes)
	if column < 18 {
		var out []string
		for i, lane := range a.Lanes {
			out = append(out, p.paint(bold, p.hang("", lane.Name))...)
			for _, r := range rows {
				out = append(out, p.paint(colours[r.Cells[i].Tone], p.hang(r.Label, r.Cells[i].Text()))...)
			}
		}
		return out
	}
	head := row{Label: "[95 % interval]", Cells: make([]cell, len(a.Lanes))}
	for i, lane := range a.Lanes {
		head.Cells[i].Main = lane.Name
	}
	out := p.paint(bold, p.row(head, column))
	for _, r := range rows {
		out = append(out, p.row(r, column)...)
	}
	return out
}

// row wraps each cell within its column.
func (p page) row(r row, column int) []string {
	var out []string
	for i, c := range r.Cells {
		for j, text := range wrap(c.Text(), column) {
			for len(out) <= j {
				out = append(out, pad("", p.left))
			}
			if want := p.left + i*(column+gutter); width(out[j]) < want {
				out[j] = pad(out[j], want)
			}
			out[j] += p.paint(colours[c.Tone], []string{text})[0]
		}
	}
	if len(out) > 0 {
		out[0] = pad(r.Label, p.left) + out[0][p.left:]
	}
	for j := range out {
		out[j] = strings.TrimRight(out[j], " ")
	}
	return out
}
