package portable

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"

	"weir/loadgen"
	"weir/loadgen/fcgi"
	"weir/loadgen/http1"
	"weir/loadgen/wire"
)

// readBuffer is most of what a request in flight costs. It does not bound a response's head: where fasthttp
// gives up a longer one, package http1 reads on.
const readBuffer = 8 << 10

// exchange carries one request at a time from Sent to Done. It is reused for its buffers.
type exchange struct {
	response fasthttp.Response
	framing  http1.Parser   // of it
	fastCGI  *fcgi.Response // of a target that speaks it
	foreign  bool           // what came over FastCGI is no such response
	status   int            // 0 until a response's head was read
	request  []byte         // room for one, grows to the largest
	reader   *bufio.Reader
	tap      tap
}

func newExchange() *exchange {
	return &exchange{reader: bufio.NewReaderSize(nil, readBuffer), request: make([]byte, 0, 1<<10)}
}

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
		c.end(r.target.Close)
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
		if c := r.take(); c != nil {
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
	look := &lastLook{Conn: socket, live: r.live}
	c := &conn{Conn: look, look: look, socket: socket, localPort: res.LocalPort}
	if r.tls != nil {
		secured := tls.Client(look, r.tls)
		if err := secured.Handshake(); err != nil {
			r.live.remove(socket)
			res = r.done(res, handshakeOutcome(err), err)
			res.Closed, res.Unread = c.ends(err)
			c.end(r.target.Close)
			return nil, res
		}
		c.Conn = secured
	}
	return c, res
}

// talk writes the request and reads its response. keep says that the connection may carry another.
func (x *exchange) talk(r *run, c *conn, res loadgen.Result) (_ loadgen.Result, keep bool) {
	c.carried++
	c.look.begin()
	n, writeErr := c.Write(r.requests.At(res.Seq, &x.request))
	if writeErr == nil {
		res.Written = r.now()
	} else if errnoOf(writeErr) == 0 {
		res = r.done(res, loadgen.WriteFailed, writeErr) // the peer did not read, or TLS broke
		res.Closed, res.Unread = c.ends()
		return res, false
	}
	// A peer that breaks the connection off while we write may have answered before (413 and close).
	x.tap = tap{conn: c.Conn, now: r.now}
	x.reader.Reset(&x.tap)
	err := x.read(r, r.requests.IsHead(res.Seq))
	res.FirstByte = x.tap.first
	res.Status = x.status
	broken := cmp.Or(writeErr, x.tap.err)
	switch {
	case err == nil:
		res = r.done(res, wire.StatusOutcome(res.Status), nil)
		keep = writeErr == nil && r.target.Connections == loadgen.Reuse && x.clean() &&
			c.carried != r.target.RequestsPerConnection
	case res.Reused && res.FirstByte == 0 && c.stale(r.remote.Network, broken, n):
		res = r.done(res, loadgen.ReusedClosed, broken)
	case writeErr != nil && res.FirstByte == 0 && n > 0:
		res = r.done(res, loadgen.WriteFailed, writeErr)
	case writeErr != nil && res.FirstByte == 0 && errnoOf(writeErr) == syscall.ECONNRESET:
		// The RST was there before our first byte. The kernel tells of it once; a read then finds EOF.
		res = r.done(res, loadgen.ResetBeforeResponse, writeErr)
	case x.tap.bad != nil:
		res = r.done(res, loadgen.BadResponse, nil)
	default:
		began := res.FirstByte != 0
		res = r.done(res, readOutcome(x.tap.err, began, x.foreign), x.tap.err)
	}
	if !keep {
		res.Closed, res.Unread = c.ends(writeErr, x.tap.err)
	}
	x.response.Reset() // also gives a half-read body back
	x.tap = tap{}
	return res, keep
}
