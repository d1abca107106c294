package conformance

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
)

// framings are responses whose end is not where it is easily taken to be. Each leaves its connection in
// order, so that one which is read to a wrong end spoils the request after it.
var framings = []struct {
	name, method, text string
	status             int
}{
	{"Content-Length", "GET", alive, 200},
	{"empty", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200},
	{"chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0A\r\n0123456789\r\n0\r\n\r\n", 200},
	{"chunk extension and trailer", "GET",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2;a=b\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n", 200},
	{"100 before", "POST", "HTTP/1.1 100 Continue\r\n\r\n" + alive, 200},
	{"103 before", "GET", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n" + alive, 200},
	{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", 200},
	{"HEAD of chunks", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200},
	// RFC 9112 section 6.3
	{"204 with a length", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 100\r\n\r\n", 204},
	// and item 5 of that
	{"the same length twice", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
		200},
	{"a list of the same length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", 200},
	{"bare line feeds", "GET", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200}, // section 2.2
	{"a later minor version", "GET", "HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok", 200},
	{"a head larger than a buffer", "GET", "HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 20<<10) +
		"\r\n" + strings.Repeat("Set-Cookie: a=b\r\n", 1<<10) + "Content-Length: 2\r\n\r\nok", 200},
	{"304 with a length", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", 304},
}

// framing sends each response whole and byte by byte.
func framing(t *testing.T, open Open) {
	for _, f := range framings {
		whole := func(v *visit, text string) { _, _ = io.WriteString(v, text) }
		for name, say := range map[string]func(*visit, string){"whole": whole,
			"byte by byte": (*visit).spell} {
			t.Run(f.name+" "+name, func(t *testing.T) {
				t.Parallel()
				s := serve(t, "tcp", func(v *visit) {
					for v.head() {
						say(v, f.text)
					}
				})
				target := again(s)
				target.Method = f.method
				r := offer(t, open, target, few)
				r.check(t, 0, f.status, loadgen.OK)
				checkConnections(t, s, r)
				if n, most := int(s.accepted.Load()), 2+r.overlapping(); n > most {
					t.Errorf("%d requests took %d connections, want at most %d", fewCount, n, most)
				}
			})
		}
	}
}

// spell sends text a byte at a time, a long one in longer pieces.
func (v *visit) spell(text string) {
	const most = 400 // pieces
	for b := range slices.Chunk([]byte(text), 1+len(text)/most) {
		_, _ = v.Write(b)
		time.Sleep(50 * time.Microsecond) // the client is to find the byte alone
	}
}
