package conformance

import (
	"errors"
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/loadgen"
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
		{"the server resets", func(v *visit) { v.head(); v.say("HTTP/1.1 200 OK\r\n"); v.reset() }, loadgen.ByPeer, false},
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
				for _, res := range offer(t, open, target, few).all {
					if res.Closed != c.want {
						t.Errorf("request %d is %s and closed by %q, want %q", res.Seq, res.Outcome, res.Closed, c.want)
					}
				}
			})
		}
	}
	t.Run("nobody closes one that is kept", func(t *testing.T) {
		t.Parallel()
		s := serve(t, "tcp", keep(alive))
		for _, res := range offer(t, open, again(s), brisk(4)).all {
			if res.Closed != "" {
				t.Errorf("request %d: closed by %q", res.Seq, res.Closed)
			}
		}
	})
	for _, connections := range []loadgen.Connections{loadgen.New, loadgen.Reuse} {
		for how, want := range map[loadgen.Closing]error{loadgen.Orderly: io.EOF, loadgen.Reset: syscall.ECONNRESET} {
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
