// Package tally adds up a probe's samples: what is in each queue now and at its highest, how far each
// counter has moved since the watching began, and how fast it moves. It is for those who watch a host
// while it lives, a table or a scrape; what a recorded run says is the analysis' business, which has
// every sample and needs no window.
//
// A counter that was not in the last sample is not in the view either: absent is not zero. Whose the drops
// and overflows are, also over restarts, is what probe.Account knows.
package tally

import (
	"maps"
	"slices"
	"sync"
	"time"

	"weir/probe"
)

// Tally is what the samples of one host add up to. Its methods may be called from several goroutines.
type Tally struct {
	mu      sync.Mutex
	spacing time.Duration
	most    int
	first   map[string]uint64 // each counter as it was seen first
	last    probe.Sample
	samples uint64
	failing map[string]failing // the last failure of each source
	errors  map[string]uint64  // failures by source
	account probe.Account
	peaks   map[string]uint32 // the highest depth at each address
	marks   []mark            // the oldest first
}

// A source that failed is shown for recently: slow ones are read twice a second only. maxFailing bounds how
// many are kept.
const (
	recently   = 3 * time.Second
	maxFailing = 64
)

type failing struct {
	probe.SourceError
	at time.Duration
}

// mark is how things stood a while ago.
type mark struct {
	at       time.Duration
	counters map[string]uint64
	drops    map[string]uint64
	peaks    map[string]uint32 // the highest depth from this mark to the next
}

// New makes a tally whose rates and recent peaks are of the last window, in steps of a fifth of it.
func New(window time.Duration) *Tally {
	const steps = 5
	return &Tally{
		spacing: window / steps, most: steps + 1,
		first: map[string]uint64{}, peaks: map[string]uint32{},
		errors: map[string]uint64{}, failing: map[string]failing{},
	}
}

// Add takes the next sample of the host, which is not to be changed afterwards.
func (t *Tally) Add(s probe.Sample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, value := range s.Counters {
		if _, seen := t.first[name]; !seen {
			t.first[name] = value
		}
	}
	for _, e := range s.Errors {
		if _, known := t.failing[e.Source]; known || len(t.failing) < maxFailing {
			t.errors[e.Source]++
			t.failing[e.Source] = failing{e, s.At}
		}
	}
	t.account.Add(s)
	t.last = s
	t.samples++
	t.mark(s)
}

// mark keeps how things stand now, once in a spacing, and follows the peaks in between.
func (t *Tally) mark(s probe.Sample) {
	if n := len(t.marks); n == 0 || s.At-t.marks[n-1].at >= t.spacing {
		m := mark{at: s.At, counters: s.Counters, drops: map[string]uint64{}, peaks: map[string]uint32{}}
		for l := range t.account.Listeners() {
			if n := l.Drops(); n != nil {
				m.drops[l.Addr] = *n
			}
		}
		if t.marks = append(t.marks, m); len(t.marks) > t.most {
			t.marks = slices.Delete(t.marks, 0, 1)
		}
	}
	peaks := t.marks[len(t.marks)-1].peaks
	for l := range t.account.Listeners() {
		peaks[l.Addr], t.peaks[l.Addr] = max(peaks[l.Addr], l.Depth), max(t.peaks[l.Addr], l.Depth)
	}
}

// View is how things stand. Rates are per second, over Window.
type View struct {
	Sample    probe.Sample  // the last one
	Samples   uint64        // how many there were
	Window    time.Duration // 0 after the first sample: then no rate is known
	Listeners []Listener    // by address
	Overflows probe.Between // of all listeners together, since the watching began
	Counters  []Counter     // by name; those of the last sample
	// by source: those that are lost, and the last one of each that failed lately
	Errors   []probe.SourceError
	Blind    bool              // a source of listeners failed: one that is not shown may be there
	Failures map[string]uint64 // readings that failed, by source
}

// Counter is one counter of the namespace.
type Counter struct {
	Name  string
	Value uint64  // as the kernel has it
	Since uint64  // what was added since it was first seen
	Rate  float64 // per second
}

// View says how things stand after the last sample.
func (t *Tally) View() View {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := View{Sample: t.last, Samples: t.samples, Failures: maps.Clone(t.errors)}
	var past mark
	if len(t.marks) > 0 {
		past = t.marks[0]
		v.Window = t.last.At - past.at
	}
	for _, source := range slices.Sorted(maps.Keys(t.failing)) {
		if e := t.failing[source]; e.Lost || t.last.At-e.at <= recently {
			v.Errors = append(v.Errors, e.SourceError)
		}
	}
	v.Blind = probe.Unlisted(v.Errors)
	for _, name := range slices.Sorted(maps.Keys(t.last.Counters)) {
		value := t.last.Counters[name]
		c := Counter{Name: name, Value: value}
		if n := t.last.Counter(name).Since(probe.ReadingOf(t.first, name)); n != nil {
			c.Since = *n
		}
		if n := t.last.Counter(name).Since(probe.ReadingOf(past.counters, name)); n != nil {
			c.Rate = perSecond(*n, v.Window)
		}
		v.Counters = append(v.Counters, c)
	}
	v.Listeners = t.viewListeners(past, v.Window)
	v.Overflows = t.account.Sum()
	return v
}

func perSecond(n uint64, window time.Duration) float64 {
	if window <= 0 {
		return 0
	}
	return float64(n) / window.Seconds()
}
