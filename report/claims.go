package report

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"weir/report/result"
)

// Claims is the table of what is said about servers under load and what this machine showed.
type Claims struct {
	Started time.Time // UTC
	Version string    // of weir
	Command []string  // the command line that made it
	Seed    uint64
	Engine  string // as it was asked for
	Flipped bool   // each scenario's key setting was turned round: the verdicts are on that, not on what the article says
	Rows    []Claim
	Page    string // the title, where the table is one page about one matter
}

// Title is what the table is of.
func (c *Claims) Title() string {
	switch {
	case c.Flipped && c.Page != "":
		return c.Page + ", with the key setting turned round"
	case c.Flipped:
		return "The claims, each with its key setting turned round"
	case c.Page != "":
		return c.Page
	}
	return "The claims, tried on this machine"
}

// Made says how the table came about.
func (c *Claims) Made() string {
	if len(c.Command) == 0 {
		return unknown
	}
	made := fmt.Sprintf("%s (seed %d, engine %s)", commandLine(c.Command), c.Seed, c.Engine)
	if c.Flipped {
		made += ": FLIPPED, so that another verdict has to come out; none of these is on what the article says"
	}
	return made
}

// Claim is one row: a scenario and how its runs decided it.
type Claim struct {
	Scenario string
	Claim    string // what was put to the test
	Article  string // what is said, and where
	Verdict  string // confirmed, refuted, only when …, or one of those below
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

// Measured fills in the run's figures.
func (r *ClaimRun) Measured(a *result.Analysis) { r.Figures = figuresOf(a) }

// The verdicts that are none: nothing that was measured decided the claim.
const (
	ClaimSkipped   = "skipped"   // something that it needs is not installed
	ClaimUndecided = "undecided" // it was measured, and no verdict's assertions all passed
	ClaimInvalid   = "invalid"   // a run cannot be believed
	ClaimLeftOut   = "left out"  // there was no time for a run that it needs
	ClaimFailed    = "could not run"
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

// Now is what the verdicts of all rows say to do, for who has the same trouble.
func (c *Claims) Now() (all []string) {
	for _, r := range c.Rows {
		if r.Now != "" {
			all = append(all, r.Now)
		}
	}
	return all
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

// Kind is what a verdict begins with, as a word for a style sheet.
func (c Claim) Kind() string {
	for _, kind := range []string{"confirmed", "refuted", "only when"} {
		if strings.HasPrefix(c.Verdict, kind) {
			return strings.ReplaceAll(kind, " ", "-")
		}
	}
	return "none"
}

var claimColours = map[string]string{"confirmed": green, "refuted": red, "only-when": yellow, "none": faint}

// ClaimsText prints the table for a terminal.
func ClaimsText(w io.Writer, c *Claims, opt TextOptions) error {
	p := newPage(opt, margin)
	var lines []string
	if c.Flipped {
		lines = append(lines, p.paint(yellow, p.hang("FLIPPED", c.Title()))...)
		lines = append(lines, "")
	}
	for _, r := range c.Rows {
		label := clean(r.Scenario)
		if width(label) >= margin-1 {
			lines, label = append(lines, p.paint(claimColours[r.Kind()], []string{label})...), "  verdict"
		}
		lines = append(lines, p.paint(claimColours[r.Kind()], p.hang(label, clean(r.Verdict)))...)
		if r.Article != "" {
			lines = append(lines, p.hang("  article says", clean(r.Article))...)
		} else { // a scenario of one's own
			lines = append(lines, p.hang("  claim", clean(r.Claim))...)
		}
		lines = append(lines, p.hang("  this machine", clean(r.Shows))...)
		for i, n := range r.Numbers {
			label := ""
			if i == 0 {
				label = "  measured"
			}
			for _, line := range wrap(clean(n), p.width-margin) {
				lines = append(lines, pad(label, margin)+line)
				label = ""
			}
		}
		lines = append(lines, "")
	}
	if v := c.versions(); v != "" {
		lines = append(lines, p.hang("versions", clean(v))...)
	}
	lines = append(lines, p.hang("made by", clean(c.Made()))...)
	lines = append(lines, p.hang("claims", c.Count())...)
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
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
	order := []string{"confirmed", "refuted", "only when", ClaimUndecided, ClaimInvalid, ClaimLeftOut, ClaimSkipped, ClaimFailed}
	var parts []string
	for _, v := range order {
		n := 0
		for _, r := range c.Rows {
			if strings.HasPrefix(r.Verdict, v) {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return strings.Join(parts, ", ")
}

// ClaimsMarkdown writes the table in GitHub's dialect.
func ClaimsMarkdown(w io.Writer, c *Claims) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# weir: %s\n\n%s, weir %s: %s\n\nMade by %s\n\n", md(c.Title()), md(c.Started.Format("2006-01-02 15:04 UTC")), md(c.Version), md(c.Count()), md(c.Made()))
	b.WriteString("| scenario | the article says | this machine shows | verdict | measured | versions | reports |\n|---|---|---|---|---|---|---|\n")
	for _, r := range c.Rows {
		var links []string
		for _, run := range r.Runs {
			if run.Dir != "" {
				links = append(links, linked(run))
			}
		}
		var numbers []string
		for _, n := range r.Numbers {
			numbers = append(numbers, md(n))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | **%s** | %s | %s | %s |\n", md(r.Scenario), md(r.Article), md(r.Shows), md(r.Verdict), strings.Join(numbers, "<br>"), md(strings.Join(r.Versions, " · ")), strings.Join(links, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// linked is the run's name, with a link to its report where there is one.
func linked(run ClaimRun) string {
	if run.Dir == "" {
		return md(run.Name())
	}
	return fmt.Sprintf("[%s](%s)", md(run.Name()), (&url.URL{Path: run.Report()}).EscapedPath())
}

//go:embed assets/claims.html.tmpl
var claimsPage string

var claimsTemplate = template.Must(template.New("claims").Parse(claimsPage))

// ClaimsHTML writes the table as a page that needs nothing else.
func ClaimsHTML(w io.Writer, c *Claims) error { return claimsTemplate.Execute(w, c) }
