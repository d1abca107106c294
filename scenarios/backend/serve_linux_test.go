package backend

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// start serves until the test ends, which fails if Serve does.
func start(t *testing.T, c Config, stamps io.Writer) (s *Server, stop func()) {
	t.Helper()
	if c.Address == "" {
		c.Address = "127.0.0.1:0"
	}
	s, err := Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, stamps) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(3 * time.Second):
			t.Error("Serve did not end within 3 s")
		}
	})
	t.Cleanup(stop)
	return s, stop
}

// ask sends bytes over a new connection and returns all that comes back.
func ask(network, address, text string) (string, error) {
	conn, err := net.DialTimeout(network, address, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

const get = "GET / HTTP/1.1\r\nHost: test\r\n\r\n"

func TestOneRequestAConnection(t *testing.T) {
	s, _ := start(t, Config{Workers: 2, Backlog: 8, Body: 10, ServiceTime: 200 * time.Millisecond}, nil)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, get)
	time.Sleep(50 * time.Millisecond)
	_, _ = io.WriteString(conn, get) // while the first is worked on: it is never read as a request
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err) // the second request, left unread, became a reset
	}
	got := string(answer)
	if strings.Count(got, "HTTP/1.1 200 OK\r\n") != 1 || !strings.Contains(got, "Connection: close\r\n") ||
		!strings.HasSuffix(got, "\r\n\r\nxxxxxxxxxx") {
		t.Errorf("got %q", got)
	}
}

func TestRequestsOfEveryShape(t *testing.T) {
	s, _ := start(t, Config{Workers: 2, Backlog: 8, Body: 3}, nil)
	for name, tt := range map[string]struct{ send, status, end string }{
		"body": {"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("b", 100000),
			"200", "\r\n\r\nxxx"},
		"head":     {"HEAD / HTTP/1.1\r\n\r\n", "200", "Content-Length: 3\r\nConnection: close\r\n\r\n"},
		"health":   {"GET /health HTTP/1.1\r\n\r\n", "200", "\r\n\r\n"},
		"not http": {"hello\r\n\r\n", "400", "\r\n\r\n"},
		"chunked": {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "411",
			"\r\n\r\n"},
		"1 MB of head": {"GET / HTTP/1.1\r\nX: " + strings.Repeat("h", 1<<20) + "\r\n\r\n", "431",
			"\r\n\r\n"},
	} {
		got, err := ask("tcp", s.Addr(), tt.send)
		if err != nil || !strings.HasPrefix(got, "HTTP/1.1 "+tt.status+" ") ||
			!strings.HasSuffix(got, tt.end) {
			t.Errorf("%s: %.300q, %v; want status %s", name, got, err, tt.status)
		}
	}
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{Proxy: nil}}
	for range 3 {
		resp, err := client.Get("http://" + s.Addr() + "/")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(body) != "xxx" || !resp.Close {
			t.Errorf("net/http got %q, %v, close %v", body, err, resp.Close)
		}
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s, stop := start(t, Config{Network: "unix", Address: path, Workers: 2, Backlog: 8}, nil)
	if got, err := ask("unix", s.Addr(), get); err != nil || !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Listen(Config{Network: "unix", Address: path, Workers: 1}); !errors.Is(err,
		syscall.EADDRINUSE) {
		t.Errorf("second server on the path: %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("a refused second server took the first one's socket away: %v", err)
	}
	stop()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

// A client that says nothing holds its worker for the read timeout, one that drips for little longer.
func TestSilentClientsDoNotHoldWorkers(t *testing.T) {
	s, _ := start(t, Config{Workers: 1, Backlog: 8, ReadTimeout: 200 * time.Millisecond}, nil)
	silent, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	drips, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer drips.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 100 {
			if _, err := io.WriteString(drips, "G"); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	began := time.Now()
	if got, err := ask("tcp", s.Addr(), get); err != nil || !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("behind a silent client: %q, %v", got, err)
	}
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("answered after %v: the only worker was not held at all", took)
	}
	<-ended
}

// A client that gave up stays in the queue, and a worker serves it in its turn.
func TestDeadConnectionsAreServed(t *testing.T) {
	const service = 100 * time.Millisecond
	var stamps buffer
	s, stop := start(t, Config{Workers: 1, Backlog: 16, ServiceTime: service}, &stamps)
	began := time.Now()
	for range 3 {
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, get)
		c.Close()
	}
	if _, err := ask("tcp", s.Addr(), get); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 4*service {
		t.Errorf("answered after %v: the three before it were not served", took)
	}
	stop()
	if count, _ := stamps.sum(t); count != 4 {
		t.Errorf("%d stamps, want 4", count)
	}
}

func TestHealthTakesNoServiceTimeAndNoStamp(t *testing.T) {
	var stamps buffer
	s, stop := start(t, Config{Workers: 1, Backlog: 8, ServiceTime: time.Second, HealthPath: "/up"}, &stamps)
	began := time.Now()
	if got, err := ask("tcp", s.Addr(), "GET /up HTTP/1.1\r\n\r\n"); err != nil ||
		!strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("%q, %v", got, err)
	}
	if took := time.Since(began); took > 700*time.Millisecond {
		t.Errorf("took %v", took)
	}
	if c, err := net.Dial("tcp", s.Addr()); err != nil {
		t.Error(err)
	} else {
		c.Close() // a port check
	}
	stop()
	if count, _ := stamps.sum(t); count != 0 {
		t.Errorf("%d stamps of a health check and a port check", count)
	}
}
