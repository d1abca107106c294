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
	Seq        int           `json:"seq"`                  // position in the plan, from 0
	Due        time.Duration `json:"due"`                  // when the plan wanted it to start
	Sent       time.Duration `json:"sent,omitempty"`       // the attempt began: connect() called, or a reused connection written to
	Connected  time.Duration `json:"connected,omitempty"`  // connect() succeeded; zero on a reused connection
	Written    time.Duration `json:"written,omitempty"`    // the whole request was handed to the kernel
	FirstByte  time.Duration `json:"first_byte,omitempty"` // first byte of the response was read
	Done       time.Duration `json:"done"`                 // the outcome was known
	Status     int           `json:"status,omitempty"`     // HTTP status, 0 where none was read
	Outcome    Outcome       `json:"outcome"`
	Errno      syscall.Errno `json:"errno,omitempty"`       // kept where the kernel gave one
	SYNRetrans int           `json:"syn_retrans,omitempty"` // SYNs of this connection that were lost (tcpi_total_retrans); on a connect_timeout, unknown and 0
	Reused     bool          `json:"reused,omitempty"`
	LocalPort  int           `json:"local_port,omitempty"`
}

// Recorder takes results as they become known. Engines call it from many goroutines.
type Recorder interface {
	Record(Result)
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

// Connections says how requests share connections.
type Connections string

const (
	New   Connections = "new"   // one connection a request, as NGINX does to a backend by default
	Reuse Connections = "reuse" // idle connections are used again, the most recently used first
)

// Target is where requests go and how.
type Target struct {
	URL            string        // absolute, http or https
	Address        string        // what to dial: "127.0.0.1:8000" or "/run/app.sock"; empty: from URL
	Network        string        // "tcp" or "unix"; empty: "tcp"
	Method         string        // empty: GET
	Headers        [][2]string   // in order, names as given
	Body           []byte        // sent with each request
	Connections    Connections   // empty: New
	ConnectTimeout time.Duration // from connect() to connected
	Timeout        time.Duration // from sent to done, connect included
	MaxInFlight    int           // above it requests are recorded as shed
	MaxBody        int           // longest response body that is read, bytes
	LocalAddr      netip.Addr    // zero: the kernel chooses
	Insecure       bool          // https: do not verify the certificate
}
