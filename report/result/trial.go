package result

import "weir/loadgen/plan"

// Trial is one plan offered to a lane, from its start until the queue had drained.
type Trial struct {
	Index    int     `json:"index"`      // from 0, over all lanes
	Rate     float64 `json:"rate"`       // offered, req/s; 0 where the plan changes it
	Arrival  string  `json:"arrival"`    // "constant" (evenly spaced) or "poisson"
	Stages   []Stage `json:"stages"`     // of the plan, one after the other
	Start    float64 `json:"start_s"`    // from the epoch
	Duration float64 `json:"duration_s"` // of the load
	Due      uint64  `json:"due"`        // requests of the plan whose outcome is known
	Sent     uint64  `json:"sent"`       // of these: sent
	Bad      uint64  `json:"bad"`        // not ok, or late
	// of the bad: of a kind that a full queue produces
	QueueFailures uint64 `json:"queue_failures"`
	// requests by outcome (`weir help outcomes` lists them); one that did not occur has no key
	Outcomes map[string]uint64 `json:"outcomes"`
	Goodput  float64           `json:"goodput_rps"`      // good requests by due time ÷ duration
	GoodLow  float64           `json:"goodput_low_rps"`  // Wilson 95 %
	GoodHigh float64           `json:"goodput_high_rps"` // its other end
	// of its listener, until it had drained; null: not measured
	Overflows *uint64 `json:"overflows"`
	// the namespace's TcpExtListenDrops, until then; null: not measured
	ListenDrops *uint64 `json:"listen_drops"`
	MaxRecvQ    *uint32 `json:"max_recv_q"` // the deepest that the accept queue was seen
	Drained     bool    `json:"drained"`    // the queue was seen empty afterwards
	// when that was, from when the last request was due; null: it was not
	DrainedAfter *float64 `json:"drained_after_s"`
	Complete     bool     `json:"complete"`     // every request of the plan has an outcome
	Expected     *float64 `json:"expected_bad"` // what the fitted hinge says
	// where it was overloaded: goodput less what an empty queue took in
	Served  *float64  `json:"served_rps"`
	Latency Quantiles `json:"latency_s"` // of its ok requests, from due

	Plan plan.Plan `json:"-"` // when each request was due

	// the same, to merge with other trials'; nil where they were too many to keep
	Latencies Latencies `json:"-"`

	// of a search: why the generator was the limit, so that it says nothing of the server
	Spoiled Finding `json:"spoiled,omitzero"`
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
	BinS      float64   `json:"bin_s"`       // length of a bin
	AtS       []float64 `json:"at_s"`        // where each bin begins, from the epoch
	Offered   []float64 `json:"offered_rps"` // requests due, per second
	Goodput   []float64 `json:"goodput_rps"` // good, by due time
	RecvQ     []*uint32 `json:"recv_q"`      // highest depth seen in the bin
	Overflows []*uint64 `json:"overflows"`   // during the bin
	// what the simulator says of the same schedule; null where it was not run
	Replayed []*uint64           `json:"replayed_overflows"`
	Bad      map[string][]uint64 `json:"bad"`   // by outcome (and "late"), by due time
	Marks    []Mark              `json:"marks"` // in order of time
}

// Mark is a moment worth a line in the timeline.
type Mark struct {
	AtS float64 `json:"at_s"` // from the epoch
	// "load_passes_capacity", "predicted_fill", "first_overflow", "first_error", "event" (done to a server by
	// the scenario)
	Code string  `json:"code"`
	Text Finding `json:"text"` // in words
}
