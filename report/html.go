package report

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"weir/loadgen"
	"weir/report/doc"
	"weir/report/result"
	"weir/report/unit"
)

//go:embed assets/frame.html.tmpl assets/report.js assets/echarts
var assets embed.FS

// HTML writes one self-contained page: what the record tells, around interactive figures. Their script finds
// its data and the chart library in elements of the page.
func HTML(w io.Writer, a *result.Analysis) error {
	drawn := filtered(filter{text: unit.Clean}, ptrTo(draw(a)))
	// escapes <, >, &, U+2028 and U+2029: nothing in it can end the script element
	data, err := json.Marshal(drawn)
	if err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	figures, err := sections(a, drawn)
	if err != nil {
		return err
	}
	window := cmp.Or(a.Name, "run") + " – weir"
	if !a.Valid {
		window = "INVALID: " + window
	}
	return doc.WriteHTML(w, whole(a, figures...), doc.PageOptions{
		Window: window, Foot: fmt.Sprintf("weir %s · %s · figures drawn with Apache ECharts", a.Version,
			a.Schema),
		Style: outcomeStyle(),
		Scripts: []doc.Script{
			{ID: "data", Type: "application/json", Content: data},
			// text, until report.js makes a script of it
			{ID: "library", Type: "text/plain", Content: asset("echarts/echarts.min.js")},
			{Content: asset("report.js")},
		},
	})
}

// outcomeStyle has the outcomes' colours, on paper and on a dark screen, and a class for each.
func outcomeStyle() string {
	var light, dark, classes strings.Builder
	for _, k := range loadgen.Kinds() {
		fmt.Fprintf(&light, " --%s: %s;", k.Outcome, k.Light)
		fmt.Fprintf(&dark, " --%s: %s;", k.Outcome, k.Dark)
		fmt.Fprintf(&classes, ".c-%[1]s { --c: var(--%[1]s); }\n", k.Outcome)
	}
	return fmt.Sprintf(":root {%s }\n@media (prefers-color-scheme: dark) { :root:not([data-theme=\"light\"]) {%s } }\n%s",
		&light, &dark, &classes)
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
