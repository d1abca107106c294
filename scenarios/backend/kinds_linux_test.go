package backend

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// together sends so many requests at once and returns how long all of them took: the best of a few times,
// because a busy machine only makes it longer.
func together(t *testing.T, address string, n int, enough time.Duration) (best time.Duration) {
	t.Helper()
	for i := range 4 {
		if took := once(t, address, n); i == 0 || took < best {
			best = took
		}
		if best <= enough {
			break
		}
	}
	return best
}

// once does it once.
func once(t *testing.T, address string, n int) time.Duration {
	t.Helper()
	began := time.Now()
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			if answer, err := ask("tcp", address, get); err != nil ||
				!strings.HasPrefix(answer, "HTTP/1.1 200 ") {
				t.Errorf("%q, %v", answer, err)
			}
		})
	}
	group.Wait()
	return time.Since(began)
}

// Eight requests of 100 ms take as many rounds as the kind has places for them: the shapes are 8, 4 and 1
// rounds.
func TestKindsWorkOnSoMuchAtOnce(t *testing.T) {
	const service = 100 * time.Millisecond
	for _, c := range []struct {
		config Config
		rounds int
	}{
		{Config{Workers: 1}, 8},
		{Config{Workers: 1, Kind: Threaded, Threads: 2}, 4},
		{Config{Workers: 1, Kind: Async}, 1},
		{Config{Workers: 1, Kind: Async, Connections: 2}, 4},
	} {
		c.config.ServiceTime, c.config.Backlog = service, 64
		s, stop := start(t, c.config, nil)
		least := time.Duration(c.rounds) * service
		if took := together(t, s.Addr(), 8, least+2*service); took < least || took > least+3*service {
			t.Errorf("%s, %d threads, %d connections: %v, want %v or a little more", c.config.Kind,
				c.config.Threads, c.config.Connections, took, least)
		}
		stop()
	}
}

// A worker without room leaves connections in the kernel's queue: with one connection and a backlog of 0, one
// is served, one waits, and a third gets nowhere.
func TestAsyncAcceptsNoFurtherThanItsConnections(t *testing.T) {
	s, _ := start(t, Config{Workers: 1, Kind: Async, Connections: 1, Backlog: 0, KeepAlive: time.Minute}, nil)
	made := 0
	for range 5 {
		c, err := net.DialTimeout("tcp", s.Addr(), 300*time.Millisecond)
		if err != nil {
			break
		}
		defer c.Close()
		made++
		time.Sleep(50 * time.Millisecond) // for the worker to accept what it may
	}
	if made != 2 {
		t.Errorf("%d connections were made, want 2", made)
	}
}

func TestKeepAlive(t *testing.T) {
	var stamps buffer
	s, stop := start(t, Config{Workers: 1, Kind: Threaded, KeepAlive: 500 * time.Millisecond, Body: 100_000,
		ServiceTime: time.Millisecond}, &stamps)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReader(conn)
	read := func(closed bool) {
		t.Helper()
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, resp.Body); n != 100_000 || err != nil || resp.Close != closed {
			t.Errorf("%d bytes, %v, closes: %v", n, err, resp.Close)
		}
	}
	// Two at once, the first with a body, then one that comes in pieces.
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"+get); err != nil {
		t.Fatal(err)
	}
	read(false)
	read(false)
	for _, piece := range []string{"POST / HT", "TP/1.1\r\nContent-Length: 5\r\n\r", "\nhe", "llo"} {
		_, _ = io.WriteString(conn, piece)
		time.Sleep(20 * time.Millisecond)
	}
	read(false)
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
	read(true)
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last answer: %v, want the end", err)
	}

	idle, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	_, _ = io.WriteString(idle, "GET /health HTTP/1.1\r\n\r\n")
	_ = idle.SetDeadline(time.Now().Add(5 * time.Second))
	began := time.Now()
	if text, err := io.ReadAll(idle); err != nil || !strings.Contains(string(text), "keep-alive") ||
		time.Since(began) < 400*time.Millisecond {
		t.Errorf("an idle connection: %q, %v after %v; want it kept for 500 ms", text, err, time.Since(began))
	}
	stop()
	if count, busy := stamps.sum(t); count != 4 || busy < 4*time.Millisecond {
		t.Errorf("stamped %d requests of %v, want 4", count, busy)
	}
}

// A worker's killer closes the connection without a word, and the worker is away for a while.
func TestKilledWorkers(t *testing.T) {
	s, _ := start(t, Config{
		Workers: 1, Backlog: 8, ServiceTime: time.Minute, KillAfter: 150 * time.Millisecond,
		Restart: 300 * time.Millisecond,
	}, nil)
	began := time.Now()
	answer, err := ask("tcp", s.Addr(), get)
	killed := time.Since(began)
	if answer != "" || err != nil || killed < 150*time.Millisecond || killed > 3*time.Second {
		t.Errorf("%q, %v after %v; want a closed connection after 150 ms", answer, err, killed)
	}
	if answer, err := ask("tcp", s.Addr(), "GET /health HTTP/1.1\r\n\r\n"); err != nil ||
		!strings.Contains(answer, " 200 ") {
		t.Errorf("the health check has %q, %v", answer, err)
	}
	if took := time.Since(began); took < 450*time.Millisecond {
		t.Errorf("the worker was back after %v, want 450 ms", took)
	}
}

func TestEndpointsAndFaults(t *testing.T) {
	var sick []Endpoint
	for _, text := range []string{"/slow=200ms", "/big=0s,body=300000", "/drop=0s,drop=1",
		"/partial=0s,body=100,partial=1", "/garbage=0s,garbage=1"} {
		var e Endpoint
		if err := e.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		sick = append(sick, e)
	}
	for _, kind := range []string{Sync, Async} {
		s, _ := start(t, Config{Workers: 1, Kind: kind, Backlog: 8, Endpoints: sick}, nil)
		get := func(path string) string {
			answer, err := ask("tcp", s.Addr(), "GET "+path+" HTTP/1.1\r\nConnection: close\r\n\r\n")
			if err != nil {
				t.Errorf("%s %s: %v", kind, path, err)
			}
			return answer
		}
		began := time.Now()
		if get("/slow"); time.Since(began) < 200*time.Millisecond {
			t.Errorf("%s: /slow took %v", kind, time.Since(began))
		}
		if n := len(get("/big")); n < 300_000 {
			t.Errorf("%s: /big has %d bytes", kind, n)
		}
		if answer := get("/drop"); answer != "" {
			t.Errorf("%s: /drop answers %q", kind, answer)
		}
		whole := len(response(200, 100, false))
		if answer := get("/partial"); len(answer) != whole*2/3 || !strings.HasPrefix(answer, "HTTP/1.1 200") {
			t.Errorf("%s: /partial answers %q", kind, answer)
		}
		if answer := get("/garbage"); answer != string(garbage) {
			t.Errorf("%s: /garbage answers %q", kind, answer)
		}
	}
}

// In a pause nobody accepts and nobody answers; it makes every request late that meets it.
func TestPausesStopEverybody(t *testing.T) {
	for _, kind := range []string{Sync, Async} {
		s, _ := start(t, Config{Workers: 2, Kind: kind, Backlog: 64, PauseEvery: 300 * time.Millisecond,
			PauseFor: 400 * time.Millisecond}, nil)
		longest := time.Duration(0)
		for began := time.Now(); time.Since(began) < 800*time.Millisecond; {
			at := time.Now()
			if _, err := ask("tcp", s.Addr(), get); err != nil {
				t.Error(err)
			}
			longest = max(longest, time.Since(at))
		}
		if longest < 300*time.Millisecond {
			t.Errorf("%s: the longest answer took %v, want most of a pause of 400 ms", kind, longest)
		}
	}
}

// The end of the server waits neither for work nor for an idle connection.
func TestEndOfConcurrentWorkers(t *testing.T) {
	for _, c := range []Config{{ServiceTime: time.Minute}, {KeepAlive: time.Minute}} {
		c.Workers, c.Kind, c.Backlog = 2, Threaded, 8
		s, stop := start(t, c, nil)
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			_, _ = ask("tcp", s.Addr(), get)
		}()
		time.Sleep(200 * time.Millisecond)
		stop() // fails if it takes longer than 3 s
		select {
		case <-answered:
		case <-time.After(3 * time.Second):
			t.Error("the connection is still open")
		}
	}
}
