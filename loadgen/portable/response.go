package portable

import (
	"errors"
	"io"
	"net"
	"time"

	"weir/loadgen/fcgi"
	"weir/loadgen/http1"
)

// read reads one final response. The body is counted and thrown away, so that what a server announces
// costs no memory.
//
// fasthttp reads, but has no say in where the response ends and whether it is one: there it is lenient in its
// own way, and which engine ran must not change a record. That is for package http1, as in the event loop.
func (x *exchange) read(r *run, head bool) error {
	if r.target.FastCGI() {
		return x.readFastCGI(r.target.MaxBody, head)
	}
	x.framing.Reset(head, r.target.MaxBody)
	x.tap.framing = &x.framing
	x.response.Reset()
	x.response.SkipBody = head
	x.response.StreamBody = true
	err := x.response.Read(x.reader)
	if body := x.response.BodyStream(); err == nil && body != nil {
		_, _ = io.Copy(io.Discard, body)
	}
	if x.tap.err == nil && !x.tap.over() {
		_, _ = io.Copy(io.Discard, &x.tap) // fasthttp had thought it over, or given it up
	}
	x.status = x.framing.Status
	switch {
	case x.tap.bad != nil:
		return x.tap.bad
	case x.framing.Complete(), errors.Is(x.tap.err, io.EOF) && x.framing.Close():
		return nil
	}
	return x.tap.err
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

// clean reports whether the connection stands exactly at the end of a response that lets it live.
// Bytes that nobody asked for would be taken for the next response.
func (x *exchange) clean() bool {
	if x.fastCGI != nil {
		return x.fastCGI.Ended() && x.tap.err == nil && x.reader.Buffered() == 0
	}
	return x.framing.Reusable() && x.tap.err == nil && x.tap.after == 0
}

// tap is the connection as the response reader sees it. It remembers when the first byte came and how
// the reading ended, neither of which survives fasthttp, and ends where the response does.
type tap struct {
	conn    net.Conn
	now     func() time.Duration
	first   time.Duration
	err     error
	framing *http1.Parser // nil: no HTTP
	after   int           // bytes after the response
	bad     error         // what came is no response
}

// over reports whether more cannot change what the response is.
func (w *tap) over() bool { return w.framing != nil && (w.bad != nil || w.framing.Complete()) }

func (w *tap) Read(p []byte) (int, error) {
	if w.over() {
		return 0, io.EOF
	}
	n, err := w.conn.Read(p)
	if n > 0 && w.first == 0 {
		w.first = w.now()
	}
	if n > 0 && w.framing != nil {
		var rest []byte
		rest, w.bad = w.framing.Feed(p[:n])
		w.after = len(rest)
	}
	if err != nil {
		w.err = err
	}
	return n, err
}
