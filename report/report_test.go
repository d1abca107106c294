package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"weir/report/doc"
	"weir/report/result"
	"weir/report/words"
)

// printable is what any format for people may hold: no control character but the end of a line, no
// invisible format character, valid UTF-8.
func printable(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Error("not UTF-8")
	}
	for i, r := range s {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			t.Fatalf("%U at %d: …%q…", r, i, s[max(0, i-20):min(len(s), i+20)])
		}
	}
}

func TestHostileTextIsHarmless(t *testing.T) {
	var text, markdown, page bytes.Buffer
	if err := errors.Join(Text(&text, hostile(), doc.TextOptions{}), Markdown(&markdown, hostile()),
		HTML(&page, hostile())); err != nil {
		t.Fatal(err)
	}
	printable(t, text.String())
	printable(t, markdown.String())
	ours := string(asset("echarts/echarts.min.js"))
	before, after, found := strings.Cut(page.String(), ours)
	if !found {
		t.Fatal("the library is not in the page as it was released")
	}
	printable(t, before+after)
	if n := strings.Count(before+after, "<script"); n != 3 {
		t.Errorf("%d script elements, want the 3 of our own", n)
	}
	prose := withoutCode(markdown.String())
	for _, live := range []string{`<script`, `<img`, `[^\\]\]\(`, `@maintainer`, `http://`, `[^\\*]\*b\*`} {
		if found := regexp.MustCompile(live).FindString(prose); found != "" {
			t.Errorf("%q is live in report.md", found)
		}
	}
}

// withoutCode takes the code spans out of Markdown: a run of backticks up to the next run of the same
// length (CommonMark 6.1).
func withoutCode(s string) string {
	ticks := regexp.MustCompile("\\\\`|`+")
	var out strings.Builder
	for {
		open := ticks.FindStringIndex(s)
		if open == nil {
			return out.String() + s
		}
		fence := s[open[0]:open[1]]
		out.WriteString(s[:open[0]])
		s = s[open[1]:]
		if fence[0] == '\\' {
			continue
		}
		for {
			end := regexp.MustCompile("`+").FindStringIndex(s)
			if end == nil {
				return out.String() + s
			}
			closing := s[end[0]:end[1]] == fence
			s = s[end[1]:]
			if closing {
				break
			}
		}
	}
}

func TestTextFitsOneScreen(t *testing.T) {
	for _, name := range []string{"demo", "one-lane", "nothing-failed", "no-capacity", "all-null"} {
		var b bytes.Buffer
		if err := Text(&b, fixtures[name](), doc.TextOptions{Width: 80}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
		if len(lines) > screen {
			t.Errorf("%s: %d lines, more than %d", name, len(lines), screen)
		}
	}
	for name, fixture := range fixtures {
		for _, columns := range []int{0, 40, 100} {
			var plain, colour bytes.Buffer
			if err := errors.Join(Text(&plain, fixture(), doc.TextOptions{Width: columns}),
				Text(&colour, fixture(), doc.TextOptions{Width: columns, Color: true})); err != nil {
				t.Fatal(err)
			}
			limit := columns
			if limit == 0 {
				limit = 80
			}
			for line := range strings.Lines(plain.String()) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > limit {
					t.Errorf("%s at %d columns: %d in %q", name, columns, n, line)
				}
			}
			bare := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colour.String(), "")
			if bare != plain.String() {
				t.Errorf("%s at %d columns: colour changes the layout", name, columns)
			}
		}
	}
}

// TestNothingIsHidden: an invalid run leads with it in every format, and every warning is in each.
func TestNothingIsHidden(t *testing.T) {
	a := invalid()
	squeeze := func(s string) string { return strings.Join(strings.Fields(unescaped.Replace(s)), " ") }
	var text, markdown, page bytes.Buffer
	if err := errors.Join(Text(&text, a, doc.TextOptions{}), Markdown(&markdown, a),
		HTML(&page, a)); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text.String(), "INVALID RUN") {
		t.Error("the text does not begin with INVALID")
	}
	if n := strings.Count(text.String(), "\n"); n > 23 {
		t.Errorf("%d lines: the warnings push INVALID off the screen", n)
	}
	body := page.String()[strings.Index(page.String(), "<main"):]
	for format, s := range map[string]string{"md": markdown.String(), "html": body} {
		if i, j := strings.Index(strings.ToLower(s), "invalid"),
			strings.Index(s, words.Of(a.Verdict[1])[:30]); i < 0 || i > j {
			t.Errorf("%s: INVALID at %d, after the verdict at %d", format, i, j)
		}
	}
	for format, s := range map[string]string{"text": text.String(), "md": markdown.String(), "html": body} {
		for _, w := range a.Warnings {
			if said := words.Of(result.Finding(w)); !strings.Contains(squeeze(s), said) {
				t.Errorf("%s: the warning %q is missing", format, w.Code)
			}
		}
		for _, why := range words.List(a.InvalidReasons) {
			if !strings.Contains(squeeze(s), why) {
				t.Errorf("%s: the reason %q is missing", format, why)
			}
		}
	}
}

// unescaped undoes what Markdown and HTML do to our own texts.
var unescaped = strings.NewReplacer(`\_`, "_", `\[`, "[", `\]`, "]", "&#39;", "'", "&#34;", `"`, "&gt;", ">")

func TestJSON(t *testing.T) {
	for name, fixture := range fixtures {
		var b, again bytes.Buffer
		if err := errors.Join(JSON(&b, fixture()), JSON(&again, fixture())); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), again.Bytes()) || !bytes.HasSuffix(b.Bytes(), []byte("}\n")) {
			t.Errorf("%s: not the same twice, or no newline at the end", name)
		}
		var back result.Analysis
		if err := json.Unmarshal(b.Bytes(), &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var compact, want bytes.Buffer
		if err := json.Compact(&compact, b.Bytes()); err != nil {
			t.Fatal(err)
		}
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		content := filtered(filter{float: round6}, fixture())
		words.Fill(content)
		if err := enc.Encode(content); err != nil {
			t.Fatal(err)
		}
		if compact.String() != strings.TrimSpace(want.String()) {
			t.Errorf("%s: laying out changed the content", name)
		}
	}
}

// TestJSONAgreesAcrossMachines: the last bits of a float do not show.
func TestJSONAgreesAcrossMachines(t *testing.T) {
	a, b := demo(), filtered(filter{float: disturb}, demo())
	if reflect.DeepEqual(a, b) {
		t.Fatal("nothing was disturbed")
	}
	var one, other bytes.Buffer
	if err := errors.Join(JSON(&one, a), JSON(&other, b)); err != nil {
		t.Fatal(err)
	}
	if one.String() != other.String() {
		t.Error("a disturbance in the last bit changes report.json")
	}
}

func disturb(x float64) float64 {
	if x == 0 {
		return 0
	}
	return math.Nextafter(x, math.Inf(1))
}

func TestJSONRefusesWhatIsNotFinite(t *testing.T) {
	a := demo()
	a.Lanes[0].Trials[2].Goodput = math.NaN()
	if err := JSON(io.Discard, a); err == nil {
		t.Error("NaN was written")
	}
}

func TestWriteAll(t *testing.T) {
	dir := t.TempDir()
	a := demo()
	if err := WriteAll(dir, a); err != nil {
		t.Fatal(err)
	}
	a.Lanes[0].Trials[2].Goodput = math.Inf(1) // report.json and report.html cannot be made any more
	if err := WriteAll(dir, a); err == nil || !strings.Contains(err.Error(), "report.json") {
		t.Errorf("error %v, want one that names report.json", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	if want := []string{"report.html", "report.json", "report.md"}; !slices.Equal(names, want) {
		t.Errorf("files %q, want %q and no remains", names, want)
	}
	var want bytes.Buffer
	if err := JSON(&want, demo()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "report.json")); err != nil ||
		!bytes.Equal(got, want.Bytes()) {
		t.Errorf("a failed writing harmed the file before it (%v)", err)
	}
	if err := WriteAll(filepath.Join(dir, "absent"), demo()); err == nil {
		t.Error("wrote into a folder that does not exist")
	}
}

func TestRenderersLeaveTheAnalysisAlone(t *testing.T) {
	a := hostile()
	if err := errors.Join(Text(io.Discard, a, doc.TextOptions{}), Markdown(io.Discard, a),
		HTML(io.Discard, a), JSON(io.Discard, a)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, hostile()) {
		t.Error("a renderer changed what it rendered")
	}
}

// TestLanesThatSayTheSame: what two lanes have in common is said once, what they have not is not lost.
func TestLanesThatSayTheSame(t *testing.T) {
	x := result.Cause{Code: "x", Text: result.Finding{Text: "It was x."}}
	a := &result.Analysis{
		Lanes: []result.Lane{{Name: "direct", Cause: x}, {Name: "proxy", Cause: x}},
		Warnings: []result.Warning{{Code: "short", Lane: "direct", Args: args{"s": 2}},
			{Code: "steal", Lane: "proxy"}, {Code: "short", Lane: "proxy", Args: args{"s": 2}},
			{Code: "short", Lane: "proxy", Args: args{"s": 3}}, {Code: "short", Args: args{"s": 2}}},
	}
	var texts []string
	for _, item := range warned(a.Warnings)[0].(doc.Callout).Items {
		texts = append(texts, item.String())
	}
	if want := []string{"direct, proxy: short (short)", "proxy: steal (steal)", "proxy: short (short)",
		"short (short)"}; !slices.Equal(texts, want) {
		t.Errorf("warnings %q, want %q", texts, want)
	}
	for _, c := range []struct {
		code, text string
		want       []string
	}{
		{"x", "It was x.", []string{"It was x."}},
		{"x", "It was x, 2 times.", []string{"direct: It was x. The same on proxy."}},
		{"y", "It was y.", []string{"direct: It was x.", "proxy: It was y."}},
		{"y", "", []string{"direct: It was x."}},
	} {
		a.Lanes[1].Cause = result.Cause{Code: result.CauseCode(c.code), Text: result.Finding{Text: c.text}}
		if got := causes(a); !slices.Equal(got, c.want) {
			t.Errorf("causes %q, want %q", got, c.want)
		}
	}
}

func TestRound6(t *testing.T) {
	for _, c := range []struct{ x, want float64 }{{1.23456789, 1.23457}, {123456789, 123457000},
		{386.7 * .0206 / 8, .995753}, {0, 0}} {
		if got := round6(c.x); got != c.want {
			t.Errorf("round6(%v) = %v, want %v", c.x, got, c.want)
		}
	}
	if math.Signbit(round6(math.Copysign(0, -1))) {
		t.Error("a negative zero stays one")
	}
}

func TestCommandLine(t *testing.T) {
	got := commandLine([]string{"/usr/bin/weir", "run", "-H", "X: it's $(reboot)", ""})
	if want := `/usr/bin/weir run -H 'X: it'\''s $(reboot)' ''`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := commandLine([]string{"run"}); got != "weir run" {
		t.Error(got)
	}
}
