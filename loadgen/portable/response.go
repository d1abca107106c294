package portable

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"

	"github.com/valyala/fasthttp"

	"weir/loadgen/fcgi"
)

var errTooLarge = errors.New("the body is larger than allowed")

// read reads one final response. The body is counted and thrown away, so that what a server announces
// costs no memory.
func (x *exchange) read(r *run, head bool) error {
	if r.target.FastCGI() {
		return x.readFastCGI(r.target.MaxBody, head)
	}
	x.response.Reset()
	x.status = 0
	x.response.SkipBody = head
	x.response.StreamBody = true
	if err := x.response.Read(x.reader); err != nil {
		return err
	}
	x.status = x.response.StatusCode()
	body := x.response.BodyStream()
	if body == nil {
		return nil
	}
	most := int64(r.target.MaxBody)
	length := x.response.Header.ContentLength()
	if int64(length) > most {
		return errTooLarge
	}
	n, err := io.Copy(io.Discard, io.LimitReader(body, most+1))
	switch {
	case err != nil:
		return err
	case n > most:
		return errTooLarge
	case length == chunked && x.tap.err != nil:
		return io.ErrUnexpectedEOF // fasthttp's stream forgives a last chunk without its final CRLF
	}
	return nil
}

// readFastCGI is read for FastCGI.
func (x *exchange) readFastCGI(most int, head bool) error {
	if x.fastCGI == nil {
		x.fastCGI = fcgi.NewResponse()
	}
	err := x.fastCGI.Read(x.reader, most, head)
	x.status, x.foreign = x.fastCGI.Status, errors.Is(err, fcgi.ErrProtocol)
	return err
}

// chunked is what fasthttp calls the length of a chunked body.
const chunked = -1

// clean reports whether the connection stands exactly at the end of a response that lets it live.
// Bytes that nobody asked for would be taken for the next response.
func (x *exchange) clean() bool {
	if x.fastCGI != nil {
		return x.fastCGI.Ended() && x.tap.err == nil && x.reader.Buffered() == 0
	}
	return !x.response.ConnectionClose() && x.status != fasthttp.StatusSwitchingProtocols &&
		x.tap.err == nil && x.reader.Buffered() == 0
}

// isHTTP reports whether what was read, but not understood, may be the beginning of an HTTP, or a FastCGI, response. Once a
// status line was read it was one.
func (x *exchange) isHTTP() bool {
	if x.fastCGI != nil {
		return !x.foreign
	}
	if x.status != 0 {
		return true
	}
	head, _ := x.reader.Peek(min(x.reader.Buffered(), len("HTTP/")))
	return bytes.HasPrefix([]byte("HTTP/"), head)
}

// tap is the connection as the response reader sees it. It remembers when the first byte came and how
// the reading ended, neither of which survives fasthttp.
type tap struct {
	conn  net.Conn
	now   func() time.Duration
	first time.Duration
	err   error
}

func (w *tap) Read(p []byte) (int, error) {
	n, err := w.conn.Read(p)
	if n > 0 && w.first == 0 {
		w.first = w.now()
	}
	if err != nil {
		w.err = err
	}
	return n, err
}
