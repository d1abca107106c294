package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/epoll"
	"weir/loadgen/plan"
	"weir/report/runfile"
	"weir/scenarios/lab/labtest"
)

// In steady state a request costs no allocation, neither in the engine nor in the record that a run makes of
// it, whatever it has of its own and however long it is. It is looked twice while the load runs, so that what
// a run allocates once, for its beginning and its end, is not in it.
func TestNoAllocationPerRequest(t *testing.T) {
	labtest.NotQuick(t)
	const seq = loadgen.SeqVariable
	mixed := []loadgen.Request{{URI: "/" + seq},
		{Method: "POST", URI: "/", Body: append(bytes.Repeat([]byte("x"), 16<<10), seq...)}}
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
			l := replies(t, c.network)
			engine, err := epoll.New(loadgen.Target{
				URL: "http://bench.test/", Network: l.Addr().Network(), Address: l.Addr().String(),
				Timeout:     5 * time.Second,
				Connections: c.connections, Requests: c.requests, RequestIDs: true,
				MaxInFlight: 32, // a burst needs no more connections than these
			})
			if err != nil {
				t.Fatal(err)
			}
			made := ""
			// again, where the machine stood still: most requests were shed, or came in a burst as never
			// before
			for range 3 {
				allocations, requests := allocated(t, engine)
				if requests < 300 {
					continue
				}
				n := int64(0)
				for _, some := range allocations {
					n += some
				}
				if n*100 <= requests { // a bin, now and then, that has its first of something
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

// replies answers each request.
func replies(t *testing.T, network string) net.Listener {
	t.Helper()
	return labtest.Serve(t, network, func(c net.Conn) {
		in := bufio.NewReader(c)
		for {
			r, err := http.ReadRequest(in)
			if err == nil {
				_, err = io.Copy(io.Discard, r.Body)
			}
			if err == nil {
				_, err = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			}
			if err != nil {
				return
			}
		}
	})
}

const (
	// results: the loop has what it needs, connections for a burst, and bins that have been written and are
	// used again
	firstLook = 1000
	lastLook  = 3500
)

// allocated is how many allocations the loop of a run makes for so many requests, what it records with them,
// between two looks.
func allocated(t *testing.T, engine loadgen.Engine) (allocations map[string]int64, requests int64) {
	t.Helper()
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 1
	const rate = 4000
	epoch, p := time.Now(), plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: time.Second}}}
	rec, err := runfile.NewRecorder(runfile.NewWriter(io.Discard),
		runfile.Header{Epoch: epoch, TrialsTotal: 2, Lanes: []runfile.Lane{{Name: lane}}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := rec.Write(&runfile.Trial{Index: i, Lane: lane, Rate: rate, Plan: p,
			Due: p.Count()}); err != nil {
			t.Fatal(err)
		}
	}
	w := &witness{Recorder: loadgen.ShardOf(rec.Results(0)),
		look: func() map[string]int64 { return byLoops(t) }}
	for range 2 { // a shard has two sets of bins
		for i := range time.Duration(30) {
			for range rate {
				w.Recorder.Record(loadgen.Result{Due: i * runfile.BinWidth, Sent: i * runfile.BinWidth,
					Done: i * runfile.BinWidth, Outcome: loadgen.OK})
			}
		}
		if err := rec.Write(&runfile.TrialEnd{Index: 1}); err != nil { // writes what there is of all trials
			t.Fatal(err)
		}
	}
	if err := engine.Run(t.Context(), epoch, time.Since(epoch), p, w); err != nil {
		t.Fatal(err)
	}
	if err := rec.Close("complete"); err != nil {
		t.Fatal(err)
	}
	if w.failed.Outcome != "" {
		t.Errorf("%+v", w.failed)
	}
	for where, n := range w.early {
		if w.late[where] -= n; w.late[where] == 0 {
			delete(w.late, where)
		}
	}
	return w.late, w.answered
}

// witness passes the results of one loop on, holds it up once, so that it has to catch up with a burst, and
// then looks twice at what it has allocated so far.
type witness struct {
	loadgen.Recorder
	look        func() map[string]int64
	n           int
	early, late map[string]int64 // what it saw
	answered    int64            // between the two
	failed      loadgen.Result
}

func (w *witness) Record(r loadgen.Result) {
	switch w.n++; w.n {
	case 200:
		time.Sleep(50 * time.Millisecond)
	case firstLook:
		w.early = w.lookAside()
	case lastLook:
		w.late = w.lookAside()
	}
	switch r.Outcome {
	case loadgen.OK:
		if w.early != nil && w.late == nil {
			w.answered++
		}
	case loadgen.Shed:
	default:
		w.failed = r
	}
	w.Recorder.Record(r)
}

// lookAside looks, not on the loop's stack.
func (w *witness) lookAside() map[string]int64 {
	looked := make(chan map[string]int64)
	go func() { looked <- w.look() }()
	return <-looked
}

// byLoops is how many objects loops have allocated so far, by where. The profile is that of the last garbage
// collection but one.
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
			if strings.HasSuffix(f.Function, ".lookAside") {
				break // our own
			}
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
