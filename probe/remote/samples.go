package remote

import (
	"context"
	"fmt"
	"time"

	"weir/probe"
)

// Warning is a doubt about the samples: a gap in them, or lines that were none.
type Warning struct {
	At   time.Duration // from the run's epoch
	Code string        // one of those below
	Text string
}

// The codes of warnings. They are part of records: keep them.
const (
	ProbeEnded = "remote_probe_ended" // from At on nothing is known
	// nothing came for a while before At, and nothing is known of it yet
	ProbeStalled = "remote_probe_stalled"
	ProbeResumed = "remote_probe_resumed" // the stall is over; lines that were under way may have filled it
	ProbeJunk    = "remote_probe_junk"    // lines that were not samples
	// it took no snapshot at its end: what changed meanwhile is not known
	ProbeNoEnd = "remote_probe_no_end"
)

// minStall keeps a network's hiccup from being called a stall: only a gap in At is a gap.
const minStall = 250 * time.Millisecond

// Sink takes what a remote probe has to say. All times are from the run's epoch, by our clock. Sample is
// called from another goroutine than the others; none is after Samples has returned.
type Sink struct {
	Sample func(probe.Sample)
	Clock  func(Estimate) // at the start, whenever there is news, at most once a second, and at the end
	Warn   func(Warning)
}

// Samples gives every sample to to.Sample, its At rebased to epoch, until ctx ends or the probe does, and
// what is to be doubted to to.Warn. When ctx has ended, so has a probe that answers pings: it returns after
// its last word, a sample and the snapshot that After gives, if they come soon. Samples of before the epoch
// are left out. A probe that is lost leaves a gap, never zeros.
//
// A better estimate of the clock, found during the run, holds for the samples that follow. It never sets
// them back before one that was given already.
func (r *Remote) Samples(ctx context.Context, epoch time.Time, to Sink) {
	pinging, stop := context.WithCancel(ctx)
	defer stop()
	go r.keepPinging(pinging)
	w := &watcher{r: r, epoch: epoch, to: to, seen: make(chan struct{}, 1)}
	w.clock()
	r.attach(func(s probe.Sample) { w.rebase(s, to.Sample) })
	defer r.attach(nil)
	ended := w.watch(ctx)
	r.attach(nil)
	w.clock()
	w.sumUp(ended)
}

// attach sets who gets the samples, and returns when the one before has got its last.
func (r *Remote) attach(deliver func(probe.Sample)) {
	r.sinkMu.Lock()
	defer r.sinkMu.Unlock()
	r.deliver = deliver
}

// watcher is one call of Samples.
type watcher struct {
	r     *Remote
	epoch time.Time
	to    Sink
	told  Clock         // the last estimate that was given
	seen  chan struct{} // told of each sample
	last  time.Duration // At of the last sample, rebased; under r.sinkMu
}

// rebase gives s on with a time of ours. The time at which slow sources were read moves with it.
func (w *watcher) rebase(s probe.Sample, sink func(probe.Sample)) {
	offset := w.r.Clock(w.epoch).Offset
	s.Host = w.r.host
	if s.At += offset; s.At < 0 {
		return
	}
	s.At = max(s.At, w.last)
	if at, ok := s.Gauges[probe.SlowAt]; ok {
		if moved := int64(at) + offset.Microseconds(); moved >= 0 {
			s.Gauges[probe.SlowAt] = uint64(moved)
		} else {
			delete(s.Gauges, probe.SlowAt)
		}
	}
	w.last = s.At
	sink(s)
	select {
	case w.seen <- struct{}{}:
	default:
	}
}

// watch waits for the end, and warns of stalls meanwhile. It tells whether the probe ended before its time.
func (w *watcher) watch(ctx context.Context) (ended bool) {
	limit := max(10*w.r.Hello().Every, minStall)
	tick, clock := time.NewTicker(limit/5), time.NewTicker(pingEvery)
	defer tick.Stop()
	defer clock.Stop()
	stalled := false
	for {
		select {
		case <-ctx.Done():
			return w.lastWord(limit)
		case <-w.r.done:
			return true
		case <-clock.C:
			w.clock()
		case <-tick.C:
			silent := w.r.silence()
			if over := silent > limit; over != stalled {
				stalled = over
				w.warnStall(over, silent)
			}
		}
	}
}

func (w *watcher) warnStall(stalled bool, silent time.Duration) {
	if stalled {
		w.say(ProbeStalled, fmt.Sprintf("no sample from the remote probe %s for %v: its kernel is not seen",
			w.r.proc.name(), silent.Round(time.Millisecond)))
		return
	}
	w.say(ProbeResumed, fmt.Sprintf("samples come from the remote probe %s again", w.r.proc.name()))
}

// silence is how long no sample has come.
func (r *Remote) silence() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now() - r.heard
}

// clock gives the estimate on, where there is news.
func (w *watcher) clock() {
	shift := w.r.began.Sub(w.epoch)
	w.r.mu.Lock()
	e := w.r.clock.estimate(w.r.now())
	w.r.mu.Unlock()
	e.At = max(e.At+shift, 0)
	e.Offset += shift
	if e.Ping != nil {
		e.Ping.Offset += shift
	} else if e.Clock == w.told {
		return
	}
	w.told = e.Clock
	w.to.Clock(e)
}

// lastWord ends a probe that ends with its stdin and waits for what it has to say then. Of another it waits
// for a sample that was taken after now. Neither for long.
func (w *watcher) lastWord(atMost time.Duration) (ended bool) {
	ends := w.r.Hello().Pings
	if ends {
		_ = w.r.proc.in.Close()
		atMost = max(atMost, patience)
	}
	now := time.Since(w.epoch)
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	for {
		w.r.sinkMu.Lock()
		enough := w.last >= now
		w.r.sinkMu.Unlock()
		if enough && !ends {
			return false
		}
		select {
		case <-w.seen:
		case <-w.r.done:
			return !ends
		case <-timer.C:
			return false
		}
	}
}

// sumUp gives the warnings that are due at the end.
func (w *watcher) sumUp(ended bool) {
	r := w.r
	r.mu.Lock()
	junk, junky, how := r.junk, r.junky, r.ended
	r.mu.Unlock()
	if ended {
		w.say(ProbeEnded, fmt.Sprintf("the remote probe %s ended before the run did, after that nothing is known of its kernel: %s", r.proc.name(), how))
	}
	if junk > 0 {
		w.say(ProbeJunk, fmt.Sprintf("%d lines of %s were not samples and were left out; the first: %s", junk,
			r.proc.name(), junky))
	}
	if _, last := r.After(); !last && !ended {
		w.say(ProbeNoEnd, fmt.Sprintf("the remote probe %s took no last look at its kernel: which settings changed, and who else dropped packets, is not known", r.proc.name()))
	}
}

func (w *watcher) say(code, text string) {
	w.to.Warn(Warning{At: max(time.Since(w.epoch), 0), Code: code, Text: text})
}
