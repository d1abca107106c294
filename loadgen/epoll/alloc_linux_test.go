package epoll

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/report/runfile"
)

// In steady state a request costs no allocation, neither here nor in the record that a run makes of it, whatever it
// has of its own and however long it is.
func TestNoAllocationPerRequest(t *testing.T) {
	const seq = loadgen.SeqVariable
	mixed := []loadgen.Request{{URI: "/" + seq}, {Method: "POST", URI: "/", Body: append(bytes.Repeat([]byte("x"), 16<<10), seq...)}}
	for name, c := range map[string]struct {
		network     string
		connections loadgen.Connections
		requests    []loadgen.Request
	}{
		"new":          {"tcp", loadgen.New, mixed[:1]},
		"new, large":   {"tcp", loadgen.New, mixed[1:]},
		"reuse, mixed": {"tcp", loadgen.Reuse, mixed},
		"reuse, unix":  {"unix", loadgen.Reuse, mixed[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			address := "127.0.0.1:0"
			if c.network == "unix" {
				address = filepath.Join(t.TempDir(), "s")
			}
			target := at(quietServer(t, c.network, address))
			target.Connections, target.Requests, target.RequestIDs = c.connections, c.requests, true
			target.MaxInFlight = 32 // a burst needs no more connections than these
			made := ""
			for range 3 { // again, where the machine stood still: most requests were shed, or came in a burst as never before
				allocations, requests := allocated(t, open(t, target))
				if requests < 300 {
					continue
				}
				n := int64(0)
				for _, some := range allocations {
					n += some
				}
				if n <= 64 { // once, not for each request: the end of the run, bins that have their first phases, the test's own look
					return
				}
				made = fmt.Sprintf("%d allocations for %d requests: %v", n, requests, allocations)
			}
			if made == "" {
				t.Skip("NOT TESTED: the machine stood still time and again")
			}
			t.Error(made)
		})
	}
}

// allocated is how many allocations the loop of a run makes for so many requests, what it records with them, once it
// has what it needs: connections for a burst, and bins that have been written and are used again.
func allocated(t *testing.T, e *Engine) (allocations map[string]int64, requests int64) {
	t.Helper()
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 1
	const rate, lane = 4000, "lane"
	epoch, p := time.Now(), level(rate, time.Second)
	rec, err := runfile.NewRecorder(runfile.NewWriter(io.Discard), runfile.Header{Epoch: epoch, TrialsTotal: 2, Lanes: []runfile.Lane{{Name: lane}}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := rec.Trial(runfile.Trial{Index: i, Lane: lane, Rate: rate, Plan: p, Due: p.Count()}); err != nil {
			t.Fatal(err)
		}
	}
	w := &witness{Recorder: loadgen.ShardOf(rec.Results(0)), look: func() map[string]int64 { return byLoops(t) }}
	for range 2 { // a shard has two sets of bins
		for i := range time.Duration(30) {
			for range rate {
				w.Recorder.Record(loadgen.Result{Due: i * runfile.BinWidth, Sent: i * runfile.BinWidth, Done: i * runfile.BinWidth, Outcome: loadgen.OK})
			}
		}
		if err := rec.TrialEnd(runfile.TrialEnd{Index: 1}); err != nil { // writes what there is of all trials
			t.Fatal(err)
		}
	}
	if err := e.Run(t.Context(), epoch, time.Since(epoch), p, w); err != nil {
		t.Fatal(err)
	}
	allocations = byLoops(t)
	for where, n := range w.early {
		if allocations[where] -= n; allocations[where] == 0 {
			delete(allocations, where)
		}
	}
	if err := rec.Close("complete"); err != nil {
		t.Fatal(err)
	}
	if w.failed.Outcome != "" {
		t.Errorf("%+v", w.failed)
	}
	return allocations, w.answered
}

// witness passes the results of one loop on, holds it up once, so that it has to catch up with a burst, and then looks
// at what it has allocated so far.
type witness struct {
	loadgen.Recorder
	look     func() map[string]int64
	n        int
	early    map[string]int64 // what it saw
	answered int64            // since then
	failed   loadgen.Result
}

func (w *witness) Record(r loadgen.Result) {
	switch w.n++; w.n {
	case 200:
		time.Sleep(50 * time.Millisecond)
	case 1000:
		looked := make(chan map[string]int64)
		go func() { looked <- w.look() }() // not on the loop's stack
		w.early, w.answered = <-looked, 0
	}
	switch r.Outcome {
	case loadgen.OK:
		w.answered++
	case loadgen.Shed:
	default:
		w.failed = r
	}
	w.Recorder.Record(r)
}

// byLoops is how many objects loops have allocated so far, by where. The profile is that of the last garbage collection
// but one.
func byLoops(t *testing.T) map[string]int64 {
	t.Helper()
	runtime.GC()
	runtime.GC()
	records := make([]runtime.MemProfileRecord, 10_000)
	found, ok := runtime.MemProfile(records, true)
	if !ok {
		t.Errorf("the profile has %d records", found)
	}
	by := map[string]int64{}
	for _, r := range records[:found] {
		where, frames := "", runtime.CallersFrames(r.Stack())
		for more := true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			if where == "" && strings.HasPrefix(f.Function, "weir/") {
				where = fmt.Sprintf("%s:%d", f.Function, f.Line)
			}
			if strings.HasSuffix(f.Function, "epoll.(*loop).run") {
				by[where] += r.AllocObjects
				break
			}
		}
	}
	return by
}
