package report

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/analysis"
	"weir/report/runfile"
)

// tenMinutes is the analysis of a record of two lanes, each loaded for ten minutes at 40 req/s, of which every
// tenth request fails after 900 ms and the others take from 20 to 170 ms.
func tenMinutes(t testing.TB) *analysis.Analysis {
	t.Helper()
	const length, rate = 10 * time.Minute, 40
	var b bytes.Buffer
	header := runfile.Header{Epoch: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Name: "long", TrialsTotal: 2}
	for _, name := range []string{"direct", "proxy"} {
		header.Lanes = append(header.Lanes, runfile.Lane{Name: name, Mode: runfile.Loss, ConnectTimeout: 900 * time.Millisecond, Deadline: time.Second})
	}
	rec, err := runfile.NewRecorder(runfile.NewWriter(&b), header)
	if err != nil {
		t.Fatal(err)
	}
	for i, lane := range header.Lanes {
		start := time.Duration(i) * (length + time.Second)
		p := plan.Plan{Stages: []plan.Stage{{Duration: length, From: rate, To: rate}}}
		if err := rec.Trial(runfile.Trial{Index: i, Lane: lane.Name, Rate: rate, Start: start, Due: int(length.Seconds()) * rate, Plan: p}); err != nil {
			t.Fatal(err)
		}
		into := rec.Results(i)
		for j := range int(length.Seconds()) * rate {
			due := start + time.Duration(j)*time.Second/rate
			r := loadgen.Result{Seq: j, Due: due, Sent: due + 50*time.Microsecond, Done: due + 20*time.Millisecond + time.Duration(j*7919%150)*time.Millisecond, Status: 200, Outcome: loadgen.OK}
			if j%10 == 0 {
				r.Done, r.Status, r.Outcome = due+900*time.Millisecond, 0, loadgen.ConnectTimeout
			}
			into.Record(r)
		}
		if err := rec.TrialEnd(runfile.TrialEnd{Index: i, End: start + length, Drained: true, DrainedAt: start + length}); err != nil {
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

// TestLongRun: the page of a ten-minute run is small enough to be mailed, and there before anybody waits. It is
// printed how long it took; the bound is a generous one, because other tests share the processors.
func TestLongRun(t *testing.T) {
	a := tenMinutes(t)
	var page bytes.Buffer
	if err := HTML(&page, a); err != nil {
		t.Fatal(err)
	}
	library := len(asset("echarts/echarts.min.js"))
	t.Logf("%d bins; page of %d KB, %d KB of them the chart library", len(a.Lanes[0].Timeline.AtS)+len(a.Lanes[1].Timeline.AtS), page.Len()>>10, library>>10)
	if own := page.Len() - library; own > 1500<<10 {
		t.Errorf("the page has %d KB of its own", own>>10)
	}
	o := open(t, a)
	var timing struct{ Loaded, Painted, Drawn float64 }
	if err := json.Unmarshal([]byte(o.data["timing"]), &timing); err != nil {
		t.Fatalf("no timing in %q: %v", o.data, err)
	}
	t.Logf("loaded after %.0f ms, first painted after %.0f ms, all figures drawn after %.0f ms", timing.Loaded, timing.Painted, timing.Drawn)
	if o.log != "" || o.data["errors"] != "" || timing.Drawn <= 0 || timing.Loaded > 20e3 {
		t.Errorf("console %q, errors %q, timing %+v", o.log, o.data["errors"], timing)
	}
}
