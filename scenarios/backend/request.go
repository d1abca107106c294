package backend

import (
	"bytes"
	"net/http"
	"strconv"
)

// request is as much of a request as this server heeds.
type request struct {
	method []byte
	path   []byte // without the query
	length int64  // of the body
	close  bool   // the client wants the connection closed after the answer
}

// maxHead bounds a request line with its headers, maxRequestBody a body, in bytes.
const (
	maxHead        = 64 << 10
	maxRequestBody = 64 << 20
)

// headEnd returns where the empty line that ends a head lies behind, 0 while it has not come. Only what is
// new since seen needs to be looked at.
func headEnd(b []byte, seen int) int {
	from := max(seen-3, 0)
	if i := bytes.Index(b[from:], []byte("\r\n\r\n")); i >= 0 {
		return from + i + 4
	}
	return 0
}

// parse reads a head (RFC 9112). It returns the status to refuse it with, or 0.
func parse(head []byte) (r request, refusal int) {
	line, fields, _ := bytes.Cut(head, []byte("\r\n"))
	parts := bytes.Split(line, []byte(" "))
	if len(parts) != 3 || len(parts[0]) == 0 || len(parts[1]) == 0 ||
		!bytes.HasPrefix(parts[2], []byte("HTTP/1.")) {
		return r, http.StatusBadRequest
	}
	r.method = parts[0]
	r.path, _, _ = bytes.Cut(parts[1], []byte("?"))
	old := bytes.Equal(parts[2], []byte("HTTP/1.0")) // closes, unless it says otherwise: RFC 9112 section 9.3
	r.close = old
	for len(fields) > 0 {
		line, fields, _ = bytes.Cut(fields, []byte("\r\n"))
		if len(line) == 0 {
			break
		}
		name, value, found := bytes.Cut(line, []byte(":"))
		switch {
		case !found || len(name) == 0:
			return r, http.StatusBadRequest
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			return r, http.StatusLengthRequired // a body of unknown length
		case bytes.EqualFold(name, []byte("Connection")):
			value = bytes.TrimSpace(value)
			r.close = bytes.EqualFold(value, []byte("close")) ||
				old && !bytes.EqualFold(value, []byte("keep-alive"))
		case bytes.EqualFold(name, []byte("Content-Length")):
			n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 63)
			if err != nil {
				return r, http.StatusBadRequest
			}
			if n > maxRequestBody {
				return r, http.StatusRequestEntityTooLarge
			}
			r.length = int64(n)
		}
	}
	return r, 0
}
