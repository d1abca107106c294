package result

import (
	"strings"

	"weir/report/runfile"
	"weir/report/unit"
)

// Analysis is what a run showed. Its JSON form is report.json (schema weir.report/1): times are
// seconds, rates per second, and null means "not known", never zero.
type Analysis struct {
	Schema  string   `json:"schema"`          // "weir.report/1"
	Name    string   `json:"name"`            // of the scenario, or "run"
	Claim   string   `json:"claim,omitempty"` // what the scenario puts to the test
	Started string   `json:"started"`         // RFC 3339, UTC
	Version string   `json:"version"`         // of weir, when the run was made
	Command []string `json:"command"`         // the arguments, to repeat it
	Seed    uint64   `json:"seed"`            // of everything random in the plan
	// "loss" or "retrial", or "mixed" where the lanes differ
	Mode string `json:"mode"`
	// how: "complete", "interrupted", "cut short", "aborted" or "failed"; after some of them a colon and why
	Ended Ending `json:"ended"`
	// false: nothing below can be relied on
	Valid          bool      `json:"valid"`
	InvalidReasons []Finding `json:"invalid_reasons"` // why not
	Warnings       []Warning `json:"warnings"`        // every doubt
	// kernel, cpus, nginx, backend, sysctls … by name
	Environment map[string]string `json:"environment"`
	Capacity    Capacity          `json:"capacity"` // what workers ÷ service time predicts
	// each path to the backend, in the order of the command
	Lanes []Lane `json:"lanes"`
	// every host that was probed, by name: what its kernel said over the whole run
	Hosts []Host `json:"hosts"`
	// by lane: its onset ÷ the computed capacity
	OnsetOverCapacity map[string]Interval `json:"onset_over_capacity"`
	// onset of proxy ÷ onset of direct; null unless both are known
	Agreement *Interval `json:"agreement"`
	// how often each load was offered to each lane, in turn (--pairs); 0: once
	Pairs int `json:"pairs"`
	// of the direct and the proxy lane; null: the run has not both
	Comparison *Comparison `json:"comparison"`
	// what the run was judged by; package gate fills it
	Assertions []AssertionResult `json:"assertions"`
	// plain sentences, the most important first
	Verdict []Finding `json:"verdict"`

	Asked *runfile.Asked `json:"-"` // the assertions that the record keeps; nil: none
}

// Warning is a finding that is published with its code: a reason to read a result with care. It converts to a
// Finding, and package words makes its sentence likewise.
type Warning struct {
	Code Code   `json:"code"`           // stable, for programs
	Lane string `json:"lane,omitempty"` // whose it is, where it is a lane's; its name stands in the text too
	Args Args   `json:"-"`              // what its sentence names
	Text string `json:"text"`           // for people
}

// Ending is how a run ended. In report.json it is one text, "complete" or "cut short: why".
type Ending struct {
	How string // one of runfile's reasons
	Why string // what ended it; "" where that goes without saying
}

// Whole reports whether the run did what it was to do: its plan, or --max-duration of it.
func (e Ending) Whole() bool {
	return e.How == runfile.Complete || e.How == runfile.CutShort && e.Why != ""
}

// String is the ending as report.json has it.
func (e Ending) String() string {
	if e.Why == "" {
		return e.How
	}
	return e.How + ": " + e.Why
}

// MarshalText writes the ending as one text.
func (e Ending) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText takes it back.
func (e *Ending) UnmarshalText(b []byte) error {
	e.How, e.Why, _ = strings.Cut(string(b), ": ")
	return nil
}

// Interval is a ratio with its 95 % interval.
type Interval struct {
	Ratio float64 `json:"ratio"` // the estimate
	Low   float64 `json:"low"`   // of its 95 % interval
	High  float64 `json:"high"`  // of its 95 % interval
}

// Estimate is the ratio as a measured number.
func (i Interval) Estimate() unit.Estimate { return unit.Of(unit.Quotient, i.Ratio, i.Low, i.High) }

// Capacity is what workers ÷ service time predicts.
type Capacity struct {
	Workers int `json:"workers"` // 0: not known
	// "stated", "summed" over unlike backends, "counted" at the listener, or "not_counted"
	WorkersSource string `json:"workers_source"`
	// the processes that were seen, and why they were not counted
	WorkersEvidence   string `json:"workers_evidence"`
	WorkerConnections int    `json:"worker_connections"` // requests that one worker serves at a time
	// a worker's whole busy period, from accept to ready
	ServiceTime     *float64 `json:"service_time_s"`
	ServiceTimeLow  *float64 `json:"service_time_low_s"`  // 95 % interval where it was measured
	ServiceTimeHigh *float64 `json:"service_time_high_s"` // its other end
	// where it is from: "stated", "client_median" of single requests, "stamped" by the backend, or
	// "stamped_idle": no trial saturated the workers
	ServiceTimeSource string `json:"service_time_source"`
	ServiceTimeCount  uint64 `json:"service_time_count"` // how many were measured
	// as stated, where the measured one was used instead
	NominalServiceTime *float64 `json:"nominal_service_time_s"`
	Computed           *float64 `json:"computed_rps"` // null: workers or service time unknown
	Low                *float64 `json:"low_rps"`      // 95 % interval of the computed rate
	High               *float64 `json:"high_rps"`     // its other end
}

// Where a service time is from that the backend itself stamped, from accept to ready.
const (
	Stamped     = "stamped"
	StampedIdle = "stamped_idle" // no trial saturated the workers
)

// Onset is the offered rate at which something began.
type Onset struct {
	RPS float64 `json:"rps"` // the estimate
	// of its 95 % interval; of a bracket, the last rate at which it was not seen
	Low float64 `json:"low"`
	// of its 95 % interval; of a bracket, the first rate at which it was seen
	High float64 `json:"high"`
	// "hinge", which estimates; or of a bracket "first_trial", "first_stage", "first_overflow" or "ramp"
	Method Method   `json:"method"`
	How    Finding  `json:"how,omitzero"` // of a bracket: what it was made of, in words
	AtS    *float64 `json:"at_s"`         // when it was first seen, seconds from the epoch
}

// Method is how an onset was found.
type Method string

// The methods. An onset of the hinge is an estimate: low and high are its 95 % interval. All others bracket
// what was seen.
const (
	Hinge         Method = "hinge"
	FirstTrial    Method = "first_trial"    // the lowest constant rate with an overflow
	FirstStage    Method = "first_stage"    // of a plan of stages
	FirstOverflow Method = "first_overflow" // within a plan whose rate moves
	Ramp          Method = "ramp"           // the same while the rate grew, less what the queue took in
)

// Estimated reports whether the onset is an estimate with an interval, and not a bracket.
func (o *Onset) Estimated() bool { return o.Method == Hinge }

// Bounds are a 95 % interval.
type Bounds struct {
	Low  float64 `json:"low"`  // its lower end
	High float64 `json:"high"` // its upper end
}

// Quantiles of a latency in seconds. A quantile that the sample is too small for is null: not even its
// largest value bounds it. Intervals are between order statistics and take the requests for independent. The
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

// Named is the quantile of that name with its interval: p50, p90, p99 or p999.
func (q *Quantiles) Named(name string) (*float64, *Bounds) {
	switch name {
	case "p50":
		return q.P50, q.P50Interval
	case "p90":
		return q.P90, q.P90Interval
	case "p99":
		return q.P99, q.P99Interval
	case "p999":
		return q.P999, q.P999Interval
	}
	return nil, nil
}

// Schema names the form of report.json.
const Schema = "weir.report/1"
