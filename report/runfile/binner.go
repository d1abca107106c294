package runfile

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"weir/loadgen"
)

// examplesPerBin is how many failed requests of one outcome and bin are kept whole.
const examplesPerBin = 2

// binner adds up results between two flushes. It keeps latencies as plain values and fills histograms only
// when it writes: a bin has few values, a histogram of 200 KB for each bin that may still get a late
// answer would need hundreds of megabytes.
type binner struct {
	trials   map[int]*binnedTrial
	bins     map[binKey]*openBin
	failures []*Failure
	last     time.Duration
	encoder  histogramEncoder
	stray    error // a result of a trial that is not running
}

type binnedTrial struct {
	deadline time.Duration
	examples map[exampleKey]int
}

type binKey struct {
	trial int
	at    time.Duration
}

type exampleKey struct {
	at      time.Duration
	outcome loadgen.Outcome
}

type openBin struct {
	Bin
	latency, failLatency, lag []int64
}

func newBinner() *binner {
	return &binner{trials: map[int]*binnedTrial{}, bins: map[binKey]*openBin{}}
}

func (b *binner) begin(trial int, deadline time.Duration) {
	b.trials[trial] = &binnedTrial{deadline, map[exampleKey]int{}}
}

func (b *binner) end(trial int) { delete(b.trials, trial) }

func (b *binner) add(trial int, r loadgen.Result) {
	t := b.trials[trial]
	if t == nil {
		b.stray = fmt.Errorf("record request %d: trial %d is not running", r.Seq, trial)
		return
	}
	b.last = max(b.last, r.Done)
	due := b.bin(trial, r.Due)
	due.Due[r.Outcome]++
	due.SYNRetrans += uint64(max(r.SYNRetrans, 0))
	b.bin(trial, r.Done).Done[r.Outcome]++

	latency := r.Done - r.Due
	// What was canceled before it began has no send time; a send time of zero is one only at the very start.
	sent := r.Outcome.Sent() && (r.Sent > 0 || r.Due == 0)
	if sent {
		b.bin(trial, r.Sent).Sent++
		due.lag = append(due.lag, int64(r.Sent-r.Due))
	}
	switch {
	case r.Outcome == loadgen.OK:
		due.latency = append(due.latency, int64(latency))
		if t.deadline > 0 && latency > t.deadline {
			due.Late++
		}
	case sent:
		due.failLatency = append(due.failLatency, int64(latency))
		b.example(t, trial, due.At, r)
	}
}

func (b *binner) example(t *binnedTrial, trial int, at time.Duration, r loadgen.Result) {
	key := exampleKey{at, r.Outcome}
	if t.examples[key] < examplesPerBin {
		t.examples[key]++
		b.failures = append(b.failures, &Failure{trial, r})
	}
}

func (b *binner) bin(trial int, at time.Duration) *openBin {
	key := binKey{trial, max(at, 0).Truncate(BinWidth)}
	o := b.bins[key]
	if o == nil {
		o = &openBin{Bin: Bin{
			Trial: trial, At: key.at,
			Due: map[loadgen.Outcome]uint64{}, Done: map[loadgen.Outcome]uint64{},
		}}
		b.bins[key] = o
	}
	return o
}

// write appends what was added since the last write, in the order of trial and time, and forgets it.
func (b *binner) write(w *Writer) error {
	errs := []error{b.stray}
	keys := slices.SortedFunc(maps.Keys(b.bins), func(x, y binKey) int {
		return cmp.Or(cmp.Compare(x.trial, y.trial), cmp.Compare(x.at, y.at))
	})
	for _, key := range keys {
		o := b.bins[key]
		errs = append(errs, b.encode(o))
		errs = append(errs, w.Write(&o.Bin))
	}
	for _, f := range b.failures {
		errs = append(errs, w.Write(f))
	}
	clear(b.bins)
	b.failures, b.stray = b.failures[:0], nil
	return errors.Join(errs...)
}

func (b *binner) encode(o *openBin) (err error) {
	for _, h := range []struct {
		to     *string
		values []int64
	}{{&o.Latency, o.latency}, {&o.FailLatency, o.failLatency}, {&o.Lag, o.lag}} {
		if *h.to, err = b.encoder.encode(h.values); err != nil {
			return err
		}
	}
	return nil
}
