package nginxlog

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const head = "2026/01/02 03:04:05 [error] 17#17: *42 "

// tail22 is how NGINX 1.22 ends a line about an upstream.
const tail22 = `, client: 127.0.0.1, server: , request: "GET /?n=1 HTTP/1.1", upstream: "http://127.0.0.1:8000/?n=1", host: "localhost:8080"`

func TestErrorClasses(t *testing.T) {
	const unixTail = `, client: 127.0.0.1, server: localhost, request: "GET / HTTP/1.1", upstream: "http://unix:/run/app.sock:/", host: "a"`
	for _, test := range []struct {
		line, class string
		errno       int
		phase       string
		upstream    string
	}{
		{"upstream timed out (110: Connection timed out) while connecting to upstream" + tail22,
			ConnectTimeout, 110, connecting, "127.0.0.1:8000"},
		{"upstream timed out (110: Connection timed out) while reading response header from upstream" +
			tail22, ReadTimeout, 110, readingHeader, "127.0.0.1:8000"},
		{"upstream timed out (110: Connection timed out) while reading upstream" + tail22, BodyTimeout, 110,
			readingBody, "127.0.0.1:8000"},
		{"upstream timed out (110: Connection timed out) while sending request to upstream" + tail22,
			SendTimeout, 110, sending, "127.0.0.1:8000"},
		{"upstream timed out (110: Connection timed out) while SSL handshaking to upstream" + tail22,
			OtherUpstream, 110, "SSL handshaking to upstream", "127.0.0.1:8000"},
		{"connect() to unix:/run/app.sock failed (11: Resource temporarily unavailable) while connecting to upstream" + unixTail, UnixQueueFull, 11, connecting, "unix:/run/app.sock"},
		{"connect() to unix:/run/app.sock failed (2: No such file or directory) while connecting to upstream" + unixTail, ConnectOther, 2, connecting, "unix:/run/app.sock"},
		{"connect() failed (104: Connection reset by peer) while connecting to upstream" + tail22,
			ConnectReset, 104, connecting, "127.0.0.1:8000"},
		{"connect() failed (111: Connection refused) while connecting to upstream" + tail22, ConnectRefused,
			111, connecting, "127.0.0.1:8000"},
		{"connect() to [::1]:8000 failed (101: Network is unreachable) while connecting to upstream",
			ConnectUnreachable, 101, connecting, ""},
		{"connect() failed (113: No route to host) while connecting to upstream" + tail22, ConnectUnreachable,
			113, connecting, "127.0.0.1:8000"},
		{"connect() to 127.0.0.1:8000 failed (99: Cannot assign requested address) while connecting to upstream" + tail22, NoLocalPort, 99, connecting, "127.0.0.1:8000"},
		{"recv() failed (104: Connection reset by peer) while reading response header from upstream" + tail22,
			RecvReset, 104, readingHeader, "127.0.0.1:8000"},
		{"recv() failed (104: Connection reset by peer) while reading upstream" + tail22, BodyReset, 104,
			readingBody, "127.0.0.1:8000"},
		{"writev() failed (32: Broken pipe) while sending request to upstream" + tail22, SendReset, 32,
			sending, "127.0.0.1:8000"},
		{"upstream prematurely closed connection while reading response header from upstream" + tail22,
			PrematureClose, 0, readingHeader, "127.0.0.1:8000"},
		{"upstream prematurely closed connection while reading upstream" + tail22, BodyPrematureClose, 0,
			readingBody, "127.0.0.1:8000"},
		{`upstream prematurely closed FastCGI stdout while reading response header from upstream, client: 127.0.0.1, server: , request: "GET / HTTP/1.1", upstream: "fastcgi://unix:/run/php.sock:", host: "a"`, PrematureClose, 0, readingHeader, "unix:/run/php.sock"},
		{`no live upstreams while connecting to upstream, client: 127.0.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://backend/", host: "a"`, NoLiveUpstreams, 0, connecting, "backend"},
		{"upstream server temporarily disabled while connecting to upstream" + tail22, PeerDisabled, 0,
			connecting, "127.0.0.1:8000"},
		{"1024 worker_connections are not enough while connecting to upstream" + tail22, WorkerConnections, 0,
			connecting, "127.0.0.1:8000"},
		{"1024 worker_connections are not enough", WorkerConnections, 0, "", ""},
		{"1024 worker_connections are not enough, reusing connections", WorkerConnectionsLow, 0, "", ""},
		{"socket() failed (24: Too many open files) while connecting to upstream" + tail22, NoFD, 24,
			connecting, "127.0.0.1:8000"},
		{"accept4() failed (24: Too many open files)", NoFD, 24, "", ""},
		{"client prematurely closed connection, so upstream connection is closed too (104: Connection reset by peer) while sending request to upstream" + tail22, ClientClosed, 104, sending, "127.0.0.1:8000"},
		{"epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too while connecting to upstream" + tail22, ClientClosed, 0, connecting, "127.0.0.1:8000"},
		{"epoll_wait() reported that client prematurely closed connection while sending to client" + tail22,
			ClientClosed, 0, "sending to client", "127.0.0.1:8000"},
		{`upstream sent no valid HTTP/1.0 header while reading response header from upstream` + tail22,
			OtherUpstream, 0, readingHeader, "127.0.0.1:8000"},
		{"bind(10.0.0.1) failed (99: Cannot assign requested address) while connecting to upstream" + tail22,
			NoLocalPort, 99, connecting, "127.0.0.1:8000"},
		{"bind(10.0.0.1) failed (98: Address already in use) while connecting to upstream" + tail22,
			NoLocalPort, 98, connecting, "127.0.0.1:8000"},
		{"peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking to upstream" + tail22, OtherUpstream, 104, "SSL handshaking to upstream", "127.0.0.1:8000"},
		{`limiting requests, excess: 5.320 by zone "one", client: 127.0.0.1, server: , request: "GET / HTTP/1.1", host: "a"`, Limited, 0, "", ""},
		{`limiting connections by zone "addr", client: 127.0.0.1, server: , request: "GET / HTTP/1.1", host: "a"`, Limited, 0, "", ""},
		{"SSL_do_handshake() failed (SSL: error:0A000086:SSL routines::certificate verify failed) while SSL handshaking to upstream" + tail22, OtherUpstream, 0, "SSL handshaking to upstream", "127.0.0.1:8000"},
	} {
		l, ok := ParseError([]byte(head + test.line + "\n"))
		if !ok || l.Class != test.class || l.Errno != test.errno || l.Phase != test.phase ||
			l.Upstream != test.upstream {
			t.Errorf("%s\n got %v %+v", test.line, ok, l)
		}
		if l.Source != "nginx.error" || l.Level != "error" || !strings.HasPrefix(test.line, l.Text) ||
			l.Text == "" {
			t.Errorf("%s\n got %+v", test.line, l)
		}
		if !known(l.Class) {
			t.Errorf("%s is no class", l.Class)
		}
	}
}

// What is no line of interest: other messages, other programs, and lines whose client-made part reads
// like a message of interest.
func TestErrorLinesLeftAlone(t *testing.T) {
	const bait = "upstream timed out (110: Connection timed out) while connecting to upstream, client: 1.2.3.4"
	for _, line := range []string{
		"",
		"upstream timed out (110: Connection timed out) while connecting to upstream",
		head,
		head + `open() "/srv/` + bait + `" failed (2: No such file or directory), client: 127.0.0.1`,
		head + `client sent invalid request while reading client request line, client: 127.0.0.1, server: , request: "` + bait + `"`,
		head + "recv() failed (104: Connection reset by peer) while waiting for request, client: 127.0.0.1, server: 0.0.0.0:80",
		head + "socket() failed (97: Address family not supported by protocol) while connecting to upstream",
		head + "bind() to 0.0.0.0:80 failed (98: Address already in use)",
		head + "peer closed connection in SSL handshake while SSL handshaking, client: 127.0.0.1, server: 0.0.0.0:443",
		head + "accept4() failed (103: Software caused connection abort)",
		head + " worker_connections are not enough",
		"2026/01/02 03:04:05 [shout] 17#17: *42 " + bait,
		"2026/01/02 03:04:05 [notice] 17#17: signal 15 (SIGTERM) received from 1, exiting",
		"2026/01/02 03:04:05 [error] no pid here " + bait,
		`127.0.0.1 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 504 0 "-" "` + bait + `"`,
	} {
		if l, ok := ParseError([]byte(line)); ok {
			t.Errorf("%q is taken for %+v", line, l)
		}
	}
}

func TestHostileText(t *testing.T) {
	line := head + "upstream sent invalid header: \"x\x1b[2J\x00\x07\u202e\u2028\tend\xff\" while reading response header from upstream, client: 127.0.0.1"
	l, ok := ParseError([]byte(line))
	if want := "upstream sent invalid header: \"x[2J end\ufffd\" while reading response header from upstream, client: 127.0.0.1"; !ok || l.Text != want {
		t.Errorf("%q", l.Text)
	}
	l, ok = ParseError([]byte(head + "upstream sent invalid header: " + strings.Repeat("é", 5000)))
	if !ok || len(l.Text) > maxText || !utf8.ValidString(l.Text) {
		t.Errorf("%v %d bytes", ok, len(l.Text))
	}
	// A request that ends in what looks like NGINX's own field: the first field wins, and it is NGINX's.
	l, _ = ParseError([]byte(head +
		`upstream timed out (110: x) while connecting to upstream, client: 1.2.3.4, server: , request: "GET / HTTP/1.1", upstream: "http://10.0.0.1:80/", host: "a", referrer: ", upstream: "http://evil/"`))
	if l.Upstream != "10.0.0.1:80" {
		t.Errorf("upstream %q", l.Upstream)
	}
}

func access(status, addr, upstream, connect, header string) string {
	return strings.NewReplacer(
		"$request_id", "0123456789abcdef", "$http_x_request_id", "7", "$status", status, "$request_time",
		"0.903", "$msec", "1700000000.123",
		"$upstream_addr", addr, "$upstream_status", upstream, "$upstream_connect_time", connect,
		"$upstream_header_time", header, "$upstream_response_time", "0.900").Replace(AccessFormat)
}

func TestAccessClasses(t *testing.T) {
	const a, b = "127.0.0.1:8000", "127.0.0.1:8001"
	for _, test := range []struct{ line, class, upstream string }{
		{access("200", a, "200", "0.000", "0.021"), "200/200/response", a},
		{access("504", a, "504", "-", "-"), "504/504/connect", a},
		{access("504", a, "504", "0.000", "-"), "504/504/header", a},
		{access("502", "unix:/run/app.sock", "502", "-", "-"), "502/502/connect", "unix:/run/app.sock"},
		{access("502", a, "502", "0.001", "-"), "502/502/header", a},
		{access("499", a, "-", "0.001", "-"), "499/-/header", a},
		{access("499", a, "-", "-", "-"), "499/-/connect", a},
		{access("404", "", "", "", ""), "404/-/none", ""},
		{access("200", a+", "+b, "504, 200", "-, 0.000", "-, 0.020"), "200/200/response/retried", b},
		{access("502", a+", "+b, "504, 502", "0.000, -", "-, -"), "502/502/connect/retried", b},
		{access("200", a+" : "+b, "404 : 200", "0.000 : 0.000", "0.001 : 0.001"), "200/200/response/retried",
			b},
		{access("<b>", a, "99999", "0.000", "0.001"), "-/-/response", a},
	} {
		l, ok := ParseAccess([]byte(test.line))
		if !ok || l.Class != test.class || l.Upstream != test.upstream || l.Source != "nginx.access" {
			t.Errorf("%s\n got %v %+v", test.line, ok, l)
		}
		if !known(l.Class) {
			t.Errorf("%s is no class", l.Class)
		}
	}
	for _, line := range []string{"", "{}", "null", "[]", `{"status":504,"upstream_addr":""}`,
		`{"status":"200"}`, "127.0.0.1 - - [02/Jan/2026] \"GET /\" 200",
		`{"status":"200","upstream_addr":"` + strings.Repeat("a", maxLine) + `"}`} {
		if l, ok := ParseAccess([]byte(line)); ok {
			t.Errorf("%.80q is taken for %+v", line, l)
		}
	}
}

// known reports whether a class is one of the error log, or has the form of those of the access log.
func known(class string) bool {
	return slices.Contains(Classes(), class) || ofAccess.MatchString(class)
}

var ofAccess = regexp.MustCompile(`^(-|\d{3})/(-|\d{3})/(none|connect|header|response)(/retried)?$`)

func TestClasses(t *testing.T) {
	if list := Classes(); len(list) != 23 || !slices.IsSorted(list) || len(slices.Compact(list)) != 23 {
		t.Errorf("%d classes, or not each once by name: %v", len(list), list)
	}
}

func FuzzParse(f *testing.F) {
	for _, k := range kinds {
		f.Add([]byte(head + k.prefix + k.upto + " (110: Connection timed out) while connecting to upstream" +
			tail22))
	}
	f.Add([]byte(access("504", "a, b", "504, 200", "-, 0.1", "-, 0.2")))
	f.Add([]byte(head + "upstream timed out" + poison[1] + poison[11]))
	f.Fuzz(harmless)
}
