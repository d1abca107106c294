package epoll

import (
	"slices"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/conformance"
	"weir/scenarios/lab/labtest"
)

func TestDozing(t *testing.T) {
	const at, soon = time.Second, time.Second + patience
	for _, c := range []struct {
		name  string
		loop  loop
		taken int64 // places of 4
		until time.Duration
		may   bool
	}{
		{"the next request is due soon", loop{open: timeouts{len: 1}}, 1, soon, true},
		{"half of the places are taken", loop{open: timeouts{len: 2}}, 2, soon, true},
		{"most are taken", loop{open: timeouts{len: 1}}, 3, soon, false},
		{"the next is far", loop{open: timeouts{len: 1}}, 1, soon + 1, false},
		{"the next is due", loop{open: timeouts{len: 1}}, 1, at, false},
		{"nothing is in flight", loop{}, 0, soon, false},
		{"a connection is being opened", loop{open: timeouts{len: 2}, sending: 1}, 2, soon, false},
		{"alert", loop{open: timeouts{len: 1}, alert: at + 1}, 1, soon, false},
	} {
		c.loop.places = newPlaces(4)
		c.loop.places.taken.Store(c.taken)
		if may := c.loop.mayDoze(at, c.until); may != c.may {
			t.Errorf("%s: dozes: %v", c.name, may)
		}
	}
}

// A doze ends when the next request is due, and where there is a quantum, that long after the last one.
func TestDozesForAQuantum(t *testing.T) {
	const quantum, tries = 5 * time.Millisecond, 20
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	e := &Engine{target: loadgen.Target{MaxInFlight: 100, Timeout: time.Hour, ConnectTimeout: time.Hour}}
	l := newLoop(e, p, shareOf(0, 1, 1), time.Now())
	l.open.push(&conn{}, l.now())
	short := 0
	for range tries {
		began := l.now()
		l.quantum = 0
		l.attend(began, began+patience)
		if took := l.now() - began; took < quantum {
			short++
		}
	}
	if short == 0 {
		t.Errorf("without a quantum, none of %d dozes ended soon after the next request was due", tries)
	}
	l.quantum = quantum
	for range tries { // a signal ends a doze
		woke, began := l.woke, l.now()
		if l.attend(began, began+patience); l.woke >= woke+quantum {
			return
		}
	}
	t.Errorf("none of %d dozes ended a quantum after the one before", tries)
}

// Requests are sent together where a wake quantum allows it, and not elsewhere, also at a rate at which the
// loop dozes between them. A machine that stands still makes groups as well: the fewest of several tries
// count, of either.
func TestSentTogether(t *testing.T) {
	labtest.NotQuick(t)
	const tries = 20
	with, without := 1.0, 1.0
	for try := 1; try <= tries && (try <= 3 || without > .2); try++ {
		with, without = min(with, grouped(t, 700*time.Microsecond)), min(without, grouped(t, 0))
	}
	t.Logf("sent right after another: %.2f of the requests with a quantum, %.2f without", with, without)
	if with < 2*without || with < .3 {
		t.Error("want more than half with one, and few without")
	}
}

// grouped is the share of requests that were sent nearer to the one before than they were due, by half and
// more. What is sent together is sent late, not early, and answered all the same.
func grouped(t *testing.T, quantum time.Duration) float64 {
	t.Helper()
	const rate, requests = 4000, 400
	target := at(quietServer(t, "tcp", "127.0.0.1:0"))
	target.Connections, target.WakeQuantum = loadgen.Reuse, quantum
	r := &conformance.Results{}
	if err := with(open(t, target), 1).Run(t.Context(), time.Now(), 20*time.Millisecond,
		level(rate, requests*time.Second/rate), r); err != nil {
		t.Fatal(err)
	}
	var sent []time.Duration
	for _, x := range r.All {
		if x.Outcome != loadgen.OK || x.Sent < x.Due || x.FirstByte < x.Written || x.Done < x.FirstByte {
			t.Fatalf("%+v", x)
		}
		sent = append(sent, x.Sent)
	}
	if len(sent) != requests {
		t.Fatalf("%d results, want %d", len(sent), requests)
	}
	slices.Sort(sent)
	near := 0
	for i, at := range sent[1:] {
		if at-sent[i] < time.Second/rate/2 {
			near++
		}
	}
	return float64(near) / requests
}

// What is being sent is counted as long as it is, through every phase and every end.
func TestWhatIsBeingSent(t *testing.T) {
	l := &loop{}
	c := &conn{}
	for _, p := range []struct {
		to   phase
		want int
	}{{connecting, 1}, {writing, 1}, {reading, 0}, {idle, 0}, {writing, 1}, {idle, 0}, {connecting, 1},
		{idle, 0}} {
		if l.enter(c, p.to); l.sending != p.want || c.phase != p.to {
			t.Errorf("phase %d: %d are being sent, want %d", p.to, l.sending, p.want)
		}
	}
}
