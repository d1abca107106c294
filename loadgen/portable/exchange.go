package portable

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"

	"weir/loadgen"
	"weir/loadgen/wire"
)

// readBuffer bounds a response's head. It is also most of what a request in flight costs.
const readBuffer = 8 << 10

// exchange carries one request at a time from Sent to Done. It is reused for its buffers.
type exchange struct {
	response fasthttp.Response
	status   int    // 0 until a response's head was read
	request  []byte // room for one
	reader   *bufio.Reader
	tap      tap
}

func newExchange() *exchange { return &exchange{reader: bufio.NewReaderSize(nil, readBuffer)} }

// do carries the request that res names and returns res with everything that happened to it.
func (x *exchange) do(r *run, res loadgen.Result) loadgen.Result {
	if r.ctx.Err() != nil {
		return r.done(res, loadgen.Canceled, nil)
	}
	res.Sent = r.now()
	deadline := r.epoch.Add(res.Sent + r.target.Timeout)
	c, res := r.open(res, deadline)
	if c == nil {
		return res
	}
	res, keep := x.talk(r, c, res)
	r.live.remove(c.socket)
	if keep {
		r.idle.put(c)
	} else {
		c.Close()
	}
	return res
}

// done ends a request: err is why, nil where the outcome says all.
func (r *run) done(res loadgen.Result, o loadgen.Outcome, err error) loadgen.Result {
	res.Done = r.now()
	res.Outcome = o
	res.Errno = errnoOf(err)
	if r.ctx.Err() != nil && interrupted(err) {
		res.Outcome = loadgen.Canceled
	}
	return res
}

// open returns a connection, armed with the deadline and in the live set: an idle one, or a new one.
// Without one the result is final.
func (r *run) open(res loadgen.Result, deadline time.Time) (*conn, loadgen.Result) {
	if r.target.Connections == loadgen.Reuse {
		if c := r.idle.take(); c != nil {
			res.Reused, res.LocalPort = true, c.localPort
			r.live.add(c.socket)
			r.live.arm(c.socket, deadline)
			return c, res
		}
	}
	if r.remote.Err != nil {
		return nil, r.done(res, loadgen.DNSFailed, r.remote.Err)
	}
	connected := r.epoch.Add(res.Sent + min(r.target.ConnectTimeout, r.target.Timeout))
	socket, err := r.dialer.dial(r.ctx, connected, r.live, &res)
	if err != nil {
		return nil, r.done(res, connectOutcome(err, r.remote.Network), err)
	}
	res.Connected = r.now()
	r.live.arm(socket, deadline)
	c := &conn{Conn: socket, socket: socket, localPort: res.LocalPort}
	if r.tls != nil {
		secured := tls.Client(socket, r.tls)
		if err := secured.Handshake(); err != nil {
			r.live.remove(socket)
			socket.Close()
			return nil, r.done(res, handshakeOutcome(err), err)
		}
		c.Conn = secured
	}
	return c, res
}

// talk writes the request and reads its response. keep says that the connection may carry another.
func (x *exchange) talk(r *run, c *conn, res loadgen.Result) (_ loadgen.Result, keep bool) {
	n, writeErr := c.Write(r.requests.At(res.Seq, x.request))
	if writeErr == nil {
		res.Written = r.now()
	} else if errnoOf(writeErr) == 0 {
		return r.done(res, loadgen.WriteFailed, writeErr), false // the peer did not read, or TLS broke
	}
	// A peer that breaks the connection off while we write may have answered before (413 and close).
	x.tap = tap{conn: c.Conn, now: r.now}
	x.reader.Reset(&x.tap)
	err := x.read(r, r.requests.IsHead(res.Seq))
	res.FirstByte = x.tap.first
	res.Status = x.status
	switch {
	case err == nil:
		res = r.done(res, wire.StatusOutcome(res.Status), nil)
		keep = writeErr == nil && r.target.Connections == loadgen.Reuse && x.clean()
	case writeErr != nil && res.FirstByte == 0 && n > 0:
		res = r.done(res, loadgen.WriteFailed, writeErr)
	case writeErr != nil && res.FirstByte == 0 && errnoOf(writeErr) == syscall.ECONNRESET:
		// The RST was there before our first byte. The kernel tells of it once; a read then finds EOF.
		res = r.done(res, loadgen.ResetBeforeResponse, writeErr)
	default:
		began := res.FirstByte != 0
		res = r.done(res, readOutcome(x.tap.err, began, x.isHTTP()), x.tap.err)
	}
	x.response.Reset() // also gives a half-read body back
	x.tap = tap{}
	return res, keep
}

var errTooLarge = errors.New("the body is larger than allowed")

// read reads one final response. The body is counted and thrown away, so that what a server announces
// costs no memory.
func (x *exchange) read(r *run, head bool) error {
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

// chunked is what fasthttp calls the length of a chunked body.
const chunked = -1

// clean reports whether the connection stands exactly at the end of a response that lets it live.
// Bytes that nobody asked for would be taken for the next response.
func (x *exchange) clean() bool {
	return !x.response.ConnectionClose() && x.status != fasthttp.StatusSwitchingProtocols &&
		x.tap.err == nil && x.reader.Buffered() == 0
}

// isHTTP reports whether what was read, but not understood, may be the beginning of an HTTP response. Once a
// status line was read it was one.
func (x *exchange) isHTTP() bool {
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
