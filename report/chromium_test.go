package report

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"weir/report/result"
	"weir/report/unit"
	"weir/scenarios/lab/labtest"
)

// browsers are what the page is tested in, the first of them that is installed.
var browsers = []string{"chromium", "chromium-browser", "google-chrome"}

// opened is a page after its scripts ran.
type opened struct {
	dom    string
	log    string // what the console said
	data   map[string]string
	report *result.Analysis // as report.json has it
	// chart → series → how many points ECharts holds, and the sum of each of their values
	points map[string]map[string][]float64
}

var (
	rootTag  = regexp.MustCompile(`<html[^>]*>`)
	scripts  = regexp.MustCompile(`(?s)<script.*?</script>`)
	dataAttr = regexp.MustCompile(`data-([a-z]+)="([^"]*)"`)
)

func open(t *testing.T, a *result.Analysis) opened { return openAnd(t, a, "") }

// openAnd runs a script in the page, which then is without its policy: no other script than its own could be.
func openAnd(t *testing.T, a *result.Analysis, script string) opened {
	t.Helper()
	browser := labtest.Program(t, browsers...)
	dir := t.TempDir()
	if err := WriteAll(dir, a); err != nil {
		t.Fatal(err)
	}
	if script != "" {
		path := filepath.Join(dir, "report.html")
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		open := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllLiteral(page,
			nil)
		if err := os.WriteFile(path, append(open, "<script>"+script+"</script>"...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+
			filepath.Join(dir, "profile"),
		"--enable-logging=stderr", "--virtual-time-budget=2000", "--window-size=1280,2000", "--dump-dom",
		"file://"+filepath.Join(dir, "report.html"))
	var log strings.Builder
	cmd.Stderr = &log
	dom, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium: %v\n%s", err, log.String())
	}
	o := opened{dom: string(dom), data: map[string]string{}, report: readBack(t, dir)}
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

// readBack is the report.json in dir.
func readBack(t *testing.T, dir string) *result.Analysis {
	t.Helper()
	written, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var a result.Analysis
	if err := json.Unmarshal(written, &a); err != nil {
		t.Fatal(err)
	}
	return &a
}

// TestPage opens the pages that differ in what their script must cope with (the demo is the hostile one
// without the plants, one lane is in the all-null one): its scripts ran under its own policy, nothing was
// complained of, and the figures hold the points and the sums that report.json has.
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
			for chart, series := range expected(o.report) {
				for name, want := range series {
					if got := o.points[chart][name]; !agree(got, want) {
						t.Errorf("%s, %s: drawn %v, report.json says %v", chart, name, got, want)
					}
				}
			}
		})
	}
}

// anything stands for a sum that is not looked at.
var anything = math.NaN()

// agree compares how many points were drawn and their sums.
func agree(got, want []float64) bool {
	if want[0] == 0 && (len(got) == 0 || got[0] == 0) { // no points, no sums, and no need for a series
		return true
	}
	if len(got) < len(want) {
		return false
	}
	for i, w := range want {
		if !math.IsNaN(w) && math.Abs(got[i]-w) > 1e-4*math.Abs(w)+1e-6 {
			return false
		}
	}
	return true
}

// expected is what the figures must hold, by report.json: how many points each series has, and the sums of
// what stands on their axes.
func expected(a *result.Analysis) map[string]map[string][]float64 {
	want := map[string]map[string][]float64{}
	drawn := draw(a)
	for i := range a.Lanes {
		l, lane := &a.Lanes[i], fmt.Sprint(i)
		expectTrials(want, lane, l, drawn.Lanes[i])
		expectTimeline(want, lane, l, drawn.Lanes[i].Timeline.Blocks)
		expectLatencies(want, lane, l)
	}
	return want
}

func expectTrials(want map[string]map[string][]float64, lane string, l *result.Lane, f laneFigure) {
	n := float64(len(l.Trials))
	dose := map[string][]float64{"goodput": {n, 0, 0}, "goodput interval": {n, anything, 0, 0}}
	both := []float64{0, 0, 0}
	for _, t := range l.Trials {
		dose["goodput"][1] += t.Rate
		dose["goodput"][2] += t.Goodput
		dose["goodput interval"][2] += t.GoodLow
		dose["goodput interval"][3] += t.GoodHigh
		if t.Complete && t.Overflows != nil {
			both[0]++
			both[1] += float64(t.QueueFailures)
			both[2] += float64(*t.Overflows)
		}
	}
	for class := range f.Bad {
		sum := 0.0
		for _, t := range l.Trials {
			if class == "late" {
				sum += float64(lateIn(t)) / t.Duration
			} else {
				sum += float64(t.Outcomes[class]) / t.Duration
			}
		}
		dose[unit.Clean(class)] = []float64{n, anything, sum}
	}
	want["dose-"+lane] = dose
	if both[1]+both[2] > 0 {
		want["both-"+lane] = map[string][]float64{"trials": both}
	}
}

func expectTimeline(want map[string]map[string][]float64, lane string, l *result.Lane, blocks []block) {
	t := &l.Timeline
	if len(t.AtS) == 0 {
		return
	}
	// each bin, and for each stretch of the axis its end and the gap behind it
	line := func(at func(int) float64) []float64 {
		n, sum := float64(len(t.AtS)), 0.0
		for i := range t.AtS {
			sum += at(i)
		}
		for _, b := range blocks {
			if b.To > b.From {
				n += 2
				sum += at(b.To - 1)
			}
		}
		return []float64{n, anything, sum}
	}
	series := map[string][]float64{
		"offered": line(func(i int) float64 { return t.Offered[i] }),
		"goodput": line(func(i int) float64 { return t.Goodput[i] }),
		"Recv-Q": line(func(i int) float64 {
			if t.RecvQ[i] == nil {
				return 0
			}
			return float64(*t.RecvQ[i])
		}),
		"overflows": {0, anything, anything, 0, 0},
		"replayed":  {0},
	}
	if slices.ContainsFunc(t.Replayed, func(n *uint64) bool { return n != nil }) {
		series["replayed"] = line(func(i int) float64 {
			if t.Replayed[i] == nil {
				return 0
			}
			return float64(*t.Replayed[i])
		})
	}
	for _, n := range t.Overflows {
		if n != nil && *n > 0 {
			series["overflows"][0]++
			series["overflows"][4] += float64(*n)
		}
	}
	for class, bins := range t.Bad {
		bars := []float64{0}
		for _, n := range bins {
			if n > 0 {
				bars[0]++ // stacked: their sums depend on what is below them
			}
		}
		series[unit.Clean(class)] = bars
	}
	want["time-"+lane] = series
}

func expectLatencies(want map[string]map[string][]float64, lane string, l *result.Lane) {
	m := &l.LatencyMap
	ok, failed, slow := []float64{0, anything, anything, anything, anything, 0},
		[]float64{0, anything, anything, anything, anything, 0}, []float64{0, 0, 0}
	for i := range m.OK {
		if m.OK[i] > 0 {
			ok[0]++
			ok[5] += float64(m.OK[i])
		}
		if m.Failed[i] > 0 {
			failed[0]++
			failed[5] += float64(m.Failed[i])
		}
	}
	for _, p := range l.Percentiles {
		slow[0]++
		slow[1] += p.OneIn
		slow[2] += p.S
	}
	if ok[0]+failed[0] > 0 {
		want["heat-"+lane] = map[string][]float64{"succeeded": ok, "failed": failed}
	}
	if slow[0] > 0 {
		if want["tail"] == nil {
			want["tail"] = map[string][]float64{}
		}
		want["tail"]["lane "+lane] = slow
	}
}

// TestPageByHand: a key moves the cursor of a timeline, which is said, and in every figure on the same axis;
// each figure has its table, and an image to save.
func TestPageByHand(t *testing.T) {
	a := demo()
	o := openAnd(t, a, `addEventListener('load', () => {
		const done = document.documentElement.dataset, saved = [];
		HTMLAnchorElement.prototype.click = function () { saved.push(this.download + this.href.slice(0, 15)); };
		const timeline = document.getElementById('time-0');
		timeline.dispatchEvent(new KeyboardEvent('keydown', { key: 'End' }));
		done.said = document.getElementById('said').textContent;
		for (const d of document.querySelectorAll('details.values')) d.open = true;
		for (const b of document.querySelectorAll('button.save')) b.click();
		timeline.dispatchEvent(new KeyboardEvent('keydown', { key: 'End' }));
		done.tips = [...document.querySelectorAll('.tip')].length;
		done.saved = saved.join(' ');
		setTimeout(() => { done.rows = [...document.querySelectorAll('details.values table')].map((t) => t.rows.length - 1).join(' '); });
	})`)
	l := &a.Lanes[0]
	bins, cells := len(l.Timeline.AtS), len(l.LatencyMap.OK)
	if want := fmt.Sprintf("Trial %d, 640 req/s; %.1f s into the run: offered ", l.Trials[14].Index+1,
		l.Timeline.AtS[bins-1]); !strings.HasPrefix(o.data["said"], want) {
		t.Errorf("the last bin is said to be %q, want %q…", o.data["said"], want)
	}
	if tips, _ := strconv.Atoi(o.data["tips"]); tips < 4 {
		t.Errorf("%s of the four figures on the axis of time show what is at the cursor", o.data["tips"])
	}
	if n := strings.Count(o.data["saved"], ".pngdata:image/png"); n != 9 {
		t.Errorf("saved %q, want an image of each of the 9 charts", o.data["saved"])
	}
	want := fmt.Sprintf("%d %d %d %d %d 15 15", bins, len(a.Lanes[1].Timeline.AtS), cells,
		len(a.Lanes[1].LatencyMap.OK), len(l.Percentiles))
	if o.data["rows"] != want {
		t.Errorf("tables of %s rows, want %s", o.data["rows"], want)
	}
	if o.log != "" || o.data["errors"] != "" {
		t.Errorf("the page complains:\n%s%s", o.log, o.data["errors"])
	}
}
