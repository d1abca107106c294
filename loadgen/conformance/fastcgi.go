package conformance

import (
	"encoding/binary"
	"io"
	"net/http"
	nethttp "net/http/fcgi"
	"strings"
	"syscall"
	"testing"

	"weir/loadgen"
	"weir/scenarios/lab/labtest"
)

// RunFastCGI runs the part of the suite that a server's protocol matters to, for engines that speak FastCGI.
func RunFastCGI(t *testing.T, open func(loadgen.Target) (loadgen.Engine, error)) {
	group(t, "served", open, servedFastCGI)
	group(t, "real", open, realFastCGI)
	group(t, "kept", open, keptFastCGI)
}

// asked reads one FastCGI request, up to the empty record that ends its standard input.
func (v *visit) asked() bool {
	var header [8]byte
	for {
		if _, err := io.ReadFull(v.reader, header[:]); err != nil {
			v.end = err
			return false
		}
		length := int64(binary.BigEndian.Uint16(header[4:])) + int64(header[6])
		if _, err := io.CopyN(io.Discard, v.reader, length); err != nil {
			v.end = err
			return false
		}
		if header[1] == 5 && length == 0 { // FCGI_STDIN
			v.server.requests.Add(1)
			return true
		}
	}
}

// record frames what a FastCGI server says.
func record(kind byte, content string) string {
	return string([]byte{1, kind, 0, 1, byte(len(content) >> 8), byte(len(content)), 0, 0}) + content
}

const (
	fcgiOut = 6
	fcgiErr = 7
)

var fcgiEnd = record(3, strings.Repeat("\x00", 8))

// says is a server that answers and leaves the connection open; leaves is one that closes it; resets one that
// resets it.
func says(text string) func(*visit) {
	return func(v *visit) { v.asked(); v.say(text); v.hang() }
}
func leaves(text string) func(*visit) {
	return func(v *visit) { v.asked(); v.say(text) }
}
func resets(text string) func(*visit) {
	return func(v *visit) { v.asked(); v.say(text); v.reset() }
}

var casesFastCGI = []ending{
	{name: "ok", handle: leaves(record(fcgiOut, "Content-Type: a\r\n\r\nhello") + fcgiEnd), want: loadgen.OK,
		status: 200},
	{name: "ok and open", handle: says(record(fcgiOut, "Content-Type: a\r\n\r\nhello") + fcgiEnd),
		want: loadgen.OK, status: 200},
	{name: "ok with warnings", handle: leaves(record(fcgiErr, "PHP Warning: x") +
		record(fcgiOut, "A: b\n\n") + fcgiEnd), want: loadgen.OK, status: 200},
	{name: "HEAD has no body", handle: leaves(record(fcgiOut, "Content-Length: 100\r\n\r\n") + fcgiEnd),
		want: loadgen.OK, status: 200,
		adjust: func(t *loadgen.Target) { t.Method = "HEAD" }},
	{name: "http_4xx", handle: leaves(record(fcgiOut, "Status: 404 Not Found\r\n\r\n") + fcgiEnd),
		want: loadgen.HTTP4xx, status: 404},
	{name: "http_503", handle: leaves(record(fcgiOut, "Status: 503\r\n\r\n") + fcgiEnd),
		want: loadgen.HTTP503, status: 503},
	{name: "no such status", handle: leaves(record(fcgiOut, "Status: 700\r\n\r\n") + fcgiEnd),
		want: loadgen.BadResponse, status: 700},
	{name: "RST before response", handle: resets(""), want: loadgen.ResetBeforeResponse,
		errno: syscall.ECONNRESET, tcpOnly: true},
	{name: "FIN before response", handle: leaves(""), want: loadgen.ClosedBeforeResponse},
	{name: "RST mid response", handle: resets(record(fcgiOut, "A: b\r\n\r\nhello")),
		want: loadgen.ResetMidResponse, errno: syscall.ECONNRESET, status: 200, tcpOnly: true},
	{name: "no end", handle: leaves(record(fcgiOut, "A: b\r\n\r\nhello")), want: loadgen.Truncated,
		status: 200},
	{name: "cut in the head", handle: leaves(record(fcgiOut, "A: b\r\n")), want: loadgen.Truncated},
	{name: "cut in a record's header", handle: leaves("\x01\x06"), want: loadgen.Truncated},
	{name: "never answers", handle: says(""), want: loadgen.ResponseTimeout, adjust: impatient},
	{name: "never ends", handle: says(record(fcgiOut, "A: b\r\n\r\nhello")), want: loadgen.ResponseTimeout,
		status: 200, adjust: impatient},
	{name: "HTTP", handle: leaves("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
		want: loadgen.BadResponse},
	{name: "garbage and close", handle: leaves("SSH"), want: loadgen.BadResponse},
	{name: "no head", handle: leaves(fcgiEnd), want: loadgen.BadResponse},
	{name: "overloaded", handle: leaves(record(3, "\x00\x00\x00\x00\x02\x00\x00\x00")),
		want: loadgen.BadResponse},
	{name: "body too large", handle: says(record(fcgiOut, "Content-Length: 1000000000000\r\n\r\n")),
		want: loadgen.BadResponse, status: 200},
	{name: "output too large", handle: says(record(fcgiOut, "A: b\r\n\r\nhello, world") + fcgiEnd),
		want: loadgen.BadResponse, status: 200,
		adjust: func(t *loadgen.Target) { t.MaxBody = 10 }},
}

// fastCGI is where an engine finds the server.
func (s *server) fastCGI() loadgen.Target {
	t := s.target()
	t.URL = "fcgi://conformance.test/srv/index.php/path?q=1"
	return t
}

func servedFastCGI(t *testing.T, open Open) {
	provoke(t, open, casesFastCGI, (*server).fastCGI, func(*testing.T, *server, loadgen.Target) {})
}

// realFastCGI is the standard library's server, which has its own idea of what a request is.
func realFastCGI(t *testing.T, open Open) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			l := labtest.Listen(t, network)
			t.Cleanup(func() { l.Close() })
			go func() {
				_ = nethttp.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if body, err := io.ReadAll(r.Body); err != nil ||
						r.URL.RequestURI() != "/srv/index.php?q=1" || string(body) != "hello" {
						w.WriteHeader(http.StatusBadRequest)
						return
					}
					_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
				}))
			}()
			target := loadgen.Target{
				URL: "fcgi://conformance.test/srv/index.php?q=1", Network: network,
				Address: l.Addr().String(), Method: "POST", Body: []byte("hello"),
				ConnectTimeout: patience, Timeout: patience,
			}
			offer(t, open, target, few).check(t, 0, 200, loadgen.OK)
			target.Connections = loadgen.Reuse
			offer(t, open, target, few).check(t, 0, 200, loadgen.OK)
		})
	}
}

// keptFastCGI sends several requests down one connection, and none down one that has more to say.
func keptFastCGI(t *testing.T, open Open) {
	answer := record(fcgiOut, "A: b\r\n\r\nhello") + fcgiEnd
	t.Run("kept", func(t *testing.T) {
		s := serve(t, "tcp", func(v *visit) {
			for v.asked() {
				_, _ = io.WriteString(v, answer)
			}
		})
		target := s.fastCGI()
		target.Connections = loadgen.Reuse
		r := offer(t, open, target, few)
		r.check(t, 0, 200, loadgen.OK)
		if n, most := int(s.accepted.Load()), 2+r.overlapping(); n > most {
			t.Errorf("%d requests took %d connections, want at most %d", fewCount, n, most)
		}
	})
	t.Run("unasked", func(t *testing.T) {
		s := serve(t, "tcp", func(v *visit) {
			for v.asked() {
				_, _ = io.WriteString(v, answer+answer)
			}
		})
		target := s.fastCGI()
		target.Connections = loadgen.Reuse
		offer(t, open, target, few).check(t, 0, 200, loadgen.OK)
		if n := s.accepted.Load(); n != fewCount {
			t.Errorf("%d connections: one with an answer too many was used again", n)
		}
	})
}
