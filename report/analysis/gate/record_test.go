package gate

import (
	"bytes"
	"testing"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/analysis"
	"weir/report/runfile"
)

const ms = time.Millisecond

// recorded is the analysis of a recorded run: 4 workers of 20 ms, so 200 req/s, behind a queue of 17 places; 12 trials
// of 2 s from 120 to 320 req/s on each of two lanes, whose requests fail when the queue is full.
func recorded(t testing.TB) *result.Analysis { return recordedAt(t, 200) }

// recordedAt is the same of workers that do so many requests a second.
func recordedAt(t testing.TB, capacity float64) *result.Analysis {
	t.Helper()
	var buf bytes.Buffer
	h := runfile.Header{
		Version: "test", Name: "test", Epoch: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seed: 1, TrialsTotal: 24,
		Environment: map[string]string{"kernel": "simulated"},
		Capacity:    runfile.Capacity{Workers: 4, ServiceTime: 20 * ms, ServiceTimeSource: "stated"},
	}
	for _, name := range []string{"direct", "proxy"} {
		h.Lanes = append(h.Lanes, runfile.Lane{Name: name, Mode: runfile.Loss, Engine: "test", ConnectTimeout: 900 * ms, Deadline: 950 * ms, Listener: "10.0.0.3:80", ListenerHost: "backend"})
	}
	rec, err := runfile.NewRecorder(runfile.NewWriter(&buf), h)
	check(t, err)
	now, overflows, opened := time.Duration(0), uint64(0), uint64(0)
	sample := func(depth uint32) {
		drops := uint32(overflows)
		check(t, rec.Write(&runfile.Sample{Sample: probe.Sample{Host: "backend", At: now, Took: ms, Counters: map[string]uint64{
			"TcpExtListenOverflows": overflows, "TcpExtListenDrops": overflows, "TcpPassiveOpens": opened,
			"sched.listener.cpu_ns": 300_000 * opened, "sched.listener.run_delay_ns": 50_000 * opened},
			Listeners: []probe.Listener{{Addr: "10.0.0.3:80", Cookie: 1, Depth: depth, Limit: 16, Drops: &drops}}}}))
		now += 20 * ms
	}
	for i := range 24 {
		sample(0)
		rate := 120 + 200*float64(i/2)/11
		p := plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: 2 * time.Second}}, Arrival: plan.Constant}
		start := now
		check(t, rec.Write(&runfile.Trial{Index: i, Lane: h.Lanes[i%2].Name, Rate: rate, Start: start, Due: p.Count(), Plan: p}))
		results, waiting := rec.Results(i), 0.0
		for seq, due := range p.Due() {
			for ; now < start+due; sample(uint32(waiting)) {
				waiting = max(0, waiting-capacity*.02)
			}
			r := loadgen.Result{Seq: seq, Due: start + due, Sent: start + due + 100*time.Microsecond, Done: start + due + 20*ms, Status: 200, Outcome: loadgen.OK}
			if waiting++; waiting > 17 {
				waiting--
				overflows++
				r.Outcome, r.Status, r.Done = loadgen.ConnectTimeout, 0, r.Sent+900*ms
			}
			if r.Outcome == loadgen.OK {
				opened++
			}
			results.Record(r)
		}
		end := now + 900*ms
		for now < end+50*ms {
			sample(0)
		}
		check(t, rec.Write(&runfile.TrialEnd{Index: i, End: end, Drained: true, DrainedAt: end + 20*ms, Generator: runfile.Generator{CPU: ms, Wall: time.Second, CPUs: 2}}))
	}
	check(t, rec.Close(runfile.Complete))
	a, err := analysis.Analyze(runfile.NewReader(bytes.NewReader(buf.Bytes()), "run.ndjson"))
	check(t, err)
	return a
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
