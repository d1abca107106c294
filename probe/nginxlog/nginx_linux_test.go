package nginxlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// TestRealNGINX makes a real NGINX fail in the ways that matter, and expects the lines that it writes to
// be followed and understood.
func TestRealNGINX(t *testing.T) {
	dir := labtest.ShortDir(t)
	unixQueue := filepath.Join(dir, "full.sock")
	bound, full, idle := tcpSocket(t, -1), tcpSocket(t, 0), tcpSocket(t, 16)
	fill(t, full, 1)
	fillUnix(t, unixQueue)
	closing := backend(t, func(c *net.TCPConn) {})
	resetting := backend(t, func(c *net.TCPConn) { c.SetLinger(0) })
	serving := backend(t, func(c *net.TCPConn) {
		io.WriteString(c,
			"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
	})

	conf := fmt.Sprintf(`
  log_format weir escape=json '%[1]s'; access_log DIR/access.log weir;
  proxy_connect_timeout 300ms; proxy_read_timeout 300ms;
  limit_req_zone $request_method zone=one:64k rate=1r/m;
  upstream retried { server %[2]s max_fails=0; server %[6]s backup; }
  upstream dead { server %[2]s; server 127.0.0.2:1; }
  server {
    listen unix:DIR/front.sock;
    location /refused { proxy_pass http://%[2]s; }
    location /full    { proxy_pass http://%[3]s; }
    location /unix    { proxy_pass http://unix:DIR/full.sock:; }
    location /idle    { proxy_pass http://%[4]s; }
    location /gone    { proxy_pass http://%[4]s; proxy_read_timeout 10s; }
    location /close   { proxy_pass http://%[5]s; }
    location /reset   { proxy_pass http://%[7]s; }
    location /retry   { proxy_pass http://retried; }
    location /dead    { proxy_pass http://dead; }
    location /limited { limit_req zone=one; proxy_pass http://%[6]s; }
    location /none    { return 404; }
  }`, AccessFormat, bound, full, idle, closing, serving, resetting)
	errorsSeen, accessSeen := watch(t, filepath.Join(dir, "error.log"), ParseError),
		watch(t, filepath.Join(dir, "access.log"), ParseAccess)
	socket := labtest.RunNGINX(t, dir, conf)

	get(t, socket, "/limited", 5*time.Second) // the one that is let through
	accessSeen.want(t, "/limited", "200/200/response", serving)
	for _, test := range []struct {
		url           string
		class, access string
		upstream      string
	}{
		{"/refused", ConnectRefused, "502/502/connect", bound},
		{"/full", ConnectTimeout, "504/504/connect", full},
		{"/unix", UnixQueueFull, "502/502/connect", "unix:" + unixQueue},
		{"/idle", ReadTimeout, "504/504/header", idle},
		{"/gone", ClientClosed, "499/-/header", idle}, // the client waits 200 ms
		{"/close", PrematureClose, "502/502/header", closing},
		{"/reset", RecvReset, "502/502/header", resetting},
		{"/retry", ConnectRefused, "200/200/response/retried", serving},
		{"/limited", Limited, "503/-/none", ""},
		{"/dead", ConnectRefused, "502/502/connect/retried", ""},
		{"/dead", NoLiveUpstreams, "502/502/connect", "dead"},
		{"/none", "", "404/-/none", ""},
	} {
		timeout := 5 * time.Second
		if test.url == "/gone" {
			timeout = 200 * time.Millisecond
		}
		get(t, socket, test.url, timeout)
		if test.class != "" {
			errorsSeen.want(t, test.url, test.class, "")
		}
		accessSeen.want(t, test.url, test.access, test.upstream)
	}
	retried(t, accessSeen.raw, bound, serving)
}

// retried looks at the line of the request that the first peer refused: NGINX's own lists.
func retried(t *testing.T, lines []string, refusing, serving string) {
	t.Helper()
	for _, line := range lines {
		r, ok := ParseRequest([]byte(line))
		if !ok || r.Class() != "200/200/response/retried" {
			continue
		}
		if len(r.Tries) != 2 || r.Tries[0].Addr != refusing || r.Tries[0].Status != 502 ||
			r.Tries[0].Connect != nil ||
			r.Tries[1].Addr != serving || r.Tries[1].Status != 200 || r.Tries[1].Connect == nil ||
			r.Tries[1].Header == nil {
			t.Errorf("of %s\n got %+v", line, r)
		}
		if !strings.Contains(line, `"upstream_status":"502, 200"`) || r.Took == nil || r.Ended == nil ||
			time.Since(time.Unix(0, 0).Add(*r.Ended)).Abs() > time.Minute {
			t.Errorf("%s\n is not the line that was meant: %+v", line, r)
		}
		return
	}
	t.Errorf("no line of a retried request among\n%s", strings.Join(lines, "\n"))
}

// seen are the lines that a log brought.
type seen struct {
	mu    sync.Mutex
	lines []Line
	raw   []string
}

func watch(t *testing.T, path string, parse func([]byte) (Line, bool)) *seen {
	s := &seen{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		done <- Follow(ctx, path, 5*time.Millisecond, func(b []byte) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.raw = append(s.raw, string(b))
			if l, ok := parse(b); ok {
				s.lines = append(s.lines, l)
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// want waits for a line of the class, and forgets all lines up to it.
func (s *seen) want(t *testing.T, url, class, upstream string) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		for i, l := range s.lines {
			if l.Class == class && (upstream == "" || l.Upstream == upstream) {
				s.lines = s.lines[i+1:]
				s.mu.Unlock()
				return
			}
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Errorf("%s: no %s from %q; the log:\n%s", url, class, upstream, strings.Join(s.raw, "\n"))
}

func get(t *testing.T, socket, url string, timeout time.Duration) {
	t.Helper()
	client := clientOf(socket)
	client.Timeout = timeout
	resp, err := client.Get("http://weir" + url)
	if err == nil {
		resp.Body.Close()
	} else if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s: %v", url, err)
	}
}

// tcpSocket binds to a free loopback port and listens with the backlog given, or not at all if it is
// negative. Nothing accepts.
func tcpSocket(t *testing.T, backlog int) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if backlog >= 0 {
		err = errors.Join(err, unix.Listen(fd, backlog))
	}
	sa, err2 := unix.Getsockname(fd)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", sa.(*unix.SockaddrInet4).Port)
}

func fill(t *testing.T, addr string, n int) {
	t.Helper()
	for range n {
		c, err := net.DialTimeout("tcp", addr, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
}

func fillUnix(t *testing.T, path string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
}

// backend reads a request, does what it is told with the connection, and closes it.
func backend(t *testing.T, answer func(*net.TCPConn)) string {
	t.Helper()
	return labtest.Serve(t, "tcp", func(c net.Conn) {
		c.Read(make([]byte, 4096))
		answer(c.(*net.TCPConn))
	}).Addr().String()
}
