package main

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/runfile"
)

// Two requests are answered, one fails, one is shed; the lag of the first is before the time that counts.
func TestReadRecord(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	w, err := runfile.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := order{URL: "http://127.0.0.1:1/", Rate: 10, Duration: time.Second, Timeout: time.Second, MaxInFlight: 3}
	rec, err := runfile.NewRecorder(w, runfile.Header{Name: "peers", Lanes: []runfile.Lane{{Name: "server", Mode: runfile.Loss, Deadline: time.Second}}})
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Plan{Stages: []plan.Stage{{From: 10, To: 10, Duration: o.Duration}}}
	if err := rec.Write(&runfile.Trial{Lane: "server", Start: 100 * ms, Due: 4, Plan: p}); err != nil {
		t.Fatal(err)
	}
	for i, r := range []loadgen.Result{
		{Due: 110 * ms, Sent: 160 * ms, Done: 450 * ms, Outcome: loadgen.OK},
		{Due: 310 * ms, Sent: 312 * ms, Done: 550 * ms, Outcome: loadgen.OK},
		{Due: 330 * ms, Sent: 334 * ms, Done: 1350 * ms, Outcome: loadgen.ResponseTimeout},
		{Due: 350 * ms, Done: 350 * ms, Outcome: loadgen.Shed},
	} {
		r.Seq = i
		rec.Results(0).Record(r)
	}
	if err := rec.Write(&runfile.TrialEnd{End: 2100 * ms, Drained: true, DrainedAt: 2100 * ms}); err != nil {
		t.Fatal(err)
	}
	if err := rec.Close("complete"); err != nil {
		t.Fatal(err)
	}
	f, err := readRecord(dir, 200*ms)
	if err != nil || f.ok != 2 || f.failed != 1 || f.rate != 1 || f.inFlight != 3 || f.lag.TotalCount() != 2 || f.lagAt(100).Round(ms) != 4*ms {
		t.Errorf("%+v, %v", f, err)
	}
	out, _ := json.Marshal(account{Dir: dir})
	if got, err := parseWeir(out); err != nil || got != f.tally {
		t.Errorf("%+v, %v", got, err)
	}
}

const ms = time.Millisecond

func TestParseWeirRefuses(t *testing.T) {
	for _, out := range []string{"", "{}", `{"dir":"/nowhere"}`} {
		if got, err := parseWeir([]byte(out)); err == nil {
			t.Errorf("%q: %+v", out, got)
		}
	}
}
