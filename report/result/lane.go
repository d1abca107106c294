package result

// Connections is how requests shared connections, and how these ended.
type Connections struct {
	Use        string   `json:"use"`                     // "new": one for each request; "reuse"
	Opened     *uint64  `json:"opened"`                  // null: the record does not say
	PerOne     *float64 `json:"requests_per_connection"` // null: none was opened
	PeerClosed *uint64  `json:"closed_by_peer"`          // with their last request: by the server first
	WeClosed   *uint64  `json:"closed_by_us"`            // by us first; the rest were kept, or it is not known
	IdlePeer   *uint64  `json:"idle_closed_by_peer"`     // while they carried no request, the ends of trials included; null: not counted
	IdleUs     *uint64  `json:"idle_closed_by_us"`       // the same by us
	Unread     *uint64  `json:"reset_unread"`            // of all these: that we closed with bytes unread, which resets them and leaves no TIME_WAIT
	TimeWait   *string  `json:"time_wait_side"`          // whose kernel keeps them for a minute: "peer", "us" or "both"; null: nobody's, or not known
}

// CrossChecks are other instruments for what the hinge measures. None stands in its place: knee and crossing are found in
// loss mode only, have no interval and take for capacity what a queue holds once, and the last shows how fast the workers
// were, not where failures begin. In retrial mode, where failures are hidden, it is all that tells.
type CrossChecks struct {
	Knee     *float64 `json:"knee_rps"`     // of goodput over offered rate: the c of the best min(x, c), by least squares; null: none
	Crossing *float64 `json:"crossing_rps"` // offered rate at which the failed share passes 0.5 %, by isotonic regression; null: none
	Fill     *float64 `json:"fill_rps"`     // C/T of the shortest trial: by so much both may lie above the onset
	Busy     Estimate `json:"busy_rps"`     // L − d(Recv-Q)/dt while the queue filled, before it overflowed; null: it was not sampled then
}

// GeneratorUse is how much of this machine the load took, in the trial in which that was most.
type GeneratorUse struct {
	CPU       *float64 `json:"cpu_share"`        // of the processors that it may use
	RunDelay  *float64 `json:"run_delay_share"`  // of the same: its threads were ready to run and waited
	Loops     int      `json:"loops"`            // event loops, a thread each; 0: the engine has none, or the record does not say
	LoopCPU   *float64 `json:"loop_cpu_share"`   // of one processor: the busiest loop, in its worst second
	LoopDelay *float64 `json:"loop_delay_share"` // of one processor: the loop that waited most for it, in its worst second
}

// Lane is what one path showed.
type Lane struct {
	Name           string            `json:"name"`                  // "direct", "proxy", …
	URL            string            `json:"url"`                   // what was asked for
	Engine         string            `json:"engine"`                // what sent the requests
	Connections    Connections       `json:"connections"`           // how requests shared them
	Generator      GeneratorUse      `json:"generator"`             // how much of this machine the load took
	Mode           string            `json:"mode"`                  // "loss": one dropped SYN is one failed request; "retrial": it is sent again
	ConnectTimeout float64           `json:"connect_timeout_s"`     // of the client
	Timeout        float64           `json:"timeout_s"`             // of a request, connecting included
	MaxInFlight    int               `json:"max_in_flight"`         // more were not sent
	Options        *Options          `json:"options"`               // how else the generator was set; null: the record does not say
	ProxyTimeouts  *ProxyTimeouts    `json:"proxy_timeouts"`        // of the proxy on the path; null: there is none, or nothing is known of it
	Offered        uint64            `json:"offered"`               // requests due
	Sent           uint64            `json:"sent"`                  // of these: sent
	Shed           uint64            `json:"shed"`                  // of these: not sent, because too many were under way
	MaxOpen        uint64            `json:"max_open"`              // requests that were under way at once, the most at the end of a tenth of a second
	Outcomes       map[string]uint64 `json:"outcomes"`              // requests by outcome (`weir help outcomes` lists them); one that did not occur has no key
	Late           uint64            `json:"late"`                  // of ok: later than the deadline
	Deadline       float64           `json:"deadline_s"`            // an ok answer later than this is bad
	SYNRetrans     uint64            `json:"synretrans"`            // SYNs that were lost and sent again
	LostSYNs       []LostSYNs        `json:"lost_syns"`             // of connections that were made all the same: the modes of the connect time
	Unanswered     []LostSYNs        `json:"unanswered_syns"`       // of connect timeouts: how many SYNs had no answer, and after how long that was given up
	Latency        Quantiles         `json:"latency_s"`             // ok requests, from due
	FromSent       Quantiles         `json:"latency_from_sent_s"`   // the same requests, from when they were sent: without our own lag
	Phases         *Phases           `json:"phases"`                // where the time of the ok requests went; null: the record does not say
	FailLatency    Quantiles         `json:"fail_latency_s"`        // the others that were sent
	SendLag        Quantiles         `json:"send_lag_s"`            // from due to sent: our own lateness
	Overflows      *uint64           `json:"overflows"`             // of its listener during its trials: TcpExtListenOverflows, or its own drops where these are fewer
	ListenDrops    *uint64           `json:"listen_drops"`          // the namespace's TcpExtListenDrops
	ListenerDrops  *uint64           `json:"listener_drops"`        // sk_drops of this lane's listener
	MaxRecvQ       *uint32           `json:"max_recv_q"`            // the deepest that the accept queue was seen
	BacklogLimit   *uint32           `json:"backlog_limit"`         // that the kernel granted: Send-Q; the queue holds one more
	ListenerHost   string            `json:"listener_host"`         // the host, as hosts names it, where it is; "": not known
	Listener       string            `json:"listener"`              // its address; "": none was found
	Backend        Backend           `json:"backend"`               // what that cost the host of its listener
	OverflowOnset  *Onset            `json:"overflow_onset"`        // where the accept queue begins to overflow
	ErrorOnset     *Onset            `json:"error_onset"`           // where requests begin to fail
	NoOnset        Finding           `json:"no_onset,omitzero"`     // why an onset is null
	CrossChecks    CrossChecks       `json:"cross_checks"`          // other instruments for the same
	Plateau        *float64          `json:"plateau_rps"`           // median of its trials' served_rps; null: none was overloaded
	PlateauBounds  *Bounds           `json:"plateau_interval"`      // between order statistics; null for fewer than 6 of them
	Reconciliation Reconciliation    `json:"reconciliation"`        // overflows beside failures
	Cause          Cause             `json:"cause"`                 // why requests failed
	Trials         []Trial           `json:"trials"`                // in order of time
	Timeline       Timeline          `json:"timeline"`              // the same load in bins
	LatencyMap     LatencyMap        `json:"latency_map"`           // how long requests took, over time
	Percentiles    []Percentile      `json:"percentiles"`           // of the ok requests, from due; as far as the sample goes
	Guides         []Guide           `json:"latency_guides"`        // where latencies should gather
	LogClasses     []LogClass        `json:"log_classes,omitempty"` // NGINX's own account, most frequent first
	Health         *Health           `json:"health,omitempty"`      // health checks beside the load; absent: nobody checked

	Causes   []ClassCause `json:"causes"`   // of each class of failures by itself, the most frequent first
	Recovery *Recovery    `json:"recovery"` // after the load; null: not observed
	Search   *Search      `json:"search"`   // for the highest sustained rate; null: the run was none

	ProxyLog    *ProxyLog    `json:"proxy_log,omitempty"`    // NGINX's access log, joined with the lane's requests
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

// Backend is what a lane's load was to the host of its listener, as that host's kernel counted it: of a proxy's lane the
// server behind the proxy. A null is "not measured".
type Backend struct {
	Connections *uint64  `json:"connections"`             // that were made to it: TcpPassiveOpens of the listener's network namespace, so of all listeners there
	PerRequest  *float64 `json:"connections_per_request"` // connections ÷ requests sent, of the trials in which they were counted; null on a unix socket
	CPU         *float64 `json:"cpu_per_request_s"`       // processor time of the processes that hold the listener ÷ requests sent meanwhile: from the first to the last of its readings, two a second, in each trial
	Starved     *float64 `json:"starved"`                 // share of the workers' time in which they could run and had no processor, or their group's CPU quota stopped them
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

// Health is what health checks saw, one after the other, before a lane's load began, while it was offered, and after it while the queue drained.
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

	P50 *float64 `json:"p50_s,omitempty"` // median time from sent to answered, of those that were answered well; absent: none was, or the record does not say
	Max *float64 `json:"max_s,omitempty"` // the longest of the same
}

// Options is how a lane's generator was set. A bound of 0 is none.
type Options struct {
	Close                 string   `json:"close"`                   // "orderly" or "rst": how it ended connections that were not kept
	RequestsPerConnection int      `json:"requests_per_connection"` // after so many a kept connection was closed
	IdleTimeout           float64  `json:"idle_timeout_s"`          // after so long an idle connection was closed
	MaxIdle               int      `json:"max_idle"`                // so many idle connections were kept
	LocalAddrs            []string `json:"local_addrs"`             // own addresses, taken in turn; none: as the kernel chose
	Address               string   `json:"address"`                 // the unix socket that was dialled in place of the URL's host; empty: none
	MaxBody               int      `json:"max_body"`                // longest response body that was read, bytes
	RequestIDs            bool     `json:"request_ids"`             // each request had an X-Request-Id
	Insecure              bool     `json:"insecure"`                // certificates were not verified
	Requests              int      `json:"requests"`                // different ones that were sent in turn
	WakeQuantum           float64  `json:"wake_quantum_s"`          // requests that were due so close together may have been sent together; 0: none were
}
