package cause

import (
	"time"

	"weir/loadgen"
	"weir/report/result"
)

// Facts are what the rules ask of a lane. Package analysis answers them from the record beforehand, so that a
// rule can be read, and tested, with nothing but the values that it depends on. A nil pointer is "not known",
// which is never zero.
type Facts struct {
	Retrial  bool          // lost SYNs are sent again, so that loss shows as delay
	Proxied  bool          // the requests pass a proxy
	Deadline time.Duration // a later answer is late
	Timeout  time.Duration // after which a request is given up

	Classes    map[loadgen.Class]Failures // what went wrong; a class without failures may be absent
	Outcomes   map[loadgen.Outcome]uint64 // how all requests ended
	SYNRetrans uint64                     // SYNs that the client's kernel sent again
	LateBySYN  *uint64                    // answers that lost SYNs alone made late

	Kernel    Kernel
	Queue     Queue
	Capacity  Capacity
	Processor *Processor // nil: the kernel was not asked, or does not say
	Proxy     Proxy

	Reconciliation result.Reconciliation // overflows compared with failures
}

// Failures are a lane's requests of one class.
type Failures struct {
	Outcomes map[loadgen.Outcome]uint64 // how they ended; late answers are loadgen.OK
	// from the epoch: start of the first tenth of a second that had one due
	First *time.Duration
	Due   Offered // what was offered when they were due
}

// Offered sorts requests by the load at the moment when they were due.
type Offered struct {
	All   uint64
	Above uint64 // while more was offered than the workers can serve, by the most that is believed of them
	Below uint64 // while less was offered than 0.9 × the computed capacity
}

// Kernel is what the backend's kernel counted during the lane's trials; Others and RSTs during the whole run.
type Kernel struct {
	Overflows   *uint64 // of this listener at most: the namespace's, or fewer by its own drops
	Namespace   *uint64 // TcpExtListenOverflows of its network namespace
	Drops       *uint64 // sk_drops of this listener
	ListenDrops *uint64 // TcpExtListenDrops of the namespace
	QueueDrops  *uint64 // TcpExtTCPReqQFullDrop of the namespace
	Deferred    *uint64 // TcpExtTCPDeferAcceptDrop of the namespace: bare ACKs, no loss
	Deferrable  uint64  // so many of Drops may be such ACKs
	// from the epoch: the last reading before this listener's first overflow
	Began *time.Duration
	// listeners of the namespace that dropped something and are not watched
	Others []result.OtherListener
	RSTs   *uint64 // that refused handshakes with the watched listeners; nil: not traced
}

// Queue is what the samples showed of the listener's accept queue.
type Queue struct {
	Listener  string        // its address; "": which listener it is is not known
	Unix      bool          // of a unix socket, whose overflows no counter counts
	Depth     *uint32       // the deepest that one socket was seen
	Limit     *uint32       // the largest limit; a queue holds one more
	Full      bool          // a socket was seen with limit + 1 in its queue
	FullLimit uint32        // the limit of the first one that was
	FullAt    time.Duration // when that was
}

// Capacity is what the workers can do.
type Capacity struct {
	Rate      float64       // workers ÷ service time, req/s; 0: not known
	Service   time.Duration // mean service time
	Stamped   bool          // the backend stamped its busy periods, which bounds the rate on both sides
	Simulated *uint64       // overflows of a simulated server on the same schedule; nil: it has no model
}

// Processor is how long the listener's processes could not run, as shares of their time.
type Processor struct {
	Workers int     // over whose time the waiting is spread
	Waited  float64 // ready to run, without a processor (schedstat run delay)
	Stopped float64 // stopped by the CPU quota of their group
}

// Starved is the larger of the two shares.
func (p *Processor) Starved() float64 { return max(p.Waited, p.Stopped) }

// Proxy is what the proxy's logs and answers showed during the lane's trials.
type Proxy struct {
	Errors    map[string]uint64 // lines of its error log, by their class (probe/nginxlog)
	AccessLog bool              // its access log was read
	Expired   *Expired          // which of its timeouts its 504s are; nil: not known
}

// Expired is a timeout of the proxy that explains its 504s by how long those that were sampled took.
type Expired struct {
	Directive string        // ConnectTimeout or ReadTimeout
	After     time.Duration // what the timeout is set to
	Source    string        // how that is known
	Alike     int           // how many of the samples took as long
	Sampled   int           // of how many
}

// The directives of NGINX that end in a 504.
const (
	ConnectTimeout = "proxy_connect_timeout"
	ReadTimeout    = "proxy_read_timeout"
)
