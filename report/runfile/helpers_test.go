package runfile

import (
	"bytes"
	"maps"
	"slices"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
)

const ms = time.Millisecond

func testHeader() Header {
	return Header{
		Schema: Schema, Version: "test", Name: "run", Seed: 7,
		Command: []string{"weir", "run"}, Epoch: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Environment: map[string]string{"kernel": "6.18"},
		Capacity:    Capacity{Workers: 8, WorkerConnections: 1, ServiceTime: 20 * ms},
		Lanes: []Lane{{Name: "direct", Mode: Loss, URL: "http://x/", Deadline: 100 * ms,
			ConnectTimeout: 900 * ms}},
		TrialsTotal: 1,
		Warnings:    []Warning{{Code: "no_proxy_lane", Args: map[string]any{"why": "nginx is missing"}}},
	}
}

func testTrial(i int) *Trial {
	return &Trial{Index: i, Lane: "direct", Rate: 50, Start: time.Second, Due: 3, Plan: plan.Plan{
		Stages: []plan.Stage{{From: 50, To: 50, Duration: time.Second}}, Arrival: plan.Constant, Seed: 7,
	}}
}

// testRun is a small whole run with every kind of record, as a Recorder writes it.
func testRun(t testing.TB) []byte {
	t.Helper()
	var buf bytes.Buffer
	rec, err := NewRecorder(NewWriter(&buf), testHeader())
	check(t, err)
	check(t, rec.Write(testTrial(0)))
	drops := uint32(3)
	for i := range 3 {
		check(t, rec.Write(&Sample{Sample: probe.Sample{
			Host: "backend", At: time.Duration(i) * 20 * ms, Took: ms,
			Counters: map[string]uint64{"TcpExtListenOverflows": uint64(i), "TcpExtListenDrops": 9},
			Gauges:   map[string]uint64{"sockstat.TCP.tw": 4},
			Listeners: []probe.Listener{{Addr: "10.77.0.3:8000", Cookie: 5, Depth: 17, Limit: 16,
				Drops: &drops}},
			Errors: []probe.SourceError{{Source: "snmp", Text: "gone"}},
		}}))
	}
	results := rec.Results(0)
	results.Record(loadgen.Result{Seq: 0, Due: 1000 * ms, Sent: 1001 * ms, Done: 1020 * ms,
		Outcome: loadgen.OK, Status: 200})
	results.Record(loadgen.Result{Seq: 1, Due: 1020 * ms, Sent: 1020 * ms, Done: 1320 * ms,
		Outcome: loadgen.OK, SYNRetrans: 2})
	results.Record(loadgen.Result{Seq: 2, Due: 1040 * ms, Sent: 1040 * ms, Done: 1940 * ms,
		Outcome: loadgen.ConnectTimeout, Errno: 110})
	results.Record(loadgen.Result{Seq: 3, Due: 1060 * ms, Done: 1060 * ms, Outcome: loadgen.Shed})
	early := ms
	check(t, rec.Write(&Clock{Host: "backend", At: 1500 * ms, Method: "ping", Offset: -3 * time.Second,
		Early: &early, Late: ms, RTT: 2 * ms, Ahead: -time.Hour, PingOffset: &early, PingRTT: &early}))
	check(t, rec.Write(&Service{Host: "backend", At: 2000 * ms, Count: 2, Sum: 40 * ms, SumSq: 0.0008}))
	check(t, rec.Write(&Event{Host: "proxy", At: 2000 * ms, Source: "nginx.error",
		Class: "timeout_connecting", Count: 1, Text: "\x1b[2Jupstream"}))
	check(t, rec.Write(&TrialEnd{Index: 0, End: 1940 * ms, Drained: true, DrainedAt: 2100 * ms,
		Generator: Generator{CPU: ms, Wall: time.Second, CPUs: 2}}))
	check(t, rec.Close("complete"))
	return buf.Bytes()
}

// read returns copies of all records that the reader finds.
func read(data []byte) ([]Record, *Reader) {
	r := NewReader(bytes.NewReader(data), "run.ndjson")
	var recs []Record
	for r.Scan() {
		rec := r.Record()
		if s, ok := rec.(*Sample); ok {
			c := *s
			c.Counters, c.Gauges = maps.Clone(s.Counters), maps.Clone(s.Gauges)
			rec = &c
		}
		recs = append(recs, rec)
	}
	return recs, r
}

// only returns the records of one type.
func only[T Record](recs []Record) (out []T) {
	for _, r := range recs {
		if t, ok := r.(T); ok {
			out = append(out, t)
		}
	}
	return out
}

func codes(ws []Warning) (out []string) {
	for _, w := range ws {
		out = append(out, w.Code)
	}
	slices.Sort(out)
	return out
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
