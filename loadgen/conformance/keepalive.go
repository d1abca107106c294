package conformance

import (
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

// keepalive checks the bounds of reuse.
func keepalive(t *testing.T, open Open) {
	for _, most := range []int{1, 3} {
		t.Run("requests a connection, "+string(rune('0'+most)), func(t *testing.T) {
			t.Parallel()
			s := serve(t, "tcp", keep(alive))
			target := again(s)
			target.RequestsPerConnection = most
			r := offer(t, open, target, brisk(6))
			r.check(t, 0, 200, loadgen.OK)
			checkConnections(t, s, r)
			checkFull(t, s, r, most)
		})
	}
	t.Run("idle timeout", func(t *testing.T) {
		t.Parallel()
		s := serve(t, "tcp", keep(alive))
		target := again(s)
		target.IdleTimeout = 30 * time.Millisecond
		r := offer(t, open, target, paced(4))
		r.check(t, 0, 200, loadgen.OK)
		checkConnections(t, s, r)
		for i, res := range r.All[1:] {
			if idle := res.Sent - r.All[i].Done; res.Reused && idle > 80*time.Millisecond {
				t.Errorf("request %d used a connection that had been idle for %v, its timeout is %v", res.Seq,
					idle, target.IdleTimeout)
			}
		}
	})
	t.Run("bytes that nobody asked for", func(t *testing.T) {
		t.Parallel()
		s := serve(t, "tcp", func(v *visit) {
			for v.head() {
				v.say(alive)
				// as from a server tired of waiting
				v.say("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
			}
		})
		r := offer(t, open, again(s), paced(4))
		r.check(t, 0, 200, loadgen.OK)
		if r.overlapping() == 0 && s.accepted.Load() != 4 {
			t.Errorf("4 requests took %d connections, want one each: what is on the others is not their answer", s.accepted.Load())
		}
	})
	t.Run("bytes that nobody asked for, requests close together",
		func(t *testing.T) { t.Parallel(); unasked(t, open) })
	t.Run("idle timeout of the surplus", func(t *testing.T) {
		t.Parallel()
		surplus(t, open, func(target *loadgen.Target) { target.IdleTimeout = 250 * time.Millisecond })
	})
	t.Run("most idle", func(t *testing.T) {
		t.Parallel()
		surplus(t, open, func(target *loadgen.Target) { target.MaxIdle = 1 })
	})
}

// unasked has a server send a 408 behind each answer, at once, to an engine that has no time to see it come:
// its record takes longer than a request. A connection on which one was there is not used again.
func unasked(t *testing.T, open Open) {
	type told struct {
		port int
		at   time.Time // when the kernel had it
	}
	var mu sync.Mutex
	var all []told
	s := serve(t, "tcp", func(v *visit) {
		for v.head() {
			_, _ = io.WriteString(v, alive)
			_, _ = io.WriteString(v, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
			mu.Lock()
			all = append(all, told{v.RemoteAddr().(*net.TCPAddr).Port, time.Now()})
			mu.Unlock()
		}
	})
	r := &Results{pause: 3 * time.Millisecond}
	p := plan.Plan{Stages: []plan.Stage{{From: 1000, To: 1000, Duration: 60 * time.Millisecond}}}
	if err := offerTo(t, t.Context(), open, again(s), p, r); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, res := range r.All {
		for _, bad := range all {
			if res.Reused && res.LocalPort == bad.port && bad.at.Before(r.epoch.Add(res.Sent)) {
				t.Errorf("request %d, sent at %v on a connection on which a 408 had been since %v, is %s",
					res.Seq, res.Sent, bad.at.Sub(r.epoch), res.Outcome)
				return
			}
		}
	}
}

// checkFull checks that no connection carried more than most requests, that one which carried as many was
// closed by us, and that the requests do not tell of it.
func checkFull(t *testing.T, s *server, r *Results, most int) {
	t.Helper()
	carried, full := map[int64]int{}, 0
	for _, one := range s.sights() {
		if carried[one.connection]++; carried[one.connection] == most {
			full++
		}
		if carried[one.connection] > most {
			t.Errorf("connection %d carried more than %d requests", one.connection, most)
		}
		if strings.Contains(one.head, "\r\nConnection:") {
			t.Errorf("a Connection header that nobody asked for: %q", one.head)
		}
	}
	closed := 0
	for _, res := range r.All {
		if res.Closed == loadgen.ByUs {
			closed++
		}
	}
	if full == 0 || closed != full {
		t.Errorf("%d connections carried %d requests, %d were closed by us", full, most, closed)
	}
}

// surplus makes six connections at once, then needs one at a time. Those that a bound forbids to keep are
// closed long before the run ends.
func surplus(t *testing.T, open Open, adjust func(*loadgen.Target)) {
	for range 5 { // again, where the machine stood still and more were needed
		var last atomic.Int64
		s := serve(t, "tcp", func(v *visit) {
			for v.head() {
				if v.server.requests.Load() <= 6 {
					time.Sleep(100 * time.Millisecond)
				}
				last.Store(int64(v.server.connections()))
				_, _ = io.WriteString(v, alive)
			}
		})
		target := again(s)
		adjust(&target)
		p := plan.Plan{Stages: []plan.Stage{{From: 200, To: 200, Duration: 30 * time.Millisecond},
			{From: 15, To: 15, Duration: 600 * time.Millisecond}}}
		r := offer(t, open, target, p)
		r.check(t, 0, 200, loadgen.OK)
		checkConnections(t, s, r)
		if n := s.accepted.Load(); r.lateness() < 100*time.Millisecond {
			if n < 6 || last.Load() > 3 {
				t.Errorf("of %d connections %d were open when the last request arrived, want a few", n,
					last.Load())
			}
			return
		}
	}
	t.Skip("NOT TESTED: the machine stood still time and again")
}
