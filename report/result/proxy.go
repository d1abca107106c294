package result

// ProxyLog is what NGINX's access log says of a lane's requests, which X-Request-Id names. A try is one
// attempt at one upstream server.
type ProxyLog struct {
	Requests uint64 `json:"requests"` // of the lane that have a line
	Missing  uint64 `json:"missing"`  // that were sent and have none
	Tries    uint64 `json:"tries"`    // at upstream servers, of all these requests
	// above 1: retries multiply the load and hide failures
	TriesPerRequest *float64 `json:"tries_per_request"`
	Retried         uint64   `json:"retried"` // requests with more than one try
	// of them, answered below 500: failures that the client never saw
	Saved uint64 `json:"saved"`
	// what the failed tries of those ended in, by upstream status
	Hidden      map[string]uint64 `json:"hidden"`
	Unconnected uint64            `json:"unconnected"` // tries that got no connection
	Upstream    float64           `json:"upstream_s"`  // time in all tries together, seconds
	// of that time: until connected, or until NGINX gave up connecting
	Connect *float64 `json:"connect_share"`
	Header  *float64 `json:"header_share"` // from then on until the response header
	Body    *float64 `json:"body_share"`   // and until the end
	// the failures that the record keeps singly, and saved requests, the most frequent kind first
	Kinds []ProxiedKind `json:"kinds"`
}

// ProxiedKind are requests that fared alike at NGINX and at the client.
type ProxiedKind struct {
	Outcome  string    `json:"outcome"`  // the client's; "ok": saved by a retry
	Class    string    `json:"class"`    // NGINX's, see probe/nginxlog
	Kept     uint64    `json:"kept"`     // how many the record holds: a sample, not a count
	Examples []Proxied `json:"examples"` // some of them, the earliest first
}

// Proxied is one request with what NGINX said of it.
type Proxied struct {
	Trial   int        `json:"trial"`     // its index
	Seq     int        `json:"seq"`       // position in the trial's plan
	Due     *float64   `json:"due_s"`     // null for a request that did not fail
	Latency *float64   `json:"latency_s"` // until the client knew that it had failed
	Status  int        `json:"status"`    // as NGINX logged it
	Took    *float64   `json:"took_s"`    // NGINX's $request_time
	Tries   []ProxyTry `json:"tries"`     // in the order in which they were made
	Text    Finding    `json:"text"`      // what became of it, in a sentence
}

// ProxyTry is one attempt, with times from its beginning. A null is a moment that did not come.
type ProxyTry struct {
	Addr     string   `json:"addr"`       // of the upstream server
	Status   int      `json:"status"`     // its answer, or what NGINX made of its failure; 0: none
	Connect  *float64 `json:"connect_s"`  // connected
	Header   *float64 `json:"header_s"`   // the response header had come
	Response *float64 `json:"response_s"` // it ended
}

// ProxyStatus is what NGINX's stub_status said while the lane's trials ran. NGINX counts a connection when it
// has accepted it: what waits in its own accept queue is in none of these. They hold weir's own polls and all
// other clients.
type ProxyStatus struct {
	Polls   uint64 `json:"polls"`       // that were answered
	Failed  uint64 `json:"failed"`      // polls that were not
	Active  uint64 `json:"max_active"`  // connections, the most that a poll saw; the same below
	Reading uint64 `json:"max_reading"` // of them: a request header is being read
	Writing uint64 `json:"max_writing"` // a request is being worked on or answered
	Waiting uint64 `json:"max_waiting"` // kept open without a request
	// connections; null where no two polls bracket a trial, or NGINX was restarted
	Accepted *uint64 `json:"accepted"`
	// of them: not dropped at once for want of worker_connections or descriptors
	Handled   *uint64 `json:"handled"`
	Requested *uint64 `json:"requested"` // requests
}
