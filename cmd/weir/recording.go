package main

import (
	"weir/loadgen/count"
	"weir/report/analysis/gate"
	"weir/report/runfile"
)

// recording shows what is written into the record to the progress line, and to what may end the load.
type recording struct {
	*runfile.Recorder
	ui   *progress
	live *gate.Live // nil: nothing can end the load early
}

func (r recording) Write(rec runfile.Record) error {
	switch rec := rec.(type) {
	case *runfile.Trial:
		r.ui.trial(*rec)
		if r.live != nil && rec.Role == "" {
			r.live.Trial(rec.Lane, rec.Start, rec.Plan)
		}
	case *runfile.Sample:
		r.ui.sample(rec.Sample)
		if r.live != nil {
			r.live.Sample(rec.Sample)
		}
	}
	err := r.Recorder.Write(rec)
	// all its results are in the record
	if end, ok := rec.(*runfile.TrialEnd); ok && !r.ui.observes(end.Index) {
		r.ui.trialEnd()
		if r.live != nil {
			r.live.TrialEnd()
		}
	}
	return err
}

func (r recording) Results(trial int) *count.Counter {
	results := r.Recorder.Results(trial)
	if r.ui.observes(trial) { // its requests are not the load's
		return results
	}
	results.Watch(r.ui.counted)
	if r.live != nil {
		r.live.Watch(results)
	}
	return results
}
