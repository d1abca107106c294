package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report"
	"weir/report/analysis/gate"
	"weir/report/doc"
	"weir/report/result"
	"weir/report/runfile"
)

// TestGateScripts runs testdata/gate/*.txtar, whose working directories hold recorded runs: good, worse (a
// server that takes a fifth less), late (an INVALID one) and cut (a killed one).
func TestGateScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/gate",
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			return errors.Join(
				recordRun(filepath.Join(env.WorkDir, "good"), 200, 0, runfile.Complete),
				recordRun(filepath.Join(env.WorkDir, "worse"), 160, 0, runfile.Complete),
				recordRun(filepath.Join(env.WorkDir, "late"), 200, 80*time.Millisecond, runfile.Complete),
				recordRun(filepath.Join(env.WorkDir, "cut"), 200, 0, runfile.Interrupted))
		},
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": checkStatus,
			"backend": startBackend, "follows": follows},
	})
}

// recordRun writes the record of a server that takes theta req/s behind a queue of 17 places: 12 trials of 2
// s from 120 to 320 req/s on two lanes, sent so late.
func recordRun(dir string, theta float64, lag time.Duration, reason string) error {
	const ms, slots, trials = time.Millisecond, 17, 24
	w, err := runfile.Create(dir)
	if err != nil {
		return err
	}
	h := runfile.Header{
		Version: "test", Name: "mine", Epoch: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seed: 1,
		TrialsTotal: trials, Environment: map[string]string{"kernel": "simulated"},
		Capacity: runfile.Capacity{Workers: 4, ServiceTime: 20 * ms, ServiceTimeSource: "stated"},
	}
	for _, name := range []string{"direct", "proxy"} {
		h.Lanes = append(h.Lanes, runfile.Lane{Name: name, Mode: runfile.Loss, ConnectTimeout: 900 * ms,
			Deadline: 950 * ms, Listener: "10.0.0.3:80", ListenerHost: "b"})
	}
	rec, err := runfile.NewRecorder(w, h)
	if err != nil {
		return err
	}
	now, overflows := time.Duration(0), uint64(0)
	sample := func() {
		drops := uint32(overflows)
		err = errors.Join(err, rec.Write(&runfile.Sample{Sample: probe.Sample{Host: "b", At: now, Took: ms,
			Counters:  map[string]uint64{"TcpExtListenOverflows": overflows},
			Listeners: []probe.Listener{{Addr: "10.0.0.3:80", Cookie: 1, Limit: slots - 1, Drops: &drops}}}}))
	}
	for i := range trials {
		rate := 120 + 200*float64(i/2)/11
		p := plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: 2 * time.Second}},
			Arrival: plan.Constant}
		sample()
		start := now + 10*ms
		err = errors.Join(err, rec.Write(&runfile.Trial{Index: i, Lane: h.Lanes[i%2].Name, Rate: rate,
			Start: start, Due: p.Count(), Plan: p}))
		now = start + ms
		sample() // of an empty queue: what is wanted of it is its limit
		results, served := rec.Results(i), 0.0
		for seq, due := range p.Due() {
			r := loadgen.Result{Seq: seq, Due: start + due, Sent: start + due + lag, Done: start + due + lag +
				20*ms, Status: 200, Outcome: loadgen.OK}
			if served++; served > theta*due.Seconds()+slots {
				served--
				overflows++
				r.Outcome, r.Status, r.Done = loadgen.ConnectTimeout, 0, r.Sent+900*ms
			}
			results.Record(r)
		}
		now = start + 3100*ms
		sample()
		err = errors.Join(err, rec.Write(&runfile.TrialEnd{Index: i, End: now - 50*ms, Drained: true,
			DrainedAt: now - 20*ms, Generator: runfile.Generator{CPU: ms, Wall: time.Second, CPUs: 2}}))
		now += 100 * ms
	}
	return errors.Join(err, rec.Close(reason))
}

// TestGateText: no line is wider than a terminal, colour changes no letter, and nothing from a record is
// live.
func TestGateText(t *testing.T) {
	v, low, high := .0123, .01, .0201
	long := strings.Repeat("a very long name ", 9)
	j := report.Judgement{
		Run: &result.Analysis{Name: "x",
			InvalidReasons: []result.Finding{{Text: "evil \x1b[2J" + long}}},
		Baseline: &result.Analysis{InvalidReasons: []result.Finding{{Text: "why not"}}},
		Warnings: []result.Finding{{Text: "the kernel differs: " + long}},
		Results: []gate.Result{
			{Expr: "bad.rate < 0.5%", Lane: "direct", Result: gate.Pass, Value: &v, Low: &low, High: &high},
			{Expr: "bad.rate   <\n0.5%", Lane: "l\u202eane", Name: long, Result: gate.Inconclusive,
				Reason: result.Finding{Text: long}},
			{Expr: "proxy.onset.rate / baseline.proxy.onset.rate / capacity.computed >= 0.95 @99.9",
				Result: gate.Fail},
			{Expr: "sent > 1", Result: gate.Invalid, Reason: result.Finding{Text: "the run is invalid: " +
				long}},
		},
	}
	var plain, colour bytes.Buffer
	if err := errors.Join(j.Text(&plain, doc.TextOptions{}),
		j.Text(&colour, doc.TextOptions{Color: true})); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(plain.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if bare := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colour.String(),
		""); bare != plain.String() {
		t.Errorf("colour changes the text:\n%s\n%s", bare, plain.String())
	}
	if strings.ContainsAny(plain.String(), "\x1b\u202e") ||
		!strings.HasPrefix(plain.String(), "INVALID RUN") {
		t.Errorf("%q", plain.String())
	}
	if !strings.Contains(plain.String(), "gate: invalid (1 pass, 1 fail, 1 inconclusive, 1 invalid)") {
		t.Error(plain.String())
	}
	var out bytes.Buffer
	if err := j.JSON(&out); err != nil || !json.Valid(out.Bytes()) {
		t.Errorf("%v: %s", err, out.String())
	}
}
