package main

import (
	"weir/loadgen"
	"weir/report/analysis/gate"
	"weir/report/runfile"
)

// recording shows what is written into the record to the progress line, and to the assertions that may end the load.
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
			r.live.Trial(rec.Index, rec.Lane, rec.Start, rec.Plan)
		}
	case *runfile.Sample:
		r.ui.sample(rec.Sample)
		if r.live != nil {
			r.live.Sample(rec.Sample)
		}
	}
	err := r.Recorder.Write(rec)
	if end, ok := rec.(*runfile.TrialEnd); ok && !r.ui.observes(end.Index) { // all its results are in the record
		r.ui.trialEnd()
		if r.live != nil {
			r.live.TrialEnd()
		}
	}
	return err
}

func (r recording) Results(trial int) loadgen.Recorder {
	results := r.Recorder.Results(trial)
	if r.ui.observes(trial) { // its requests are not the load's
		return results
	}
	if r.live != nil {
		results = r.live.Results(trial, results)
	}
	return counted{r.ui, results}
}

// counted lets the progress line count what is recorded.
type counted struct {
	ui  *progress
	rec loadgen.Recorder
}

func (c counted) Record(r loadgen.Result) {
	c.ui.result(r)
	c.rec.Record(r)
}

func (c counted) Shard() loadgen.Recorder { return counted{c.ui, loadgen.ShardOf(c.rec)} }

func (c counted) Unwrap() loadgen.Recorder { return c.rec }
