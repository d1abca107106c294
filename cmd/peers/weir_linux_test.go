package main

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/loadgen/wire"
	"weir/report/runfile"
)

// Two requests are answered, one fails, one is shed; the lag of the first is before the time that counts.
func TestReadRecord(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	w, err := runfile.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	lanes := []runfile.Lane{{Name: "server", Mode: runfile.Loss, Deadline: time.Second}}
	rec, err := runfile.NewRecorder(w, runfile.Header{Name: "peers", Lanes: lanes})
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Plan{Stages: []plan.Stage{{From: 10, To: 10, Duration: time.Second}}}
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
	if err := new(sample).read(t.TempDir(), 0); err == nil {
		t.Error("a run without a record was read")
	}
	var got sample
	err = got.read(dir, 200*ms)
	want := sample{tally: tally{ok: 2, failed: 1, rate: 1}, Lags: got.Lags, inFlight: 3}
	if err != nil || got != want || math.Abs(got.Lags.Max-4000) > 10 || math.Abs(got.Lags.P50-2000) > 10 {
		t.Errorf("%+v, %v", got, err)
	}
}

const ms = time.Millisecond

// TestChildSendsWhatRunSends: an id in each request costs time, and is part of what is compared with others.
func TestChildSendsWhatRunSends(t *testing.T) {
	ids := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ids <- r.Header.Get("X-Request-Id")
	}))
	defer server.Close()
	l := load{URL: server.URL, Rate: 20, Connections: 3, Duration: 100 * ms, Timeout: time.Minute,
		Dir: t.TempDir()}
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := child(t.Context(), string(text), &out); err != nil {
		t.Fatal(err)
	}
	var s sample
	if err := json.Unmarshal(out.Bytes(), &s); err != nil || s.Rest < 1<<20 || s.Most < s.Rest {
		t.Errorf("%v of %s: its memory", err, &out)
	}
	if err := s.read(filepath.Join(l.Dir, "record"), 0); err != nil || s.ok != 2 || s.failed != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	for i := range 2 {
		if id, ok := wire.ParseID(<-ids); !ok || id.Position > 1 {
			t.Errorf("request %d: %+v, %v", i, id, ok)
		}
	}
}
