package result

// Recovery is how a lane came back to rest when its load had ended, while few requests were offered. A server
// that does not, although the load is gone, is in a metastable failure (Bronson et al., HotOS 2021): what
// keeps it busy is no longer the load but what the load left behind.
type Recovery struct {
	Rate      float64 `json:"rate"`       // offered meanwhile, req/s
	ObservedS float64 `json:"observed_s"` // for how long after the load
	// median latency of the same few requests before the load; null: not known
	BaselineS *float64 `json:"baseline_s"`
	LimitS    *float64 `json:"limit_s"` // what counts as back: twice that and 10 ms
	// from the load's end until Recv-Q stayed at 0 or 1; null: not seen
	QueueEmptyS *float64 `json:"queue_empty_s"`
	// connections in it at the end of the observation; null: not sampled
	QueueLeft *uint64 `json:"queue_left"`
	// from the load's end until requests were answered as before; null: not seen
	LatencyS *float64 `json:"latency_back_s"`
	// how long, after the last client had gone, the queue still held its requests; null: not known
	DeadWorkS *float64 `json:"dead_work_s"`
	// of the listener in the second half of the observation; null: not known
	Overflows *uint64 `json:"late_overflows"`
	// "recovered", "dead_work", "retry_storm", "not_recovered", "unknown"
	Code string  `json:"code"`
	Text Finding `json:"text"` // the same in a sentence
}

// Search is what a lane's search for the highest sustained rate found (RFC 9971).
type Search struct {
	Goals  []SearchGoal `json:"goals"`  // the strictest first
	Trials int          `json:"trials"` // that count
	// in which the generator was the limit: they say nothing of the server
	Spoiled int     `json:"spoiled"`
	TrialS  float64 `json:"trial_s"`  // length of each
	BudgetS float64 `json:"budget_s"` // no trial was under way after it
	TookS   float64 `json:"took_s"`   // from the epoch until the last trial had drained

	// Absorbed is C/T: by so much a trial that began with an empty queue may hold more than lasts. Null where
	// the queue is not known.
	Absorbed *float64 `json:"absorbed_rps"`
}

// SearchGoal is the result of one goal.
type SearchGoal struct {
	LossRatio float64  `json:"loss_ratio"` // that was tolerated, of the requests of a trial
	Lower     *float64 `json:"lower_rps"`  // relevant lower bound: holds the goal; null: not known
	Upper     *float64 `json:"upper_rps"`  // relevant upper bound: does not
	// what of lower_rps is known to last: less what queue and deadline put off in a trial; null: not known
	Lasting *float64 `json:"lasting_rps"`
	// both are known and close enough, and the trials long enough to tell; else the result is inconclusive
	Regular bool    `json:"regular"`
	Reason  Finding `json:"reason,omitzero"` // why it is not regular
}

// Conclusive reports whether every goal of the run's searches has a regular result; true where none was made.
func (a *Analysis) Conclusive() bool {
	for _, l := range a.Lanes {
		if l.Search == nil {
			continue
		}
		for _, g := range l.Search.Goals {
			if !g.Regular {
				return false
			}
		}
	}
	return true
}
