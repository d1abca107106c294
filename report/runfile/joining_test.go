package runfile

import (
	"bytes"
	"testing"
	"time"

	"weir/loadgen"
	"weir/probe/nginxlog"
)

// A log's line may come before its failure is written or after, and in the record are those of the failures
// that are, and no others.
func TestProxiedFindTheirFailures(t *testing.T) {
	var buf bytes.Buffer
	rec, err := NewRecorder(NewWriter(&buf), Header{Lanes: []Lane{{Name: "proxy", Mode: Loss}}})
	check(t, err)
	const start = 1500*time.Millisecond + 300*time.Microsecond // ids have whole milliseconds
	check(t, rec.Write(&Trial{Index: 0, Lane: "proxy", Start: start}))
	fail := func(seq int) {
		at := start + time.Duration(seq)*time.Second
		rec.Results(0).Record(loadgen.Result{Seq: seq, Due: at, Sent: at, Done: at, Status: 504,
			Outcome: loadgen.HTTP504})
	}
	line := func(seq int, start time.Duration, example bool) {
		d := 900 * time.Millisecond
		check(t, rec.Write(&Proxied{Host: "proxy", TrialStart: start, Seq: seq, Request: nginxlog.Request{
			Status: 504, Took: &d, Tries: []nginxlog.Try{{Addr: "a:1", Status: 504, Response: &d}}},
			Example: example}))
	}
	line(1, 1500*time.Millisecond, false) // before its failure
	line(2, 1500*time.Millisecond, false) // of a request that went well
	line(3, 1500*time.Millisecond, true)  // the same, but an example
	line(4, 9500*time.Millisecond, false) // of another trial
	fail(1)
	fail(4)
	fail(5)
	check(t, rec.Write(&TrialEnd{Index: 0}))
	line(5, 1500*time.Millisecond, false) // after
	check(t, rec.Close(Complete))

	recs, r := read(buf.Bytes())
	check(t, r.Err())
	var seqs []int
	for _, p := range only[*Proxied](recs) {
		seqs = append(seqs, p.Seq)
		if p.Request.Status != 504 || len(p.Request.Tries) != 1 || p.Request.Tries[0].Connect != nil ||
			*p.Request.Tries[0].Response != *p.Request.Took {
			t.Errorf("request %d came back as %+v", p.Seq, p.Request)
		}
	}
	if len(seqs) != 3 || seqs[0] != 3 || seqs[1] != 1 || seqs[2] != 5 {
		t.Errorf("the record has the lines of requests %v, want 3, 1 and 5", seqs)
	}
}

func TestWaitingIsBounded(t *testing.T) {
	var w waiting[int]
	for i := range 3 * maxJoining {
		w.put(requestKey{seq: i}, i)
	}
	if len(w.byKey) != maxJoining || len(w.ring) != maxJoining {
		t.Errorf("%d values and %d keys are held, want %d", len(w.byKey), len(w.ring), maxJoining)
	}
	if _, ok := w.take(requestKey{seq: 2*maxJoining - 1}); ok {
		t.Error("an old value is still held")
	}
	if v, ok := w.take(requestKey{seq: 2 * maxJoining}); !ok || v != 2*maxJoining {
		t.Error("a new value is gone")
	}
}
