package conformance

import (
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

// two is a plan of two requests, for cases that cost memory.
var two = plan.Plan{Stages: []plan.Stage{{From: 20, To: 20, Duration: 100 * time.Millisecond}}}

// writing provokes what can go wrong while a request is written, which takes a body that no socket
// buffer holds.
func writing(t *testing.T, open Open) {
	large := func(s *server) loadgen.Target {
		target := s.target()
		target.Method, target.Body = "POST", make([]byte, 32<<20)
		return target
	}
	t.Run("the peer does not read", func(t *testing.T) {
		s := serve(t, "tcp", func(v *visit) { <-v.server.stopped })
		target := large(s)
		target.Timeout = 300 * time.Millisecond
		offer(t, open, target, two).check(t, 0, 0, loadgen.WriteFailed)
	})
	t.Run("RST while writing", func(t *testing.T) {
		s := serve(t, "tcp", func(v *visit) {
			_, _ = io.CopyN(io.Discard, v.reader, 1<<20)
			v.reset()
		})
		offer(t, open, large(s), two).check(t, syscall.ECONNRESET, 0, loadgen.WriteFailed)
	})
	t.Run("a body arrives whole", func(t *testing.T) {
		s := serve(t, "tcp", func(v *visit) {
			if v.head() {
				n, _ := io.CopyN(io.Discard, v.reader, 1<<20)
				if n == 1<<20 {
					v.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				}
			}
		})
		target := s.target()
		target.Method, target.Body = "POST", make([]byte, 1<<20)
		offer(t, open, target, two).check(t, 0, 200, loadgen.OK)
	})
	t.Run("an answer before the end of the request", func(t *testing.T) {
		s := serve(t, "tcp", func(v *visit) {
			if v.head() {
				v.say("HTTP/1.1 413 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
				_ = v.Conn.(*net.TCPConn).CloseWrite()
				v.hang() // reads the rest, as a server must that wants its answer to be read
			}
		})
		offer(t, open, large(s), two).check(t, 0, 413, loadgen.HTTP4xx)
	})
}
