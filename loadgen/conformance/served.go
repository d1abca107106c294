package conformance

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/loadgen"
)

// answer is a server that reads the request and sends text, then leaves the connection as an
// ill-mannered server does: open, until the client has closed it. So a client that waits for more than
// the response says runs into its timeout.
func answer(text string) func(*visit) {
	return func(v *visit) {
		if v.head() {
			v.say(text)
			v.hang()
		}
	}
}

// breakOff is a server that sends text and closes in order.
func breakOff(text string) func(*visit) {
	return func(v *visit) {
		if v.head() {
			v.say(text)
		}
	}
}

// ending is a way for a server to end a request that it has accepted, and what an engine has to call it.
type ending struct {
	name    string
	handle  func(*visit)
	want    loadgen.Outcome
	errno   syscall.Errno
	status  int
	tcpOnly bool
	adjust  func(*loadgen.Target)
}

var cases = []ending{
	{name: "ok", handle: answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), want: loadgen.OK,
		status: 200},
	{name: "ok chunked", handle: answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), want: loadgen.OK, status: 200},
	{name: "ok until close", handle: breakOff("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"),
		want: loadgen.OK, status: 200},
	{name: "ok HTTP/1.0", handle: breakOff("HTTP/1.0 200 OK\r\n\r\nhello"), want: loadgen.OK, status: 200},
	{name: "ok after 103", handle: answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), want: loadgen.OK, status: 200},
	{name: "204 has no body", handle: answer("HTTP/1.1 204 No Content\r\n\r\n"), want: loadgen.OK,
		status: 204},
	{name: "304 has no body", handle: answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n"),
		want: loadgen.OK, status: 304},
	{name: "HEAD has no body", handle: answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
		want: loadgen.OK, status: 200,
		adjust: func(t *loadgen.Target) { t.Method = "HEAD" }},
	{name: "http_4xx", handle: answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
		want: loadgen.HTTP4xx, status: 404},
	{name: "http_500", handle: answer("HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"), want: loadgen.HTTP500,
		status: 500},
	{name: "http_502", handle: answer("HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n"), want: loadgen.HTTP502,
		status: 502},
	{name: "http_503", handle: answer("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n"), want: loadgen.HTTP503,
		status: 503},
	{name: "http_504", handle: answer("HTTP/1.1 504 X\r\nContent-Length: 0\r\n\r\n"), want: loadgen.HTTP504,
		status: 504},
	{name: "http_5xx_other", handle: answer("HTTP/1.1 507 X\r\nContent-Length: 0\r\n\r\n"),
		want: loadgen.HTTP5xxOther, status: 507},

	{name: "RST before response", handle: func(v *visit) { v.head(); v.reset() },
		want: loadgen.ResetBeforeResponse, errno: syscall.ECONNRESET, tcpOnly: true},
	{name: "FIN before response", handle: func(v *visit) { v.head() }, want: loadgen.ClosedBeforeResponse},
	{name: "RST mid response", handle: func(v *visit) { v.head(); v.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"); v.reset() },
		want: loadgen.ResetMidResponse, errno: syscall.ECONNRESET, status: 200, tcpOnly: true},
	{name: "RST mid body until close",
		handle: func(v *visit) { v.head(); v.say("HTTP/1.1 200 OK\r\n\r\nhello"); v.reset() },
		want:   loadgen.ResetMidResponse, errno: syscall.ECONNRESET, status: 200, tcpOnly: true},
	{name: "truncated body", handle: breakOff("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"),
		want: loadgen.Truncated, status: 200},
	{name: "truncated head", handle: breakOff("HTTP/1.1 200 OK\r\nContent-Le"), want: loadgen.Truncated},
	{name: "truncated status line", handle: breakOff("HTT"), want: loadgen.Truncated},
	{name: "truncated chunk", handle: breakOff("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"), want: loadgen.Truncated, status: 200},
	{name: "truncated between chunks",
		handle: breakOff("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
		want:   loadgen.Truncated, status: 200},
	{name: "truncated last chunk",
		handle: breakOff("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"),
		want:   loadgen.Truncated, status: 200},

	{name: "never answers", handle: func(v *visit) { v.head(); v.hang() }, want: loadgen.ResponseTimeout,
		adjust: impatient},
	{name: "never ends", handle: answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"),
		want: loadgen.ResponseTimeout, status: 200, adjust: impatient},

	{name: "garbage", handle: answer("SSH-2.0-OpenSSH_9.2\r\n"), want: loadgen.BadResponse},
	{name: "garbage and close", handle: breakOff("garbage"), want: loadgen.BadResponse},
	{name: "garbage chunk", handle: answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
		want: loadgen.BadResponse, status: 200},
	{name: "two lengths", handle: answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), want: loadgen.BadResponse},
	{name: "two lengths in a list", handle: answer("HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello"),
		want: loadgen.BadResponse},
	{name: "a space before the colon", handle: answer("HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello"),
		want: loadgen.BadResponse},
	{name: "another version", handle: answer("HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
		want: loadgen.BadResponse},
	{name: "an empty line before", handle: answer("\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
		want: loadgen.BadResponse},
	{name: "interim responses without end",
		handle: answer(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20)), want: loadgen.BadResponse},
	{name: "no such status", handle: answer("HTTP/1.1 700 X\r\nContent-Length: 0\r\n\r\n"),
		want: loadgen.BadResponse, status: 700},
	{name: "head too large", handle: answer("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)),
		want: loadgen.BadResponse},
	{name: "body too large", handle: answer("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\nhello"),
		want: loadgen.BadResponse, status: 200},
	{name: "chunks too large", handle: answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello!\r\n6\r\nhello!\r\n"), want: loadgen.BadResponse, status: 200,
		adjust: func(t *loadgen.Target) { t.MaxBody = 10 }},
}

func impatient(t *loadgen.Target) { t.Timeout = 150 * time.Millisecond }

// served provokes what a server does after it has accepted, over TCP and over a unix socket.
func served(t *testing.T, open Open) {
	provoke(t, open, cases, (*server).target, func(t *testing.T, s *server, target loadgen.Target) {
		checkHead(t, <-s.heads, target)
	})
}

// provoke offers a few requests to each case's server, reached as at says; asked checks what the server was
// asked.
func provoke(t *testing.T, open Open, cases []ending, at func(*server) loadgen.Target,
	asked func(*testing.T, *server, loadgen.Target)) {
	for _, c := range cases {
		for _, network := range []string{"tcp", "unix"} {
			if network == "unix" && c.tcpOnly {
				continue
			}
			t.Run(c.name+" "+network, func(t *testing.T) {
				t.Parallel()
				s := serve(t, network, c.handle)
				target := at(s)
				if c.adjust != nil {
					c.adjust(&target)
				}
				r := offer(t, open, target, few)
				r.check(t, c.errno, c.status, c.want)
				if n := s.accepted.Load(); n != fewCount {
					t.Errorf("%d requests were %d attempts at the server", fewCount, n)
				}
				asked(t, s, target)
				checkPorts(t, r, network)
			})
		}
	}
	t.Run("RST at accept", func(t *testing.T) {
		t.Parallel()
		s := serve(t, "tcp", (*visit).reset)
		// Where the RST overtakes the answer to connect(), it is that which fails: both names are true.
		offer(t, open, s.target(), few).check(t, syscall.ECONNRESET, 0, loadgen.ResetBeforeResponse,
			loadgen.ConnectReset)
		if n := s.accepted.Load(); n != fewCount {
			t.Errorf("%d requests were %d attempts at the server", fewCount, n)
		}
	})
}

// checkHead checks the request that the server read.
func checkHead(t *testing.T, head string, target loadgen.Target) {
	t.Helper()
	if line, _, _ := strings.Cut(head, "\r\n"); line != or(target.Method, "GET")+" /path?q=1 HTTP/1.1" {
		t.Errorf("the request line is %q", line)
	}
	for _, want := range []string{"\r\nHost: conformance.test\r\n", "\r\nConnection: close\r\n"} {
		if !strings.Contains(head, want) {
			t.Errorf("the request lacks %q: %q", want, head)
		}
	}
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// checkPorts checks that no two requests shared a connection.
func checkPorts(t *testing.T, r *Results, network string) {
	t.Helper()
	seen := map[int]bool{}
	for _, res := range r.All {
		switch {
		case network == "unix" && res.LocalPort != 0, network == "tcp" && (res.LocalPort == 0 ||
			seen[res.LocalPort]):
			t.Errorf("request %d has local port %d", res.Seq, res.LocalPort)
		case res.Reused:
			t.Errorf("request %d reused a connection", res.Seq)
		}
		seen[res.LocalPort] = true
	}
}
