package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"weir/loadgen"
	"weir/report/analysis"
	"weir/report/analysis/gate"
)

// Figures of one run, for a page that sets several side by side. They are of its last lane, the one nearest to the client.
type Figures struct {
	Offered, Good uint64
	GoodShare     string
	Saw           string // what the others saw, the most frequent first
	Queue         string // the backend's accept queue
	Health        string // what health checks beside the load saw; "" where nobody checked
	Mended        string // how long requests failed after the scenario's last event; "" where there was none
	Cause         string
	Log           string // the line that the proxy's error log had most often
}

func figuresOf(a *analysis.Analysis) *Figures {
	if a == nil || len(a.Lanes) == 0 {
		return nil
	}
	l := &a.Lanes[len(a.Lanes)-1]
	f := &Figures{Offered: l.Offered, Cause: l.Cause.Text, Saw: "nothing else"}
	bad := l.Late
	var saw []string
	for _, o := range loadgen.Outcomes() {
		if n := l.Outcomes[string(o)]; n > 0 && o != loadgen.OK {
			bad += n
			saw = append(saw, fmt.Sprintf("%s × %s", count(n), o))
		}
	}
	if l.Late > 0 {
		saw = append(saw, count(l.Late)+" late")
	}
	if len(saw) > 0 {
		f.Saw = strings.Join(saw, ", ")
	}
	f.Good = l.Offered - min(bad, l.Offered)
	if l.Offered > 0 {
		f.GoodShare = fmt.Sprintf("%.1f %%", 100*float64(f.Good)/float64(l.Offered))
	}
	f.Queue = unknown
	if l.MaxRecvQ != nil && l.BacklogLimit != nil {
		f.Queue = fmt.Sprintf("%d of %d", *l.MaxRecvQ, *l.BacklogLimit)
	}
	if l.Overflows != nil {
		f.Queue += fmt.Sprintf(", %s", plural(*l.Overflows, "overflow"))
	}
	var health []string
	most := uint64(0)
	for _, c := range l.LogClasses {
		switch {
		case c.Source == "health":
			health = append(health, fmt.Sprintf("%d %s", c.Count, c.Class))
		case c.Source == "nginx.error" && c.Count > most:
			most, f.Log = c.Count, fmt.Sprintf("%s × %s", count(c.Count), c.Text)
		}
	}
	f.Health = strings.Join(health, ", ")
	f.Mended = mendedText(a, l.Name)
	return f
}

// mendedText is the gate's measure of it.
func mendedText(a *analysis.Analysis, lane string) string {
	ask, err := gate.Parse(lane + ".mended.time >= 0s")
	if err != nil {
		return ""
	}
	for _, r := range gate.Evaluate(a, nil, []gate.Assertion{ask}) {
		if r.Low != nil && r.High == nil {
			return "not by the end"
		}
		if r.Low != nil {
			return r.Measured
		}
	}
	return ""
}

//go:embed assets/onepage.html.tmpl
var onePage string

var onePageTemplate = template.Must(template.New("onepage").Parse(onePage))

// OnePageHTML writes the rows that tell of one matter as a page to be sent round: what was tried, what it showed, and what
// each change did, in the order of how much it helped.
func OnePageHTML(w io.Writer, c *Claims) error { return onePageTemplate.Execute(w, c) }

// OnePageMarkdown writes the same in GitHub's dialect.
func OnePageMarkdown(w io.Writer, c *Claims) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s, weir %s, %s\n", md(c.Page), md(c.Started.Format("2006-01-02 15:04 UTC")), md(c.Version), md(c.versions()))
	for _, r := range c.Rows {
		fmt.Fprintf(&b, "\n## %s: %s\n\n%s\n\n%s\n\n| | answered in time | the others saw | accept queue | health checks | mended after |\n|---|---|---|---|---|---|\n",
			md(r.Scenario), md(r.Verdict), md(r.Claim), md(r.Shows))
		for _, run := range r.Runs {
			if f := run.Figures; f != nil {
				fmt.Fprintf(&b, "| %s | %s of %s (%s) | %s | %s | %s | %s |\n", md(run.Name()), count(f.Good), count(f.Offered), f.GoodShare, md(f.Saw), f.Queue, md(f.Health), f.Mended)
			}
		}
		for _, run := range r.Runs {
			if f := run.Figures; f != nil {
				fmt.Fprintf(&b, "\n- %s: %s", md(run.Name()), md(f.Cause))
			}
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
