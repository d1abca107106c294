package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"weir/report/doc"
	"weir/report/unit"
)

// Claims is the table of what is said about servers under load and what this machine showed.
type Claims struct {
	Started time.Time // UTC
	Version string    // of weir
	Command []string  // the command line that made it
	Seed    uint64
	Engine  string // as it was asked for
	// each scenario's key setting was turned round: the verdicts are on that, not on what the article says
	Flipped bool
	Rows    []Claim
	Page    string // the title, where the table is one page about one matter
}

// Title is what the table is of.
func (c *Claims) Title() string {
	switch {
	case c.Flipped:
		return say("claims.flipped", args{"page": c.Page, "whole": c.Page == ""})
	case c.Page != "":
		return c.Page
	}
	return say("claims.title", nil)
}

// Made says how the table came about.
func (c *Claims) Made() string {
	if len(c.Command) == 0 {
		return unit.Unknown
	}
	return say("claims.made", args{"command": commandLine(c.Command), "seed": fmt.Sprint(c.Seed),
		"engine": c.Engine, "flipped": c.Flipped})
}

// Claim is one row: a scenario and how its runs decided it.
type Claim struct {
	Scenario string
	Claim    string // what was put to the test
	Article  string // what is said, and where
	Outcome  ClaimOutcome
	Verdict  string // the outcome in the scenario's own words; "": there are none
	Shows    string // what this machine does, or why there is no verdict
	Numbers  []string
	Versions []string // of the kernel and of each server in its runs
	Runs     []ClaimRun
	Page     string // the one page that tells of it together with others; "": none
	Now      string // what its verdict says to do now; "": nothing
}

// ClaimRun is a run that a claim was judged by.
type ClaimRun struct {
	Variant string // "" where there is only one
	Dir     string // its folder; "" where there is none
	Figures *Figures
}

// ClaimOutcome is what became of a claim.
type ClaimOutcome string

// What may become of a claim. The last five are no verdict: nothing that was measured decided it.
const (
	ClaimConfirmed ClaimOutcome = "confirmed"
	ClaimRefuted   ClaimOutcome = "refuted"
	ClaimOnlyWhen  ClaimOutcome = "only when" // it holds under a condition
	ClaimSkipped   ClaimOutcome = "skipped"   // something that it needs is not installed
	ClaimUndecided ClaimOutcome = "undecided" // it was measured, and no verdict's assertions all passed
	ClaimInvalid   ClaimOutcome = "invalid"   // a run cannot be believed
	ClaimLeftOut   ClaimOutcome = "left out"  // there was no time for a run that it needs
	ClaimFailed    ClaimOutcome = "could not run"
)

// WriteClaims writes claims.md and claims.html into the folder dir, which it makes.
func WriteClaims(dir string, c *Claims) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the table of claims: %w", err)
	}
	c = c.relative(dir)
	err := errors.Join(
		writeFile(filepath.Join(dir, "claims.md"), c, ClaimsMarkdown),
		writeFile(filepath.Join(dir, "claims.html"), c, ClaimsHTML))
	for _, page := range c.pages() {
		err = errors.Join(err,
			writeFile(filepath.Join(dir, page.Page+".md"), page, OnePageMarkdown),
			writeFile(filepath.Join(dir, page.Page+".html"), page, OnePageHTML))
	}
	return err
}

// Pages names the one pages that WriteClaims leaves beside the table: the files, without their ending.
func (c *Claims) Pages() (names []string) {
	for _, p := range c.pages() {
		names = append(names, p.Page)
	}
	return names
}

// pages are the rows that belong together, each matter a table of its own.
func (c *Claims) pages() (list []*Claims) {
	for _, r := range c.Rows {
		if r.Page == "" {
			continue
		}
		i := slices.IndexFunc(list, func(p *Claims) bool { return p.Page == r.Page })
		if i < 0 {
			page := *c
			page.Page, page.Rows = r.Page, nil
			i, list = len(list), append(list, &page)
		}
		list[i].Rows = append(list[i].Rows, r)
	}
	return list
}

// relative names the runs' folders as they are seen from dir, so that the table can be moved with them.
func (c *Claims) relative(dir string) *Claims {
	out := *c
	out.Rows = slices.Clone(c.Rows)
	for i := range out.Rows {
		r := &out.Rows[i]
		r.Runs = slices.Clone(r.Runs)
		for j := range r.Runs {
			if rel, err := filepath.Rel(dir, r.Runs[j].Dir); err == nil && r.Runs[j].Dir != "" {
				r.Runs[j].Dir = filepath.ToSlash(rel)
			}
		}
	}
	return &out
}

// Report is the path of a run's page.
func (r ClaimRun) Report() string {
	if r.Dir == "" {
		return ""
	}
	return r.Dir + "/report.html"
}

// Name is the variant, or what stands for it where there is only one.
func (r ClaimRun) Name() string {
	if r.Variant == "" {
		return "report"
	}
	return r.Variant
}

// link is the run's name, and leads to its report where there is one.
func (r ClaimRun) link() doc.Text {
	if r.Dir == "" {
		return doc.T(r.Name())
	}
	return doc.Text{{Text: r.Name(), Href: (&url.URL{Path: r.Report()}).EscapedPath()}}
}

// Said is the verdict, or what stands in its place.
func (c Claim) Said() string { return cmp.Or(c.Verdict, string(c.Outcome)) }

var claimTones = map[ClaimOutcome]doc.Tone{ClaimConfirmed: doc.Good, ClaimRefuted: doc.Bad,
	ClaimOnlyWhen: doc.Doubt}

// facts are what was put to the test, what came out, and by what.
func (c Claim) facts(indent string) (f doc.Facts) {
	f.Wide = true
	f.Items = append(f.Items, doc.Fact{Label: indent + "verdict", Value: doc.T(c.Said()), Tone: c.tone()})
	if c.Article != "" {
		f.Add(indent+"article says", c.Article)
	} else { // a scenario of one's own
		f.Add(indent+"claim", c.Claim)
	}
	f.Add(indent+"this machine", c.Shows)
	var numbers []doc.Text
	for _, n := range c.Numbers {
		numbers = append(numbers, doc.T(n))
	}
	if len(numbers) > 0 {
		f.Items = append(f.Items, doc.Fact{Label: indent + "measured", Value: doc.Lines(numbers...)})
	}
	return f
}

func (c Claim) tone() doc.Tone { return cmp.Or(claimTones[c.Outcome], doc.Muted) }

// ClaimsText prints the table for a terminal.
func ClaimsText(w io.Writer, c *Claims, opt doc.TextOptions) error {
	d := doc.Document{Margin: 19}
	if c.Flipped {
		d.Blocks = append(d.Blocks, doc.Callout{Tone: doc.Doubt, Label: "FLIPPED",
			Items: []doc.Text{doc.T(c.Title())}})
	}
	for _, r := range c.Rows {
		facts := r.facts("  ")
		if len([]rune(r.Scenario)) < d.Margin-1 { // its verdict fits beside it
			facts.Items[0].Label = r.Scenario
		} else {
			facts.Items = slices.Insert(facts.Items, 0, doc.Fact{Label: r.Scenario, Tone: r.tone()})
		}
		d.Blocks = append(d.Blocks, doc.Section{Blocks: []doc.Block{facts}})
	}
	var foot doc.Facts
	foot.Add("versions", c.versions())
	foot.Add("made by", c.Made())
	foot.Add("claims", c.Count())
	d.Blocks = append(d.Blocks, doc.Section{Blocks: []doc.Block{foot}})
	return doc.WriteText(w, d, opt)
}

func (c *Claims) versions() string { return strings.Join(c.AllVersions(), " · ") }

// AllVersions are those of all rows.
func (c *Claims) AllVersions() (all []string) {
	for _, r := range c.Rows {
		for _, v := range r.Versions {
			if !slices.Contains(all, v) {
				all = append(all, v)
			}
		}
	}
	return all
}

// Count says how many claims came out how.
func (c *Claims) Count() string {
	var parts []string
	for _, o := range []ClaimOutcome{ClaimConfirmed, ClaimRefuted, ClaimOnlyWhen, ClaimUndecided,
		ClaimInvalid, ClaimLeftOut, ClaimSkipped, ClaimFailed} {
		n := 0
		for _, r := range c.Rows {
			if r.Outcome == o {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return strings.Join(parts, ", ")
}

// ClaimsMarkdown writes the table in GitHub's dialect.
func ClaimsMarkdown(w io.Writer, c *Claims) error { return doc.WriteMarkdown(w, c.page()) }

// ClaimsHTML writes the table as a page that needs nothing else.
func ClaimsHTML(w io.Writer, c *Claims) error {
	return doc.WriteHTML(w, c.page(), doc.PageOptions{Window: "weir: " + c.Title()})
}

// page has all claims in a table, and then each by itself.
func (c *Claims) page() doc.Document {
	all := doc.Table{Label: "Claims", Corner: "scenario",
		Columns: doc.Columns("verdict", "this machine shows", "reports")}
	var each []doc.Block
	for _, r := range c.Rows {
		var reports doc.Text
		for _, run := range r.Runs {
			if run.Dir != "" {
				if len(reports) > 0 {
					reports = append(reports, doc.Span{Text: ", "})
				}
				reports = append(reports, run.link()...)
			}
		}
		label := doc.Text{{Text: r.Scenario, Href: "#" + url.PathEscape(r.Scenario)}}
		all.Rows = append(all.Rows, doc.Row{Label: label, Cells: []doc.Cell{
			{Text: doc.T(r.Said()), Tone: r.tone()}, {Text: doc.T(r.Shows)}, {Text: reports}}})
		facts := r.facts("")
		if r.Article != "" {
			facts.Add("claim", r.Claim)
		}
		facts.Add("versions", strings.Join(r.Versions, " · "))
		if len(reports) > 0 {
			facts.Items = append(facts.Items, doc.Fact{Label: "reports", Value: reports})
		}
		each = append(each, doc.Section{ID: r.Scenario, Label: r.Scenario,
			Blocks: []doc.Block{doc.Heading{Level: 2, Text: doc.T(r.Scenario)}, facts}})
	}
	head := []doc.Block{doc.Headline{Text: doc.T(c.Count())},
		doc.Paragraph{Text: doc.T(c.made()), Note: true}, all}
	blocks := append([]doc.Block{doc.Section{Label: "Claims", Blocks: head}}, each...)
	return doc.Document{Title: c.head(), Blocks: blocks}
}

// head is what the table is of, when and by what it was made.
func (c *Claims) head() []string {
	return []string{c.Title(), c.Started.Format("2006-01-02 15:04 UTC"), "weir " + c.Version}
}

func (c *Claims) made() string { return say("claims.by", args{"made": c.Made()}) }
