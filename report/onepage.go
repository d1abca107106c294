package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"weir/loadgen"
	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/words"
)

// Figures of one run, for a page that sets several side by side. They are of its last lane, the one nearest to the client.
type Figures struct {
	Capacity      string // workers ÷ service time
	Offered, Good uint64 // requests; answered in time
	Lost          string // the share of the others
	Saw           string // what these saw, the most frequent first
	Queue         string // the backend's accept queue: the deepest that was seen, of how many, overflows
	Health        string // what health checks saw before, during and after the load; "" where nobody checked
	Recovery      string // until requests no longer failed after the scenario's last event; without one, until the queue was empty after the load
	Cause         string
	Log           string // the line that the proxy's error log had most often
}

func figuresOf(a *result.Analysis) *Figures {
	if a == nil || len(a.Lanes) == 0 {
		return nil
	}
	l := &a.Lanes[len(a.Lanes)-1]
	f := &Figures{Offered: l.Offered, Cause: words.Of(l.Cause.Text), Capacity: unknown, Lost: unknown, Queue: unknown}
	if a.Capacity.Computed != nil {
		f.Capacity = rate(*a.Capacity.Computed)
	}
	var bad uint64
	bad, f.Saw = sawOf(l)
	f.Good = l.Offered - min(bad, l.Offered)
	if l.Offered > 0 {
		f.Lost = fmt.Sprintf("%.1f %%", 100*float64(l.Offered-f.Good)/float64(l.Offered))
	}
	if l.MaxRecvQ != nil && l.BacklogLimit != nil {
		f.Queue = fmt.Sprintf("%d of %d", *l.MaxRecvQ, *l.BacklogLimit)
	}
	if l.Overflows != nil {
		f.Queue += fmt.Sprintf(", %s", plural(*l.Overflows, "overflow"))
	}
	most := uint64(0)
	for _, c := range l.LogClasses {
		if c.Source == "nginx.error" && c.Count > most {
			most, f.Log = c.Count, fmt.Sprintf("%s × %s", count(c.Count), c.Text)
		}
	}
	if h := l.Health; h != nil {
		f.Health = fmt.Sprintf("before: %s; during: %s; after: %s", checked(h.Before), checked(h.During), checked(h.After))
	}
	f.Recovery = recoveryOf(a, l)
	if mendedText(a, l.Name) != "" {
		f.Capacity += ", before the change"
	}
	return f
}

// sawOf is how many requests were not answered in time, and what became of these.
func sawOf(l *result.Lane) (bad uint64, text string) {
	type kind struct {
		n    uint64
		text string
	}
	kinds := []kind{{l.Late, "late"}}
	for _, o := range loadgen.Outcomes() {
		if o != loadgen.OK {
			kinds = append(kinds, kind{l.Outcomes[string(o)], string(o)})
		}
	}
	slices.SortStableFunc(kinds, func(a, b kind) int { return cmp.Compare(b.n, a.n) })
	var saw []string
	for _, k := range kinds {
		if bad += k.n; k.n > 0 {
			saw = append(saw, fmt.Sprintf("%s × %s", count(k.n), k.text))
		}
	}
	if len(saw) == 0 {
		return 0, "none"
	}
	return bad, strings.Join(saw, ", ")
}

func checked(c result.HealthCounts) string {
	var parts []string
	for _, k := range []struct {
		n    uint64
		text string
	}{{c.OK, "ok"}, {c.Slow, "slow"}, {c.Failed, "failed"}} {
		if k.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k.n, k.text))
		}
	}
	if len(parts) == 0 {
		return "none made"
	}
	text := strings.Join(parts, ", ")
	if c.P50 != nil {
		text += fmt.Sprintf(" (p50 %s)", seconds(*c.P50))
	}
	return text
}

// recoveryOf says when all was well again.
func recoveryOf(a *result.Analysis, l *result.Lane) string {
	if text := mendedText(a, l.Name); text != "" {
		return text + " after the change"
	}
	if len(l.Trials) == 0 || l.BacklogLimit == nil {
		return unknown
	}
	if d := l.Trials[len(l.Trials)-1].DrainedAfter; d != nil {
		return fmt.Sprintf("queue empty %.1f s after the load", *d)
	}
	return "queue not empty when it was given up"
}

// mendedText is the gate's measure of it.
func mendedText(a *result.Analysis, lane string) string {
	ask, err := gate.Parse(lane + ".mended.time >= 0s")
	if err != nil {
		return ""
	}
	for _, r := range gate.Evaluate(a, nil, []gate.Assertion{ask}) {
		if r.Low != nil && r.High == nil {
			return "failures to the end of the load"
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

// OnePageHTML writes the rows that tell of one matter as a page to be sent round: what to do now, what was tried, what it showed, and what
// each run measured, with a link to its report.
func OnePageHTML(w io.Writer, c *Claims) error { return onePageTemplate.Execute(w, c) }

// OnePageMarkdown writes the same in GitHub's dialect.
func OnePageMarkdown(w io.Writer, c *Claims) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s, weir %s, %s\n\nMade by %s\n", md(c.Title()), md(c.Started.Format("2006-01-02 15:04 UTC")), md(c.Version), md(c.versions()), md(c.Made()))
	for i, text := range c.Now() {
		if i == 0 {
			b.WriteString("\n**What to do now**\n")
		}
		fmt.Fprintf(&b, "\n- %s", md(text))
	}
	b.WriteString("\n")
	for _, r := range c.Rows {
		fmt.Fprintf(&b, "\n## %s: %s\n\nClaim: %s\n\n%s\n\n| run | capacity | answered in time | lost | these saw | accept queue | health checks | recovery |\n|---|---|---|---|---|---|---|---|\n",
			md(r.Scenario), md(r.Verdict), md(r.Claim), md(r.Shows))
		for _, run := range r.Runs {
			if f := run.Figures; f != nil {
				fmt.Fprintf(&b, "| %s | %s | %s of %s | %s | %s | %s | %s | %s |\n", linked(run), f.Capacity, count(f.Good), count(f.Offered), f.Lost, md(f.Saw), f.Queue, md(f.Health), f.Recovery)
			}
		}
		for _, run := range r.Runs {
			f := run.Figures
			if f == nil {
				continue
			}
			fmt.Fprintf(&b, "\n- %s: %s", md(run.Name()), md(f.Cause))
			if f.Log != "" {
				fmt.Fprintf(&b, " NGINX: %s", md(f.Log))
			}
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
