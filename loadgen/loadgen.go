// Package loadgen offers load in open loop: request i is due when the plan says, whatever the server
// does. It names what happened to each request and how late the generator itself was. It does not
// decide what that means; that is the analysis.
package loadgen

import (
	"context"
	"net/netip"
	"syscall"
	"time"

	"weir/loadgen/plan"
)

// Result is the life of one request. Every time is an offset from the run's epoch; a phase that was
// never reached is zero. Latency, as a user feels it, is Done−Due. Sent−Due is the lag, the
// generator's own fault, and is never mixed with the server's.
type Result struct {
	Seq int           `json:"seq"` // position in the plan, from 0
	Due time.Duration `json:"due"` // when the plan wanted it to start
	// the attempt began: connect() called, or a reused connection written to
	Sent time.Duration `json:"sent,omitempty"`
	// connect() succeeded; zero on a reused connection
	Connected time.Duration `json:"connected,omitempty"`
	Written   time.Duration `json:"written,omitempty"` // the whole request was handed to the kernel
	// first byte of the response arrived; of a response that was read at once, its last
	FirstByte time.Duration `json:"first_byte,omitempty"`
	// the response had arrived, or the outcome was known
	Done   time.Duration `json:"done"`
	Status int           `json:"status,omitempty"` // HTTP status, 0 where none was read
	// what happened to the request, by name (weir help outcomes)
	Outcome Outcome       `json:"outcome"`
	Errno   syscall.Errno `json:"errno,omitempty"` // kept where the kernel gave one
	// SYNs of this connection that were sent again (tcpi_total_retrans): so many were lost; on a
	// connect_timeout its last one had no answer either
	SYNRetrans int  `json:"syn_retrans,omitempty"`
	Reused     bool `json:"reused,omitempty"`     // the connection had carried a request before
	LocalPort  int  `json:"local_port,omitempty"` // our port of the connection; absent: not known
	// who closed this connection first; "" where it was kept, never made, or not known
	Closed Closer `json:"closed,omitempty"`
	// bytes that had come and that nobody had read when we closed it
	Unread int `json:"unread,omitempty"`
}

// Closer is the side that closed a connection first. Its kernel keeps the connection in TIME_WAIT for a
// minute (RFC 9293 section 3.6.1) and with it, if it is ours, a local port. Neither does where we close with
// bytes unread: that sends an RST (RFC 2525 section 2.17; net/ipv4/tcp.c, __tcp_close).
type Closer string

const (
	ByPeer Closer = "peer"
	ByUs   Closer = "us"
)

// Recorder takes results as they become known. Engines call it from many goroutines.
type Recorder interface {
	Record(Result)
}

// Departure is the end of a connection that carried no request: it had been idle for too long, or too many
// were, or something came on it unasked, or the run was over.
type Departure struct {
	At     time.Duration // from the epoch
	Closed Closer        // who closed it first
	Unread int           // as in Result
}

// Depart gives a departure to rec, if it takes any.
func Depart(rec Recorder, d Departure) {
	if r, ok := rec.(interface{ Depart(Departure) }); ok {
		r.Depart(d)
	}
}

// Sharded is a Recorder that can be divided, so that threads which record do not wait for each other.
// An engine asks once for each of its threads; a shard is used by one goroutine at a time, and has
// recorded all it was given when Record returns.
type Sharded interface {
	Recorder
	Shard() Recorder
}

// ShardOf returns a Recorder for one thread: a shard of rec where it has any, else rec.
func ShardOf(rec Recorder) Recorder {
	if s, ok := rec.(Sharded); ok {
		return s.Shard()
	}
	return rec
}

// Engine offers one plan to one target.
//
// Run starts the plan at epoch+start and returns when every request that was due has an outcome, each
// given to rec exactly once. When ctx ends it stops sending, ends what is in flight with the outcome
// Canceled, and returns ctx's error. Other errors mean that the load could not be offered at all; what
// happens to single requests is never an error of Run.
type Engine interface {
	Run(ctx context.Context, epoch time.Time, start time.Duration, p plan.Plan, rec Recorder) error
}

// Looped is an Engine that turns event loops, each on a thread of its own: one that has more to do than it
// can is late while other processors rest.
type Looped interface {
	Engine
	// LastLoops says how many loops the last Run that ended had, and how much was asked of them.
	LastLoops() (n int, most *LoopUse)
}

// LoopUse is what was asked of the loop of which most was asked, as shares of a processor's time. Nil: not
// known.
type LoopUse struct {
	CPU   float64 // for which it ran, in its worst second
	Delay float64 // for which it was ready to run and did not, in its worst second
}

// Connections says how requests share connections.
type Connections string

const (
	New   Connections = "new"   // one connection a request, as NGINX does to a backend by default
	Reuse Connections = "reuse" // idle connections are used again, the most recently used first
)

// Closing says how a connection ends that is not kept.
type Closing string

const (
	Orderly Closing = "orderly" // close(2): a FIN
	Reset   Closing = "rst"     // an RST (SO_LINGER of 0): no TIME_WAIT, but not what clients do
)

// Target is where requests go and how.
type Target struct {
	URL     string // absolute, http, https or fcgi
	Address string // what to dial: "127.0.0.1:8000" or "/run/app.sock"; empty: from URL
	Network string // "tcp" or "unix"; empty: "tcp"

	// What is sent. Requests are sent in turn, by their weights; where there are none, Method, Headers and
	// Body make up the one request to URL. With both, Headers go to all requests that do not have them.
	Method     string      // empty: GET
	Headers    [][2]string // in order, names as given
	Body       []byte      // sent with each request
	Requests   []Request
	RequestIDs bool // send X-Request-Id, see wire.AppendID, where the request has none

	Connections    Connections   // empty: New
	ConnectTimeout time.Duration // from connect() to connected
	Timeout        time.Duration // from sent to done, connect included
	MaxInFlight    int           // above it requests are recorded as shed
	MaxBody        int           // longest response body that is read, bytes
	LocalAddrs     []netip.Addr  // taken in turn; none: the kernel chooses
	Insecure       bool          // https: do not verify the certificate
	// requests due so close together may be sent together, see QuantumAt; 0: each when it is due
	WakeQuantum time.Duration

	Close                 Closing // empty: Orderly
	RequestsPerConnection int     // Reuse: the connection is closed after so many; 0: no bound
	// Reuse: a connection idle for longer is closed, not used; 0: no bound
	IdleTimeout time.Duration
	// Reuse: idle connections beyond so many are closed, as by NGINX's keepalive; 0: no bound
	MaxIdle int
}

// SeqVariable stands for a request's number in the run, in its URI, its header values and its body: the
// number of its plan's first request (plan.Plan.First) and its position in the plan. Who offers several plans
// numbers them so that no two requests have the same.
const SeqVariable = "{{seq}}"

// Request is one of several that a target is sent in turn.
type Request struct {
	Weight  int         // how often, against the others; 0: 1
	Method  string      // empty: GET
	URI     string      // path and query, as on the request line; empty: /
	Host    string      // empty: from the target's URL
	Headers [][2]string // in order, names as given
	Body    []byte
}
