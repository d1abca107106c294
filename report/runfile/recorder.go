package runfile

import (
	"fmt"
	"sync"
	"time"

	"weir/loadgen"
	"weir/probe"
)

const (
	flushEvery = 500 * time.Millisecond // what a killed run can lose
	batchSize  = 1 << 15                // results that wake the flusher early
	maxPending = 1 << 20                // results at which Result waits for the flusher
)

// Recorder writes a run while it happens, from any number of goroutines. Results are only queued by those who
// bring them and are put into bins by one goroutine, twice a second, so that recording costs a sender
// less than a microsecond. Everything that was given to it before TrialEnd is in the file when TrialEnd
// returns. The first error of the file is kept and returned by every later call.
type Recorder struct {
	w    *Writer
	wake chan struct{}
	stop chan struct{}
	done sync.WaitGroup

	mu      sync.Mutex
	room    sync.Cond // pending became shorter
	pending []queued
	spare   []queued // the other one of two buffers that take turns
	lanes   map[string]time.Duration
	last    time.Duration // the latest time in anything recorded
	err     error
	closed  bool

	flushing sync.Mutex // one flush at a time; guards binner
	binner   *binner
}

type queued struct {
	trial  int
	result loadgen.Result
}

// NewRecorder writes the header, with this version's schema, and starts recording.
func NewRecorder(w *Writer, header Header) (*Recorder, error) {
	header.Schema = Schema
	if err := w.Write(&header); err != nil {
		return nil, err
	}
	r := &Recorder{
		w: w, wake: make(chan struct{}, 1), stop: make(chan struct{}),
		lanes: map[string]time.Duration{}, binner: newBinner(),
	}
	r.room.L = &r.mu
	for _, l := range header.Lanes {
		r.lanes[l.Name] = l.Deadline
	}
	r.done.Go(r.run)
	return r, nil
}

func (r *Recorder) run() {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-r.wake:
		case <-r.stop:
			return
		}
		r.flush()
	}
}

// Trial begins a trial. Its lane must be in the header.
func (r *Recorder) Trial(t Trial) error {
	deadline, ok := r.lanes[t.Lane]
	if !ok {
		return fmt.Errorf("record trial %d: the header has no lane %q", t.Index, t.Lane)
	}
	r.flushing.Lock()
	r.binner.begin(t.Index, deadline)
	r.flushing.Unlock()
	return r.write(&t, t.Start)
}

// Result records one request of a running trial. It waits only where a million results are queued because the
// disk does not keep up: losing them would be worse, and the lag shows it.
func (r *Recorder) Result(trial int, result loadgen.Result) {
	r.mu.Lock()
	for len(r.pending) >= maxPending && !r.closed {
		r.room.Wait()
	}
	if r.closed {
		r.keep(fmt.Errorf("record a result of trial %d: the run is closed", trial))
	} else {
		r.pending = append(r.pending, queued{trial, result})
	}
	full := len(r.pending) >= batchSize
	r.mu.Unlock()
	if full {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// Results returns the loadgen.Recorder that records for one trial.
func (r *Recorder) Results(trial int) loadgen.Recorder { return trialRecorder{r, trial} }

type trialRecorder struct {
	r     *Recorder
	trial int
}

func (t trialRecorder) Record(result loadgen.Result) { t.r.Result(t.trial, result) }

// TrialEnd ends a trial, after the engine returned: all its results are in the file before it.
func (r *Recorder) TrialEnd(t TrialEnd) error {
	r.flush()
	r.flushing.Lock()
	r.binner.end(t.Index)
	r.flushing.Unlock()
	return r.write(&t, max(t.End, t.DrainedAt))
}

// Sample records a reading of the probe.
func (r *Recorder) Sample(s probe.Sample) error {
	rec := &Sample{
		Host: s.Host, At: s.At, Took: s.Took, Counters: s.Counters, Gauges: s.Gauges,
		Listeners: s.Listeners, Errors: make([]probe.SourceError, len(s.Errors)),
	}
	for i, e := range s.Errors {
		rec.Errors[i] = probe.SourceError{Source: e.Source, Text: clip(e.Text)}
	}
	return r.write(rec, s.At+s.Took)
}

// Service records what a stamping backend says of its workers.
func (r *Recorder) Service(s Service) error { return r.write(&s, s.At) }

// Event records log lines of a class. A text longer than a kilobyte is cut.
func (r *Recorder) Event(e Event) error {
	e.Text = clip(e.Text)
	return r.write(&e, e.At)
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
	r.room.Broadcast()
	r.mu.Unlock()
	close(r.stop)
	r.done.Wait()
	r.flush()

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

// flush takes what is queued and appends it as bins.
func (r *Recorder) flush() {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	r.mu.Lock()
	batch := r.pending
	r.pending, r.spare = r.spare[:0], nil
	r.room.Broadcast()
	r.mu.Unlock()

	for _, q := range batch {
		r.binner.add(q.trial, q.result)
	}
	err := r.binner.write(r.w)

	r.mu.Lock()
	r.spare = batch
	r.last = max(r.last, r.binner.last)
	r.keep(err)
	r.mu.Unlock()
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
