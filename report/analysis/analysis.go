// Package analysis turns a recorded run into what can be said about it, and how surely. It computes
// from the record alone: no clock, no kernel, no network. Every estimate carries an interval or the
// reason for having none.
package analysis

// Analysis is what a run showed. Its JSON form is report.json (schema weir.report/1): times are
// seconds, rates per second, and null means "not known", never zero.
type Analysis struct {
	Schema            string              `json:"schema"`
	Name              string              `json:"name"`
	Claim             string              `json:"claim,omitempty"`
	Started           string              `json:"started"` // RFC 3339, UTC
	Version           string              `json:"version"`
	Command           []string            `json:"command"`
	Seed              uint64              `json:"seed"`
	Mode              string              `json:"mode"`  // "loss" or "retrial", or "mixed" where the lanes differ
	Ended             string              `json:"ended"` // "complete", "interrupted", "cut short", …
	Valid             bool                `json:"valid"`
	InvalidReasons    []string            `json:"invalid_reasons"`
	Warnings          []Warning           `json:"warnings"`
	Environment       map[string]string   `json:"environment"`
	Capacity          Capacity            `json:"capacity"`
	Lanes             []Lane              `json:"lanes"`
	OnsetOverCapacity map[string]Interval `json:"onset_over_capacity"`
	Agreement         *Interval           `json:"agreement"`  // onset of proxy ÷ onset of direct; null unless both are known
	Comparison        any                 `json:"comparison"` // null: not compared
	Assertions        []any               `json:"assertions"`
	Verdict           []string            `json:"verdict"` // plain sentences, the most important first
}

// Warning is a doubt in words, with a stable code.
type Warning struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Interval is a ratio with its 95 % interval.
type Interval struct {
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Capacity is what workers ÷ service time predicts.
type Capacity struct {
	Workers            int      `json:"workers"`
	WorkerConnections  int      `json:"worker_connections"`
	ServiceTime        *float64 `json:"service_time_s"`
	ServiceTimeLow     *float64 `json:"service_time_low_s"` // 95 % interval where it was measured
	ServiceTimeHigh    *float64 `json:"service_time_high_s"`
	ServiceTimeSource  string   `json:"service_time_source"`
	ServiceTimeCount   uint64   `json:"service_time_count"`
	NominalServiceTime *float64 `json:"nominal_service_time_s"` // as stated, where the measured one was used instead
	Computed           *float64 `json:"computed_rps"`           // null: workers or service time unknown
	Low                *float64 `json:"low_rps"`
	High               *float64 `json:"high_rps"`
}

// Onset is the offered rate at which something began.
type Onset struct {
	RPS    float64  `json:"rps"`
	Low    float64  `json:"low"`
	High   float64  `json:"high"`
	Method string   `json:"method"` // "hinge", "first trial", …
	AtS    *float64 `json:"at_s"`   // when it was first seen, seconds from the epoch
}

// Quantiles of a latency in seconds. A quantile that the sample is too small for is null.
type Quantiles struct {
	P50   *float64 `json:"p50"`
	P90   *float64 `json:"p90"`
	P99   *float64 `json:"p99"`
	P999  *float64 `json:"p999"`
	Max   *float64 `json:"max"`
	Count uint64   `json:"count"`
}

// Reconciliation holds overflows against the failures that clients saw.
type Reconciliation struct {
	Overflows      uint64   `json:"overflows"`
	ClientFailures uint64   `json:"client_failures"`
	Ratio          *float64 `json:"ratio"`
	Low            *float64 `json:"low"` // what the ratio may be if overflow explains every failure
	High           *float64 `json:"high"`
	Verdict        string   `json:"verdict"` // "agree", "disagree", "nothing to reconcile", "not measured", with the rule in words
}

// Cause is why requests failed, as far as it was proved.
type Cause struct {
	Code          string   `json:"code"`           // "accept_queue_overflow", "unix_queue_overflow", "none", "undetermined", …
	Text          string   `json:"text"`           // one plain sentence
	EvidenceLevel int      `json:"evidence_level"` // 0..4, ANALYSIS ladder
	EvidenceName  string   `json:"evidence_name"`  // "none", "order", "accounting", "dose-response", "intervention"
	Evidence      []string `json:"evidence"`       // what was found, in words, with numbers
}

// Lane is what one path showed.
type Lane struct {
	Name           string            `json:"name"`
	URL            string            `json:"url"`
	Engine         string            `json:"engine"`
	Connections    Connections       `json:"connections"`
	Mode           string            `json:"mode"` // "loss": one dropped SYN is one failed request; "retrial": it is sent again
	ConnectTimeout float64           `json:"connect_timeout_s"`
	Offered        uint64            `json:"offered"`
	Sent           uint64            `json:"sent"`
	Shed           uint64            `json:"shed"`
	Outcomes       map[string]uint64 `json:"outcomes"` // non-zero ones
	Late           uint64            `json:"late"`     // of ok: later than the deadline
	Deadline       float64           `json:"deadline_s"`
	SYNRetrans     uint64            `json:"synretrans"`          // SYNs that were lost and sent again
	LostSYNs       []LostSYNs        `json:"lost_syns"`           // of connections that were made all the same: the modes of the connect time
	Latency        Quantiles         `json:"latency_s"`           // ok requests, from due
	FromSent       Quantiles         `json:"latency_from_sent_s"` // the same requests, from when they were sent: without our own lag
	FailLatency    Quantiles         `json:"fail_latency_s"`      // the others that were sent
	SendLag        Quantiles         `json:"send_lag_s"`
	Overflows      *uint64           `json:"overflows"`      // of its listener during its trials: TcpExtListenOverflows, or its own drops where these are fewer
	ListenDrops    *uint64           `json:"listen_drops"`   // the namespace's TcpExtListenDrops
	ListenerDrops  *uint64           `json:"listener_drops"` // sk_drops of this lane's listener
	MaxRecvQ       *uint32           `json:"max_recv_q"`
	BacklogLimit   *uint32           `json:"backlog_limit"`
	Listener       string            `json:"listener"`
	OverflowOnset  *Onset            `json:"overflow_onset"`
	ErrorOnset     *Onset            `json:"error_onset"`
	NoOnset        string            `json:"no_onset,omitempty"` // why an onset is null
	Plateau        *float64          `json:"plateau_rps"`
	Reconciliation Reconciliation    `json:"reconciliation"`
	Cause          Cause             `json:"cause"`
	Trials         []Trial           `json:"trials"`
	Timeline       Timeline          `json:"timeline"`
	LogClasses     []LogClass        `json:"log_classes,omitempty"` // NGINX's own account, most frequent first
}

// LostSYNs are the connections that lost as many SYNs.
type LostSYNs struct {
	Lost    int     `json:"lost"` // by each, 1 or more
	Count   uint64  `json:"connections"`
	Connect float64 `json:"connect_s"` // mean time from connect() to connected
}

// LogClass counts one class of log line during the lane's trials.
type LogClass struct {
	Source string `json:"source"`
	Class  string `json:"class"`
	Count  uint64 `json:"count"`
	Text   string `json:"text,omitempty"` // one example
}

// Trial is one constant-rate stretch of a lane.
type Trial struct {
	Index     int               `json:"index"`
	Rate      float64           `json:"rate"` // offered, req/s
	Start     float64           `json:"start_s"`
	Duration  float64           `json:"duration_s"`
	Due       uint64            `json:"due"`
	Sent      uint64            `json:"sent"`
	Bad       uint64            `json:"bad"` // not ok, or late
	Outcomes  map[string]uint64 `json:"outcomes"`
	Goodput   float64           `json:"goodput_rps"`     // good requests by due time ÷ duration
	GoodLow   float64           `json:"goodput_low_rps"` // Wilson 95 %
	GoodHigh  float64           `json:"goodput_high_rps"`
	Overflows *uint64           `json:"overflows"`
	MaxRecvQ  *uint32           `json:"max_recv_q"`
	Drained   bool              `json:"drained"`
	Complete  bool              `json:"complete"`
	Expected  *float64          `json:"expected_bad"` // what the fitted hinge says
}

// Timeline is a lane's trials on one clock, in bins of BinS seconds, for drawing. Only bins within its
// trials are there, so AtS has gaps; every slice is as long as AtS. A null is "not sampled".
type Timeline struct {
	BinS      float64             `json:"bin_s"`
	AtS       []float64           `json:"at_s"`
	Offered   []float64           `json:"offered_rps"`
	Goodput   []float64           `json:"goodput_rps"`        // good, by due time
	RecvQ     []*uint32           `json:"recv_q"`             // highest depth seen in the bin
	Overflows []*uint64           `json:"overflows"`          // during the bin
	Replayed  []*uint64           `json:"replayed_overflows"` // what the simulator says of the same schedule; null where it was not run
	Bad       map[string][]uint64 `json:"bad"`                // by outcome (and "late"), by due time
	Marks     []Mark              `json:"marks"`
}

// Mark is a moment worth a line in the timeline.
type Mark struct {
	AtS  float64 `json:"at_s"`
	Code string  `json:"code"` // "load_passes_capacity", "predicted_fill", "first_overflow", "first_error"
	Text string  `json:"text"`
}
