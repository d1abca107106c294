package conformance

import (
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

const alive = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// paced is a plan whose requests are far enough apart to follow one another.
func paced(n int) plan.Plan {
	return plan.Plan{Stages: []plan.Stage{{From: 10, To: 10,
		Duration: time.Duration(n) * 100 * time.Millisecond}}}
}

// brisk is one whose requests follow one another if the server takes no time.
func brisk(n int) plan.Plan {
	return plan.Plan{Stages: []plan.Stage{{From: 20, To: 20,
		Duration: time.Duration(n) * 50 * time.Millisecond}}}
}

// lateness is how late after its due time a request was sent, or shed, at the most.
func (r *Results) lateness() (most time.Duration) {
	for _, res := range r.All {
		decided := res.Sent
		if res.Outcome == loadgen.Shed {
			decided = res.Done
		}
		most = max(most, decided-res.Due)
	}
	return most
}

// overlapping is how many requests began before an earlier one had ended, as happens where the machine stood
// still for a while: they could not share its connection.
func (r *Results) overlapping() (n int) {
	for i, res := range r.All {
		for _, earlier := range r.All[:i] {
			if earlier.Done > res.Sent {
				n++
				break
			}
		}
	}
	return n
}

// again is the server as a target whose connections are used again.
func again(s *server) loadgen.Target {
	target := s.target()
	target.Connections = loadgen.Reuse
	return target
}

// keep is a server that answers each request of a connection with text.
func keep(text string) func(*visit) {
	return func(v *visit) {
		for v.head() {
			v.say(text)
		}
	}
}

// reuse checks that connections are shared where that was asked for, and only where they may be.
func reuse(t *testing.T, open Open) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run("keep-alive "+network, func(t *testing.T) {
			t.Parallel()
			s := serve(t, network, keep(alive))
			r := offer(t, open, again(s), brisk(8))
			r.check(t, 0, 200, loadgen.OK)
			checkConnections(t, s, r)
			if n, most := int(s.accepted.Load()), 2+r.overlapping(); n > most {
				t.Errorf("8 requests, %d of them begun before the last had ended, took %d connections, want at most %d", most-2, n, most)
			}
		})
	}
	t.Run("concurrent", func(t *testing.T) {
		t.Parallel()
		s := serve(t, "tcp", keep(alive))
		p := plan.Plan{Stages: []plan.Stage{{From: 500, To: 500, Duration: 400 * time.Millisecond}},
			Arrival: plan.Poisson, Seed: 1}
		r := offer(t, open, again(s), p)
		r.check(t, 0, 200, loadgen.OK)
		checkConnections(t, s, r)
	})
	for name, text := range map[string]string{
		"Connection close":     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
		"HTTP/1.0":             "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"garbage behind it":    alive + "garbage",
		"more than one answer": alive + "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run("not after "+name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, "tcp", keep(text))
			offer(t, open, again(s), brisk(4)).check(t, 0, 200, loadgen.OK)
			if n := s.accepted.Load(); n != 4 {
				t.Errorf("4 requests took %d connections, want one each", n)
			}
		})
	}
}

// checkConnections checks that the server counted what the records say.
func checkConnections(t *testing.T, s *server, r *Results) {
	t.Helper()
	opened := 0
	for _, res := range r.All {
		if !res.Reused {
			opened++
		}
	}
	if int(s.accepted.Load()) != opened || int(s.requests.Load()) != len(r.All) {
		t.Errorf("the server saw %d connections and %d requests, the records say %d and %d",
			s.accepted.Load(), s.requests.Load(), opened, len(r.All))
	}
}
