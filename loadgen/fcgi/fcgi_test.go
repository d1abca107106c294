package fcgi

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// The server's side of the standard library is the judge of what is sent, and its answers of what is read.
func TestAgainstNetHTTPFCGI(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	big := strings.Repeat("b", 200_000) // several records, both ways
	go func() {
		_ = fcgi.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.URL.Path != "/x" || r.URL.RawQuery != "q=1" || string(body) != big ||
				len(r.Header.Get("X-Long")) != 300 {
				http.Error(w, fmt.Sprint(r.URL, len(body), r.Header), http.StatusBadRequest)
				return
			}
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, big)
		}))
	}()
	var params []byte
	for _, p := range [][2]string{
		{"REQUEST_METHOD", "POST"}, {"SERVER_PROTOCOL", "HTTP/1.1"}, {"REQUEST_URI", "/x?q=1"},
		{"HTTP_HOST", "a.test"},
		{"HTTP_X_LONG", strings.Repeat("l", 300)}, {"CONTENT_LENGTH", fmt.Sprint(len(big))},
	} {
		params = AppendParam(params, p[0], p[1])
	}
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	stream := bufio.NewReader(conn)
	response := NewResponse()
	for i := range 3 { // on one connection
		if _, err := conn.Write(AppendRequest(nil, params, []byte(big), true)); err != nil {
			t.Fatal(err)
		}
		if err := response.Read(stream, 1<<20, false); err != nil || response.Status != http.StatusTeapot ||
			!response.Ended() {
			t.Fatalf("response %d: status %d, ended %v, %v", i, response.Status, response.Ended(), err)
		}
	}
}

// record frames what a server would say.
func record(kind byte, content string, padding int) string {
	return string([]byte{1, kind, 0, 1, byte(len(content) >> 8), byte(len(content)), byte(padding), 0}) +
		content + strings.Repeat("p", padding)
}

const complete = "\x00\x00\x00\x00\x00\x00\x00\x00"

func TestResponses(t *testing.T) {
	out := func(s string) string { return record(typeStdout, s, 0) }
	end := record(typeEnd, complete, 0)
	for _, c := range []struct {
		name, sent string
		status     int
		want       error
	}{
		{"200 without a Status", out("Content-Type: a\r\n\r\nbody") + end, 200, nil},
		{"Status", out("Status: 404 Not Found\r\n\r\n") + end, 404, nil},
		{"bare LF", out("status:503\n\nbody") + end, 503, nil},
		{"Location", out("Location: /a\r\n\r\n") + end, 302, nil},
		{"Content-Length", out("Content-Length: 4\r\n\r\nbody") + end, 200, nil},
		{"padded, in pieces, with standard error", record(6, "A: b\r", 3) + record(7, "PHP Warning", 5) +
			record(6, "\n\r\nbo", 255) + record(6, "dy", 0) +
			record(6, "", 0) + record(7, "", 0) + record(3, complete, 8), 200, nil},
		{"no end", out("A: b\r\n\r\nbody"), 200, io.ErrUnexpectedEOF},
		{"cut in a header", out("A: b\r\n\r\nbody") + end[:5], 200, io.ErrUnexpectedEOF},
		{"cut in a record", out("A: b\r\n\r\nbody")[:15], 0, io.ErrUnexpectedEOF},
		{"cut in the head", out("A: b\r\n"), 0, io.ErrUnexpectedEOF},
		{"nothing", "", 0, io.ErrUnexpectedEOF},
		{"ended within the head", out("A: b\r\n") + end, 0, ErrProtocol},
		{"no output", end, 0, ErrProtocol},
		{"an empty head", out("\r\nbody") + end, 0, ErrProtocol},
		{"HTTP", "HTTP/1.1 200 OK\r\n\r\n", 0, ErrProtocol},
		{"a line that is no header", out("hello\r\n\r\n") + end, 0, ErrProtocol},
		{"no status", out("Status: OK\r\n\r\n") + end, 0, ErrProtocol},
		{"too short a body", out("Content-Length: 5\r\n\r\nbody") + end, 200, ErrProtocol},
		{"another's request", "\x01\x06\x00\x02\x00\x00\x00\x00", 0, ErrProtocol},
		{"a type that no server sends", record(5, "", 0), 0, ErrProtocol},
		{"overloaded", record(3, "\x00\x00\x00\x00\x02\x00\x00\x00", 0), 0, ErrProtocol},
		{"an end of a wrong size", record(3, "\x00", 0), 0, ErrProtocol},
		{"a long head", out("A: "+strings.Repeat("a", 9000)+"\r\n\r\n") + end, 0, ErrProtocol},
		{"much standard error", strings.Repeat(record(7, strings.Repeat("e", 60000), 0), 2), 0, ErrProtocol},
		{"announced too large", out("Content-Length: 100001\r\n\r\n"), 200, ErrTooLarge},
		{"too large", out("A: b\r\n\r\n") + out(strings.Repeat("x", 60000)) + out(strings.Repeat("x", 60000)),
			200, ErrTooLarge},
	} {
		for how, from := range map[string]io.Reader{"whole": strings.NewReader(c.sent),
			"byte by byte": iotest.OneByteReader(strings.NewReader(c.sent))} {
			r := NewResponse()
			if err := r.Read(from, 100_000, false); !errors.Is(err, c.want) || r.Status != c.status {
				t.Errorf("%s, %s: status %d, %v; want %d, %v", c.name, how, r.Status, err, c.status, c.want)
			}
		}
	}
}

// The bytes behind a response are the next one's.
func TestReadsNotBeyondTheEnd(t *testing.T) {
	from := strings.NewReader(record(6, "A: b\r\n\r\nbody", 3) + record(3, complete, 5) + "next")
	if err := NewResponse().Read(from, 100, false); err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(from); string(rest) != "next" {
		t.Errorf("%q is left, want next", rest)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	sent := record(6, "Content-Length: 1000\r\n\r\n", 0) + record(3, complete, 0)
	if err := NewResponse().Read(strings.NewReader(sent), 100, true); err != nil {
		t.Error(err)
	}
}

func FuzzResponse(f *testing.F) {
	good := record(6, "Status: 404 x\r\nContent-Length: 4\r\n\r\nbody", 3) + record(7, "warning", 1) +
		record(3, complete, 0)
	f.Add([]byte(good))
	f.Add([]byte(good[:20]))
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	f.Add([]byte(record(6, "A: b\n\n", 0) + record(3, complete, 255)))
	f.Fuzz(func(t *testing.T, sent []byte) {
		const most = 64
		r := NewResponse()
		from := bytes.NewReader(sent)
		err := r.Read(from, most, false)
		switch {
		case err == nil && (!r.Ended() || r.Status < 100 || r.Status > 999):
			t.Errorf("taken for whole: status %d, ended %v", r.Status, r.Ended())
		case err != nil && !errors.Is(err, ErrProtocol) && !errors.Is(err, ErrTooLarge) &&
			!errors.Is(err, io.ErrUnexpectedEOF):
			t.Errorf("an error without a name: %v", err)
		}
		// Reading goes on at most to the end of the body's bound, as far as records of 64 KiB let it be told.
		if read := len(sent) - from.Len(); err == nil && read < 16 {
			t.Errorf("a whole response of %d bytes", read)
		}
	})
}
