package runfile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"weir/loadgen/count"
)

const (
	readEvery  = 100 * time.Millisecond // how soon watchers of a trial see what was counted
	flushEvery = 5                      // readings: half a second is what a killed run can lose
	maxPending = 1 << 20                // results of a trial, not yet written, at which reading waits
)

// Recorder writes a run while it happens, from any number of goroutines. Results are counted by those who
// bring them (package count); ten times a second a goroutine reads those counts and twice a second it writes
// them, so that recording costs a sender a fraction of a microsecond and it waits for nobody. Everything that
// was given to it before a TrialEnd is in the file, and was shown to the count's watchers, when that TrialEnd
// is written. The first error of the file is kept and returned by every later call.
type Recorder struct {
	w    *Writer
	stop chan struct{}
	done sync.WaitGroup

	mu     sync.Mutex
	lanes  map[string]Lane
	trials map[int]*counted // that are running
	join   joining
	last   time.Duration // the latest time in anything recorded
	err    error
	closed bool

	writing sync.Mutex // of what was counted, one at a time; guards encoder
	encoder histogramEncoder
}

// NewRecorder writes the header, with this version's schema, and starts recording.
func NewRecorder(w *Writer, header Header) (*Recorder, error) {
	header.Schema = Schema
	if err := w.Write(&header); err != nil {
		return nil, err
	}
	r := &Recorder{
		w: w, stop: make(chan struct{}),
		lanes: map[string]Lane{}, trials: map[int]*counted{},
	}
	for _, l := range header.Lanes {
		r.lanes[l.Name] = l
	}
	r.done.Go(r.run)
	return r, nil
}

func (r *Recorder) run() {
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-tick.C:
			r.read(n%flushEvery == 0)
		case <-r.stop:
			return
		}
	}
}

// Write appends a record: of the runner, the probes and the logs. Texts longer than a kilobyte are cut. A
// Trial begins, and its lane must be in the header; a TrialEnd comes after the engine returned, and all the
// trial's results are in the file before it. Of the requests that an access log tells of, in any number and
// order, those come into the record that are examples, and those of the failed requests that are kept singly.
func (r *Recorder) Write(rec Record) error {
	switch rec := rec.(type) {
	case *Trial:
		return r.begin(rec)
	case *TrialEnd:
		return r.end(rec)
	case *Sample:
		out := Sample{Sample: rec.Sample} // the caller's errors stay as they are
		out.Errors = slices.Clone(rec.Errors)
		for i := range out.Errors {
			out.Errors[i].Source, out.Errors[i].Text = clip(out.Errors[i].Source), clip(out.Errors[i].Text)
		}
		return r.write(&out, rec.At+rec.Took)
	case *Event:
		rec.Text = clip(rec.Text)
		return r.write(rec, rec.At)
	case *ProxyStatus:
		rec.Error = clip(rec.Error)
		return r.write(rec, rec.At)
	case *Proxied:
		if !r.join.line(rec) && !rec.Example {
			return nil
		}
		return r.write(rec, rec.At)
	case *Host:
		return r.write(rec, rec.At)
	case *Clock:
		return r.write(rec, rec.At)
	case *Service:
		return r.write(rec, rec.At)
	case *Access:
		return r.write(rec, rec.At)
	}
	return fmt.Errorf("record a %s: the recorder makes those itself", rec.kind())
}

func (r *Recorder) begin(t *Trial) error {
	lane, ok := r.lanes[t.Lane]
	if !ok {
		return fmt.Errorf("record trial %d: the header has no lane %q", t.Index, t.Lane)
	}
	r.mu.Lock()
	r.trials[t.Index] = newCounted(t.Index, t.Start, lane)
	r.mu.Unlock()
	return r.write(t, t.Start)
}

func (r *Recorder) end(t *TrialEnd) error {
	r.read(true)
	r.mu.Lock()
	if c := r.trials[t.Index]; t.Departed == nil && c != nil && c.reuse {
		departed := c.Departed()
		t.Departed = &departed
	}
	delete(r.trials, t.Index)
	r.mu.Unlock()
	return r.write(t, max(t.End, t.DrainedAt))
}

// Results returns the count of a trial that is running. That of one that is not counts nothing, and is an
// error.
func (r *Recorder) Results(trial int) *count.Counter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.trials[trial]; c != nil && !r.closed {
		return c.Counter
	}
	r.keep(fmt.Errorf("record results: trial %d is not running", trial))
	return count.New(0)
}

// Err returns the first error, nil while all went well.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Close writes what is left and the footer, dated with the latest time recorded, and closes the writer.
func (r *Recorder) Close(reason string) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return fmt.Errorf("close run: it is closed already")
	}
	r.closed = true
	r.mu.Unlock()
	close(r.stop)
	r.done.Wait()
	r.read(true)

	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.w.Close(clip(reason), r.last)
	if r.err == nil {
		r.err = err
	}
	return r.err
}

func (r *Recorder) write(rec Record, at time.Duration) error {
	err := r.w.Write(rec)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = max(r.last, at)
	r.keep(err)
	return err
}

func (r *Recorder) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}

// read has the counts of the running trials read, and appends what was read since the last write if it is to.
func (r *Recorder) read(write bool) {
	r.mu.Lock()
	running := slices.SortedFunc(maps.Values(r.trials), func(a, b *counted) int { return a.index - b.index })
	r.mu.Unlock()
	for _, c := range running {
		c.Read()
		if write {
			r.flush(c)
		}
	}
}

func (r *Recorder) flush(c *counted) {
	r.writing.Lock()
	defer r.writing.Unlock()
	filled := c.take()
	err := errors.Join(filled.write(c.index, r.w, &r.encoder), r.joined(c.start, filled.failures))
	r.mu.Lock()
	r.last = max(r.last, filled.last)
	r.keep(err)
	r.mu.Unlock()
	c.giveBack(filled)
}

// joined writes what an access log has said already of failures that were just written.
func (r *Recorder) joined(start time.Duration, failures []*Failure) error {
	var errs []error
	for _, f := range failures {
		if p := r.join.failure(requestKey{start.Truncate(time.Millisecond), f.Result.Seq}); p != nil {
			errs = append(errs, r.w.Write(p))
		}
	}
	return errors.Join(errs...)
}

// clip bounds a text that came from outside.
func clip(s string) string {
	const limit = 1 << 10
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && s[cut]&0xC0 == 0x80 { // within a rune
		cut--
	}
	return s[:cut] + "…"
}
