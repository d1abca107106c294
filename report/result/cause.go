package result

import "weir/loadgen"

// Cause is why requests failed or were late, as far as the record proves it.
type Cause struct {
	Code          CauseCode `json:"code"`           // the cause; "undetermined" where the record proves none
	Text          Finding   `json:"text"`           // the cause in one or two sentences
	EvidenceLevel int       `json:"evidence_level"` // how far the evidence reaches on its ladder, 0 to 4
	// its name: none, order, accounting, dose-response or intervention
	EvidenceName string    `json:"evidence_name"`
	Evidence     []Finding `json:"evidence"` // the counts and the proof, a sentence each
}

// ClassCause is the cause of one class of a lane's failures.
type ClassCause struct {
	Class    loadgen.Class `json:"class"`    // which kind of thing can have caused them
	Requests uint64        `json:"requests"` // how many requests failed in this way
	Cause    Cause         `json:"cause"`    // why they failed
}

// CauseCode names a cause. Programs rely on it. Package words has what each one claims (words.Claims).
type CauseCode string

// The causes. A code is only given where the record proves what it claims; everything else is Undetermined,
// because a wrong cause sends its reader to the wrong place.
const (
	NoFailure           CauseCode = "none"
	Undetermined        CauseCode = "undetermined"
	AcceptQueueOverflow CauseCode = "accept_queue_overflow"
	WorkerBoundOverflow CauseCode = "worker_bound_overflow"
	BurstOverflow       CauseCode = "burst_overflow"
	ServerCPUStarved    CauseCode = "server_cpu_starved"
	UnixQueueOverflow   CauseCode = "unix_queue_overflow"
	AnotherListener     CauseCode = "another_listener"
	SYNQueueOverflow    CauseCode = "syn_queue_overflow"
	QueuedTooLong       CauseCode = "queued_too_long"
	DeadWork            CauseCode = "dead_work"
	SlowResponse        CauseCode = "slow_response"
	WorkerClosed        CauseCode = "worker_closed"
	NotListening        CauseCode = "not_listening"
	ServerErrors        CauseCode = "server_errors"
	KeepaliveRace       CauseCode = "keepalive_race"
	ProxyTimeout        CauseCode = "proxy_timeout"
	ProxyLimit          CauseCode = "proxy_limit"
	ProxyPortsExhausted CauseCode = "proxy_ports_exhausted"
	PeerMarkedDown      CauseCode = "peer_marked_down"
	PortsExhausted      CauseCode = "ports_exhausted"
	GeneratorFailed     CauseCode = "generator"
)

// Reconciliation compares the overflows with the failures that clients saw.
type Reconciliation struct {
	Overflows uint64 `json:"overflows"` // overflows during the complete trials
	// requests of the same trials that failed as a full queue makes them fail
	ClientFailures uint64   `json:"client_failures"`
	Ratio          *float64 `json:"ratio"` // overflows ÷ failures; null: nothing failed
	// the least ratio if overflow explains every failure; null: not known
	Low *float64 `json:"low"`
	// the largest ratio if overflow explains every failure; null: not known
	High    *float64   `json:"high"`
	Verdict Reconciled `json:"verdict"` // whether the overflows account for the failures
	// how the two counts were compared, or why they were not
	Rule Finding `json:"rule"`
}

// Reconciled says whether the overflows account for the failures.
type Reconciled string

// The answers of a reconciliation.
const (
	// the counts are as many as one kind explains the other
	Agree              Reconciled = "agree"
	Disagree           Reconciled = "disagree"             // something else took part
	NothingToReconcile Reconciled = "nothing to reconcile" // no failure is left to be explained
	NotMeasured        Reconciled = "not measured"         // the counts are not known, or have no rule
)
