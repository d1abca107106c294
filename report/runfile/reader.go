package runfile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
)

// Reader reads a run record by record, as bufio.Scanner reads lines. The record is hostile: every line is
// bounded and validated, and the reader holds no more than one line and the last counters of each host.
type Reader struct {
	in       *bufio.Reader
	name     string
	line     int // number of the line that was read last
	rec      Record
	err      error
	done     bool
	footer   bool
	trials   map[int]trialState
	levels   map[string]levels
	unknown  map[string]bool // kinds that were skipped
	warnings []Warning
	close    func() error
}

// trialState is what the reader remembers of a trial to refuse records that cannot belong to it.
type trialState struct{ ended bool }

// NewReader returns a reader of the run in r. The name is used in messages only.
func NewReader(r io.Reader, name string) *Reader {
	return &Reader{
		in: bufio.NewReaderSize(r, MaxLine), name: name,
		trials: map[int]trialState{}, levels: map[string]levels{}, unknown: map[string]bool{},
	}
}

// Scan reads the next record. It returns false at the end and on the first error, which Err tells apart.
func (r *Reader) Scan() bool {
	r.rec = nil
	for r.err == nil && !r.done {
		line, err := r.next()
		if err == io.EOF {
			r.finish()
			return false
		}
		if err == nil {
			r.rec, err = r.parse(line)
		}
		if err != nil {
			r.fail(err)
			return false
		}
		if r.rec != nil {
			return true
		}
	}
	return false
}

// Record returns the record that Scan read: a *Header first, then a pointer to any other kind. Samples are
// complete again; their maps belong to the reader and change with the next Scan.
func (r *Reader) Record() Record { return r.rec }

// Err returns the first error: a *SyntaxError, a *VersionError, or one of the underlying reader. It is nil at
// the end of a run, also of one that was cut short.
func (r *Reader) Err() error { return r.err }

// Warnings returns the doubts about what was read so far: all of them once Scan returned false.
func (r *Reader) Warnings() []Warning { return r.warnings }

// Pos returns the name and line of the record that was read last.
func (r *Reader) Pos() (name string, line int) { return r.name, r.line }

// Close closes the file that Open opened.
func (r *Reader) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// next returns the next line without its newline; io.EOF after the last whole one.
func (r *Reader) next() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	tooLong := err == bufio.ErrBufferFull
	for err == bufio.ErrBufferFull {
		_, err = r.in.ReadSlice('\n')
	}
	if len(line) == 0 && err == io.EOF {
		return nil, io.EOF
	}
	r.line++
	switch {
	case err == io.EOF:
		if r.line == 1 {
			return nil, ErrNoHeader
		}
		r.warn("torn_line", map[string]any{"line": r.line})
		return nil, io.EOF
	case err != nil:
		r.err = fmt.Errorf("read %s: %w", r.name, err)
		return nil, r.err
	case tooLong:
		return nil, fmt.Errorf("the line is longer than %d bytes", MaxLine)
	}
	return line[:len(line)-1], nil
}

func (r *Reader) finish() {
	r.done = true
	switch {
	case r.line == 0:
		r.line = 1
		r.fail(ErrNoHeader)
	case !r.footer:
		r.warn("cut_short", nil)
	}
}

// fail ends the reading. An error of the file itself keeps its own form.
func (r *Reader) fail(err error) {
	if r.err != nil {
		return
	}
	var version *VersionError
	if !errors.As(err, &version) {
		err = &SyntaxError{r.name, r.line, err}
	}
	r.err = err
}

func (r *Reader) warn(code string, args map[string]any) {
	r.warnings = append(r.warnings, Warning{Code: code, Args: args})
}

// parse returns the record of a line, or nil for a kind that this version does not know.
func (r *Reader) parse(line []byte) (Record, error) {
	var head struct{ Kind string }
	err := json.Unmarshal(line, &head)
	if r.line == 1 {
		if err != nil || head.Kind != "header" {
			return nil, ErrNoHeader
		}
		if err := r.version(line); err != nil {
			return nil, err
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("not a record: %w", err)
	case r.line > 1 && head.Kind == "header", r.footer:
		return nil, fmt.Errorf("a %.40q record where the run has ended or not begun: the file holds more than one run", head.Kind)
	}
	rec := newRecord(head.Kind)
	if rec == nil {
		r.skip(head.Kind)
		return nil, nil
	}
	if err := json.Unmarshal(line, rec); err != nil {
		return nil, fmt.Errorf("%s record: %w", head.Kind, err)
	}
	if err := r.accept(rec); err != nil {
		return nil, fmt.Errorf("%s record: %w", head.Kind, err)
	}
	return rec, nil
}

// version looks at nothing but the header's version, because all else may differ in another.
func (r *Reader) version(line []byte) error {
	var head struct{ Schema, Version string }
	if err := json.Unmarshal(line, &head); err != nil {
		return ErrNoHeader
	}
	if head.Schema != Schema {
		return &VersionError{r.name, head.Schema, head.Version}
	}
	return nil
}

// maxUnknown bounds how many unknown kinds are told apart in warnings.
const maxUnknown = 16

func (r *Reader) skip(kind string) {
	if r.unknown[kind] || len(r.unknown) == maxUnknown {
		return
	}
	r.unknown[kind] = true
	r.warn("unknown_kind", map[string]any{"kind": fmt.Sprintf("%.40s", kind)})
}

func newRecord(kind string) Record {
	switch kind {
	case "header":
		return &Header{}
	case "trial":
		return &Trial{}
	case "trial_end":
		return &TrialEnd{}
	case "bin":
		return &Bin{}
	case "phases":
		return &Phases{}
	case "failure":
		return &Failure{}
	case "sample":
		return &Sample{}
	case "host":
		return &Host{}
	case "clock":
		return &Clock{}
	case "service":
		return &Service{}
	case "event":
		return &Event{}
	case "access":
		return &Access{}
	case "proxy_status":
		return &ProxyStatus{}
	case "proxied":
		return &Proxied{}
	case "footer":
		return &Footer{}
	}
	return nil
}

// accept validates the record, alone and against what came before it, and completes samples.
func (r *Reader) accept(rec Record) error {
	if err := validate(rec); err != nil {
		return err
	}
	switch rec := rec.(type) {
	case *Trial:
		if _, ok := r.trials[rec.Index]; ok {
			return fmt.Errorf("trial %d began twice", rec.Index)
		}
		r.trials[rec.Index] = trialState{}
	case *TrialEnd:
		if t, ok := r.trials[rec.Index]; !ok || t.ended {
			return fmt.Errorf("trial %d ended but is not running", rec.Index)
		}
		r.trials[rec.Index] = trialState{ended: true}
	case *Bin:
		return r.known(rec.Trial)
	case *Phases:
		return r.known(rec.Trial)
	case *Failure:
		return r.known(rec.Trial)
	case *Sample:
		return r.complete(rec)
	case *Footer:
		r.footer = true
	}
	return nil
}

func (r *Reader) known(trial int) error {
	if _, ok := r.trials[trial]; !ok {
		return fmt.Errorf("trial %d was never begun", trial)
	}
	return nil
}

// complete puts back what the writer left out of a sample.
func (r *Reader) complete(s *Sample) error {
	last, ok := r.levels[s.Host]
	if !ok {
		if len(r.levels) == maxHosts {
			return fmt.Errorf("more than %d hosts", maxHosts)
		}
		last = levels{map[string]uint64{}, map[string]uint64{}}
		r.levels[s.Host] = last
	}
	for _, name := range s.Gone {
		delete(last.counters, name)
		delete(last.gauges, name)
	}
	maps.Copy(last.counters, s.Counters)
	maps.Copy(last.gauges, s.Gauges)
	if len(last.counters) > maxLevels || len(last.gauges) > maxLevels {
		return fmt.Errorf("more than %d counters of one host", maxLevels)
	}
	s.Counters, s.Gauges, s.Gone = last.counters, last.gauges, nil
	return nil
}
