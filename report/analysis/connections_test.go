package analysis

import (
	"slices"
	"strings"
	"testing"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/report/runfile"
	"weir/report/world"
)

// reused is the demo over kept connections, each of which carries ten requests.
func reused(closed func(r *loadgen.Result)) world.World {
	w := world.Demo()
	w.Rates = []float64{240, 300}
	w.Header = func(h *runfile.Header) { h.Lanes[0].Connections = loadgen.Reuse }
	w.Result = func(_ string, r *loadgen.Result) {
		if r.Seq%10 != 0 {
			r.Connected, r.Reused = 0, true
		}
		r.Closed = ""
		closed(r)
	}
	return w
}

func TestConnections(t *testing.T) {
	last := func(r *loadgen.Result) bool { return r.Seq%10 == 9 }
	for name, c := range map[string]struct {
		closed func(r *loadgen.Result)
		close  loadgen.Closing
		peer   uint64
		us     uint64
		side   string
	}{
		"kept": {closed: func(*loadgen.Result) {}},
		"closed by the server": {closed: func(r *loadgen.Result) {
			if last(r) {
				r.Closed = loadgen.ByPeer
			}
		}, peer: 108, side: "peer"},
		"closed by us": {closed: func(r *loadgen.Result) {
			if last(r) {
				r.Closed = loadgen.ByUs
			}
		}, us: 108, side: "us"},
		"reset by us": {closed: func(r *loadgen.Result) {
			if last(r) {
				r.Closed = loadgen.ByUs
			}
		}, close: loadgen.Reset, us: 108},
		"a timeout or two": {closed: func(r *loadgen.Result) {
			if last(r) {
				r.Closed = loadgen.ByPeer
			}
			if r.Seq == 19 {
				r.Closed = loadgen.ByUs
			}
		}, peer: 106, us: 2, side: "peer"},
		"reset over unread bytes": {closed: func(r *loadgen.Result) {
			if last(r) {
				r.Closed, r.Unread = loadgen.ByUs, 9
			}
		}, us: 108},
		"some of the server's reset": {closed: func(r *loadgen.Result) {
			if last(r) {
				r.Closed, r.Unread = loadgen.ByPeer, r.Seq%20/19
			}
		}, peer: 108, side: "peer"},
		"by both": {closed: func(r *loadgen.Result) {
			if last(r) {
				r.Closed = loadgen.ByPeer
			}
			if r.Seq%20 == 19 {
				r.Closed = loadgen.ByUs
			}
		}, peer: 54, us: 54, side: "both"},
	} {
		t.Run(name, func(t *testing.T) {
			w := reused(c.closed)
			header := w.Header
			w.Header = func(h *runfile.Header) { header(h); h.Lanes[0].Close = c.close }
			got := analyze(t, record(t, w)).Lanes[0].Connections
			if got.Use != "reuse" || got.Opened == nil || *got.Opened != 108 || got.PerOne == nil ||
				*got.PerOne != 10 {
				t.Fatalf("%+v, want 108 connections for 1080 requests", got)
			}
			if *got.PeerClosed != c.peer || *got.WeClosed != c.us {
				t.Errorf("closed by the server %d, by us %d, want %d and %d", *got.PeerClosed, *got.WeClosed,
					c.peer, c.us)
			}
			if (got.TimeWait == nil) != (c.side == "") || got.TimeWait != nil && *got.TimeWait != c.side {
				t.Errorf("TIME_WAIT is with %v, want %q", got.TimeWait, c.side)
			}
		})
	}
}

// TestConnectionsUnknown: a record that does not count connections had them all the same.
func TestConnectionsUnknown(t *testing.T) {
	w := world.Demo()
	w.Rates = []float64{240, 300}
	w.Result = func(_ string, r *loadgen.Result) { r.Connected = 0 }
	if c := analyze(t, record(t, w)).Lanes[0].Connections; c.Opened != nil || c.PerOne != nil ||
		c.PeerClosed != nil || c.TimeWait != nil {
		t.Errorf("%+v, want nothing known", c)
	}
}

// TestIdleConnections: those that were closed while idle count for TIME_WAIT like any.
func TestIdleConnections(t *testing.T) {
	for side, ends := range map[string]runfile.Closings{
		"us":   {WeClosed: 100, WeUnread: 1},
		"peer": {PeerClosed: 100, WeClosed: 90, WeUnread: 90},
		"both": {PeerClosed: 50, WeClosed: 50},
		"":     {PeerClosed: 3, PeerUnread: 3},
	} {
		w := reused(func(*loadgen.Result) {})
		w.End = func(e *runfile.TrialEnd) { e.Departed = &ends }
		got := analyze(t, record(t, w)).Lanes[0].Connections
		if *got.PeerClosed != 0 || *got.WeClosed != 0 || *got.IdlePeer != 2*ends.PeerClosed ||
			*got.IdleUs != 2*ends.WeClosed || *got.Unread != 2*(ends.PeerUnread+ends.WeUnread) {
			t.Errorf("%+v of two trials with %+v", got, ends)
		}
		if (got.TimeWait == nil) != (side == "") || got.TimeWait != nil && *got.TimeWait != side {
			t.Errorf("%+v: TIME_WAIT is not with %q", ends, side)
		}
	}
}

func TestUnanswered(t *testing.T) {
	w := world.Demo()
	w.Rates = []float64{240, 300}
	w.Result = func(_ string, r *loadgen.Result) {
		if r.Seq%100 == 99 {
			r.Connected, r.Status, r.Outcome, r.LocalPort, r.SYNRetrans, r.Done = 0, 0,
				loadgen.ConnectTimeout, 40000, 2, r.Sent+3*time.Second
		}
	}
	l := analyze(t, record(t, w)).Lanes[0]
	if want := []result.LostSYNs{{Lost: 3, Count: 10, Connect: 3}}; !slices.Equal(l.Unanswered, want) {
		t.Errorf("%v, want %v", l.Unanswered, want)
	}
}

func TestLostSYNs(t *testing.T) {
	w := world.Demo()
	w.Rates = []float64{240, 300}
	w.Result = func(_ string, r *loadgen.Result) {
		if lost := r.Seq%100 - 97; lost > 0 {
			r.SYNRetrans, r.Connected = lost, r.Sent+time.Duration(lost*lost)*time.Second
		}
	}
	l := analyze(t, record(t, w)).Lanes[0]
	want := []result.LostSYNs{{Lost: 1, Count: 10, Connect: 1}, {Lost: 2, Count: 10, Connect: 4}}
	if l.SYNRetrans != 30 || !slices.Equal(l.LostSYNs, want) {
		t.Errorf("%d lost SYNs, %v, want 30, %v", l.SYNRetrans, l.LostSYNs, want)
	}
}

func TestLatencyFromSent(t *testing.T) {
	w := world.Demo()
	w.Rates = []float64{240, 300}
	w.Result = func(_ string, r *loadgen.Result) { r.Sent += 5 * ms; r.Done += 5 * ms }
	l := analyze(t, record(t, w)).Lanes[0]
	lag := *l.Latency.P50 - *l.FromSent.P50
	if l.FromSent.Count != l.Latency.Count || lag < .005 || lag > .0053 {
		t.Errorf("from due %v s, from sent %v s (n = %d): want 5.1 ms between them", *l.Latency.P50,
			*l.FromSent.P50, l.FromSent.Count)
	}
}

// TestKeepAliveRace: what a server closed while it was sent is no sign of a full queue, however the kernel
// counts.
func TestKeepAliveRace(t *testing.T) {
	w := world.Demo()
	w.Rates = []float64{240, 300}
	w.Header = func(h *runfile.Header) { h.Lanes[0].Connections = loadgen.Reuse }
	w.Result = func(_ string, r *loadgen.Result) {
		if r.Seq%7 == 3 {
			r.Outcome, r.Reused, r.Status, r.Connected, r.Closed = loadgen.ReusedClosed, true, 0, 0,
				loadgen.ByPeer
		}
	}
	l := analyze(t, record(t, w)).Lanes[0]
	if l.Cause.Code != "keepalive_race" || !strings.Contains(l.Cause.Text.Text, "155 × reused_closed") ||
		l.Cause.EvidenceLevel != 0 {
		t.Errorf("cause %+v", l.Cause)
	}
	if l.Reconciliation.ClientFailures != 0 {
		t.Errorf("%d failures are held against the overflows", l.Reconciliation.ClientFailures)
	}

	// Beside a real overflow, too, only what overflow can do is laid to it.
	w.Rates, w.Length = []float64{300, 600}, 3*time.Second
	l = analyze(t, record(t, w)).Lanes[0]
	if l.Cause.Code != "worker_bound_overflow" || strings.Contains(l.Cause.Text.Text, "reused_closed") {
		t.Errorf("cause %+v", l.Cause)
	}
	if l.Reconciliation.ClientFailures != l.Outcomes["connect_timeout"] {
		t.Errorf("%d failures are held against the overflows, %d connections timed out",
			l.Reconciliation.ClientFailures, l.Outcomes["connect_timeout"])
	}
}
