package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"weir/report/analysis/compare"
	"weir/report/result"
)

// twoLanes compares the lanes of the demo, and of the hostile run, whose names are markup.
func twoLanes(a *result.Analysis) *Comparisons {
	c := NewComparisons()
	c.Add(compare.Arms(a, &a.Lanes[0], a, &a.Lanes[1]), &a.Lanes[0], &a.Lanes[1])
	return c
}

// TestCompareDraws: each effect with an interval is a point on the page, and so is each trial and each
// percentile of both arms; what is drawn is well-formed, and nothing of a run's text is markup.
func TestCompareDraws(t *testing.T) {
	for name, a := range map[string]*result.Analysis{"demo": demo(), "hostile": hostile()} {
		c := twoLanes(a)
		var page bytes.Buffer
		if err := CompareHTML(&page, c); err != nil {
			t.Fatal(err)
		}
		figures := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page.String(), -1)
		effects := 0
		for _, e := range c.List[0].Effects {
			if e.Unit == "share" && e.Difference != nil || e.Unit != "share" && e.Ratio != nil {
				effects++
			}
		}
		want := []int{effects, len(a.Lanes[0].Trials) + len(a.Lanes[1].Trials), len(a.Lanes[0].Percentiles) +
			len(a.Lanes[1].Percentiles)}
		if len(figures) != len(want) {
			t.Fatalf("%s: %d figures, want %d", name, len(figures), len(want))
		}
		for i, f := range figures {
			if n := strings.Count(f, "<circle"); n != want[i] || n == 0 {
				t.Errorf("%s, figure %d: %d points, want %d", name, i+1, n, want[i])
			}
			d := xml.NewDecoder(strings.NewReader(f))
			var err error
			for err == nil {
				_, err = d.Token()
			}
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s, figure %d: %v", name, i+1, err)
			}
			if strings.Contains(f, "NaN") || strings.Contains(f, "Inf") || strings.Contains(f, "<img") ||
				strings.Contains(f, "<script") {
				t.Errorf("%s, figure %d holds what it must not: %s", name, i+1, f)
			}
		}
	}
}

// TestMarks: round numbers, not too many, none outside.
func TestMarks(t *testing.T) {
	for _, s := range []axisScale{{low: 0, high: 640}, {low: 97.3, high: 101.2},
		{low: .02, high: .3, log: true}, {low: .47, high: 1.02, log: true}, {low: 1, high: 1e6, log: true},
		{low: .98, high: 1.03, log: true}} {
		marks := s.marks()
		if len(marks) < 2 || len(marks) > 8 {
			t.Errorf("%+v: marks %v", s, marks)
		}
		for _, m := range marks {
			if m < s.low*(1-1e-6) || m > s.high*(1+1e-6) {
				t.Errorf("%+v: mark %v lies outside", s, m)
			}
		}
	}
}

// TestComparisonsFollowTheirSchema, and what is none does not.
func TestComparisonsFollowTheirSchema(t *testing.T) {
	if *update {
		t.Skip("what is embedded is the schema before its update")
	}
	schema := compiled(t, CompareSchema())
	var b bytes.Buffer
	if err := CompareJSON(&b, twoLanes(demo())); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(parsed(t, b.Bytes())); err != nil {
		t.Fatal(err)
	}
	for what, harm := range map[string]func(map[string]any){
		"another schema": func(c map[string]any) { c["schema"] = "weir.report/1" },
		"a key too many": func(c map[string]any) { c["comparisons"].([]any)[0].(map[string]any)["surprise"] = 1.0 },
		"a missing key": func(c map[string]any) {
			delete(c["comparisons"].([]any)[0].(map[string]any),
				"effects")
		},
	} {
		broken := parsed(t, b.Bytes())
		harm(broken)
		if schema.Validate(broken) == nil {
			t.Errorf("the schema lets %s pass", what)
		}
	}
}
