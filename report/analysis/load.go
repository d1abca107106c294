package analysis

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/loadgen"
	"weir/probe"
	"weir/report/runfile"
)

// run is a record put in order: what Analyze works on.
type run struct {
	header   *runfile.Header
	footer   *runfile.Footer // nil: the run was cut short
	lanes    []*lane         // as in the header
	trials   []*trial        // of all lanes, in the order in which they began
	samples  map[string][]sample
	slow     map[string][]slowReading // of the hosts' slow sources
	hosts    map[string]*host
	services []runfile.Service
	events   []runfile.Event
	proxy    proxyLogs
	warnings []Warning
	replayed int // requests that were simulated so far

	manyLatencies bool // too many to keep those of single trials
}

// lane is a path with what happened on it.
type lane struct {
	runfile.Lane
	trials                      []*trial
	latency, service, fail, lag *hdr.Histogram           // of all its trials, ns
	connect, firstByte          *hdr.Histogram           // of the same; without values where the record has no phases
	connects                    map[int]runfile.Connects // by how many SYNs each lost
	unanswered                  map[int]runfile.Connects // of these: handshakes that were given up
	trialLag                    *hdr.Histogram           // of the trial under way, where the run is a search; nil else
	lagOf                       int                      // which trial that is
	before, after               *trial                   // observations of few requests; nil: none
	expired                     *expiry                  // which timeout the proxy's 504s are; nil: not asked yet
	slots                       int                      // C: places in the listener's queue; 0 where its limit is not known
}

// trial is one trial with its bins added up.
type trial struct {
	runfile.Trial
	lane    *lane
	end     *runfile.TrialEnd // nil: never ended
	until   time.Duration     // when the next trial began; for ever after the last
	bins    map[time.Duration]*bin
	latency map[time.Duration]counted // of its ok requests, from due; by the counter's lower end
	figures figures
	late    time.Duration // of a search: 99th percentile of sent − due; 0 where too few requests tell it
	spoiled string        // of a search: why the generator was the limit; "": it was not
}

// counted is a counter of a histogram.
type counted struct {
	high time.Duration // its upper end
	n    uint64
}

// bin is what happened to the requests that were due in, and in, one stretch of runfile.BinWidth.
type bin struct {
	due              map[loadgen.Outcome]uint64
	late             uint64
	slowest          time.Duration // of an observation: the slowest answer
	sent, synRetrans uint64
	ended            uint64 // of those that were sent, now or before
	opened           uint64 // connections
	closings         runfile.Closings
	cells            []latencyCell
}

// sample is what the analysis needs of a probe's reading; 100 counters 50 times a second are too much to keep.
type sample struct {
	at        time.Duration
	counted   time.Duration // when the namespace's counters were read: at, or a little before
	counters  [nCounters]reading
	listeners []probe.Listener // those that a lane leads to
	unlisted  bool             // not all of them: a socket that is missing may be there
}

// reading is a counter's value, or its absence.
type reading struct {
	value uint64
	ok    bool
}

// The counters that the analysis uses.
const (
	listenOverflows = iota
	listenDrops
	reqQFullDrop
	listenerRunDelay // ns, of all threads that hold the listener
	throttled        // µs, of their cgroup
	passiveOpens     // of the network namespace
	listenerCPU      // ns, of all threads that hold the listener
	deferAcceptDrop  // bare ACKs that TCP_DEFER_ACCEPT ignored, in the network namespace
	nCounters
)

var counterNames = [nCounters]string{"TcpExtListenOverflows", "TcpExtListenDrops", "TcpExtTCPReqQFullDrop", "sched.listener.run_delay_ns", "cgroup.cpu.throttled_us",
	"TcpPassiveOpens", "sched.listener.cpu_ns", "TcpExtTCPDeferAcceptDrop",
}

// What no run reaches; a record that does is refused before it fills the memory.
const (
	maxBins    = 1 << 20
	maxSamples = 1 << 22
	maxRecords = 1 << 20 // of services, of events, and of sums of the access log
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
		l.run.warn(w.Code, "%s", w.Text)
	}
	l.run.sort()
	return l.run, nil
}

type loader struct {
	run           *run
	byIndex       map[int]*trial
	bins, samples int
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
		return l.sample(rec)
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
	for _, ln := range h.Lanes {
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

// forever is later than every time in a record.
const forever = time.Duration(1<<63 - 1)

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
		runfile.MergeHistogram(t.lane.service, rec.Service),
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

func (l *loader) sample(rec *runfile.Sample) error {
	if l.samples++; l.samples > maxSamples {
		return fmt.Errorf("more than %d samples", maxSamples)
	}
	if l.run.proxy.addStatus(rec) {
		return nil // it speaks of no kernel
	}
	l.run.host(rec.Host).sample(rec)
	s := sample{at: rec.At, counted: rec.At, unlisted: probe.Unlisted(rec.Errors)}
	if age := rec.Gauges[probe.CountersAge]; age < uint64(maxCountersAge.Microseconds()) { // of anything else we cannot make sense
		s.counted -= time.Duration(age) * time.Microsecond
	}
	for i, name := range counterNames {
		s.counters[i].value, s.counters[i].ok = rec.Counters[name]
	}
	for _, ls := range rec.Listeners {
		wanted := func(ln *lane) bool { return ln.ListenerHost == rec.Host && ln.Listener == ls.Addr }
		if slices.ContainsFunc(l.run.lanes, wanted) {
			s.listeners = append(s.listeners, ls)
		}
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

func (r *run) warn(code, format string, args ...any) {
	w := Warning{code, fmt.Sprintf(format, args...)}
	if !slices.Contains(r.warnings, w) {
		r.warnings = append(r.warnings, w)
	}
}
