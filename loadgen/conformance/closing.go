package conformance

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

// closing checks how connections end, and that the records say who ended them.
func closing(t *testing.T, open Open) {
	const unbounded = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello" // ends with the connection
	for _, c := range []struct {
		name   string
		handle func(*visit)
		want   loadgen.Closer
		silent bool
	}{
		{"the server closes", breakOff(unbounded), loadgen.ByPeer, false},
		{"the server leaves it open", answer(alive), loadgen.ByUs, false},
		{"the server says nothing", func(v *visit) { v.head(); v.hang() }, loadgen.ByUs, true},
		{"the server resets", func(v *visit) { v.head(); v.say("HTTP/1.1 200 OK\r\n"); v.reset() },
			loadgen.ByPeer, false},
		{"the server is none", answer("garbage\r\n"), loadgen.ByUs, false},
	} {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(c.name+" "+network, func(t *testing.T) {
				t.Parallel()
				s := serve(t, network, c.handle)
				target := s.target()
				if c.silent {
					impatient(&target)
				}
				for _, res := range offer(t, open, target, few).All {
					if res.Closed != c.want {
						t.Errorf("request %d is %s and closed by %q, want %q", res.Seq, res.Outcome,
							res.Closed, c.want)
					}
				}
			})
		}
	}
	const endless = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n" // more than is read
	for name, c := range map[string]struct {
		text   string
		end    func(*visit)
		first  loadgen.Closer
		unread bool
	}{
		"all is read": {alive, func(*visit) {}, loadgen.ByUs, false},
		"the body is unread": {endless + strings.Repeat("x", 100<<10), func(*visit) {},
			loadgen.ByUs, true},
		"the body and its end, unread": {endless + strings.Repeat("x", 100<<10), (*visit).halfClose,
			loadgen.ByPeer, true},
	} {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(name+" "+network, func(t *testing.T) {
				t.Parallel()
				checkUnread(t, open, network, func(v *visit) { v.say(c.text); c.end(v) }, c.first, c.unread)
			})
		}
	}
	t.Run("nobody closes one that is kept", func(t *testing.T) {
		t.Parallel()
		s := serve(t, "tcp", keep(alive))
		for _, res := range offer(t, open, again(s), brisk(4)).All {
			if res.Closed != "" {
				t.Errorf("request %d: closed by %q", res.Seq, res.Closed)
			}
		}
	})
	for name, c := range map[string]struct {
		end  func(*visit)
		want loadgen.Departure
	}{
		"by us":         {func(v *visit) { v.hang() }, loadgen.Departure{Closed: loadgen.ByUs}},
		"by the server": {func(*visit) {}, loadgen.Departure{Closed: loadgen.ByPeer}},
		"over unasked bytes": {func(v *visit) { v.say("x"); v.hang() },
			loadgen.Departure{Closed: loadgen.ByUs, Unread: 1}},
		"by the server, both": {func(v *visit) { v.say("x") },
			loadgen.Departure{Closed: loadgen.ByPeer, Unread: 1}},
	} {
		t.Run("an idle one is closed "+name, func(t *testing.T) {
			t.Parallel()
			checkDepartures(t, open, c.end, c.want)
		})
	}
	for _, connections := range []loadgen.Connections{loadgen.New, loadgen.Reuse} {
		for how, want := range map[loadgen.Closing]error{loadgen.Orderly: io.EOF,
			loadgen.Reset: syscall.ECONNRESET} {
			t.Run(string(how)+" "+string(connections), func(t *testing.T) {
				t.Parallel()
				checkEnds(t, open, connections, how, want)
			})
		}
	}
}

// checkEnds checks what the server reads where our connections end: after their request, when they were
// idle for too long, and when the run is over.
func checkEnds(t *testing.T, open Open, connections loadgen.Connections, how loadgen.Closing, want error) {
	t.Helper()
	var ends sync.Map // by connection
	s := serve(t, "tcp", func(v *visit) {
		for v.head() {
			_, _ = io.WriteString(v, alive)
		}
		ends.Store(v.number, v.end)
	})
	target := s.target()
	target.Connections, target.Close, target.IdleTimeout = connections, how, 75*time.Millisecond
	p := few
	if connections == loadgen.Reuse {
		p = paced(3)
	}
	offer(t, open, target, p).check(t, 0, 200, loadgen.OK)
	s.left(t)
	n := int64(0)
	ends.Range(func(_, err any) bool {
		if n++; !errors.Is(err.(error), want) {
			t.Errorf("the server read %v, want %v", err, want)
		}
		return true
	})
	if n != s.accepted.Load() || n == 0 {
		t.Errorf("%d of %d connections came to their end", n, s.accepted.Load())
	}
}

// checkUnread checks that a record says where we close a connection with bytes unread, and only there, and
// that the server finds such a connection reset. The server answers while the request is written, which takes
// until it reads that, so that all of the answer has come before any is read. Where the machine stood still
// it may not have come: then it is tried again.
func checkUnread(t *testing.T, open Open, network string, answer func(*visit), first loadgen.Closer,
	unread bool) {
	t.Helper()
	wrong := ""
	for range 5 {
		if wrong = closedUnread(t, open, network, answer, first, unread); wrong == "" {
			return
		}
	}
	t.Error(wrong)
}

// closedUnread says what is not as checkUnread wants it; "" where all is.
func closedUnread(t *testing.T, open Open, network string, answer func(*visit), first loadgen.Closer,
	unread bool) string {
	t.Helper()
	const large = 32 << 20 // more than the sockets hold
	var resets atomic.Int64
	s := serve(t, network, func(v *visit) {
		answer(v)
		time.Sleep(50 * time.Millisecond)
		if _, err := io.Copy(io.Discard, v.reader); errors.Is(err, syscall.ECONNRESET) {
			resets.Add(1)
		}
	})
	target := s.target()
	target.Method, target.Body = "POST", make([]byte, large)
	r := offer(t, open, target, two)
	s.left(t)
	for _, res := range r.All {
		if res.Closed != first || res.Unread > 0 != unread {
			return fmt.Sprintf("request %d, %s: closed by %q with %d bytes unread, want %q and some: %v",
				res.Seq, res.Outcome, res.Closed, res.Unread, first, unread)
		}
	}
	if n, want := resets.Load(), map[bool]int64{true: int64(len(r.All))}[unread]; n != want {
		return fmt.Sprintf("the server found %d connections reset, want %d", n, want)
	}
	return ""
}

// checkDepartures lets connections be idle for too long, of which each loop's last ends with the run instead.
func checkDepartures(t *testing.T, open Open, end func(*visit), want loadgen.Departure) {
	t.Helper()
	var left []loadgen.Departure
	answered := func(r *Results) bool {
		return !slices.ContainsFunc(r.All, func(res loadgen.Result) bool { return res.Outcome != loadgen.OK })
	}
	// Again, where the machine stood still: an answer that was read late is followed by less than the idle
	// timeout, so that its connection is used again, and a server that was late closes one under a request.
	for range 5 {
		s := serve(t, "tcp", func(v *visit) {
			if v.head() {
				v.say(alive)
				end(v)
			}
		})
		target := again(s)
		target.IdleTimeout, target.Timeout = 150*time.Millisecond, 2*time.Second
		r := offer(t, open, target, plan.Plan{Stages: []plan.Stage{{From: 4, To: 4, Duration: time.Second}}})
		if left = r.left; !answered(r) {
			continue
		}
		n := 0
		for _, d := range left {
			if d.Closed == want.Closed && d.Unread == want.Unread {
				n++
			}
		}
		if len(left) == int(s.accepted.Load()) && n >= 2 {
			return
		}
	}
	t.Errorf("departures: %+v, want one of each connection, most as %+v", left, want)
}
