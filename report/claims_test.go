package report

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"time"
	"unicode/utf8"
	"weir/report/doc"
)

func sampleClaims() *Claims {
	return &Claims{
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Version: "test",
		Command: []string{"weir", "reproduce", "--set=load.rate=7", "mine.yaml"}, Seed: 3, Engine: "portable",
		Rows: []Claim{
			{Scenario: "unix-upstream", Claim: "An overflow is a 502.", Article: "so it says",
				Outcome: ClaimConfirmed, Verdict: "confirmed", Shows: "It is.",
				Numbers:  []string{"unix: proxy.outcome.http_502.count > 0 → 34"},
				Versions: []string{"Linux 6.18", "nginx/1.22", "gunicorn 20.1"},
				Runs:     []ClaimRun{{Variant: "tcp", Dir: "runs/a"}, {Variant: "unix", Dir: "runs/b c"}}},
			{Scenario: "a-name-that-fills-the-margin", Outcome: ClaimOnlyWhen, Verdict: "only when it rains",
				Page: "rain", Runs: []ClaimRun{{Variant: "wet",
					Figures: &Figures{Good: "3 of 9", Lost: "66.7 %", Saw: "6 × http_502<b>"}}},
				Shows: strings.Repeat("word ", 40), Article: "<script>alert(1)</script>\x1b[31m"},
			{Scenario: "php-fpm", Outcome: ClaimSkipped, Shows: "not installed: apt-get install php-fpm"},
		},
	}
}

// The table fits a terminal, counts what is skipped apart, and takes nothing hostile over.
func TestClaimsText(t *testing.T) {
	var b bytes.Buffer
	if err := ClaimsText(&b, sampleClaims(), doc.TextOptions{Width: 80}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"unix-upstream      confirmed\n", "  verdict          only when it rains\n",
		"1 confirmed, 1 only when, 1 skipped"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("an escape sequence came through")
	}
}

// Pages link the reports as seen from where they lie.
func TestWriteClaims(t *testing.T) {
	dir := t.TempDir()
	c := sampleClaims()
	c.Rows[0].Runs[1].Dir = filepath.Join(dir, "run b")
	if err := WriteClaims(filepath.Join(dir, "claims"), c); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "claims", "claims.html"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "claims", "claims.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, []byte(`href="../run%20b/report.html"`)) ||
		!bytes.Contains(text, []byte("[unix](../run%20b/report.html)")) {
		t.Errorf("no link to the report in\n%s\n%s", page, text)
	}
	one, err := os.ReadFile(filepath.Join(dir, "claims", "rain.html"))
	if err != nil || !bytes.Contains(one, []byte("3 of 9")) || bytes.Contains(one, []byte("502<b>")) ||
		bytes.Contains(one, []byte("unix-upstream")) {
		t.Errorf("the one page: %v\n%s", err, one)
	}
	if bytes.Contains(page, []byte("<script>alert")) || bytes.Contains(text, []byte("<script>alert")) {
		t.Error("a script came through")
	}
}

// Every form says how it was made, and of a flipped world that it is one.
func TestClaimsSayHowTheyWereMade(t *testing.T) {
	for name, write := range map[string]func(io.Writer, *Claims) error{
		"text": func(w io.Writer, c *Claims) error {
			return ClaimsText(w, c,
				doc.TextOptions{Width: 400})
		},
		"markdown": ClaimsMarkdown, "html": ClaimsHTML, "page": OnePageHTML,
		"page in markdown": OnePageMarkdown,
	} {
		for _, flipped := range []bool{false, true} {
			c := sampleClaims()
			c.Flipped = flipped
			if strings.HasPrefix(name, "page") {
				c = c.pages()[0]
			}
			var b bytes.Buffer
			if err := write(&b, c); err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(b.String(), "\\", "")
			if !strings.Contains(text, "weir reproduce --set=load.rate=7 mine.yaml (seed 3, engine portable)") {
				t.Errorf("%s: the command is not in\n%s", name, text)
			}
			if said := strings.Contains(text, "FLIPPED") &&
				strings.Contains(text, "key setting reversed"); said != flipped {
				t.Errorf("%s: flipped is %v, and said is %v:\n%s", name, flipped, said, text)
			}
		}
	}
}
