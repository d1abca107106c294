package http1

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// verdict is what a parser makes of a stream that ends after data.
type verdict struct {
	status   int
	body     int64
	rest     int // bytes after the response
	complete bool
	reusable bool
	failed   bool
}

// read feeds data in pieces of at most size bytes.
func read(data []byte, head bool, size int) verdict {
	var p Parser
	p.Reset(head, 1<<20)
	rest, err := data, error(nil)
	for len(rest) > 0 && err == nil && p.state != complete {
		n := min(size, len(rest))
		var left []byte
		left, err = p.Feed(rest[:n])
		rest = rest[n-len(left):]
	}
	r := verdict{status: p.Status, failed: err != nil}
	if r.complete = err == nil && p.Close(); r.complete {
		r.body, r.rest, r.reusable = p.body, len(rest), p.Reusable()
	}
	return r
}

var streams = map[string]verdict{
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello": {status: 200,
		body: 5, complete: true, reusable: true},
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP": {status: 200,
		body: 5, complete: true, reusable: true, rest: 4},
	"HTTP/1.1 200\ncontent-length:\t5 \n\nhello": {status: 200,
		body: 5, complete: true, reusable: true},
	"HTTP/1.1 200 OK\r\n\r\nhello": {status: 200,
		body: 5, complete: true},
	"HTTP/1.0 200 OK\r\n\r\n": {status: 200,
		complete: true},
	"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n": {status: 200,
		complete: true},
	"HTTP/1.1 204 No\r\n\r\nHTTP": {status: 204,
		complete: true, reusable: true, rest: 4},
	"HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n": {status: 304,
		complete: true, reusable: true},
	"HTTP/1.1 101 Up\r\nUpgrade: x\r\n\r\n": {status: 101,
		complete: true},
	"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: a\r\n\r\n": {},
	"HTTP/1.1 100 C\r\nConnection: close\r\n\r\nHTTP/1.1 404 N\r\nContent-Length: 1\r\n\r\nx": {status: 404,
		body: 1, complete: true, reusable: true},
	"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n": {status: 200,
		complete: true},
	"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n": {status: 200,
		complete: true, reusable: true},
	"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n": {status: 200,
		complete: true, reusable: true},
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx": {status: 200,
		body: 1, complete: true, reusable: true},
	"HTTP/1.1 200 OK\r\nContent-Length: 1, 1 ,1\r\n\r\nx": {status: 200,
		body: 1, complete: true, reusable: true},
	"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": {status: 200,
		body: 5, complete: true},

	chunked + "5\r\nhello\r\n0\r\n\r\n": {status: 200, body: 5, complete: true,
		reusable: true},
	chunked + "A;x=\"y\"\r\n0123456789\r\n0\r\n\r\nH": {status: 200, body: 10, complete: true,
		reusable: true, rest: 1},
	chunked + "0001 \r\nx\r\n00\r\nT: x\r\nU: y\r\n\r\n": {status: 200, body: 1, complete: true,
		reusable: true},
	chunked + "0\r\n":                 {status: 200},
	chunked + "5\r\nhello":            {status: 200},
	chunked + "5\r\nhelloX\r\n":       {status: 200, failed: true},
	chunked + "5\nhello\r\n0\r\n\r\n": {status: 200, failed: true},
	chunked + "\r\n":                  {status: 200, failed: true},
	chunked + "-1\r\n":                {status: 200, failed: true},
	chunked + "fffffffffffffffff\r\n": {status: 200, failed: true},
	chunked + "100001\r\n":            {status: 200, failed: true}, // one more than allowed

	"":         {},
	"HTT":      {},
	"HTTP/1.1": {},
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell":                 {status: 200},
	"HTTP/2.0 200 OK\r\n":                                              {failed: true},
	"\r\nHTTP/1.1 200 OK\r\n":                                          {failed: true},
	"SSH":                                                              {failed: true},
	"HTTP/1.1\r\n":                                                     {failed: true},
	"HTTP/1.1 20 OK\r\n":                                               {failed: true},
	"HTTP/1.1 +20 OK\r\n":                                              {failed: true},
	"HTTP/1.1 2000 OK\r\n":                                             {failed: true},
	"HTTP/1.1 200 OK\r\nno colon\r\n":                                  {failed: true},
	"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n":                        {failed: true},
	"HTTP/1.1 200 OK\r\nContent-Length: \r\n":                          {failed: true},
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 0\r\n":                   {failed: true},
	"HTTP/1.1 200 OK\r\nContent-Length : 1\r\n":                        {failed: true},
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n":    {failed: true},
	"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n":                      {failed: true},
	"HTTP/1.1 200 OK\r\nContent-Length: 1,\r\n":                        {failed: true},
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1, 2\r\n": {failed: true},
	"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n":               {status: 200, failed: true},
	"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n":  {failed: true},
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n":      {failed: true},
	"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHead):            {failed: true},
	strings.Repeat("HTTP/1.1 100 C\r\n\r\n", maxInterim+1):             {failed: true},
	chunked + "0\r\n" + strings.Repeat("T: x\r\n", maxHead/6+1):        {status: 200, failed: true},
	"HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1<<20+1):           {status: 200, failed: true},
}

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"

func TestParser(t *testing.T) {
	for stream, want := range streams {
		for _, size := range []int{1, 2, 7, 1 << 21} {
			if got := read([]byte(stream), false, size); got != want {
				t.Errorf("%.80q in pieces of %d: %+v, want %+v", stream, size, got, want)
			}
		}
	}
	if got := read([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), true, 99); !got.complete ||
		!got.reusable || got.body != 0 {
		t.Errorf("the answer to HEAD: %+v", got)
	}
}

// FuzzParser holds the parser against two others: a response that both of them read, and read alike, is
// read so here too. What they disagree on has no right answer. And whatever comes, it is read alike
// in one piece and byte by byte.
func FuzzParser(f *testing.F) {
	for stream := range streams {
		f.Add([]byte(stream), false)
	}
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), true)
	f.Fuzz(func(t *testing.T, data []byte, head bool) {
		got := read(data, head, len(data)+1)
		if slow := read(data, head, 1); slow != got {
			t.Fatalf("in one piece %+v, byte by byte %+v", got, slow)
		}
		fast, std := byFasthttp(data, head), byNetHTTP(data, head)
		agreed := fast.complete && fast == std && bytes.HasPrefix(data, protocol) &&
			int64(len(data)) < maxHead && !spaced.Match(data)
		if got.reusable = false; agreed && got != fast {
			t.Errorf("%q: %+v, but fasthttp and net/http say %+v", data, got, fast)
		}
	})
}

// spaced is a field that nobody can be sure others read. We take none with it, the two others do where
// another field or the method has the last word.
var spaced = regexp.MustCompile(`(?i)(content-length|transfer-encoding|connection)[ \t]+:`)

func byFasthttp(data []byte, head bool) verdict {
	under := bytes.NewReader(data)
	b := bufio.NewReaderSize(under, maxHead)
	var response fasthttp.Response
	response.SkipBody = head
	if response.ReadLimitBody(b, 1<<20) != nil {
		return verdict{failed: true}
	}
	return verdict{status: response.StatusCode(), body: int64(len(response.Body())), rest: b.Buffered() +
		under.Len(), complete: true}
}

func byNetHTTP(data []byte, head bool) verdict {
	under := bytes.NewReader(data)
	b := bufio.NewReaderSize(under, maxHead)
	request := &http.Request{Method: "GET"}
	if head {
		request.Method = "HEAD"
	}
	for range maxInterim + 1 {
		response, err := http.ReadResponse(b, request)
		if err != nil {
			return verdict{failed: true}
		}
		n, err := io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20+1))
		if err != nil || n > 1<<20 {
			return verdict{failed: true}
		}
		if code := response.StatusCode; code < 100 || code > 199 || code == 101 {
			return verdict{status: code, body: n, rest: b.Buffered() + under.Len(), complete: true}
		}
	}
	return verdict{failed: true}
}

func BenchmarkParser(b *testing.B) {
	stream := []byte("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n" +
		"Content-Type: text/plain\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok")
	var p Parser
	b.ReportAllocs()
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		p.Reset(false, 1<<20)
		if _, err := p.Feed(stream); err != nil || p.state != complete {
			b.Fatal(err)
		}
	}
}
