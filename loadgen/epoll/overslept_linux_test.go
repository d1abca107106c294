package epoll

import (
	"bufio"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/conformance"
	"weir/loadgen/plan"
	"weir/scenarios/lab/labtest"
)

// sleepy keeps the loop from running after its first result: a recorder is called on the loop's thread.
type sleepy struct {
	conformance.Results
	epoch time.Time
	long  time.Duration
	late  int // results recorded after the sleep
}

func (s *sleepy) Record(r loadgen.Result) {
	s.Results.Record(r)
	if r.Seq == 0 {
		time.Sleep(s.long)
		return
	}
	if time.Since(s.epoch) > s.long {
		s.late++
	}
}

// An answer that came in time, while the loop was not run, is no timeout of the server's: neither alone nor
// behind more of its kind than one look brings.
func TestOwnStallIsNoTimeout(t *testing.T) {
	const requests = 3 * batch
	var taken atomic.Int64
	l := labtest.Serve(t, "tcp", func(c net.Conn) {
		first := taken.Add(1) == 1
		if _, err := c.Read(make([]byte, 1024)); err != nil {
			return
		}
		time.Sleep(200 * time.Millisecond) // until all are sent
		if !first {                        // until the loop sleeps
			time.Sleep(200 * time.Millisecond)
		}
		_, _ = c.Write(reply)
	})
	target := at(l)
	target.Timeout, target.ConnectTimeout = 700*time.Millisecond, 600*time.Millisecond
	e := open(t, target)
	p := plan.Plan{Stages: []plan.Stage{{From: requests / 0.1, To: requests / 0.1,
		Duration: 100 * time.Millisecond}}}
	r := &sleepy{epoch: time.Now(), long: 1500 * time.Millisecond}
	if err := e.Run(t.Context(), r.epoch, 20*time.Millisecond, p, r); err != nil {
		t.Fatal(err)
	}
	for _, x := range r.All {
		if x.Outcome != loadgen.OK {
			t.Errorf("request %d ended in %s %v after it was sent", x.Seq, x.Outcome, x.Done-x.Sent)
			break
		}
		if x.Done-x.Sent > target.Timeout {
			t.Errorf("request %d: its answer took %v, the time that the loop slept is in it", x.Seq,
				x.Done-x.Sent)
			break
		}
	}
	if len(r.All) != requests || r.late == 0 {
		t.Errorf("%d results, of which the loop was late for %d: want %d and some", len(r.All), r.late,
			requests)
	}
}

// sleeper is a recorder that keeps the loop from running, after the first request, until it is woken.
type sleeper struct {
	conformance.Results
	epoch time.Time
	woken <-chan struct{}
	began time.Duration // its sleep
}

func (s *sleeper) Record(r loadgen.Result) {
	s.Results.Record(r)
	if s.began == 0 {
		s.began = time.Since(s.epoch)
		select {
		case <-s.woken:
		case <-time.After(5 * time.Second):
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// A loop that was not run while all places were taken asks the kernel before it sheds what was due since:
// answers that lie there unread give places back.
func TestNothingIsShedUnasked(t *testing.T) {
	const held = 8
	woken := make(chan struct{})
	var asked, answered atomic.Int64
	l := labtest.Serve(t, "tcp", func(c net.Conn) {
		_, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		n := asked.Add(1)
		for began := time.Now(); asked.Load() < held && time.Since(began) < 5*time.Second; {
			time.Sleep(time.Millisecond)
		}
		if n == 1 { // the record of this one puts the loop to sleep: the others answer then
			_, _ = c.Write(reply)
			return
		}
		time.Sleep(100 * time.Millisecond)
		_, _ = c.Write(reply)
		if answered.Add(1) == held-1 {
			close(woken)
		}
	})
	target := at(l)
	target.MaxInFlight = held
	p := plan.Plan{Stages: []plan.Stage{
		{From: 100, To: 100, Duration: (held - 1) * 10 * time.Millisecond},
		{From: 5, To: 5, Duration: 200 * time.Millisecond},
		{From: 200, To: 200, Duration: 20 * time.Millisecond},
	}}
	r := &sleeper{epoch: time.Now(), woken: woken}
	if err := with(open(t, target), 1).Run(t.Context(), r.epoch, 20*time.Millisecond, p, r); err != nil {
		t.Fatal(err)
	}
	for _, x := range r.All {
		if x.Outcome != loadgen.OK && x.Due > r.began {
			t.Errorf("request %d, due at %v, ended in %s; the loop slept since %v", x.Seq, x.Due, x.Outcome,
				r.began)
		}
	}
}
