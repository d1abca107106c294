package backend

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
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

// A backlog of N holds N+1 (sk_acceptq_is_full in include/net/sock.h): so many connections are made
// while nobody accepts, and not one more.
func TestBacklogIsExact(t *testing.T) {
	for _, backlog := range []int{0, 1, 5, 16} {
		s, err := Listen(Config{Address: "127.0.0.1:0", Workers: 1, Backlog: backlog})
		if err != nil {
			t.Fatal(err)
		}
		made := 0
		for range backlog + 3 {
			c, err := net.DialTimeout("tcp", s.Addr(), 300*time.Millisecond)
			if err != nil {
				break
			}
			t.Cleanup(func() { c.Close() })
			made++
		}
		if made != backlog+1 {
			t.Errorf("backlog %d held %d connections, want %d", backlog, made, backlog+1)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestUnixBacklogIsExact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s, err := Listen(Config{Network: "unix", Address: path, Workers: 1, Backlog: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	made := 0
	for range 10 {
		c, err := net.Dial("unix", path)
		if err != nil {
			if !errors.Is(err, syscall.EAGAIN) {
				t.Error(err)
			}
			break
		}
		defer c.Close()
		made++
	}
	if made != 4 {
		t.Errorf("backlog 3 held %d connections, want 4", made)
	}
}

func TestBacklogBeyondSomaxconnIsRefused(t *testing.T) {
	_, err := Listen(Config{Address: "127.0.0.1:0", Workers: 1, Backlog: 1 << 30})
	if err == nil || !strings.Contains(err.Error(), "net.core.somaxconn") {
		t.Errorf("got %v", err)
	}
}

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
	if strings.Count(got, "HTTP/1.1 200 OK\r\n") != 1 || !strings.Contains(got, "Connection: close\r\n") || !strings.HasSuffix(got, "\r\n\r\nxxxxxxxxxx") {
		t.Errorf("got %q", got)
	}
}

func TestRequestsOfEveryShape(t *testing.T) {
	s, _ := start(t, Config{Workers: 2, Backlog: 8, Body: 3}, nil)
	for name, tt := range map[string]struct{ send, status, end string }{
		"body":         {"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("b", 100000), "200", "\r\n\r\nxxx"},
		"head":         {"HEAD / HTTP/1.1\r\n\r\n", "200", "Content-Length: 3\r\nConnection: close\r\n\r\n"},
		"health":       {"GET /health HTTP/1.1\r\n\r\n", "200", "\r\n\r\n"},
		"not http":     {"hello\r\n\r\n", "400", "\r\n\r\n"},
		"chunked":      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "411", "\r\n\r\n"},
		"1 MB of head": {"GET / HTTP/1.1\r\nX: " + strings.Repeat("h", 1<<20) + "\r\n\r\n", "431", "\r\n\r\n"},
	} {
		got, err := ask("tcp", s.Addr(), tt.send)
		if err != nil || !strings.HasPrefix(got, "HTTP/1.1 "+tt.status+" ") || !strings.HasSuffix(got, tt.end) {
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
	if _, err := Listen(Config{Network: "unix", Address: path, Workers: 1}); !errors.Is(err, syscall.EADDRINUSE) {
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
	if got, err := ask("tcp", s.Addr(), "GET /up HTTP/1.1\r\n\r\n"); err != nil || !strings.HasPrefix(got, "HTTP/1.1 200 ") {
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

// buffer is where stamps go in these tests.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) sum(t *testing.T) (count uint64, busy time.Duration) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	err := ReadStamps(bytes.NewReader(b.b.Bytes()), func(s Stamp) {
		count += s.Count
		busy += time.Duration(s.SumNS)
	})
	if err != nil {
		t.Fatal(err)
	}
	return count, busy
}

// Under saturation the stamps must explain the plateau: completed/s × mean busy period = workers.
func TestStampsExplainThePlateau(t *testing.T) {
	const workers, warmup, window = 4, 300 * time.Millisecond, 2 * time.Second
	var stamps buffer
	s, stop := start(t, Config{Workers: workers, Backlog: 64, ServiceTime: 10 * time.Millisecond}, &stamps)
	var completed, counting atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 12 * workers { // the queue is never empty, not even where clients wait for a processor
		clients.Go(func() {
			for ctx.Err() == nil {
				if _, err := ask("tcp", s.Addr(), get); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
				completed.Add(counting.Load())
			}
		})
	}
	time.Sleep(warmup)
	count0, busy0 := stamps.sum(t)
	counting.Store(1)
	began := time.Now()
	time.Sleep(window)
	counting.Store(0)
	took := time.Since(began)
	count1, busy1 := stamps.sum(t)
	cancel()
	clients.Wait()
	stop()
	mean := (busy1 - busy0).Seconds() / float64(count1-count0)
	rate := float64(completed.Load()) / took.Seconds()
	ratio := rate * mean / workers
	t.Logf("%.1f/s × %.3f ms ÷ %d = %.4f", rate, mean*1e3, workers, ratio)
	if ratio < 0.97 || ratio > 1.03 {
		t.Errorf("the stamps explain %.4f of the plateau, want 0.97 to 1.03", ratio)
	}
}

// Idle time is nobody's busy period.
func TestStampsLeaveWaitingOut(t *testing.T) {
	var stamps buffer
	s, stop := start(t, Config{Workers: 1, Backlog: 8, ServiceTime: 10 * time.Millisecond}, &stamps)
	for range 3 {
		if _, err := ask("tcp", s.Addr(), get); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	stop()
	count, busy := stamps.sum(t)
	if count != 3 || busy < 30*time.Millisecond || busy > 200*time.Millisecond {
		t.Errorf("%d periods of %v in all, want 3 of some 30 ms", count, busy)
	}
}

func TestEndDoesNotWaitForWork(t *testing.T) {
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err != nil { // Go's poller makes its own on first use
		t.Fatal(err)
	} else {
		ln.Close()
	}
	before := descriptors(t)
	s, stop := start(t, Config{Workers: 3, Backlog: 8, ServiceTime: time.Hour}, io.Discard)
	for _, text := range []string{get, "", "GET"} { // at work, silent, in the middle
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, text)
	}
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	stop()
	if took := time.Since(began); took > time.Second {
		t.Errorf("the end took %v", took)
	}
	if after := descriptors(t) - 3; after > before { // the three clients
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if link, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.HasPrefix(link, "socket:") || strings.Contains(link, "event") {
			n++
		}
	}
	return n
}

func TestMainSpeaksAndEndsWithItsStdin(t *testing.T) {
	stdin, parent := io.Pipe()
	out, stdout := io.Pipe()
	done := make(chan error, 1)
	go func() {
		args := []string{"--listen", "127.0.0.1:0", "--workers", "2", "--service-time", "1ms", "--backlog", "4"}
		done <- Main(context.Background(), args, stdin, stdout, io.Discard)
		stdout.Close()
	}()
	lines := bufio.NewReader(out)
	line, err := lines.ReadBytes('\n')
	var hello ready
	if err := errors.Join(err, json.Unmarshal(line, &hello)); err != nil || !hello.Ready {
		t.Fatalf("first line %q: %v", line, err)
	}
	if _, err := ask("tcp", hello.Address, get); err != nil {
		t.Fatal(err)
	}
	parent.Close()
	count := uint64(0)
	if err := ReadStamps(lines, func(s Stamp) { count += s.Count }); err != nil || count != 1 {
		t.Errorf("%d stamps, %v", count, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestMainRefusesBadFlags(t *testing.T) {
	for _, args := range [][]string{{"--workers", "0"}, {"--listen", "nowhere"}, {"--nonsense"}, {"word"}, {"--listen", "udp:1:2"}} {
		if err := Main(t.Context(), args, strings.NewReader(""), io.Discard, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

// A worker that computes uses a processor for its service time; one that sleeps does not.
func TestComputingTakesAProcessor(t *testing.T) {
	const service = 30 * time.Millisecond
	used := func(compute bool) time.Duration {
		s, stop := start(t, Config{Workers: 1, ServiceTime: service, Compute: compute, Backlog: 8}, nil)
		defer stop()
		before := processorTime(t)
		for range 10 {
			if answer, err := ask("tcp", s.Addr(), get); err != nil || !strings.HasPrefix(answer, "HTTP/1.1 200 ") {
				t.Fatalf("%q, %v", answer, err)
			}
		}
		return processorTime(t) - before
	}
	if slept, computed := used(false), used(true); computed < 10*service || slept > computed/2 {
		t.Errorf("10 × %v took %v of a processor, and asleep %v", service, computed, slept)
	}
	if _, err := Listen(Config{Address: "127.0.0.1:0", Workers: 1, Kind: Async, Compute: true}); err == nil {
		t.Error("an async worker computes")
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
