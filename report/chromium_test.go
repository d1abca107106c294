package report

import (
	"context"
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/report/analysis"
)

// chromium finds the browser. Without it the page is not tested at all, so that on a CI machine its
// absence is a failure; elsewhere it is a skip that says what was not looked at.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const hint = "no chromium on the PATH, so nobody has opened report.html: apt-get install chromium"
	if os.Getenv("CI") != "" || os.Getenv("WEIR_TEST_CHROMIUM") == "require" {
		t.Fatal(hint)
	}
	t.Skip(hint)
	return ""
}

// opened is a page after its scripts ran.
type opened struct {
	dom    string
	log    string // what the console said
	data   map[string]string
	points map[string]map[string]int // chart → series → points that ECharts holds
}

var (
	rootTag  = regexp.MustCompile(`<html[^>]*>`)
	scripts  = regexp.MustCompile(`(?s)<script.*?</script>`)
	dataAttr = regexp.MustCompile(`data-([a-z]+)="([^"]*)"`)
)

func open(t *testing.T, a *analysis.Analysis) opened {
	t.Helper()
	browser := chromium(t)
	dir := t.TempDir()
	if err := WriteAll(dir, a); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+filepath.Join(dir, "profile"),
		"--enable-logging=stderr", "--virtual-time-budget=2000", "--window-size=1280,2000", "--dump-dom", "file://"+filepath.Join(dir, "report.html"))
	var log strings.Builder
	cmd.Stderr = &log
	dom, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium: %v\n%s", err, log.String())
	}
	o := opened{dom: string(dom), data: map[string]string{}}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "CONSOLE") {
			o.log += line
		}
	}
	for _, m := range dataAttr.FindAllStringSubmatch(rootTag.FindString(o.dom), -1) {
		o.data[m[1]] = html.UnescapeString(m[2])
	}
	if points := o.data["points"]; points != "" {
		if err := json.Unmarshal([]byte(points), &o.points); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// TestPage opens the pages that differ in what their script must cope with (the demo is the hostile one
// without the plants, one lane is in the all-null one): its scripts ran under its own policy, nothing was complained of,
// and the figures hold as many points as the analysis has.
func TestPage(t *testing.T) {
	for _, name := range []string{"hostile", "invalid", "nothing-failed", "no-capacity", "all-null"} {
		t.Run(name, func(t *testing.T) {
			a := fixtures[name]()
			o := open(t, a)
			if o.log != "" || o.data["errors"] != "" {
				t.Errorf("the page complains:\n%s%s", o.log, o.data["errors"])
			}
			if o.data["ready"] != "true" {
				t.Fatalf("the figures were not drawn; attributes %v", o.data)
			}
			if _, planted := o.data["pwned"]; planted {
				t.Error("planted markup was executed")
			}
			if strings.Contains(scripts.ReplaceAllString(o.dom, ""), "<img") {
				t.Error("planted markup became an element")
			}
			f := draw(a)
			for i, lane := range f.Lanes {
				checkPoints(t, o.points, string(rune('0'+i)), lane)
			}
		})
	}
}

func checkPoints(t *testing.T, points map[string]map[string]int, lane string, f laneFigure) {
	t.Helper()
	want := map[string]map[string]int{"dose-" + lane: {"goodput": len(f.Trials), "goodput interval": len(f.Trials)}}
	for class := range f.Bad {
		want["dose-"+lane][clean(class)] = len(f.Trials)
	}
	if bins := len(f.Timeline.X); bins > 0 {
		line := bins
		for _, b := range f.Timeline.Blocks {
			if b.To > b.From {
				line += 2 // the end of each stretch, and the gap after it
			}
		}
		overflows := 0
		for _, n := range f.Timeline.Overflows {
			if n != nil && *n > 0 {
				overflows++
			}
		}
		want["time-"+lane] = map[string]int{"offered": line, "goodput": line, "Recv-Q": line, "overflows": overflows}
		for class, bins := range f.Timeline.Bad {
			failed := len(slices.DeleteFunc(slices.Clone(bins), func(n uint64) bool { return n == 0 }))
			want["time-"+lane][clean(class)] = failed
		}
	}
	for chart, series := range want {
		for name, n := range series {
			if got := points[chart][name]; got != n {
				t.Errorf("%s, %s: %d points drawn, want %d", chart, name, got, n)
			}
		}
	}
}
