package analysis

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"

	"weir/report/result"

	"weir/probe"
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

// maxCountersAge bounds what is believed of a sample's counters.age_us; the probe reads them 20 times a second.
const maxCountersAge = time.Second

// maxCounters is how many counters of the single trials' latencies are kept, 48 bytes each: a few hundred a trial.
const maxCounters = 1 << 21

// load reads the whole record.
func load(r *runfile.Reader) (*run, error) {
	l := loader{run: &run{samples: map[string][]sample{}, slow: map[string][]slowReading{}}, byIndex: map[int]*trial{}}
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
	if len(l.run.services) > maxRecords || len(l.run.events) > maxRecords || len(l.run.proxy.access) > maxRecords {
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
			Lane: ln, latency: runfile.NewHistogram(), service: runfile.NewHistogram(), fail: runfile.NewHistogram(), lag: runfile.NewHistogram(),
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
	if age := rec.Gauges[probe.CountersAge]; age < uint64(maxCountersAge.Microseconds()) { // of anything else we cannot make sense
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
	byStart := func(a, b *trial) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Index, b.Index)) }
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
