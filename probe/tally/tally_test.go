package tally

import (
	"testing"
	"time"

	"weir/probe"
)

func sample(at time.Duration, overflows uint64, ls ...probe.Listener) probe.Sample {
	return probe.Sample{At: at, Counters: map[string]uint64{"TcpExtListenOverflows": overflows},
		Listeners: ls}
}

func socket(cookie uint64, depth, drops uint32) probe.Listener {
	return probe.Listener{Addr: "127.0.0.1:8000", Cookie: cookie, Depth: depth, Limit: 16, Drops: &drops}
}

func TestRatesAreOfTheWindow(t *testing.T) {
	ta := New(time.Second)
	for i := range 301 { // 3 s at 100 Hz, 10 overflows a second until 2 s
		n := min(uint64(i), 200) / 10
		ta.Add(sample(time.Duration(i)*10*time.Millisecond, 1000+n, socket(1, uint32(i%18), uint32(5+n))))
		if i == 200 {
			c := ta.View().Counters[0]
			if c.Since != 20 || c.Value != 1020 || c.Rate < 9 || c.Rate > 11 {
				t.Errorf("at 2 s: %+v, want 20 since the start, 10/s", c)
			}
		}
	}
	v := ta.View()
	if c := v.Counters[0]; c.Since != 20 || c.Rate != 0 {
		t.Errorf("at 3 s: %+v, want 20 since the start, none in the last second", c)
	}
	l := v.Listeners[0]
	if l.Peak != 17 || l.Lately != 17 || l.Drops.Total != 25 || l.Drops.Since != 20 || l.Drops.Rate != 0 {
		t.Errorf("listener %+v, drops %+v", l, l.Drops)
	}
}

// TestRestart: a closed listener has no queue, and its drops stay when it is opened again.
func TestRestart(t *testing.T) {
	ta := New(time.Second)
	ta.Add(sample(0, 0, socket(1, 9, 7)))
	ta.Add(sample(time.Second, 0)) // closed
	if l := ta.View().Listeners[0]; l.Sockets != 0 || l.Depth != 0 || l.Peak != 9 || l.Drops.Total != 7 {
		t.Errorf("closed: %+v", l)
	}
	ta.Add(sample(2*time.Second, 0, socket(2, 3, 2))) // and opened again
	if l := ta.View().Listeners[0]; l.Peak != 9 || l.Drops.Total != 9 || l.Drops.Since != 2 || l.Opened != 1 {
		t.Errorf("opened again: %+v, drops %+v", l, l.Drops)
	}
}

func TestAbsentIsNotZero(t *testing.T) {
	ta := New(time.Second)
	broken := sample(0, 1)
	broken.Errors = []probe.SourceError{{Source: "unix_diag", Text: "not here"}}
	ta.Add(broken)
	ta.Add(probe.Sample{At: time.Second, Errors: []probe.SourceError{{Source: "netstat", Text: "x"}}})
	v := ta.View()
	if len(v.Counters) != 0 || len(v.Listeners) != 0 {
		t.Errorf("a failed source shows %v, %v", v.Counters, v.Listeners)
	}
	if v.Failures["netstat"] != 1 || len(v.Errors) != 2 {
		t.Errorf("failures %v, errors %v: want both, the one that cannot be opened for good", v.Failures,
			v.Errors)
	}
	ta.Add(sample(2*time.Second, 5, probe.Listener{Addr: "/run/app.sock", Cookie: 1, Depth: 2, Limit: 3}))
	if v = ta.View(); v.Counters[0].Since != 4 || v.Listeners[0].Drops != nil {
		t.Errorf("back again: %+v %+v", v.Counters, v.Listeners)
	}
}

func TestTheFullestOfAGroup(t *testing.T) {
	ta := New(time.Second)
	a, b, c := socket(1, 3, 0), socket(2, 17, 9), socket(3, 0, 0)
	ta.Add(sample(0, 0, a, b, c))
	if l := ta.View().Listeners[0]; l.Sockets != 3 || l.Depth != 17 || l.Drops.Total != 9 || l.Opened != 0 {
		t.Errorf("%+v", l)
	}
}

// TestOldDropsAreNotNew: what a socket had dropped before the first listing that succeeded is from before the
// watching.
func TestOldDropsAreNotNew(t *testing.T) {
	ta := New(time.Second)
	failed := sample(0, 0)
	failed.Errors = []probe.SourceError{{Source: "inet_diag", Text: "x"}}
	ta.Add(failed)
	ta.Add(sample(time.Second, 0, socket(1, 0, 700)))
	if l := ta.View().Listeners[0]; l.Drops.Since != 0 || l.Opened != 0 || l.Drops.Total != 700 {
		t.Errorf("first seen after a failure: %+v, drops %+v", l, l.Drops)
	}
	ta.Add(sample(2*time.Second, 0, socket(1, 0, 703), socket(2, 0, 5)))
	if l := ta.View().Listeners[0]; l.Drops.Since != 3+5 || l.Opened != 1 {
		t.Errorf("three more, and a new socket with five: %+v, drops %+v", l, l.Drops)
	}
}

// TestDeferredDropsAreNoLoss: a listener with TCP_DEFER_ACCEPT drops a bare ACK of each connection; what the
// namespace has in TCPDeferAcceptDrop is no loss.
func TestDeferredDropsAreNoLoss(t *testing.T) {
	ta := New(time.Second)
	add := func(at time.Duration, drops uint32, listenDrops, deferred uint64) {
		s := sample(at, 0, socket(1, 0, drops))
		s.Counters["TcpExtListenDrops"], s.Counters["TcpExtTCPDeferAcceptDrop"] = listenDrops, deferred
		ta.Add(s)
	}
	add(0, 5, 1000, 7)
	add(time.Second, 45, 1000, 47)
	if d := ta.View().Listeners[0].Drops; d.Since != 40 || d.Rate != 40 || d.Lost != 0 || d.LostRate != 0 {
		t.Errorf("ACKs alone: %+v", d)
	}
	add(2*time.Second, 95, 1020, 77)
	if d := ta.View().Listeners[0].Drops; d.Since != 90 || d.Lost != 20 || d.LostRate == 0 {
		t.Errorf("and twenty drops: %+v", d)
	}
	ta.Add(sample(3*time.Second, 0, socket(1, 0, 100)))
	if d := ta.View().Listeners[0].Drops; d.Lost != 95 {
		t.Errorf("without the counters all may be lost: %+v", d)
	}
}

// TestFinalACKsAreLost: a final ACK on a full queue is two drops of the socket and one ListenDrops, which is
// no sign of TCP_DEFER_ACCEPT.
func TestFinalACKsAreLost(t *testing.T) {
	for _, counted := range []bool{true, false} { // a kernel may not have the counter
		ta := New(time.Second)
		for i := range uint32(41) {
			s := sample(time.Duration(i)*10*time.Millisecond, uint64(i), socket(1, 17, 2*i))
			s.Counters["TcpExtListenDrops"] = uint64(i)
			if counted {
				s.Counters["TcpExtTCPDeferAcceptDrop"] = 3
			}
			ta.Add(s)
		}
		if d := ta.View().Listeners[0].Drops; d.Since != 80 || d.Lost != 80 || d.LostRate != d.Rate {
			t.Errorf("40 lost final ACKs, TCPDeferAcceptDrop counted %v: %+v", counted, d)
		}
	}
}
