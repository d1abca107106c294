package runfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"
)

// MaxLine is the longest line, in bytes with its newline, that is written or read.
const MaxLine = 1 << 20

// Writer appends records to a run. It may be used from many goroutines; each record is one Write.
type Writer struct {
	mu     sync.Mutex
	w      io.Writer
	path   string
	counts map[string]uint64
	levels map[string]levels // by host, as last written
	err    error             // the first failed write; nothing is written after it
	closed bool
}

// levels are a host's counters and gauges.
type levels struct{ counters, gauges map[string]uint64 }

// NewWriter returns a writer of a new run. Its first record must be a *Header.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: w, counts: map[string]uint64{}, levels: map[string]levels{}}
}

// Path is the file that Create made, "" for a writer on something else.
func (w *Writer) Path() string { return w.path }

// Counts returns how many records of each kind were written so far.
func (w *Writer) Counts() map[string]uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.counts)
}

// Write appends one record. It keeps no reference to it. A record that cannot be encoded, or is longer than
// MaxLine, is refused and the run goes on; after a failed write every later one fails too, because a
// line behind a torn one could not be read.
func (w *Writer) Write(rec Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		return w.err
	case w.closed:
		return fmt.Errorf("write %s record: the run is closed", rec.kind())
	case (rec.kind() == "header") != (len(w.counts) == 0):
		return fmt.Errorf("write %s record: a run has one header, and it comes first", rec.kind())
	case rec.kind() == "footer":
		return errors.New("write footer record: Close writes it")
	}
	if h, ok := rec.(*Header); ok && h.Schema != Schema {
		return fmt.Errorf("write header record: its schema is %q, want %q", h.Schema, Schema)
	}
	return w.append(rec)
}

// Close writes the footer and closes the file that Create made. The reason is "complete", "interrupted" or
// "failed: …"; at is when the run ended.
func (w *Writer) Close(reason string, at time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return errors.New("close run: it is closed already")
	}
	w.closed = true
	err := w.err
	if err == nil && len(w.counts) > 0 {
		err = w.append(&Footer{At: at, Reason: reason, Counts: maps.Clone(w.counts)})
	}
	if f, ok := w.w.(interface{ Sync() error }); ok && err == nil {
		err = f.Sync()
	}
	if f, ok := w.w.(io.Closer); ok && w.path != "" {
		err = errors.Join(err, f.Close())
	}
	return err
}

func (w *Writer) append(rec Record) error {
	sample, isSample := rec.(*Sample)
	if isSample {
		rec = w.sparse(sample)
	}
	line, err := encode(rec)
	if err != nil {
		return fmt.Errorf("write %s record: %w", rec.kind(), err)
	}
	if _, err := w.w.Write(line); err != nil {
		w.err = fmt.Errorf("write %s record: %w", rec.kind(), err)
		return w.err
	}
	if isSample {
		w.levels[sample.Host] = levels{maps.Clone(sample.Counters), maps.Clone(sample.Gauges)}
	}
	w.counts[rec.kind()]++
	return nil
}

// encode returns the record's line: the object that json makes of it, with its kind put in front.
func encode(rec Record) ([]byte, error) {
	body, err := json.Marshal(rec)
	if err != nil {
		return nil, err
	}
	line := append([]byte(`{"kind":"`+rec.kind()+`",`), body[1:]...)
	line = append(line, '\n')
	if len(line) > MaxLine {
		return nil, fmt.Errorf("its line would be %d bytes long, the limit is %d", len(line), MaxLine)
	}
	return line, nil
}

// sparse returns what has changed since the host's last sample: at 50 Hz hardly any of some hundred counters
// has.
func (w *Writer) sparse(s *Sample) *Sample {
	last, out := w.levels[s.Host], *s
	var gone []string
	out.Counters, gone = changed(last.counters, s.Counters, nil)
	out.Gauges, gone = changed(last.gauges, s.Gauges, gone)
	slices.Sort(gone)
	out.Gone = gone
	return &out
}

func changed(last, now map[string]uint64, gone []string) (map[string]uint64, []string) {
	diff := map[string]uint64{}
	for k, v := range now {
		if old, ok := last[k]; !ok || old != v {
			diff[k] = v
		}
	}
	for k := range last {
		if _, ok := now[k]; !ok {
			gone = append(gone, k)
		}
	}
	return diff, gone
}
