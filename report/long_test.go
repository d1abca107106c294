package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/analysis"
	"weir/report/result"
	"weir/report/runfile"
)

// tenMinutes is the analysis of a record of two lanes, each loaded for ten minutes at 40 req/s: 8 workers of
// 220 ms do 36. Every tenth request fails after 900 ms and the others take from 20 to 170 ms. In each tenth
// of a second the queue is read, and in every third it overflowed.
func tenMinutes(t testing.TB) *result.Analysis {
	t.Helper()
	const length, rate = 10 * time.Minute, 40
	var b bytes.Buffer
	header := runfile.Header{Epoch: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Name: "long",
		TrialsTotal: 2,
		Capacity: runfile.Capacity{Workers: 8, WorkersSource: "stated", ServiceTime: 220 * time.Millisecond,
			ServiceTimeSource: "stated", Backlog: 16}}
	for _, name := range []string{"direct", "proxy"} {
		header.Lanes = append(header.Lanes,
			runfile.Lane{Name: name, Mode: runfile.Loss, ConnectTimeout: 900 * time.Millisecond,
				Deadline: time.Second,
				Listener: "10.77.0.3:8000", ListenerHost: "backend"})
	}
	rec, err := runfile.NewRecorder(runfile.NewWriter(&b), header)
	if err != nil {
		t.Fatal(err)
	}
	for i, lane := range header.Lanes {
		start := time.Duration(i) * (length + time.Second)
		p := plan.Plan{Stages: []plan.Stage{{Duration: length, From: rate, To: rate}}}
		if err := rec.Write(&runfile.Trial{Index: i, Lane: lane.Name, Rate: rate, Start: start,
			Due: int(length.Seconds()) * rate, Plan: p}); err != nil {
			t.Fatal(err)
		}
		for j := range length / runfile.BinWidth {
			depth := uint32(j*7919) % 17
			if j == 3001 { // once in the run
				depth = 17
			}
			drops := uint32(int(length/runfile.BinWidth)*i + int(j)/3)
			if err := rec.Write(&runfile.Sample{Sample: probe.Sample{Host: "backend", At: start +
				j*runfile.BinWidth, Took: time.Millisecond,
				Counters: map[string]uint64{"TcpExtListenOverflows": uint64(drops),
					"TcpExtListenDrops": uint64(drops)},
				Listeners: []probe.Listener{{Addr: lane.Listener, Cookie: 1, Depth: depth, Limit: 16,
					Drops: &drops}}}}); err != nil {
				t.Fatal(err)
			}
		}
		into := rec.Results(i)
		for j := range int(length.Seconds()) * rate {
			due := start + time.Duration(j)*time.Second/rate
			r := loadgen.Result{Seq: j, Due: due, Sent: due + 50*time.Microsecond, Done: due +
				20*time.Millisecond + time.Duration(j*7919%150)*time.Millisecond, Status: 200,
				Outcome: loadgen.OK}
			if j%10 == 0 {
				r.Done, r.Status, r.Outcome = due+900*time.Millisecond, 0, loadgen.ConnectTimeout
			}
			into.Record(r)
		}
		if err := rec.Write(&runfile.TrialEnd{Index: i, End: start + length, Drained: true, DrainedAt: start +
			length}); err != nil {
			t.Fatal(err)
		}
	}
	if err := rec.Close(runfile.Complete); err != nil {
		t.Fatal(err)
	}
	a, err := analysis.Analyze(runfile.NewReader(&b, "run.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestLongRun: the page of a ten-minute run is small enough to be mailed, and there before anybody waits: by
// the time of its processor, for other tests share the machine.
func TestLongRun(t *testing.T) {
	a := tenMinutes(t)
	var page bytes.Buffer
	if err := HTML(&page, a); err != nil {
		t.Fatal(err)
	}
	library := len(asset("echarts/echarts.min.js"))
	t.Logf("%d bins; page of %d KB, %d KB of them the chart library", len(a.Lanes[0].Timeline.AtS)+
		len(a.Lanes[1].Timeline.AtS), page.Len()>>10, library>>10)
	if own := page.Len() - library; own > 1500<<10 {
		t.Errorf("the page has %d KB of its own", own>>10)
	}
	dir := t.TempDir()
	if err := WriteAll(dir, a); err != nil {
		t.Fatal(err)
	}
	d := browse(t, 1280, 1600)
	open := d.opens(filepath.Join(dir, "report.html"))
	t.Logf("the best of 3 for each: %v", open)
	if errors := d.eval(`document.documentElement.dataset.errors`); errors != "" || open.Shown > 20e3 {
		t.Errorf("errors %q, %v", errors, open)
	}
	if open.CPU > maxCPU {
		t.Errorf("its main thread takes %.2f s of a processor until every figure is drawn, the limit is %v s",
			open.CPU, maxCPU)
	}
	// Of more bins than there are pixels the extremes are drawn; zoomed in, every bin.
	const queue = `echarts.getInstanceByDom(document.getElementById('time-0')).getModel().getSeriesByName('Recv-Q')[0].getData()`
	if low, high := d.eval(queue+`.getDataExtent('y')[0]`),
		d.eval(queue+`.getDataExtent('y')[1]`); low != "0" || high != "17" {
		t.Errorf("Recv-Q is drawn from %s to %s, want 0 to 17", low, high)
	}
	bins := len(a.Lanes[0].Timeline.AtS)
	if n, _ := strconv.Atoi(d.eval(queue + `.count()`)); n == 0 || n > bins*2/3 {
		t.Errorf("%d points are drawn of %d bins", n, bins)
	}
	d.eval(`echarts.getInstanceByDom(document.getElementById('time-0')).dispatchAction({type: 'dataZoom', start: 40, end: 50})`)
	d.await(fmt.Sprintf(`%s.count() === %d ? 'all' : null`, queue, bins+2))
}

// maxCPU bounds the processor time of the page's main thread, s, for all its figures: one second was
// measured, and a busy machine's caches make it more. How long it takes on the wall is printed: that is the
// machine's as much as the page's.
const maxCPU = 2.5

// opening is how long a page took: milliseconds on the wall, and seconds of its main thread's processor.
type opening struct{ Loaded, Painted, Shown, Drawn, CPU, Script float64 }

func (o opening) String() string {
	return fmt.Sprintf("loaded after %.0f ms, first painted after %.0f ms, the figures in view drawn after %.0f ms, all after %.0f ms; %.2f s of a processor, %.2f s of them in scripts",
		o.Loaded, o.Painted, o.Shown, o.Drawn, o.CPU, o.Script)
}

// opens loads a page three times and keeps the least of each time: what else runs can only add to it.
func (d *devtools) opens(path string) (best opening) {
	d.t.Helper()
	d.call("Performance.enable", map[string]any{"timeDomain": "threadTicks"}, nil)
	spent := func() (task, script float64) {
		var m struct {
			Metrics []struct {
				Name  string
				Value float64
			}
		}
		d.call("Performance.getMetrics", nil, &m)
		for _, x := range m.Metrics {
			switch x.Name {
			case "TaskDuration":
				task = x.Value
			case "ScriptDuration":
				script = x.Value
			}
		}
		return task, script
	}
	for i := range 3 {
		d.call("Page.navigate", map[string]any{"url": "about:blank"}, nil)
		d.call("Page.navigate", map[string]any{"url": "file://" + path}, nil)
		var o opening
		if err := json.Unmarshal([]byte(d.await(`document.documentElement.dataset.timing`)), &o); err != nil {
			d.t.Fatal(err)
		}
		o.CPU, o.Script = spent()
		if o.Shown < o.Painted {
			d.t.Errorf("figures before text: %v", o)
		}
		if i == 0 {
			best = o
			continue
		}
		for _, x := range []struct{ have, now *float64 }{{&best.Loaded, &o.Loaded},
			{&best.Painted, &o.Painted}, {&best.Shown, &o.Shown},
			{&best.Drawn, &o.Drawn}, {&best.CPU, &o.CPU}, {&best.Script, &o.Script}} {
			*x.have = min(*x.have, *x.now)
		}
	}
	return best
}
