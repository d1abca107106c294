package gate

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/analysis"
	"weir/report/runfile"
	"weir/report/words"
)

const ms = time.Millisecond

// recorded is the analysis of a recorded run: 4 workers of 20 ms, so 200 req/s, behind a queue of 17 places;
// 12 trials of 2 s from 120 to 320 req/s on each of two lanes, whose requests fail when the queue is full.
func recorded(t testing.TB) *result.Analysis { return recordedAt(t, 200) }

// recordedAt is the same of workers that do so many requests a second.
func recordedAt(t testing.TB, capacity float64) *result.Analysis {
	t.Helper()
	var buf bytes.Buffer
	h := runfile.Header{
		Version: "test", Name: "test", Epoch: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seed: 1,
		TrialsTotal: 24,
		Environment: map[string]string{"kernel": "simulated"},
		Capacity:    runfile.Capacity{Workers: 4, ServiceTime: 20 * ms, ServiceTimeSource: "stated"},
	}
	for _, name := range []string{"direct", "proxy"} {
		h.Lanes = append(h.Lanes, runfile.Lane{Name: name, Mode: runfile.Loss, Engine: "test",
			ConnectTimeout: 900 * ms, Deadline: 950 * ms, Listener: "10.0.0.3:80", ListenerHost: "backend"})
	}
	rec, err := runfile.NewRecorder(runfile.NewWriter(&buf), h)
	check(t, err)
	now, overflows, opened := time.Duration(0), uint64(0), uint64(0)
	sample := func(depth uint32) {
		drops := uint32(overflows)
		check(t, rec.Write(&runfile.Sample{Sample: probe.Sample{Host: "backend", At: now, Took: ms,
			Counters: map[string]uint64{
				"TcpExtListenOverflows": overflows, "TcpExtListenDrops": overflows, "TcpPassiveOpens": opened,
				"sched.listener.cpu_ns": 300_000 * opened, "sched.listener.run_delay_ns": 50_000 * opened},
			Listeners: []probe.Listener{{Addr: "10.0.0.3:80", Cookie: 1, Depth: depth, Limit: 16,
				Drops: &drops}}}}))
		now += 20 * ms
	}
	for i := range 24 {
		sample(0)
		rate := 120 + 200*float64(i/2)/11
		p := plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: 2 * time.Second}},
			Arrival: plan.Constant}
		start := now
		check(t, rec.Write(&runfile.Trial{Index: i, Lane: h.Lanes[i%2].Name, Rate: rate, Start: start,
			Due: p.Count(), Plan: p}))
		results, waiting := rec.Results(i), 0.0
		for seq, due := range p.Due() {
			for ; now < start+due; sample(uint32(waiting)) {
				waiting = max(0, waiting-capacity*.02)
			}
			r := loadgen.Result{Seq: seq, Due: start + due, Sent: start + due + 100*time.Microsecond,
				Done: start + due + 20*ms, Status: 200, Outcome: loadgen.OK}
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
		check(t, rec.Write(&runfile.TrialEnd{Index: i, End: end, Drained: true, DrainedAt: end + 20*ms,
			Generator: runfile.Generator{CPU: ms, Wall: time.Second, CPUs: 2}}))
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

// TestAskedHasRoom: an hour of two lanes is no line of a record, which is said before the load, and so is
// nothing that nobody asked for.
func TestAskedHasRoom(t *testing.T) {
	base := shareRun(0, 1000)
	tl := &base.Lanes[0].Timeline
	tl.BinS, tl.Bad = .1, map[string][]uint64{"http_500": make([]uint64, 36_000)}
	for i := range 36_000 {
		tl.AtS, tl.Offered, tl.Goodput = append(tl.AtS, float64(i)/10), append(tl.Offered, 123.4),
			append(tl.Goodput, 123.4)
		tl.Overflows, tl.RecvQ, tl.Replayed = append(tl.Overflows, nil), append(tl.RecvQ, nil),
			append(tl.Replayed, nil)
		base.Lanes[0].LatencyMap.OK = append(base.Lanes[0].LatencyMap.OK, 1<<40)
	}
	base.Lanes = append(base.Lanes, base.Lanes[0])
	if asked, err := Ask([]Assertion{parse(t, "sent / baseline.sent < 2")}, base); err != nil ||
		len(asked.Baseline) > 10_000 {
		t.Errorf("%v: %d bytes", err, len(asked.Baseline))
	}
	if _, err := Ask([]Assertion{parse(t, "baseline.direct.bad.rate < 5% over 1s")}, base); err == nil ||
		!strings.Contains(err.Error(), "timeline has") {
		t.Errorf("%v", err)
	}
}

// TestAsked: what a record keeps is judged as what it was made from, also after another program wrote the
// numbers.
func TestAsked(t *testing.T) {
	base := recorded(t)
	both := *base
	run := &both
	var asserts []Assertion
	for _, expr := range []string{"bad.rate < 50%", "onset.rate / baseline.onset.rate >= 0.9",
		"direct.overflows == 0", "baseline.direct.bad.rate < 99% over 1s",
		"plateau.rate / baseline.plateau.rate in 0.9..1.1"} {
		a := parse(t, expr)
		a.Name = "about " + expr
		asserts = append(asserts, a)
	}
	want := Evaluate(run, base, asserts)
	var err error
	if run.Asked, err = Ask(asserts, base); err != nil {
		t.Fatal(err)
	}
	Judge(run)
	if len(run.Assertions) != len(want) || len(want) != 8 {
		t.Fatalf("%d answers, want %d", len(run.Assertions), len(want))
	}
	for i, r := range run.Assertions {
		if w := want[i]; r.Name != w.Name || r.Result != w.Result || r.Measured != w.Measured ||
			reason(r) != reason(w) || r.Lane != w.Lane {
			t.Errorf("%+v, want %+v", r, w)
		}
	}
	if asked, err := Ask(asserts[:1], base); err != nil || len(asked.Baseline) > len(run.Asked.Baseline)*4/5 {
		t.Errorf("%v: %d bytes without windows, %d with", err, len(asked.Baseline), len(run.Asked.Baseline))
	}
	reads := []Assertion{parse(t, "mended.time / baseline.mended.time < 1")}
	if asked, err := Ask(reads, base); err != nil || len(asked.Baseline) < len(run.Asked.Baseline) {
		t.Errorf("%v: %d bytes for what is read off the timeline, %d with it", err, len(asked.Baseline),
			len(run.Asked.Baseline))
	}
	if asked, err := Ask(nil, nil); asked != nil || err != nil {
		t.Errorf("%v, %v of nothing", asked, err)
	}

	run.Asked.Assertions[0].Expr, run.Asked.Baseline, run.Assertions = "bad.speed < 1",
		[]byte(`{"lanes": 5}`), nil
	Judge(run)
	if r := run.Assertions[0]; r.Result != Inconclusive || !strings.Contains(reason(r), "unknown metric") {
		t.Errorf("%+v", r)
	}
	if r := run.Assertions[1]; r.Result != Inconclusive ||
		!strings.Contains(reason(r), "There is no baseline") {
		t.Errorf("%+v", r)
	}
	if w := run.Warnings[len(run.Warnings)-1]; w.Code != "no_baseline" ||
		!strings.Contains(words.Of(result.Finding(w)), "cannot be read") {
		t.Errorf("%+v", w)
	}
}

func TestWarnings(t *testing.T) {
	two := func() *result.Analysis {
		lane := result.Lane{Name: "direct", Mode: "loss", Engine: "epoll", Deadline: .95,
			BacklogLimit: ptr(uint32(16))}
		for i := range 12 {
			lane.Trials = append(lane.Trials, result.Trial{Rate: 120 + 200*float64(i)/11, Duration: 2})
		}
		proxy := lane
		proxy.Name, proxy.Trials = "proxy", slices.Clone(lane.Trials)
		return &result.Analysis{Version: "1", Environment: map[string]string{"kernel": "simulated"},
			Lanes: []result.Lane{lane, proxy}}
	}
	if d := Warnings(two(), two()); len(d) != 0 {
		t.Errorf("two runs of the same: %v", d)
	}
	for what, change := range map[string]func(*result.Analysis){
		"kernel differs: Linux 7, baseline simulated": func(a *result.Analysis) { a.Environment["kernel"] = "Linux 7" },
		"proxy differs: nginx/2, baseline not known":  func(a *result.Analysis) { a.Environment["proxy"] = "nginx/2" },
		"connect timeout of proxy":                    func(a *result.Analysis) { a.Lanes[1].ConnectTimeout = 60 },
		"processor differs: x, baseline not known":    func(a *result.Analysis) { a.Environment["cpu"] = "x" },
		"number of processors":                        func(a *result.Analysis) { a.Environment["cpus"] = "64" },
		"weir differs":                                func(a *result.Analysis) { a.Version = "2" },
		"engine of proxy":                             func(a *result.Analysis) { a.Lanes[1].Engine = "steam" },
		"mode of direct":                              func(a *result.Analysis) { a.Lanes[0].Mode = "retrial" },
		"connections of direct":                       func(a *result.Analysis) { a.Lanes[0].Connections.Use = "reuse" },
		"deadline of direct":                          func(a *result.Analysis) { a.Lanes[0].Deadline = 2 },
		"backlog limit of direct":                     func(a *result.Analysis) { a.Lanes[0].BacklogLimit = nil },
		"plan of direct":                              func(a *result.Analysis) { a.Lanes[0].Trials = a.Lanes[0].Trials[1:] },
		"12 trials of 2 s from 120 to 320 req/s":      func(a *result.Analysis) { a.Lanes[0].Trials[5].Rate *= 2 },
		"no lane proxies":                             func(a *result.Analysis) { a.Lanes[1].Name = "proxies" },
		"no trial":                                    func(a *result.Analysis) { a.Lanes[1].Trials = nil },
	} {
		a := two()
		change(a)
		d := Warnings(a, two())
		if !slices.ContainsFunc(d, func(f result.Finding) bool {
			return strings.Contains(words.Of(f),
				what)
		}) {
			t.Errorf("%s: %v", what, d)
		}
		if len(d) != 1 {
			t.Errorf("%s: %d warnings: %v", what, len(d), d)
		}
	}
}
