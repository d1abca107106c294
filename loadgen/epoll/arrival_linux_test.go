package epoll

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/conformance"
	"weir/scenarios/lab/labtest"
)

// tardy keeps the loop from running after each result, as a sleep between two requests would.
type tardy struct {
	conformance.Results
	epoch time.Time
	each  time.Duration
	read  []time.Duration
}

func (s *tardy) Record(r loadgen.Result) {
	s.Results.Record(r)
	s.read = append(s.read, time.Since(s.epoch))
	time.Sleep(s.each)
}

// What the server's clock says of its answer, which is in this process, the record must say too, however late
// the loop is that reads it: it arrived while it was written, on loopback. A machine that stands still
// between the two makes it otherwise, but not each time.
func TestAnswersAreTimedByTheirArrival(t *testing.T) {
	labtest.NotQuick(t)
	const tries = 5
	for try := 1; ; try++ {
		timely, late, of := arrivals(t)
		t.Logf("of %d answers %d arrived when they were written, %d were read over 5 ms later", of, timely,
			late)
		if timely >= of*3/4 && late >= of/4 || t.Failed() {
			return
		}
		if try == tries {
			t.Fatal("want nearly all timed by their arrival, and many of them read late")
		}
	}
}

// arrivals says of how many answers the time is that of their arrival, and how many were read late.
func arrivals(t *testing.T) (timely, late, of int) {
	t.Helper()
	type write struct{ began, ended time.Duration }
	var mu sync.Mutex
	var writes []write
	epoch := time.Now()
	l := labtest.Serve(t, "tcp", func(c net.Conn) {
		b := make([]byte, 1024)
		for {
			if _, err := c.Read(b); err != nil {
				return
			}
			time.Sleep(30 * time.Millisecond)
			mu.Lock() // before the answer is there, so that whoever has read it finds this
			w := write{began: time.Since(epoch)}
			_, _ = c.Write(reply)
			w.ended = time.Since(epoch)
			writes = append(writes, w)
			mu.Unlock()
		}
	})
	target := at(l)
	target.Connections = loadgen.Reuse
	r := &tardy{epoch: epoch, each: 20 * time.Millisecond}
	e := with(open(t, target), 1)
	if err := e.Run(t.Context(), epoch, 20*time.Millisecond, level(100, 200*time.Millisecond),
		r); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	done := make([]time.Duration, 0, len(r.All))
	for _, x := range r.All {
		if x.Outcome != loadgen.OK || x.FirstByte != x.Done {
			t.Fatalf("%+v", x)
		}
		done = append(done, x.Done)
	}
	slices.Sort(done)
	slices.SortFunc(writes, func(a, b write) int { return int(a.began - b.began) })
	if len(writes) != len(done) || len(done) != 20 {
		t.Fatalf("%d answers of %d requests, want 20", len(writes), len(done))
	}
	for i, at := range done {
		if at < writes[i].began-same {
			t.Errorf("answer %d was written at %v, and arrived at %v", i, writes[i].began, at)
		}
		if at <= writes[i].ended+time.Millisecond {
			timely++
		}
		if r.read[i] > writes[i].ended+5*time.Millisecond {
			late++
		}
	}
	return timely, late, len(done)
}

// The wall clock may be set at any time. A time by it is then no time of arrival, until the next request.
func TestASetClock(t *testing.T) {
	w := wall{epoch: time.Now()}
	sent := w.now()
	stamp := time.Now().UnixNano()
	at := w.now()
	if got, ok := w.offsetOf(stamp, sent, at); !ok || got < sent || got > at {
		t.Fatalf("between %v and %v: %v, %v", sent, at, got, ok)
	}
	for _, set := range []time.Duration{-time.Hour, -10 * time.Microsecond, 10 * time.Microsecond,
		time.Hour} {
		w.offset += int64(set) // it had been that
		sent, stamp := at, time.Now().UnixNano()
		at = w.now()
		if got, ok := w.offsetOf(stamp, sent, at); ok {
			t.Errorf("set by %v between %v and %v: took %v for the time of arrival", set, sent, at, got)
		}
		sent, stamp = at, time.Now().UnixNano()
		at = w.now()
		if got, ok := w.offsetOf(stamp, sent, at); !ok || got < sent || got > at {
			t.Errorf("set by %v, the request after it: between %v and %v: %v, %v", set, sent, at, got, ok)
		}
	}
	if _, ok := w.offsetOf(stamp-int64(time.Millisecond), at, w.now()); ok {
		t.Error("took a time before the request for that of its answer")
	}
}
