package analysis

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"weir/loadgen"
	"weir/report/runfile"
)

func (l *loader) trial(t *runfile.Trial) error {
	i := slices.IndexFunc(l.run.lanes, func(ln *lane) bool { return ln.Name == t.Lane })
	if i < 0 {
		return fmt.Errorf("trial %d is of lane %.40q, which the header does not have", t.Index, t.Lane)
	}
	tr := &trial{Trial: *t, lane: l.run.lanes[i], until: forever, bins: map[time.Duration]*bin{}, latency: map[time.Duration]counted{}}
	l.byIndex[t.Index] = tr
	switch t.Role {
	case "":
		tr.lane.trials = append(tr.lane.trials, tr)
		l.run.trials = append(l.run.trials, tr)
	case runfile.Baseline:
		tr.lane.before = tr
	case runfile.Recovery:
		tr.lane.after = tr
	} // of another version: no load that this one knows
	return nil
}

// binOf is where a trial's record of one tenth of a second is added up, with the requests due in it.
func (l *loader) binOf(t *trial, rec *runfile.Bin) (*bin, error) {
	b := t.bins[rec.At]
	if b == nil {
		if l.bins++; l.bins > maxBins {
			return nil, fmt.Errorf("more than %d bins", maxBins)
		}
		b = &bin{due: map[loadgen.Outcome]uint64{}}
		t.bins[rec.At] = b
	}
	for o, n := range rec.Due {
		b.due[o] += n
	}
	return b, nil
}

func (l *loader) bin(rec *runfile.Bin) error {
	t := l.byIndex[rec.Trial]
	if t.Role != "" {
		return l.observed(t, rec)
	}
	b, err := l.binOf(t, rec)
	if err != nil {
		return err
	}
	b.late += rec.Late
	b.sent += rec.Sent
	for o, n := range rec.Done {
		if o != loadgen.Shed {
			b.ended += n
		}
	}
	b.synRetrans += rec.SYNRetrans
	addConnects(t.lane.connects, rec.Connects)
	addConnects(t.lane.unanswered, rec.Unanswered)
	b.opened += rec.Opened
	b.closings = addClosings(b.closings, rec.Closings)
	if b.late > b.due[loadgen.OK] {
		return errors.New("more late answers than answers")
	}
	if h := t.lane.trialLag; h != nil {
		if t.lane.lagOf != t.Index {
			h.Reset()
			t.lane.lagOf = t.Index
		}
		if err := runfile.MergeHistogram(h, rec.Lag); err != nil {
			return err
		}
	}
	return errors.Join(
		l.latency(t, b, rec.Latency),
		runfile.MergeHistogram(t.lane.service, rec.FromSent),
		l.failLatency(t, b, rec.FailLatency),
		runfile.MergeHistogram(t.lane.lag, rec.Lag))
}

// failLatency adds to the lane's times until failure.
func (l *loader) failLatency(t *trial, b *bin, encoded string) error {
	return runfile.ReadHistogram(encoded, func(low, _ time.Duration, n uint64) {
		_ = t.lane.fail.RecordValues(int64(low), int64(n))
		if cell := l.cell(b, latencyRow(low)); cell != nil {
			cell.failed += n
		}
	})
}

// latency adds to the lane's latencies and to the trial's own.
func (l *loader) latency(t *trial, b *bin, encoded string) error {
	err := runfile.ReadHistogram(encoded, func(low, high time.Duration, n uint64) {
		_ = t.lane.latency.RecordValues(int64(low), int64(n)) // in the geometry that was just read
		if cell := l.cell(b, latencyRow(low)); cell != nil {
			cell.ok += n
		}
		c, seen := t.latency[low]
		if !seen {
			l.counters++
		}
		if l.counters <= maxCounters {
			t.latency[low] = counted{high, c.n + n}
		}
	})
	if l.counters > maxCounters && err == nil {
		l.run.manyLatencies = true
	}
	return err
}
