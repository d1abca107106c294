package epoll

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/loadgen"
	"weir/loadgen/conformance"
	"weir/loadgen/plan"
	"weir/loadgen/portable"
	"weir/scenarios/lab/labtest"
)

func with(e *Engine, loops int) *Engine {
	e.loops = loops
	return e
}

func level(rate float64, d time.Duration) plan.Plan {
	return plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: d}}}
}

func open(t testing.TB, target loadgen.Target) *Engine {
	t.Helper()
	e, err := New(target)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// at is a target that listens.
func at(l net.Listener) loadgen.Target {
	return loadgen.Target{URL: "http://bench.test/", Network: l.Addr().Network(), Address: l.Addr().String(),
		Timeout: 5 * time.Second}
}

func TestUnsupported(t *testing.T) {
	if _, err := New(loadgen.Target{URL: "https://127.0.0.1/"}); !errors.Is(err, errors.ErrUnsupported) ||
		!strings.Contains(err.Error(), "portable") {
		t.Errorf("https: %v", err)
	}
	for _, bad := range []loadgen.Target{{URL: "ftp://127.0.0.1/"},
		{URL: "http://x/", Network: "unix", Address: strings.Repeat("x", 200)}} {
		if _, err := New(bad); err == nil || errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%+v: %v, which no other engine can help with either", bad, err)
		}
	}
}

// fourOK offers four requests, all of which must succeed.
func fourOK(t *testing.T, target loadgen.Target) {
	t.Helper()
	r := &conformance.Results{}
	if err := open(t, target).Run(t.Context(), time.Now(), 0, level(20, 200*time.Millisecond),
		r); err != nil || len(r.All) != 4 {
		t.Fatalf("%v after %d requests", err, len(r.All))
	}
	for _, res := range r.All {
		if res.Outcome != loadgen.OK {
			t.Errorf("%+v", res)
		}
	}
}

// Of two loops one has the requests that are not answered. It may take all the places, and not just half of
// them.
func TestOneLoopMayTakeAllPlaces(t *testing.T) {
	t.Parallel()
	l := labtest.Serve(t, "tcp", func(c net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		if n := r.URL.Path[len(r.URL.Path)-1]; (n-'0')%2 == 0 {
			_, _ = c.Read(make([]byte, 1)) // until its client gives up
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
	})
	target := at(l)
	target.URL, target.MaxInFlight, target.Timeout = "http://bench.test/{{seq}}", 54, 1500*time.Millisecond
	r := &conformance.Results{}
	if err := with(open(t, target), 2).Run(t.Context(), time.Now(), 0, level(100, 600*time.Millisecond),
		r); err != nil {
		t.Fatal(err)
	}
	counts := map[loadgen.Outcome]int{}
	for _, res := range r.All {
		counts[res.Outcome]++
	}
	if counts[loadgen.Shed] > 0 || counts[loadgen.ResponseTimeout] < 30 {
		t.Errorf("%v, want thirty unanswered at once and none shed", counts)
	}
}

// More than one turn's worth in both directions: the loop must come back to what it put off.
func TestLargeBodies(t *testing.T) {
	large := make([]byte, 3*turns*readBuffer+1)
	for i := range large {
		large[i] = byte(i ^ i>>8 ^ i>>16)
	}
	target := at(labtest.Serve(t, "tcp", func(c net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		if got, _ := io.ReadAll(request.Body); !bytes.Equal(got, large) {
			t.Errorf("the %d bytes that arrived are not the body", len(got))
		}
		_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(large), large)
		_, _ = io.Copy(io.Discard, c)
	}))
	target.Method, target.Body = "POST", large
	fourOK(t, target)
}

// A kept connection sends without delay from its first long request on, whichever that is.
func TestNoDelay(t *testing.T) {
	target := at(quietServer(t, "tcp", "127.0.0.1:0"))
	target.Connections = loadgen.Reuse
	target.Requests = []loadgen.Request{{}, {Method: "POST", Body: make([]byte, 4<<10)}}
	r := &options{}
	if err := open(t, target).Run(t.Context(), time.Now(), 0, level(50, 80*time.Millisecond), r); err != nil {
		t.Fatal(err)
	}
	long := map[int]bool{} // connections that had a long request, by port
	for i, res := range r.All {
		long[res.LocalPort] = long[res.LocalPort] || res.Seq%2 == 1
		if want := long[res.LocalPort]; res.Outcome != loadgen.OK || r.noDelay[i] != want {
			t.Errorf("TCP_NODELAY is %v, want %v, after %+v", r.noDelay[i], want, res)
		}
	}
	if len(r.All) != 4 {
		t.Errorf("%d results", len(r.All))
	}
}

// options notes of each result whether its connection, which is still open, has TCP_NODELAY.
type options struct {
	conformance.Results
	noDelay []bool
}

func (o *options) Record(res loadgen.Result) {
	o.Results.Record(res)
	on := false
	for fd := range 1000 {
		if name, err := unix.Getsockname(fd); err == nil {
			if a, ok := name.(*unix.SockaddrInet4); ok && a.Port == res.LocalPort {
				n, _ := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
				on = n != 0
			}
		}
	}
	o.noDelay = append(o.noDelay, on)
}

// Events are edges: what comes while the loop is at something else, or together with the end of the
// connection, is not told again.
func TestNoEventIsMissed(t *testing.T) {
	t.Run("end with the response", func(t *testing.T) {
		fourOK(t, at(labtest.Serve(t, "tcp", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nuntil the end")
		})))
	})
	t.Run("response before the request", func(t *testing.T) {
		target := at(labtest.Serve(t, "tcp", func(c net.Conn) {
			_, _ = c.Write(reply)
			time.Sleep(20 * time.Millisecond)
			_, _ = io.Copy(io.Discard, c)
		}))
		target.Body = make([]byte, 32<<20) // more than the sockets hold
		fourOK(t, target)
	})
}

// The context may also end after the last request was sent.
func TestCanceledWhileWaiting(t *testing.T) {
	target := at(labtest.Serve(t, "tcp", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	r, began := &conformance.Results{}, time.Now()
	err := open(t, target).Run(ctx, began, 0, level(1, time.Second), r)
	if !errors.Is(err, context.DeadlineExceeded) || len(r.All) != 1 || r.All[0].Outcome != loadgen.Canceled ||
		time.Since(began) > target.Timeout/2 {
		t.Errorf("%v after %v: %+v", err, time.Since(began), r.All)
	}
}

// A run leaves nothing behind, not even one that was interrupted with requests in flight.
func TestRunLeavesNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // never accepts
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	target := at(l)
	target.Connections = loadgen.Reuse
	e := with(open(t, target), 2)
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	r := &conformance.Results{}
	if err := e.Run(ctx, time.Now(), 0, level(500, time.Minute), r); !errors.Is(err,
		context.DeadlineExceeded) || len(r.All) < 10 {
		t.Errorf("%v after %d requests", err, len(r.All))
	}
	for range 100 { // a goroutine that has returned may still be counted for a moment
		if runtime.NumGoroutine() <= goroutines {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if g, f := runtime.NumGoroutine(), openFiles(t); g > goroutines || f > files {
		t.Errorf("%d goroutines and %d files, %d and %d before", g, f, goroutines, files)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// A server must not be able to tell which engine it has.
func TestRequestsAreThePortableOnes(t *testing.T) {
	for _, target := range []loadgen.Target{
		{URL: "http://x.test"},
		{URL: "http://x.test:81/a%20b/?c=d#e", Connections: loadgen.Reuse},
		{URL: "http://x.test/ä", Method: "POST"},
		{URL: "http://x.test/", Method: "PATCH", Body: []byte("hello"),
			Headers: [][2]string{{"host", "y"}, {"X-a", "1"}, {"x-A", " 2 "}, {"user-agent", "me"},
				{"connection", "keep-alive"}}},
	} {
		mine, theirs := sentBy(t, target, true), sentBy(t, target, false)
		if mine != theirs || mine == "" {
			t.Errorf("%+v:\n%q, portable\n%q", target, mine, theirs)
		}
	}
}

// sentBy returns what the server reads from an engine.
func sentBy(t *testing.T, target loadgen.Target, mine bool) string {
	t.Helper()
	got := make(chan string, 1)
	l := labtest.Serve(t, "tcp", func(c net.Conn) {
		_ = c.SetDeadline(time.Now().Add(100 * time.Millisecond))
		all, _ := io.ReadAll(c)
		got <- string(all)
	})
	target.Address, target.Timeout = l.Addr().String(), 300*time.Millisecond
	var e loadgen.Engine = open(t, target)
	if !mine {
		var err error
		if e, err = portable.New(target); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Run(t.Context(), time.Now(), 0, level(1, time.Second), &conformance.Results{}); err != nil {
		t.Fatal(err)
	}
	return <-got
}
