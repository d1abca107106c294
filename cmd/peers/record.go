package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/loadgen"
	"weir/report/runfile"
)

// account is what a child of ours prints: where its record is, and its memory.
type account struct {
	Dir    string   `json:"dir"`
	Memory []memory `json:"memory"` // the first is at rest, before the load
	cpu    time.Duration
}

type memory struct {
	At     time.Duration `json:"at"` // from the beginning of the load
	RSS    uint64        `json:"rss"`
	Heap   uint64        `json:"heap"` // in use: objects, dead ones among them, and what is between them
	Stacks uint64        `json:"stacks"`
}

// figures are what a record says of its one trial. They are read from the file, as a report's are, so that
// nothing is measured that a real run does not do.
type figures struct {
	tally
	lag      *hdr.Histogram // of the requests that were due after a time
	inFlight uint64         // at the most, at the end of a tenth of a second
}

func (f figures) lagAt(percent float64) time.Duration {
	return time.Duration(f.lag.ValueAtQuantile(percent))
}

func parseWeir(out []byte) (tally, error) {
	var a account
	if err := json.Unmarshal(out, &a); err != nil {
		return tally{}, err
	}
	f, err := readRecord(a.Dir, 0)
	if err == nil && f.ok == 0 {
		err = fmt.Errorf("no request was answered, %d failed", f.failed)
	}
	return f.tally, err
}

// readRecord adds up a run of one trial. Lags count from that time of the trial on.
func readRecord(dir string, after time.Duration) (figures, error) {
	r, err := runfile.Open(dir)
	if err != nil {
		return figures{}, err
	}
	defer r.Close()
	f := figures{lag: runfile.NewHistogram()}
	changes := map[time.Duration]int64{} // of the requests in flight, by bin
	var ok, failed uint64
	var start, end time.Duration
	for r.Scan() {
		switch rec := r.Record().(type) {
		case *runfile.Trial:
			start = rec.Start
		case *runfile.TrialEnd:
			end = rec.End
		case *runfile.Bin:
			good, bad := outcomes(rec.Done)
			ok, failed = ok+good, failed+bad
			changes[rec.At] += int64(rec.Sent) - int64(good+bad)
			if rec.At >= start+after {
				err = runfile.MergeHistogram(f.lag, rec.Lag)
			}
		}
		if err != nil {
			return f, err
		}
	}
	if err := r.Err(); err != nil {
		return f, err
	}
	if end <= start {
		return f, fmt.Errorf("the trial in %s has no end", dir)
	}
	f.inFlight = highest(changes)
	f.tally = tally{ok: ok, failed: failed, rate: float64(ok) / (end - start).Seconds()}
	return f, nil
}

// outcomes adds up what was sent. What was shed was not.
func outcomes(done map[loadgen.Outcome]uint64) (ok, failed uint64) {
	for o, n := range done {
		switch {
		case o == loadgen.OK:
			ok += n
		case o.Sent():
			failed += n
		}
	}
	return ok, failed
}

func highest(changes map[time.Duration]int64) uint64 {
	var now, most int64
	for _, at := range slices.Sorted(maps.Keys(changes)) {
		now += changes[at]
		most = max(most, now)
	}
	return uint64(most)
}
