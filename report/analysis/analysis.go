// Package analysis turns a recorded run into what can be said about it, and how surely. It computes
// from the record alone: no clock, no kernel, no network. Every estimate carries an interval or the
// reason for having none.
package analysis

import (
	"weir/loadgen/plan"
	"weir/report/runfile"
)

// Analysis is what a run showed. Its JSON form is report.json (schema weir.report/1): times are
// seconds, rates per second, and null means "not known", never zero.
type Analysis struct {
	Schema            string              `json:"schema"`              // "weir.report/1"
	Name              string              `json:"name"`                // of the scenario, or "run"
	Claim             string              `json:"claim,omitempty"`     // what the scenario puts to the test
	Started           string              `json:"started"`             // RFC 3339, UTC
	Version           string              `json:"version"`             // of weir, when the run was made
	Command           []string            `json:"command"`             // the arguments, to repeat it
	Seed              uint64              `json:"seed"`                // of everything random in the plan
	Mode              string              `json:"mode"`                // "loss" or "retrial", or "mixed" where the lanes differ
	Ended             string              `json:"ended"`               // "complete", "interrupted", "cut short", …
	Valid             bool                `json:"valid"`               // false: nothing below can be relied on
	InvalidReasons    []string            `json:"invalid_reasons"`     // why not
	Warnings          []Warning           `json:"warnings"`            // every doubt
	Environment       map[string]string   `json:"environment"`         // kernel, cpus, nginx, backend, sysctls … by name
	Capacity          Capacity            `json:"capacity"`            // what workers ÷ service time predicts
	Lanes             []Lane              `json:"lanes"`               // each path to the backend, in the order of the command
	Hosts             []Host              `json:"hosts"`               // every host that was probed, by name: what its kernel said over the whole run
	OnsetOverCapacity map[string]Interval `json:"onset_over_capacity"` // by lane: its onset ÷ the computed capacity
	Agreement         *Interval           `json:"agreement"`           // onset of proxy ÷ onset of direct; null unless both are known
	Pairs             int                 `json:"pairs"`               // how often each load was offered to each lane, in turn (--pairs); 0: once
	Comparison        *Comparison         `json:"comparison"`          // of the direct and the proxy lane; null: the run has not both
	Assertions        []AssertionResult   `json:"assertions"`          // what the run was judged by; package gate fills it
	Verdict           []string            `json:"verdict"`             // plain sentences, the most important first

	Asked *runfile.Asked `json:"-"` // the assertions that the record keeps; nil: none
}

// Warning is a doubt in words, with a stable code.
type Warning struct {
	Code string `json:"code"` // stable, for programs
	Text string `json:"text"` // for people
}

// Interval is a ratio with its 95 % interval.
type Interval struct {
	Ratio float64 `json:"ratio"` // the estimate
	Low   float64 `json:"low"`   // of its 95 % interval
	High  float64 `json:"high"`  // of its 95 % interval
}

// Capacity is what workers ÷ service time predicts.
type Capacity struct {
	Workers            int      `json:"workers"`                // 0: not known
	WorkersSource      string   `json:"workers_source"`         // "stated", or the evidence for the count; why there is none, where workers is 0
	WorkerConnections  int      `json:"worker_connections"`     // requests that one worker serves at a time
	ServiceTime        *float64 `json:"service_time_s"`         // a worker's whole busy period, from accept to ready
	ServiceTimeLow     *float64 `json:"service_time_low_s"`     // 95 % interval where it was measured
	ServiceTimeHigh    *float64 `json:"service_time_high_s"`    // its other end
	ServiceTimeSource  string   `json:"service_time_source"`    // where it is from: stamps of the backend, the median of single requests, or stated
	ServiceTimeCount   uint64   `json:"service_time_count"`     // how many were measured
	NominalServiceTime *float64 `json:"nominal_service_time_s"` // as stated, where the measured one was used instead
	Computed           *float64 `json:"computed_rps"`           // null: workers or service time unknown
	Low                *float64 `json:"low_rps"`                // 95 % interval of the computed rate
	High               *float64 `json:"high_rps"`               // its other end
}

// Onset is the offered rate at which something began.
type Onset struct {
	RPS    float64  `json:"rps"`    // the estimate
	Low    float64  `json:"low"`    // of its 95 % interval; of a bracket, the last rate at which it was not seen
	High   float64  `json:"high"`   // of its 95 % interval; of a bracket, the first rate at which it was seen
	Method string   `json:"method"` // "hinge", "first trial", …
	AtS    *float64 `json:"at_s"`   // when it was first seen, seconds from the epoch
}

// Bounds are a 95 % interval.
type Bounds struct {
	Low  float64 `json:"low"`  // its lower end
	High float64 `json:"high"` // its upper end
}

// Quantiles of a latency in seconds. A quantile that the sample is too small for is null: not even its largest
// value bounds it. Intervals are between order statistics and take the requests for independent. The
// maximum is what was seen, and has none.
type Quantiles struct {
	P50          *float64 `json:"p50"`           // median
	P50Interval  *Bounds  `json:"p50_interval"`  // of the median
	P90          *float64 `json:"p90"`           // 90 % were no longer
	P90Interval  *Bounds  `json:"p90_interval"`  // of the p90
	P99          *float64 `json:"p99"`           // 99 %
	P99Interval  *Bounds  `json:"p99_interval"`  // of the p99
	P999         *float64 `json:"p999"`          // 99.9 %
	P999Interval *Bounds  `json:"p999_interval"` // of the p99.9
	Max          *float64 `json:"max"`           // the longest
	Count        uint64   `json:"count"`         // how many were measured
}

// Reconciliation holds overflows against the failures that clients saw.
type Reconciliation struct {
	Overflows      uint64   `json:"overflows"`       // of the complete trials
	ClientFailures uint64   `json:"client_failures"` // of the same trials: those that a full queue produces
	Ratio          *float64 `json:"ratio"`           // overflows ÷ failures; null: nothing failed
	Low            *float64 `json:"low"`             // what the ratio may be if overflow explains every failure
	High           *float64 `json:"high"`            // its upper bound
	Verdict        string   `json:"verdict"`         // "agree", "disagree", "nothing to reconcile", "not measured", with the rule in words
}

// Cause is why requests failed, as far as it was proved.
type Cause struct {
	Code          string   `json:"code"`           // as the list of codes in report/analysis/codes.go has them; "undetermined" where the record proves none
	Text          string   `json:"text"`           // one plain sentence
	EvidenceLevel int      `json:"evidence_level"` // 0..4, ANALYSIS ladder
	EvidenceName  string   `json:"evidence_name"`  // "none", "order", "accounting", "dose-response", "intervention"
	Evidence      []string `json:"evidence"`       // what was found, in words, with numbers
}

// ClassCause is the cause of one class of a lane's failures.
type ClassCause struct {
	Class    string `json:"class"`    // "queue": of a kind that a full queue produces, "late", "slow", "closed", "refused", "proxy", "server", "raced", "generator", "swap": while a scenario exchanged the server
	Requests uint64 `json:"requests"` // how many went bad so
	Cause    Cause  `json:"cause"`    // why
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
	Outcomes       map[string]uint64 `json:"outcomes"`              // non-zero ones
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
	NoOnset        string            `json:"no_onset,omitempty"`    // why an onset is null
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

// Trial is one plan offered to a lane, from its start until the queue had drained.
type Trial struct {
	Index         int               `json:"index"`            // from 0, over all lanes
	Rate          float64           `json:"rate"`             // offered, req/s; 0 where the plan changes it
	Arrival       string            `json:"arrival"`          // "constant" (evenly spaced) or "poisson"
	Stages        []Stage           `json:"stages"`           // of the plan, one after the other
	Start         float64           `json:"start_s"`          // from the epoch
	Duration      float64           `json:"duration_s"`       // of the load
	Due           uint64            `json:"due"`              // requests of the plan whose outcome is known
	Sent          uint64            `json:"sent"`             // of these: sent
	Bad           uint64            `json:"bad"`              // not ok, or late
	QueueFailures uint64            `json:"queue_failures"`   // of the bad: of a kind that a full queue produces
	Outcomes      map[string]uint64 `json:"outcomes"`         // how many ended how; non-zero ones
	Goodput       float64           `json:"goodput_rps"`      // good requests by due time ÷ duration
	GoodLow       float64           `json:"goodput_low_rps"`  // Wilson 95 %
	GoodHigh      float64           `json:"goodput_high_rps"` // its other end
	Overflows     *uint64           `json:"overflows"`        // of its listener, until it had drained; null: not measured
	ListenDrops   *uint64           `json:"listen_drops"`     // the namespace's TcpExtListenDrops, until then; null: not measured
	MaxRecvQ      *uint32           `json:"max_recv_q"`       // the deepest that the accept queue was seen
	Drained       bool              `json:"drained"`          // the queue was seen empty afterwards
	DrainedAfter  *float64          `json:"drained_after_s"`  // when that was, from when the last request was due; null: it was not
	Complete      bool              `json:"complete"`         // every request of the plan has an outcome
	Expected      *float64          `json:"expected_bad"`     // what the fitted hinge says
	Served        *float64          `json:"served_rps"`       // where it was overloaded: goodput less what an empty queue took in
	Latency       Quantiles         `json:"latency_s"`        // of its ok requests, from due

	Plan plan.Plan `json:"-"` // when each request was due

	Latencies Latencies `json:"-"` // the same, to merge with other trials'; nil where they were too many to keep

	Spoiled string `json:"spoiled,omitempty"` // of a search: why the generator was the limit, so that it says nothing of the server
}

// Rates are the lowest and the highest that the plan offers, req/s.
func (t *Trial) Rates() (low, high float64) {
	low, high = t.Rate, t.Rate
	for i, s := range t.Stages {
		if i == 0 {
			low, high = s.From, s.From
		}
		low, high = min(low, s.From, s.To), max(high, s.From, s.To)
	}
	return low, high
}

// MeanRate is that of the whole plan, req/s.
func (t *Trial) MeanRate() float64 {
	if t.Rate > 0 || t.Duration <= 0 {
		return t.Rate
	}
	sum := 0.0
	for _, s := range t.Stages {
		sum += (s.From + s.To) / 2 * s.Duration
	}
	return sum / t.Duration
}

// Stage is a stretch of a trial's plan in which the offered rate moves linearly.
type Stage struct {
	From     float64 `json:"from_rps"`   // at its start
	To       float64 `json:"to_rps"`     // at its end; the same where it is constant
	Duration float64 `json:"duration_s"` // of it
}

// Timeline is a lane's trials on one clock, in bins of BinS seconds, for drawing. Only bins within its
// trials are there, so AtS has gaps; every slice is as long as AtS. A null is "not sampled".
type Timeline struct {
	BinS      float64             `json:"bin_s"`              // length of a bin
	AtS       []float64           `json:"at_s"`               // where each bin begins, from the epoch
	Offered   []float64           `json:"offered_rps"`        // requests due, per second
	Goodput   []float64           `json:"goodput_rps"`        // good, by due time
	RecvQ     []*uint32           `json:"recv_q"`             // highest depth seen in the bin
	Overflows []*uint64           `json:"overflows"`          // during the bin
	Replayed  []*uint64           `json:"replayed_overflows"` // what the simulator says of the same schedule; null where it was not run
	Bad       map[string][]uint64 `json:"bad"`                // by outcome (and "late"), by due time
	Marks     []Mark              `json:"marks"`              // in order of time
}

// Mark is a moment worth a line in the timeline.
type Mark struct {
	AtS  float64 `json:"at_s"` // from the epoch
	Code string  `json:"code"` // "load_passes_capacity", "predicted_fill", "first_overflow", "first_error", "event" (done to a server by the scenario)
	Text string  `json:"text"` // in words
}

// Host is what a probed host's kernel said over the whole run. A null was not measured there.
type Host struct {
	Name          string          `json:"name"`                    // as the record names it: "backend", "local", …
	Overflows     *uint64         `json:"overflows"`               // of its network namespace: TcpExtListenOverflows
	OwnDrops      *uint64         `json:"listener_drops"`          // sk_drops of the watched listeners
	OthersAtLeast *uint64         `json:"others_overflows_min"`    // how many of the overflows other listeners must have caused
	Others        []OtherListener `json:"other_listeners"`         // that dropped packets, the most first
	Restarts      []Restart       `json:"restarts"`                // watched listeners that were closed and opened anew
	SYNQueue      *uint64         `json:"max_syn_queue"`           // unfinished handshakes with the watched listeners, the most that was seen, twice a second
	Waiting       *uint64         `json:"max_listen_depth"`        // connections that waited in the fullest queue of the watched ports, the most that was seen, where the listener itself may not be looked at
	SYNSent       *uint64         `json:"max_towards_syn_sent"`    // connects from here towards the load's target that had no answer yet, the most that was seen
	TimeWait      *uint64         `json:"max_towards_time_wait"`   // connections towards it in TIME_WAIT, the most that was seen
	Established   *uint64         `json:"max_towards_established"` // and established
	PortsUsed     *uint64         `json:"max_ports_used"`          // local ports that the fullest (source, destination, port) held at once
	PortsRange    *uint64         `json:"ports_range"`             // of how many
	SysctlChanges []SysctlChange  `json:"sysctl_changes"`          // settings that were others after the load than before it
	Traced        *Traced         `json:"traced"`                  // null: nothing was traced (--trace)
	Clock         *Clock          `json:"clock"`                   // null: it is ours
}

// Clock is how the times of a probe on another machine became ours: an offset is added to them, which is estimated over the pipe
// that the samples come through.
type Clock struct {
	Method    string   `json:"method"`    // "ping", or "arrival" where the probe answers none: then a sample is of when it came
	Estimates int      `json:"estimates"` // that the record has
	Offset    float64  `json:"offset_s"`  // the last; the probe's own times count from when it was started
	Moved     float64  `json:"moved_s"`   // the last minus the first
	Early     *float64 `json:"early_s"`   // a time may truly be this much earlier, by the widest estimate; null: nothing bounds it
	Late      float64  `json:"late_s"`    // or this much later
	RTT       float64  `json:"rtt_s"`     // round trip of the ping that the last estimate rests on
	Ahead     float64  `json:"ahead_s"`   // its wall clock minus ours
	Drift     *Drift   `json:"drift"`     // null: too few pings, or too short a time
}

// Drift is how much faster that clock ran than ours, in parts per million.
type Drift struct {
	PPM  float64 `json:"ppm"`  // the estimate
	Low  float64 `json:"low"`  // it cannot have been less, if it was constant
	High float64 `json:"high"` // nor more
}

// Traced is what eBPF saw of a host's watched TCP listeners, from the first sample to the last.
type Traced struct {
	Accepts     uint64     `json:"accepts"`             // connections whose time in the accept queue was taken
	Unaccounted uint64     `json:"accepts_unaccounted"` // accepted ones of which it was not
	Wait        *TraceWait `json:"accept_queue_wait_s"` // null: none was accepted
	ByRecvQ     *float64   `json:"recvq_wait_s"`        // the mean wait that Little's law makes of the sampled Recv-Q: the other instrument
	SentRST     []SentRST  `json:"rst_sent"`            // the most first
	ReceivedRST uint64     `json:"rst_received"`        // connections that an RST from the peer ended
}

// TraceWait says how long connections stood in the accept queue. A quantile is the upper end of a bucket a quarter wide.
type TraceWait struct {
	Mean float64 `json:"mean"` // exact
	P50  float64 `json:"p50"`  // half of them waited no longer
	P90  float64 `json:"p90"`  // nine in ten
	P99  float64 `json:"p99"`  // 99 in a hundred
	Max  float64 `json:"max"`  // all
}

// SentRST is a kind of RST that the kernel sent from the watched listeners' ports.
type SentRST struct {
	For    string `json:"for"`    // listener, connection, no_socket
	Reason string `json:"reason"` // the kernel's; "" before Linux 6.10
	Count  uint64 `json:"count"`  // how many
}

// OtherListener is one that was not watched and dropped packets.
type OtherListener struct {
	Addr  string `json:"addr"`  // where it listens
	Drops uint64 `json:"drops"` // sk_drops from before the load until after it, at least: what a socket dropped that went away meanwhile is not known
}

// Restart is a listener that was replaced while the run lasted.
type Restart struct {
	Addr  string `json:"addr"`  // where it listens
	Times int    `json:"times"` // how often none of the sockets before was left
}

// SysctlChange is a setting that changed while the run lasted.
type SysctlChange struct {
	Name   string `json:"name"`   // such as net.core.somaxconn
	Before string `json:"before"` // "": absent
	After  string `json:"after"`  // "": absent
}
