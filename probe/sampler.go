package probe

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"
)

// Config says whose kernel tables are read, and which listeners are looked for in them.
type Config struct {
	Host string // name put into each Sample
	Pid  int    // read the network namespace of this process; 0: our own
	// or: the namespace behind this path (/proc/123/ns/net, /proc/self/fd/9); entering it needs CAP_SYS_ADMIN
	// there
	NetNS     string
	Ports     []uint16 // TCP listeners to watch
	UnixPaths []string // AF_UNIX stream listeners to watch; "@name" is the abstract address "name"
	// watch every listener of the namespace, TCP and AF_UNIX, and not only those named above
	All bool
	// remote ports whose connections and local ports are counted; none: Ports. A proxy's backend's, say
	Towards []uint16
	// by eBPF: the waits in the accept queues of Ports, and the RSTs there. See package trace for what it
	// takes and costs
	Trace bool
	// leave the slow sources out: Sample then has listeners and the namespace's counters, and nothing else
	NoSlow bool
}

// Probe reads the sources of one host. Its methods may be called from several goroutines; readings
// are taken one at a time, apart from the slow sources', which delay no one.
type Probe struct {
	host string
	slow slowSources
	nap  func(context.Context, time.Duration) // nil: by a timer, which tests can wind

	mu      sync.Mutex
	sources []Source // of listeners
	counted countedSources
	lost    []SourceError // sources that could not be opened
	failed  []SourceError // of these, what is still to be told
}

// ErrUnsupported is wrapped by the error of Open where the kernel is not Linux.
var ErrUnsupported = errors.New("the probe reads Linux only: run it on the Linux host that listens")

// minInterval bounds the rate of Run: below it a reading would cost more than the interval.
const minInterval = time.Millisecond

// Open opens every source that cfg asks for. A source that cannot be opened is a SourceError in the
// first sample; Open fails only when no table of the network namespace can be read at all, or when cfg
// contradicts itself. The descriptors stay with the namespace that they were opened in, even after its
// last process has ended.
func Open(cfg Config) (*Probe, error) {
	if cfg.Pid != 0 && cfg.NetNS != "" {
		return nil, errors.New("probe: both a pid and a network namespace are given: leave one out")
	}
	if cfg.Pid < 0 {
		return nil, errors.New("probe: a pid is not negative")
	}
	o, err := openSources(cfg)
	if err != nil {
		return nil, err
	}
	return &Probe{host: cfg.Host, nap: nap, sources: o.sources, counted: countedSources{sources: o.counted},
		slow: slowSources{sources: o.slow}, lost: o.failed, failed: o.failed}, nil
}

// ReadAll reads the slow sources, unless that was done less than half a second ago, and then the fast
// ones. It may take as long as a walk through all sockets and processes does: for a single look, not in
// a loop that has a schedule to keep.
func (p *Probe) ReadAll(epoch time.Time) Sample {
	p.slow.read()
	return p.Read(epoch)
}

// Last is the last word of whoever has watched by Run: what happened since its last tick, and since the slow
// sources were read, which are read again for it, however short ago that was. It waits half a second for them
// at most, and tells what they had to say before, if they take longer.
func (p *Probe) Last(epoch time.Time) Sample {
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.slow.readAgain(0)
	}()
	timer := time.NewTimer(slowLast)
	defer timer.Stop()
	select {
	case <-read:
	case <-timer.C:
	}
	return p.Read(epoch)
}

// Read takes one reading of the fast sources now. What a source could not give is in Errors; the rest of
// the sample is still good. What Run or ReadAll last read from the slow sources is added, if it is not
// too old. The sample shares no memory with the probe.
func (p *Probe) Read(epoch time.Time) Sample { return p.read(epoch, false) }

// read is Read; sparingly with counters that are as old as countedSources allows.
func (p *Probe) read(epoch time.Time, sparingly bool) Sample {
	p.mu.Lock()
	defer p.mu.Unlock()
	began := time.Now()
	s := Sample{
		Host:     p.host,
		At:       began.Sub(epoch),
		Counters: make(map[string]uint64, len(Metrics)),
		Gauges:   make(map[string]uint64, 5),
		Errors:   slices.Clone(p.failed),
	}
	p.failed = nil
	failed, fresh := []SourceError(nil), false
	if !sparingly {
		for _, source := range p.sources {
			if r, ok := source.(interface{ anew() }); ok {
				r.anew()
			}
		}
	}
	if sparingly && p.counted.fresh(began) {
		failed = p.look(&s)
		fresh = p.counted.still(s.Listeners)
	}
	if !fresh {
		p.counted.readAll(began)
		s.Listeners = s.Listeners[:0]
		failed = p.look(&s)
		p.counted.note(s.Listeners)
	}
	s.Errors = append(s.Errors, failed...)
	p.counted.addTo(&s, began)
	slices.SortFunc(s.Listeners, func(a, b Listener) int {
		return cmp.Or(cmp.Compare(a.Addr, b.Addr), cmp.Compare(a.Cookie, b.Cookie))
	})
	s.Took = time.Since(began)
	p.slow.addTo(&s, began, epoch)
	return s
}

// look reads the sources of listeners.
func (p *Probe) look(s *Sample) (failed []SourceError) {
	for _, source := range p.sources {
		if err := source.Read(s); err != nil {
			failed = append(failed, failure(source.Name(), err))
		}
	}
	return failed
}

// Run reads at every whole multiple of every from the epoch and hands each sample to sink, until ctx ends.
// The schedule is fixed: a slow reading or a slow sink shifts no later tick, and a tick whose time has passed
// meanwhile is left out, never made up for in a bunch. So a gap in the samples' At is a time in which nothing
// was seen. Less than a millisecond is taken as a millisecond. sink is called from the goroutine that called
// Run. Its first sample tells again what could not be opened, so that whoever keeps the samples has it, even
// where another reading came before. The namespace's counters are read anew whenever a listener dropped, and
// else every 50 ms (counters.age_us). The slow sources are read twice a second in another goroutine, which
// ends with its last reading, perhaps a little later than Run.
func (p *Probe) Run(ctx context.Context, epoch time.Time, every time.Duration, sink func(Sample)) {
	every = max(every, minInterval)
	p.mu.Lock()
	p.failed = p.lost
	p.mu.Unlock()
	go p.slow.run(ctx)
	for {
		p.wait(ctx, untilTick(time.Since(epoch), every))
		if ctx.Err() != nil {
			return
		}
		sink(p.read(epoch, true))
	}
}

// wait waits for d, or until ctx ends.
func (p *Probe) wait(ctx context.Context, d time.Duration) {
	if p.nap != nil {
		p.nap(ctx, d)
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// untilTick is the time from now to the next multiple of every. A multiple that is exactly now has
// been served, or is about to be missed: the next one counts.
func untilTick(now, every time.Duration) time.Duration {
	past := now % every
	if past < 0 { // before the epoch
		past += every
	}
	return every - past
}

// Close releases the descriptors, after a reading that is under way. A later Read finds no source.
func (p *Probe) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := errors.Join(p.slow.close(), closeAll(p.sources), closeAll(p.counted.sources))
	p.sources, p.counted = nil, countedSources{}
	return err
}

func closeAll(sources []Source) error {
	var errs []error
	for _, source := range sources {
		if c, ok := source.(io.Closer); ok {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// towards are the remote ports that are counted.
func (c Config) towards() []uint16 {
	if len(c.Towards) > 0 {
		return c.Towards
	}
	return c.Ports
}
