package main

import (
	"encoding/json"
	"io"
)

const capacitySchemaName = "weir.capacity/1"

// capacityReport is what `weir capacity --json` prints. Times are seconds, rates per second, shares fractions of 1;
// null is what does not exist (an overflow that never comes) or was not asked for.
type capacityReport struct {
	Schema string        `json:"schema"` // "weir.capacity/1"
	Input  capacityInput `json:"input"`  // what was asked

	CapacityRPS   float64 `json:"capacity_rps"`     // μ = W/S
	Servers       int     `json:"servers"`          // W: workers × connections
	QueueSlots    int     `json:"queue_slots"`      // C: backlog + 1
	LongestWait   float64 `json:"longest_wait_s"`   // in the queue, C/μ
	SlowestAnswer float64 `json:"slowest_answer_s"` // C/μ + S

	DeadWork      *bool `json:"dead_work"`       // with a deadline D: whether a full queue yields nothing but late answers, C/μ + S > D
	BacklogInTime *int  `json:"backlog_in_time"` // the largest backlog with which it does not, (D−S)μ − 1; null: none is small enough

	Trials []capacityTrial `json:"trials"` // how long they must last
	Rate   *capacityRate   `json:"rate"`   // with --rate
	Target *capacityTarget `json:"target"` // with --target-rate
}

// capacityInput is what the answer rests on.
type capacityInput struct {
	Workers           int      `json:"workers"`            // as given
	WorkerConnections int      `json:"worker_connections"` // requests that one worker serves at the same time
	ServiceTime       float64  `json:"service_time_s"`     // S: a worker's whole busy period
	ServiceCV         float64  `json:"service_cv"`         // its coefficient of variation, 0 to 1
	ServiceCVAssumed  bool     `json:"service_cv_assumed"` // not given
	Backlog           int      `json:"backlog"`            // as given to listen()
	BacklogAssumed    bool     `json:"backlog_assumed"`    // not given
	Deadline          *float64 `json:"deadline_s"`         // after which an answer is not wanted
}

// capacityTrial is how long a trial must last to show an overload, C/(δμ).
type capacityTrial struct {
	Overload float64 `json:"overload"`   // δ, a share of the capacity
	Duration float64 `json:"duration_s"` // of the trial, at least
}

// capacityRate is what a rate does to the server.
type capacityRate struct {
	RPS          float64 `json:"rps"`           // L, offered
	Utilisation  float64 `json:"utilisation"`   // ρ = L/μ
	LossConstant float64 `json:"loss_constant"` // 1−μ/L, evenly spaced arrivals
	LossPoisson  float64 `json:"loss_poisson"`  // cv²·loss_mmck + (1−cv²)·loss_mdck
	LossMMcK     float64 `json:"loss_mmck"`     // of M/M/c/K: exponential service
	LossMDcK     float64 `json:"loss_mdck"`     // of M/D/c/K: a service that always takes as long
	// tijms; doubled_queue: M/M/c/K with 2C places, near and above capacity; exponential_bound: loss_mmck itself.
	// The first two are low by up to a third where there are fewer places than servers.
	LossMDcKMethod    string   `json:"loss_mdck_method"`
	FirstOverflowIdle *float64 `json:"first_overflow_idle_s"` // from idle; null: never, at evenly spaced arrivals
	FirstOverflowBusy *float64 `json:"first_overflow_busy_s"` // with all workers busy, the queue empty; null: never
	LateFrom          *float64 `json:"late_from_s"`           // dead work: from idle, when the first request comes that will be answered late
}

// capacityTarget is what a rate needs.
type capacityTarget struct {
	RPS         float64          `json:"rps"`          // wanted
	Arrival     string           `json:"arrival"`      // constant or poisson
	MaxLoss     float64          `json:"max_loss"`     // as asked for
	HeadRoom    float64          `json:"head_room"`    // as asked for
	PlannedRPS  float64          `json:"planned_rps"`  // with it
	Burst       int              `json:"burst"`        // requests that come at once besides
	Workers     int              `json:"workers"`      // smallest number that loses no more, at the backlog of input
	CapacityRPS float64          `json:"capacity_rps"` // of these workers
	Loss        float64          `json:"loss"`         // of these workers, of planned_rps
	Backlog     capacityBacklog  `json:"backlog"`      // the smallest that suffices with these workers
	OwnBacklog  *capacityBacklog `json:"own_backlog"`  // the smallest that suffices with those of input; null: none does
}

// capacityBacklog is a backlog and what it costs. net.core.somaxconn must be as high.
type capacityBacklog struct {
	Backlog     int     `json:"backlog"`        // as given to listen()
	LongestWait float64 `json:"longest_wait_s"` // C/μ
}

func (r *capacityReport) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
