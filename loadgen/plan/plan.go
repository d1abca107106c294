// Package plan is the schedule: when each request is due. A plan is a pure function of its
// specification and its seed. It knows no clock, no socket and no server, so what it says can be
// tested without any of them, and two lanes that share a plan are offered exactly the same load.
package plan

import "time"

// Arrival is the law that places requests around the stages' rate.
type Arrival string

const (
	Constant Arrival = "constant" // evenly spaced: request i is due where the cumulative rate reaches i
	Poisson  Arrival = "poisson"  // independent: unit exponentials mapped through the cumulative rate
)

// Stage is a stretch of time in which the offered rate moves linearly from From to To,
// both in requests per second. From == To is a constant rate.
type Stage struct {
	From     float64       `json:"from"`     // offered rate at its beginning, requests a second
	To       float64       `json:"to"`       // offered rate at its end, requests a second
	Duration time.Duration `json:"duration"` // its length
}

// Plan is one continuous schedule. Its times count from its own beginning.
type Plan struct {
	Stages  []Stage `json:"stages"`  // the stages, one after the other
	Arrival Arrival `json:"arrival"` // empty: Constant
	Seed    uint64  `json:"seed"`    // seed of random arrivals
	// what numbers its first request in the run, see loadgen.SeqVariable; it has no part in the schedule
	First int `json:"first,omitempty"`
}
