package result

// Connections is how requests shared connections, and how these ended.
type Connections struct {
	Use        string   `json:"use"`                     // "new": one for each request; "reuse"
	Opened     *uint64  `json:"opened"`                  // null: the record does not say
	PerOne     *float64 `json:"requests_per_connection"` // null: none was opened
	PeerClosed *uint64  `json:"closed_by_peer"`          // with their last request: by the server first
	// by us first; the rest were kept, or it is not known
	WeClosed *uint64 `json:"closed_by_us"`
	// while they carried no request, the ends of trials included; null: not counted
	IdlePeer *uint64 `json:"idle_closed_by_peer"`
	IdleUs   *uint64 `json:"idle_closed_by_us"` // the same by us
	// of all these: that we closed with bytes unread, which resets them and leaves no TIME_WAIT
	Unread *uint64 `json:"reset_unread"`
	// whose kernel keeps them for a minute: "peer", "us" or "both"; null: nobody's, or not known
	TimeWait *string `json:"time_wait_side"`
}

// CrossChecks are other instruments for what the hinge measures. None stands in its place: knee and crossing
// are found in loss mode only, have no interval and take for capacity what a queue holds once, and the last
// shows how fast the workers were, not where failures begin. In retrial mode, where failures are hidden, it
// is all that tells.
type CrossChecks struct {
	// of goodput over offered rate: the c of the best min(x, c), by least squares; null: none
	Knee *float64 `json:"knee_rps"`
	// offered rate at which the failed share passes 0.5 %, by isotonic regression; null: none
	Crossing *float64 `json:"crossing_rps"`
	// C/T of the shortest trial: by so much both may lie above the onset
	Fill *float64 `json:"fill_rps"`
	// L − d(Recv-Q)/dt while the queue filled, before it overflowed; null: it was not sampled then
	Busy Estimate `json:"busy_rps"`
}

// GeneratorUse is how much of this machine the load took, in the trial in which that was most.
type GeneratorUse struct {
	CPU      *float64 `json:"cpu_share"`       // of the processors that it may use
	RunDelay *float64 `json:"run_delay_share"` // of the same: its threads were ready to run and waited
	// event loops, a thread each; 0: the engine has none, or the record does not say
	Loops   int      `json:"loops"`
	LoopCPU *float64 `json:"loop_cpu_share"` // of one processor: the busiest loop, in its worst second
	// of one processor: the loop that waited most for it, in its worst second
	LoopDelay *float64 `json:"loop_delay_share"`
}

// Lane is what one path showed.
type Lane struct {
	Name        string       `json:"name"`        // "direct", "proxy", …
	URL         string       `json:"url"`         // what was asked for
	Engine      string       `json:"engine"`      // what sent the requests
	Connections Connections  `json:"connections"` // how requests shared them
	Generator   GeneratorUse `json:"generator"`   // how much of this machine the load took
	// "loss": one dropped SYN is one failed request; "retrial": it is sent again
	Mode           string  `json:"mode"`
	ConnectTimeout float64 `json:"connect_timeout_s"` // of the client
	Timeout        float64 `json:"timeout_s"`         // of a request, connecting included
	MaxInFlight    int     `json:"max_in_flight"`     // more were not sent
	// how else the generator was set; null: the record does not say
	Options *Options `json:"options"`
	// of the proxy on the path; null: there is none, or nothing is known of it
	ProxyTimeouts *ProxyTimeouts `json:"proxy_timeouts"`
	Offered       uint64         `json:"offered"` // requests due
	Sent          uint64         `json:"sent"`    // of these: sent
	// of these: not sent, because too many were under way
	Shed uint64 `json:"shed"`
	// requests that were under way at once, the most at the end of a tenth of a second
	MaxOpen uint64 `json:"max_open"`
	// requests by outcome (`weir help outcomes` lists them); one that did not occur has no key
	Outcomes   map[string]uint64 `json:"outcomes"`
	Late       uint64            `json:"late"`       // of ok: later than the deadline
	Deadline   float64           `json:"deadline_s"` // an ok answer later than this is bad
	SYNRetrans uint64            `json:"synretrans"` // SYNs that were lost and sent again
	// of connections that were made all the same: the modes of the connect time
	LostSYNs []LostSYNs `json:"lost_syns"`
	// of connect timeouts: how many SYNs had no answer, and after how long that was given up
	Unanswered []LostSYNs `json:"unanswered_syns"`
	Latency    Quantiles  `json:"latency_s"` // ok requests, from due
	// the same requests, from when they were sent: without our own lag
	FromSent Quantiles `json:"latency_from_sent_s"`
	// where the time of the ok requests went; null: the record does not say
	Phases      *Phases   `json:"phases"`
	FailLatency Quantiles `json:"fail_latency_s"` // the others that were sent
	SendLag     Quantiles `json:"send_lag_s"`     // from due to sent: our own lateness
	// of its listener during its trials: TcpExtListenOverflows, or its own drops where these are fewer
	Overflows     *uint64 `json:"overflows"`
	ListenDrops   *uint64 `json:"listen_drops"`   // the namespace's TcpExtListenDrops
	ListenerDrops *uint64 `json:"listener_drops"` // sk_drops of this lane's listener
	// the deepest that the accept queue was seen
	MaxRecvQ *uint32 `json:"max_recv_q"`
	// that the kernel granted: Send-Q; the queue holds one more
	BacklogLimit *uint32 `json:"backlog_limit"`
	// the host, as hosts names it, where it is; "": not known
	ListenerHost string  `json:"listener_host"`
	Listener     string  `json:"listener"` // its address; "": none was found
	Backend      Backend `json:"backend"`  // what that cost the host of its listener
	// where the accept queue begins to overflow
	OverflowOnset *Onset      `json:"overflow_onset"`
	ErrorOnset    *Onset      `json:"error_onset"`       // where requests begin to fail
	NoOnset       Finding     `json:"no_onset,omitzero"` // why an onset is null
	CrossChecks   CrossChecks `json:"cross_checks"`      // other instruments for the same
	// median of its trials' served_rps; null: none was overloaded
	Plateau *float64 `json:"plateau_rps"`
	// between order statistics; null for fewer than 6 of them
	PlateauBounds  *Bounds        `json:"plateau_interval"`
	Reconciliation Reconciliation `json:"reconciliation"` // overflows beside failures
	Cause          Cause          `json:"cause"`          // why requests failed
	Trials         []Trial        `json:"trials"`         // in order of time
	Timeline       Timeline       `json:"timeline"`       // the same load in bins
	LatencyMap     LatencyMap     `json:"latency_map"`    // how long requests took, over time
	// of the ok requests, from due; as far as the sample goes
	Percentiles []Percentile `json:"percentiles"`
	Guides      []Guide      `json:"latency_guides"` // where latencies should gather
	// NGINX's own account, most frequent first
	LogClasses []LogClass `json:"log_classes,omitempty"`
	// health checks beside the load; absent: nobody checked
	Health *Health `json:"health,omitempty"`

	Causes   []ClassCause `json:"causes"`   // of each class of failures by itself, the most frequent first
	Recovery *Recovery    `json:"recovery"` // after the load; null: not observed
	Search   *Search      `json:"search"`   // for the highest sustained rate; null: the run was none

	// NGINX's access log, joined with the lane's requests
	ProxyLog    *ProxyLog    `json:"proxy_log,omitempty"`
	ProxyStatus *ProxyStatus `json:"proxy_status,omitempty"` // its stub_status during the lane's trials
}

// ThroughProxy reports whether the lane's requests pass a proxy.
func (l *Lane) ThroughProxy() bool { return l.Name == "proxy" || l.ProxyTimeouts != nil }

// ProxyTimeouts are how long a proxy waits for its backend. A null is "not known".
type ProxyTimeouts struct {
	Connect *float64 `json:"connect_s"` // proxy_connect_timeout
	Read    *float64 `json:"read_s"`    // proxy_read_timeout
	Source  string   `json:"source"`    // where that is known from
}

// Backend is what a lane's load was to the host of its listener, as that host's kernel counted it: of a
// proxy's lane the server behind the proxy. A null is "not measured".
type Backend struct {
	// that were made to it: TcpPassiveOpens of the listener's network namespace, so of all listeners there
	Connections *uint64 `json:"connections"`
	// connections ÷ requests sent, of the trials in which they were counted; null on a unix socket
	PerRequest *float64 `json:"connections_per_request"`
	// processor time of the processes that hold the listener ÷ requests sent meanwhile: from the first to the
	// last of its readings, two a second, in each trial
	CPU *float64 `json:"cpu_per_request_s"`
	// share of the workers' time in which they could run and had no processor, or their group's CPU quota
	// stopped them
	Starved *float64 `json:"starved"`
}

// LostSYNs are the connections, made or not, that lost as many SYNs.
type LostSYNs struct {
	Lost    int     `json:"lost"`        // by each, 1 or more
	Count   uint64  `json:"connections"` // how many connections
	Connect float64 `json:"connect_s"`   // mean time from connect() to connected, or until it was given up
}

// LogClass counts one class of log line during the lane's trials.
type LogClass struct {
	Source string `json:"source"`         // "nginx.error" or "nginx.access"
	Class  string `json:"class"`          // what kind of line
	Count  uint64 `json:"count"`          // how many lines
	Text   string `json:"text,omitempty"` // one example
}

// Health is what health checks saw, one after the other, before a lane's load began, while it was offered,
// and after it while the queue drained.
type Health struct {
	Before HealthCounts `json:"before"` // up to the first request
	During HealthCounts `json:"during"` // sent while requests were due
	After  HealthCounts `json:"after"`  // up to the end of the run
}

// HealthCounts are checks by what became of them.
type HealthCounts struct {
	OK     uint64 `json:"ok"`     // answered well
	Slow   uint64 `json:"slow"`   // answered well, later than the scenario calls slow
	Failed uint64 `json:"failed"` // not answered, or not well

	// median time from sent to answered, of those that were answered well; absent: none was, or the record
	// does not say
	P50 *float64 `json:"p50_s,omitempty"`
	Max *float64 `json:"max_s,omitempty"` // the longest of the same
}

// Options is how a lane's generator was set. A bound of 0 is none.
type Options struct {
	// "orderly" or "rst": how it ended connections that were not kept
	Close string `json:"close"`
	// after so many a kept connection was closed
	RequestsPerConnection int `json:"requests_per_connection"`
	// after so long an idle connection was closed
	IdleTimeout float64 `json:"idle_timeout_s"`
	MaxIdle     int     `json:"max_idle"` // so many idle connections were kept
	// own addresses, taken in turn; none: as the kernel chose
	LocalAddrs []string `json:"local_addrs"`
	// the unix socket that was dialled in place of the URL's host; empty: none
	Address string `json:"address"`
	// longest response body that was read, bytes
	MaxBody    int  `json:"max_body"`
	RequestIDs bool `json:"request_ids"` // each request had an X-Request-Id
	Insecure   bool `json:"insecure"`    // certificates were not verified
	Requests   int  `json:"requests"`    // different ones that were sent in turn
	// requests that were due so close together may have been sent together; 0: none were
	WakeQuantum float64 `json:"wake_quantum_s"`
}
