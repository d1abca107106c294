package report

import (
	"bytes"
	"strings"
	"testing"

	"weir/report/analysis/compare"
	"weir/report/result"
)

// TestDose: every run with an onset is a point, in every format, and the verdict leads; hostile names stay text.
func TestDose(t *testing.T) {
	var runs []*result.Analysis
	for i, a := range []*result.Analysis{demo(), demo(), demo(), demo(), hostile()} {
		if i == 4 {
			runs = append(runs, a)
			break
		}
		by := float64(i + 1)
		x := *a.Capacity.Computed * by
		a.Capacity.Computed, a.Capacity.Low, a.Capacity.High = &x, nil, nil
		for j := range a.Lanes {
			o := *a.Lanes[j].ErrorOnset
			o.RPS, o.Low, o.High = o.RPS*by, o.Low*by, o.High*by
			a.Lanes[j].ErrorOnset = &o
		}
		runs = append(runs, a)
	}
	runs[3].Valid = false
	d, points := compare.Doses(runs), 0
	for _, l := range d.Lanes {
		points += len(l.Points)
	}
	var text, page, machine bytes.Buffer
	for _, err := range []error{DoseText(&text, d, TextOptions{}), DoseHTML(&page, d), DoseJSON(&machine, d)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := compiled(t, DoseSchema()).Validate(parsed(t, machine.Bytes())); err != nil && !*update {
		t.Error(err)
	}
	printable(t, text.String())
	if n := strings.Count(page.String(), "<circle"); n != points || points < 6 {
		t.Errorf("%d points on the page, %d are known", n, points)
	}
	for format, s := range map[string]string{"text": text.String(), "html": page.String(), "json": machine.String()} {
		if !strings.Contains(strings.Join(strings.Fields(s), " "), "Dose-response (level 3 of 4)") || !strings.Contains(s, "INVALID") {
			t.Errorf("%s has no verdict, or hides what was left out: %.400s", format, s)
		}
	}
	if strings.Contains(page.String(), "<img") || strings.Contains(page.String(), "<script") {
		t.Error("planted markup is live")
	}
}
