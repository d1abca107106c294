package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"weir/loadgen"
	"weir/report/doc"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

// Figures of one run, for a page that sets several side by side. They are of its last lane, the one nearest
// to the client.
type Figures struct {
	Capacity string // workers ÷ service time
	Good     string // requests that were answered in time, of those offered
	Lost     string // the share of the others
	Saw      string // what these saw, the most frequent first
	Queue    string // the backend's accept queue: the deepest that was seen, of how many, overflows
	Health   string // what health checks saw before, during and after the load; "" where nobody checked
	// until requests no longer failed after the scenario's last event; without one, until the queue was empty
	// after the load
	Recovery string
	Cause    string
	Log      string // the line that the proxy's error log had most often
}

// FiguresOf are those of a run, nil where it measured nothing. Mended is how long requests still failed after
// the scenario's last event: unknown where there was none, unbounded above where they failed to the end.
func FiguresOf(a *result.Analysis, mended result.Estimate) *Figures {
	if a == nil || len(a.Lanes) == 0 {
		return nil
	}
	l := &a.Lanes[len(a.Lanes)-1]
	f := &Figures{Capacity: unit.Maybe(unit.Rate, a.Capacity.Computed).String(), Lost: unit.Unknown,
		Queue: unit.Unknown, Cause: words.Of(l.Cause.Text)}
	var bad uint64
	bad, f.Saw = sawOf(l)
	bad = min(bad, l.Offered)
	f.Good = say("page.good", args{"good": l.Offered - bad, "offered": l.Offered})
	if l.Offered > 0 {
		f.Lost = share(bad, l.Offered)
	}
	if l.MaxRecvQ != nil && l.BacklogLimit != nil {
		f.Queue = say("page.queue", args{"depth": l.MaxRecvQ, "limit": l.BacklogLimit})
	}
	if l.Overflows != nil {
		f.Queue = say("page.overflows", args{"queue": f.Queue, "n": l.Overflows})
	}
	most := uint64(0)
	for _, c := range l.LogClasses {
		if c.Source == "nginx.error" && c.Count > most {
			most, f.Log = c.Count, say("times", args{"n": c.Count, "what": c.Text})
		}
	}
	if h := l.Health; h != nil {
		f.Health = say("page.health", args{"before": checked(h.Before), "during": checked(h.During),
			"after": checked(h.After)})
	}
	f.Recovery = recoveryOf(l, mended)
	if mended.Value != nil {
		f.Capacity = say("page.before", args{"capacity": f.Capacity})
	}
	return f
}

// sawOf is how many requests were not answered in time, and what became of these.
func sawOf(l *result.Lane) (bad uint64, text string) {
	list := []kind{{"late", l.Late}}
	for _, o := range loadgen.Outcomes() {
		if o != loadgen.OK {
			list = append(list, kind{string(o), l.Outcomes[string(o)]})
		}
	}
	slices.SortStableFunc(list, func(a, b kind) int { return cmp.Compare(b.N, a.N) })
	var saw []string
	for _, k := range list {
		if bad += k.N; k.N > 0 {
			saw = append(saw, say("times", args{"n": k.N, "what": k.Name}))
		}
	}
	return bad, cmp.Or(strings.Join(saw, ", "), "none")
}

func checked(c result.HealthCounts) string {
	var parts []string
	for _, k := range []kind{{"ok", c.OK}, {"slow", c.Slow}, {"failed", c.Failed}} {
		if k.N > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k.N, k.Name))
		}
	}
	if len(parts) == 0 {
		return say("page.unchecked", nil)
	}
	return say("page.checks", args{"checks": strings.Join(parts, ", "), "p50": c.P50})
}

// recoveryOf says when all was well again.
func recoveryOf(l *result.Lane, mended result.Estimate) string {
	switch {
	case mended.Value != nil && mended.High == nil:
		return say("page.failing", nil)
	case mended.Value != nil:
		return say("page.mended", args{"s": *mended.Value})
	case len(l.Trials) == 0 || l.BacklogLimit == nil:
		return unit.Unknown
	}
	if d := l.Trials[len(l.Trials)-1].DrainedAfter; d != nil {
		return say("page.drained", args{"s": unit.Tenths(*d)})
	}
	return say("page.undrained", nil)
}

// OnePageHTML writes the rows that tell of one matter as a page to be sent round: what to do now, what was
// tried, what it showed, and what each run measured, with a link to its report.
func OnePageHTML(w io.Writer, c *Claims) error {
	return doc.WriteHTML(w, onePage(c), doc.PageOptions{Window: "weir: " + c.Title(), Class: "one-page"})
}

// OnePageMarkdown writes the same in GitHub's dialect.
func OnePageMarkdown(w io.Writer, c *Claims) error { return doc.WriteMarkdown(w, onePage(c)) }

func onePage(c *Claims) doc.Document {
	d := doc.Document{Title: c.head()}
	d.Blocks = append(d.Blocks, doc.Headline{Text: doc.T(say("lane",
		args{"lane": c.Title(), "text": c.Count()}))},
		doc.Paragraph{Text: doc.T(c.made()), Note: true})
	var now doc.List
	for _, r := range c.Rows {
		if r.Now != "" {
			now.Items = append(now.Items, doc.T(r.Now))
		}
	}
	if len(now.Items) > 0 {
		d.Blocks = append(d.Blocks, doc.Heading{Level: 2, Text: doc.T("What to do now")}, now)
	}
	for _, r := range c.Rows {
		t := doc.Table{Label: "Runs of " + r.Scenario, Corner: "run",
			Columns: doc.Columns("capacity", "answered in time", "lost", "these saw", "accept queue",
				"health checks", "recovery")}
		var why doc.List
		for _, run := range r.Runs {
			f := run.Figures
			if f == nil {
				continue
			}
			t.Rows = append(t.Rows, doc.Row{Label: run.link(),
				Cells: doc.Cells(f.Capacity, f.Good, f.Lost, f.Saw, f.Queue, f.Health, f.Recovery)})
			text := doc.T(say("page.cause", args{"run": run.Name(), "cause": f.Cause}))
			if f.Log != "" {
				text = append(append(text, doc.Span{Text: " NGINX: "}), doc.C(f.Log)...)
			}
			why.Items = append(why.Items, text)
		}
		blocks := []doc.Block{doc.Heading{Level: 2,
			Text: doc.T(say("lane", args{"lane": r.Scenario, "text": r.Said()}))}}
		if r.Claim != "" {
			blocks = append(blocks, doc.Paragraph{Text: doc.T(say("claims.claim", args{"claim": r.Claim})),
				Note: true})
		}
		blocks = append(blocks, doc.Paragraph{Text: doc.T(r.Shows)})
		if len(t.Rows) > 0 {
			blocks = append(blocks, t, why)
		}
		d.Blocks = append(d.Blocks, doc.Section{Label: r.Scenario, Blocks: blocks})
	}
	return d
}
