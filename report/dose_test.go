package report

import (
	"bytes"
	"strings"
	"testing"

	"weir/report/analysis/compare"
	"weir/report/doc"
	"weir/report/result"
	"weir/report/world"
)

// TestDose: every run with an onset is a point, in every format, and the verdict leads; hostile names stay
// text.
func TestDose(t *testing.T) {
	var runs []*result.Analysis
	for _, workers := range []int{2, 4, 8, 16} {
		runs = append(runs, fixture(func() world.World {
			w := demonstration()
			w.Rates, w.Workers, w.NGINX = world.Steps(.6*float64(workers)*50, 1.6*float64(workers)*50, 15),
				workers, false
			return w
		})())
	}
	runs = append(runs, hostile())
	runs[3].Valid = false
	var plain bytes.Buffer
	if err := DoseText(&plain, compare.Doses(runs[:4]), doc.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "dose.txt", plain.Bytes())
	d, points := compare.Doses(runs), 0
	for _, l := range d.Lanes {
		points += len(l.Points)
	}
	var text, page, machine bytes.Buffer
	for _, err := range []error{DoseText(&text, d, doc.TextOptions{}), DoseHTML(&page, d),
		DoseJSON(&machine, d)} {
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
	for format, s := range map[string]string{"text": text.String(), "html": page.String(),
		"json": machine.String()} {
		if !strings.Contains(strings.Join(strings.Fields(s), " "), "Dose-response (level 3 of 4)") ||
			!strings.Contains(s, "INVALID") {
			t.Errorf("%s has no verdict, or hides what was left out: %.400s", format, s)
		}
	}
	if strings.Contains(page.String(), "<img") || strings.Contains(page.String(), "<script") {
		t.Error("planted markup is live")
	}
}
