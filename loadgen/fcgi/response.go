package fcgi

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// maxHead bounds the head of a response, in bytes.
const maxHead = 8 << 10

// Response reads CGI responses (RFC 3875 section 6) out of FastCGI records, one after the other. It has
// buffers and is worth keeping.
type Response struct {
	Status  int // 0 until the head was read
	records Records
	output  *bufio.Reader
	length  int64 // announced; -1: not
}

// ErrTooLarge is the error of a body that is longer than allowed.
var ErrTooLarge = errors.New("the body is larger than allowed")

// NewResponse returns an empty response.
func NewResponse() *Response { return &Response{output: bufio.NewReaderSize(nil, maxHead)} }

// Read reads a whole response and throws the body away, of which there may be so many bytes. Head says that
// it answers a HEAD: the length that it announces is not that of a body.
func (r *Response) Read(from io.Reader, most int, head bool) error {
	r.records.Reset(from, most)
	r.output.Reset(&r.records)
	r.Status = 0
	if err := r.readHead(); err != nil {
		return err
	}
	if r.length > int64(most) && !head {
		return ErrTooLarge
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r.output, int64(most)+1))
	switch {
	case err != nil:
		return err
	case n > int64(most):
		return ErrTooLarge
	case r.length >= 0 && n != r.length && !head:
		return protocol("%d bytes of body, and %d were announced", n, r.length)
	}
	return nil
}

// readHead takes lines that end in LF or CRLF, as servers do. Without a Status the answer is a 200, with a
// Location a 302 (RFC 3875 section 6.2.3; NGINX, ngx_http_fastcgi_process_header).
func (r *Response) readHead() error {
	status, located, size := 0, false, 0
	r.length = -1
	for {
		line, err := r.output.ReadSlice('\n')
		if size += len(line); errors.Is(err, bufio.ErrBufferFull) || size > maxHead {
			return protocol("the head is longer than %d bytes", maxHead)
		}
		if errors.Is(err, io.EOF) {
			return protocol("it ended within the head")
		}
		if err != nil {
			return err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found || len(name) == 0 {
			return protocol("a head's line without a colon")
		}
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Status")):
			if status, err = parseStatus(value); err != nil {
				return err
			}
		case bytes.EqualFold(name, []byte("Location")):
			located = true
		case bytes.EqualFold(name, []byte("Content-Length")):
			n, err := strconv.ParseUint(string(value[:min(len(value), 20)]), 10, 62)
			if err != nil {
				return protocol("a Content-Length that is no number")
			}
			r.length = int64(n)
		}
	}
	switch {
	case size <= len("\r\n"):
		return protocol("an empty head") // RFC 3875 section 6.2: one header field at least
	case status == 0 && located:
		status = 302
	case status == 0:
		status = 200
	}
	r.Status = status
	return nil
}

// parseStatus reads "404 Not Found". What is no status of HTTP is returned as it is: it has an outcome of its
// own.
func parseStatus(value []byte) (int, error) {
	digits, _, _ := bytes.Cut(value, []byte(" "))
	n, err := strconv.ParseUint(string(digits[:min(len(digits), 4)]), 10, 16)
	if err != nil || n < 100 || n > 999 {
		return 0, protocol("a Status that is no number of three digits")
	}
	return int(n), nil
}

// Ended reports whether the response was read to its very end, so that the connection can carry another.
func (r *Response) Ended() bool { return r.records.Ended() }
