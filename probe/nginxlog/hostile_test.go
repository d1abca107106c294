package nginxlog

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestFacts has a line of each mechanism as NGINX writes it, with its level: what tells them apart is the
// message, the errno and the phase, and each of the three alone would not do.
func TestFacts(t *testing.T) {
	const (
		inConnect = " while connecting to upstream"
		inHeader  = " while reading response header from upstream"
		onUnix    = `, client: 127.0.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://unix:/run/app.sock:/", host: "a"`
	)
	for _, test := range []struct{ level, line, class string }{
		{"error", "upstream timed out (110: Connection timed out)" + inConnect + tail22, ConnectTimeout},
		{"error", "upstream timed out (110: Connection timed out)" + inHeader + tail22, ReadTimeout},
		{"error", "connect() to unix:/run/app.sock failed (11: Resource temporarily unavailable)" +
			inConnect + onUnix, UnixQueueFull},
		{"crit", "connect() to unix:/run/app.sock failed (2: No such file or directory)" + inConnect + onUnix,
			ConnectOther},
		{"error", "connect() to unix:/run/app.sock failed (111: Connection refused)" + inConnect + onUnix,
			ConnectRefused},
		{"crit", "connect() to unix:/run/app.sock failed (13: Permission denied)" + inConnect + onUnix,
			ConnectOther},
		// no queue: it is TCP
		{"error", "connect() to 127.0.0.1:8000 failed (11: Resource temporarily unavailable)" + inConnect +
			tail22, ConnectOther},
		{"error", "connect() failed (104: Connection reset by peer)" + inConnect + tail22, ConnectReset},
		{"error", "connect() failed (110: Connection timed out)" + inConnect + tail22, ConnectTimeout},
		{"error", "recv() failed (104: Connection reset by peer)" + inHeader + tail22, RecvReset},
		{"error", "upstream prematurely closed connection" + inHeader + tail22, PrematureClose},
		{"error", "connect() failed (111: Connection refused)" + inConnect + tail22, ConnectRefused},
		{"crit", "connect() to 127.0.0.1:8000 failed (99: Cannot assign requested address)" + inConnect +
			tail22, NoLocalPort},
		{"error", "no live upstreams" + inConnect + tail22, NoLiveUpstreams},
		{"alert", "512 worker_connections are not enough" + inConnect + tail22, WorkerConnections},
		{"alert", "512 worker_connections are not enough", WorkerConnections},
		{"alert", "socket() failed (24: Too many open files)" + inConnect + tail22, NoFD},
		{"crit", "accept4() failed (24: Too many open files)", NoFD},
		{"info", "client prematurely closed connection, so upstream connection is closed too" + inHeader +
			tail22, ClientClosed},
		{"info", "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too" + inConnect + tail22, ClientClosed},
		{"info", "client 127.0.0.1 closed keepalive connection", ""},
		{"info", "recv() failed (104: Connection reset by peer) while waiting for request, client: 127.0.0.1, server: 0.0.0.0:80", ""},
	} {
		l, ok := ParseError([]byte(strings.Replace(head, "error", test.level, 1) + test.line))
		if ok != (test.class != "") || l.Class != test.class || ok && l.Level != test.level {
			t.Errorf("[%s] %s\n is %q, want %q (%+v)", test.level, test.line, l.Class, test.class, l)
		}
	}
	listed := Classes()
	for _, k := range []string{ConnectTimeout, UnixQueueFull, PrematureClose, NoLocalPort, NoFD,
		ClientClosed} {
		if !slices.Contains(listed, k) {
			t.Errorf("%s is not listed", k)
		}
	}
}

// poison is what clients and servers put into what NGINX logs of them.
var poison = []string{
	"\x00", "\x1b[2J", "\x1b]0;title\a", "\x9b31m", "\xff\xfe", "\xc3", "\u202e", "\u2028", "\ufeff", "\r",
	"\t", "<script>alert(1)</script>", `" onload="x`, "| a | b |", "`", "](javascript:x)",
	`, upstream: "http://evil/"`, " while connecting to upstream", " (11: x)", "(", ")", `"`, `\`, `\u0000`,
	": ", ", ", " : ", "unix:", "://", "-", "99999999999999999999", "127.0.0.1:8000",
	strings.Repeat("A", 64<<10), strings.Repeat("é", 300), strings.Repeat("1, ", 5000),
}

// TestPoisonedLines puts those into lines of every kind, anywhere and again and again: what comes out is
// bounded and clean.
func TestPoisonedLines(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 0))
	var bases []string
	for _, k := range kinds {
		bases = append(bases, head+k.prefix+k.upto+
			" (110: Connection timed out) while connecting to upstream"+tail22)
	}
	for _, addr := range []string{"127.0.0.1:8000", "a, b", "a, b : c"} {
		bases = append(bases, access("504", addr, "504, 200", "-, 0.001", "-, 0.002"))
	}
	for i := range 6000 {
		line := bases[i%len(bases)]
		for range 1 + random.IntN(3) {
			at, n := random.IntN(len(line)+1), random.IntN(4)
			line = line[:at] + poison[random.IntN(len(poison))] + line[min(at+n, len(line)):]
		}
		harmless(t, []byte(line))
		if t.Failed() {
			t.Fatalf("by %.300q", line)
		}
	}
}

// harmless parses a line as one of both logs and looks at all that came of it.
func harmless(t *testing.T, line []byte) {
	t.Helper()
	for _, parse := range []func([]byte) (Line, bool){ParseError, ParseAccess} {
		l, ok := parse(line)
		if !ok {
			continue
		}
		if l.Source == "" || !known(l.Class) || l.Errno < 0 {
			t.Errorf("no class: %+v", l)
		}
		for what, n := range map[string]int{l.Text: maxText, l.Phase: maxName, l.Upstream: maxName +
			len("unix:"), l.Class: maxName, l.Level: 6} {
			if err := tidy(what, n); err != nil {
				t.Error(err)
			}
		}
	}
	if r, ok := ParseRequest(line); ok {
		if len(r.Tries) > maxTries || r.More < 0 || r.Status < 0 || r.Status > 999 ||
			tidy(r.ID, maxName) != nil || tidy(r.Class(), maxName) != nil {
			t.Errorf("unbounded: %+v", r)
		}
		for _, x := range r.Tries {
			c, h, b := x.Spent()
			if err := tidy(x.Addr, maxName); err != nil || c < 0 || h < 0 || b < 0 {
				t.Errorf("try %+v: %v %v %v %v", x, c, h, b, err)
			}
		}
	}
}

// tidy says what is wrong with a text that is kept for people.
func tidy(s string, most int) error {
	bad := func(r rune) bool {
		return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0x2028 || r == 0xfeff
	}
	if len(s) > most || !utf8.ValidString(s) || strings.ContainsFunc(s, bad) {
		return fmt.Errorf("%d bytes, not clean: %.100q", len(s), s)
	}
	return nil
}
