package analysis

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"weir/loadgen"
	"weir/probe"
	"weir/report/result"
	"weir/report/runfile"
)

// What no run reaches; a record that does is refused before it fills the memory.
const (
	maxBins    = 1 << 20
	maxSamples = 1 << 22
	maxStates  = 2 * maxSamples // of the lanes' listeners
	maxRecords = 1 << 20        // of services, of events, and of sums of the access log
	maxHosts   = 64
)

// maxCountersAge bounds what is believed of a sample's counters.age_us; the probe reads them 20 times a
// second.
const maxCountersAge = time.Second

// maxCounters is how many counters of the single trials' latencies are kept, 48 bytes each: a few hundred a
// trial.
const maxCounters = 1 << 21

// load reads the whole record.
func load(r *runfile.Reader) (*run, error) {
	l := loader{run: &run{samples: map[string][]sample{}, slow: map[string][]slowReading{}},
		byIndex: map[int]*trial{}}
	for r.Scan() {
		if err := l.add(r.Record()); err != nil {
			name, line := r.Pos()
			return nil, &runfile.SyntaxError{File: name, Line: line, Err: err}
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if l.run.header == nil {
		return nil, runfile.ErrNoHeader
	}
	for _, w := range slices.Concat(l.run.header.Warnings, r.Warnings()) {
		l.run.warn(result.Code(w.Code), w.Lane, w.Args)
	}
	l.run.sort()
	return l.run, nil
}

type loader struct {
	run           *run
	byIndex       map[int]*trial
	bins, samples int
	states        int // of listeners in the samples
	counters      int // of single trials' latencies
	cells         int // of the latency maps
}

func (l *loader) add(rec runfile.Record) error {
	switch rec := rec.(type) {
	case *runfile.Header:
		l.header(rec)
	case *runfile.Trial:
		return l.trial(rec)
	case *runfile.TrialEnd:
		l.byIndex[rec.Index].end = rec
		l.lateIn(l.byIndex[rec.Index])
	case *runfile.Bin:
		return l.bin(rec)
	case *runfile.Phases:
		return l.phases(rec)
	case *runfile.Sample:
		return l.sample(&rec.Sample)
	case *runfile.Host:
		h := l.run.host(rec.Host)
		if len(h.looks) == 2 { // the last counts
			h.looks = h.looks[:1]
		}
		h.looks = append(h.looks, rec.Snapshot)
	case *runfile.Clock:
		l.run.host(rec.Host).clocks.add(rec)
	case *runfile.Service:
		l.run.services = append(l.run.services, *rec)
	case *runfile.Event:
		l.run.events = append(l.run.events, *rec)
	case *runfile.Failure:
		l.run.proxy.failure(l.byIndex[rec.Trial], rec)
	case *runfile.Access:
		l.run.proxy.access = append(l.run.proxy.access, *rec)
	case *runfile.ProxyStatus:
		return l.run.proxy.poll(rec)
	case *runfile.Proxied:
		l.run.proxy.request(rec)
	case *runfile.Footer:
		l.run.footer = rec
	}
	if len(l.run.hosts) > maxHosts {
		return fmt.Errorf("more than %d hosts", maxHosts)
	}
	if len(l.run.services) > maxRecords || len(l.run.events) > maxRecords ||
		len(l.run.proxy.access) > maxRecords {
		return fmt.Errorf("more than %d service, event or access records", maxRecords)
	}
	return nil
}

func (l *loader) header(h *runfile.Header) {
	l.run.header = h
	l.run.watched = map[string][]string{}
	for _, ln := range h.Lanes {
		if of := l.run.watched[ln.ListenerHost]; !slices.Contains(of, ln.Listener) {
			l.run.watched[ln.ListenerHost] = append(of, ln.Listener)
		}
		l.run.lanes = append(l.run.lanes, &lane{
			Lane: ln, latency: runfile.NewHistogram(), service: runfile.NewHistogram(),
			fail: runfile.NewHistogram(), lag: runfile.NewHistogram(),
			connect: runfile.NewHistogram(), firstByte: runfile.NewHistogram(),
			connects: map[int]runfile.Connects{}, unanswered: map[int]runfile.Connects{},
		})
		if h.Search != nil {
			l.run.lanes[len(l.run.lanes)-1].trialLag = runfile.NewHistogram()
		}
	}
}

// forever is later than every time in a record.
const forever = time.Duration(1<<63 - 1)

func (l *loader) sample(rec *probe.Sample) error {
	if l.samples++; l.samples > maxSamples {
		return fmt.Errorf("more than %d samples", maxSamples)
	}
	l.run.host(rec.Host).sample(rec)
	s := sample{at: rec.At, counted: rec.At, counters: make(counters, 0, len(kept))}
	// of anything else we cannot make sense
	if age := rec.Gauges[probe.CountersAge]; age < uint64(maxCountersAge.Microseconds()) {
		s.counted -= time.Duration(age) * time.Microsecond
	}
	for _, name := range kept {
		s.counters = append(s.counters, rec.Counter(name))
	}
	watched := l.run.watched[rec.Host]
	if l.states += len(watched); l.states > maxStates {
		return fmt.Errorf("more than %d samples of listeners", maxStates)
	}
	for _, addr := range watched {
		s.listeners = append(s.listeners, l.run.host(rec.Host).account.State(addr))
	}
	l.run.samples[rec.Host] = append(l.run.samples[rec.Host], s)
	l.run.readSlowly(rec, s.counters)
	return nil
}

// sort puts everything into the order of time: sources write when they can.
func (r *run) sort() {
	byStart := func(a, b *trial) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start),
			cmp.Compare(a.Index, b.Index))
	}
	slices.SortFunc(r.trials, byStart)
	for i := 1; i < len(r.trials); i++ {
		r.trials[i-1].until = r.trials[i].Start
	}
	for _, l := range r.lanes {
		slices.SortFunc(l.trials, byStart)
	}
	for _, s := range r.proxy.status {
		s.sort()
	}
	for _, s := range r.samples {
		slices.SortStableFunc(s, func(a, b sample) int { return cmp.Compare(a.at, b.at) })
	}
	for _, s := range r.slow {
		slices.SortStableFunc(s, func(a, b slowReading) int { return cmp.Compare(a.from, b.from) })
	}
	slices.SortStableFunc(r.services, func(a, b runfile.Service) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(r.events, func(a, b runfile.Event) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Class, b.Class))
	})
}

// warn adds a warning, unless the same was found before.
func (r *run) warn(code result.Code, lane string, args result.Args) {
	w := result.Warning{Code: code, Lane: lane, Args: args}
	if !slices.ContainsFunc(r.warnings, func(x result.Warning) bool { return reflect.DeepEqual(x, w) }) {
		r.warnings = append(r.warnings, w)
	}
}

func (l *loader) trial(t *runfile.Trial) error {
	i := slices.IndexFunc(l.run.lanes, func(ln *lane) bool { return ln.Name == t.Lane })
	if i < 0 {
		return fmt.Errorf("trial %d is of lane %.40q, which the header does not have", t.Index, t.Lane)
	}
	tr := &trial{Trial: *t, lane: l.run.lanes[i], until: forever, bins: map[time.Duration]*bin{},
		latency: map[time.Duration]counted{}}
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
