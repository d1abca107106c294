package conformance

import (
	"io"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

// A server of these answers the first request of a connection; then each has its own way to end it.
var endings = []struct {
	name      string
	networks  string
	end       func(*visit)
	want      loadgen.Outcome
	errno     syscall.Errno
	unixErrno syscall.Errno
}{
	{"FIN while idle", "tcp unix", func(*visit) {}, loadgen.ReusedClosed, 0, syscall.EPIPE},
	{"RST while idle", "tcp", (*visit).reset, loadgen.ReusedClosed, syscall.ECONNRESET, 0},
	{"FIN and RST while idle", "tcp", func(v *visit) { v.halfClose(); v.reset() }, loadgen.ReusedClosed,
		syscall.EPIPE, 0},
	{"FIN after the request", "tcp unix", func(v *visit) { v.head() }, loadgen.ClosedBeforeResponse, 0, 0},
	{"RST after the request", "tcp", func(v *visit) { v.head(); v.reset() }, loadgen.ResetBeforeResponse,
		syscall.ECONNRESET, 0},
	{"closed with the request unread", "tcp unix", func(v *visit) { _, _ = v.Read(make([]byte, 1)) },
		loadgen.ResetBeforeResponse, syscall.ECONNRESET, syscall.ECONNRESET},
	{"FIN and RST with the request unread", "tcp",
		func(v *visit) { _, _ = v.Read(make([]byte, 1)); v.halfClose(); v.reset() },
		loadgen.ClosedBeforeResponse, 0, 0},
}

// stale checks what becomes of a request on a connection that the server has closed in the meantime, or
// closes on that request: the two have their own names, and none is tried again.
func stale(t *testing.T, open Open) {
	for _, e := range endings {
		for network := range strings.SplitSeq(e.networks, " ") {
			t.Run(e.name+" "+network, func(t *testing.T) {
				t.Parallel()
				errno := e.errno
				if network == "unix" {
					errno = e.unixErrno
				}
				offerStale(t, open, brisk(4), func() (*server, loadgen.Target) {
					s := serve(t, network, func(v *visit) {
						if v.head() {
							v.say(alive)
							e.end(v)
						}
					})
					return s, counted(s)
				}, e.want, errno)
			})
		}
	}
	t.Run("a large request", func(t *testing.T) {
		t.Parallel()
		slow := plan.Plan{Stages: []plan.Stage{{From: 4, To: 4, Duration: time.Second}}}
		const large = 5 << 20 // more than the kernel takes at once (net.ipv4.tcp_wmem)
		offerStale(t, open, slow, func() (*server, loadgen.Target) {
			s := serve(t, "tcp", func(v *visit) {
				if v.head() {
					_, _ = io.ReadFull(v.reader, make([]byte, large))
					v.say(alive)
				}
			})
			target := counted(s)
			target.Method, target.Body = "POST", make([]byte, large)
			return s, target
		}, loadgen.ReusedClosed, syscall.EPIPE)
	})
	t.Run("many at once", func(t *testing.T) { t.Parallel(); manyStale(t, open) })
}

// offerStale offers requests of which those with a reused connection must have one outcome.
func offerStale(t *testing.T, open Open, p plan.Plan, start func() (*server, loadgen.Target),
	want loadgen.Outcome, errno syscall.Errno) {
	t.Helper()
	for range 10 { // again, where the machine stood still and the server closed none in time
		s, target := start()
		r := offer(t, open, target, p)
		checkOnce(t, s, r)
		if checkStale(t, s, r, want, errno) > 0 {
			return
		}
	}
	t.Error("no request had a reused connection")
}

// counted is a target that is reused and whose requests name their position.
func counted(s *server) loadgen.Target {
	target := again(s)
	target.URL = "http://conformance.test/{{seq}}"
	return target
}

// checkStale checks that every reused connection failed in one way and every new one did not, and returns
// how many were reused. A request that came before the server had closed is not judged.
func checkStale(t *testing.T, s *server, r *Results, want loadgen.Outcome, errno syscall.Errno) (reused int) {
	t.Helper()
	opened := 0
	for _, res := range r.All {
		inTime := want != loadgen.ReusedClosed || s.endedBy(r.epoch.Add(res.Sent)) >= opened
		switch {
		case !res.Reused:
			if opened++; res.Outcome != loadgen.OK {
				t.Errorf("request %d had a new connection: %s", res.Seq, res.Outcome)
			}
		case inTime && (res.Outcome != want || res.Errno != errno):
			t.Errorf("request %d: %s, errno %d (%v); want %s, errno %d", res.Seq, res.Outcome, res.Errno,
				res.Errno, want, errno)
		case inTime:
			reused++
		}
	}
	return reused
}

// manyStale has a server end its connections after some requests each, in order and before or after it
// read another.
func manyStale(t *testing.T, open Open) {
	s := serve(t, "tcp", func(v *visit) {
		for range v.number % 4 {
			if !v.head() {
				return
			}
			_, _ = io.WriteString(v, alive)
		}
		if v.number%3 == 0 {
			v.head()
			v.reset()
		}
	})
	p := plan.Plan{Stages: []plan.Stage{{From: 500, To: 500, Duration: 400 * time.Millisecond}},
		Arrival: plan.Poisson, Seed: 1}
	r := offer(t, open, counted(s), p)
	checkOnce(t, s, r)
	for _, o := range []loadgen.Outcome{loadgen.OK, loadgen.ReusedClosed, loadgen.ResetBeforeResponse} {
		if r.count(o) == 0 {
			t.Errorf("no request was %s", o)
		}
	}
}

// checkOnce checks that the server saw no request twice, none that is said not to have reached it, each
// that it answered, and no connection that the records do not have.
func checkOnce(t *testing.T, s *server, r *Results) {
	t.Helper()
	seen, opened := map[string]int{}, 0
	for _, one := range s.sights() {
		_, path, _ := strings.Cut(one.head, " /")
		path, _, _ = strings.Cut(path, " ")
		seen[path]++
	}
	for _, res := range r.All {
		n := seen[strconv.Itoa(res.Seq)]
		if n > 1 || n == 1 && res.Outcome == loadgen.ReusedClosed || n == 0 && res.Status != 0 {
			t.Errorf("request %d is %s, the server saw it %d times", res.Seq, res.Outcome, n)
		}
		if !res.Reused {
			opened++
		}
	}
	if n := int(s.accepted.Load()); n != opened {
		t.Errorf("the server saw %d connections, the records say %d", n, opened)
	}
}
