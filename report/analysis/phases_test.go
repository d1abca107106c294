package analysis

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/runfile"
)

// phased records a trial of a hundred requests: every tenth on a connection of its own, which took 1 ms, or a
// second and 1 ms where its SYN was lost; 20 ms until the first byte and 5 ms for the rest.
func phased(t *testing.T) *bytes.Buffer {
	t.Helper()
	var buf bytes.Buffer
	rec, err := runfile.NewRecorder(runfile.NewWriter(&buf),
		runfile.Header{Lanes: []runfile.Lane{{Name: "direct", Mode: runfile.Retrial,
			Connections: loadgen.Reuse}}})
	must(t, err)
	must(t, rec.Write(&runfile.Trial{Lane: "direct", Rate: 100, Due: 100,
		Plan: plan.Plan{Stages: []plan.Stage{{Duration: time.Second, From: 100, To: 100}}}}))
	for seq := range 100 {
		at := time.Duration(seq)*10*ms + ms
		r := loadgen.Result{Seq: seq, Due: at, Sent: at, Status: 200, Outcome: loadgen.OK,
			Reused: seq%10 != 0}
		begun := at
		if !r.Reused {
			r.Connected = at + ms
			if seq == 50 {
				r.Connected, r.SYNRetrans = at+1001*ms, 1
			}
			begun = r.Connected
		}
		r.FirstByte, r.Done = begun+20*ms, begun+25*ms
		rec.Results(0).Record(r)
	}
	must(t, rec.Write(&runfile.TrialEnd{End: 3 * time.Second, Drained: true, DrainedAt: 3 * time.Second}))
	must(t, rec.Close(runfile.Complete))
	return &buf
}

// TestPhases: the means add up to the latency from sending, and the slow handshake is the one that lost a
// SYN.
func TestPhases(t *testing.T) {
	record := phased(t).Bytes()
	a, err := Analyze(runfile.NewReader(bytes.NewReader(record), "run"))
	must(t, err)
	l := a.Lanes[0]
	p := l.Phases
	if p == nil {
		t.Fatal("no phases")
	}
	about := func(got, want float64) bool { return math.Abs(got-want) < .003*want }
	if p.Count != 100 || p.Opened != 10 || !about(p.MeanConnect, .0101) || !about(p.MeanWait, .020) ||
		!about(p.MeanRest, .005) {
		t.Errorf("%+v", p)
	}
	if !about(*p.Connect.Max, 1.001) || !about(*p.FirstByte.P50, .020) || !about(*p.FirstByte.Max, 1.021) {
		t.Errorf("connecting %v at most, first byte %v to %v", *p.Connect.Max, *p.FirstByte.P50,
			*p.FirstByte.Max)
	}
	if len(l.LostSYNs) != 1 || !about(l.LostSYNs[0].Connect, *p.Connect.Max) {
		t.Errorf("%+v", l.LostSYNs)
	}
	var old bytes.Buffer // as a weir before this one wrote it
	for line := range bytes.Lines(record) {
		var head struct{ Kind string }
		if must(t, json.Unmarshal(line, &head)); head.Kind != "phases" {
			old.Write(line)
		}
	}
	if old.Len() == len(record) {
		t.Error("the record has no phases")
	}
	a, err = Analyze(runfile.NewReader(&old, "run"))
	must(t, err)
	if a.Lanes[0].Phases != nil || a.Lanes[0].Latency.Count != 100 {
		t.Errorf("an old record: %+v", a.Lanes[0].Phases)
	}
}
