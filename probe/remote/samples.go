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
	ProbeEnded   = "remote_probe_ended"   // from At on nothing is known
	ProbeStalled = "remote_probe_stalled" // nothing came for a while before At, and nothing is known of it yet
	ProbeResumed = "remote_probe_resumed" // the stall is over; lines that were under way may have filled it
	ProbeJunk    = "remote_probe_junk"    // lines that were not samples
	ProbeClock   = "remote_probe_clock"   // how far the times can be trusted; once, at the end
)

// minStall keeps a network's hiccup from being called a stall: only a gap in At is a gap.
const minStall = 250 * time.Millisecond

// Samples gives every sample to sink, its At rebased to epoch, until ctx ends or the probe does, and what is
// to be doubted to warn. It returns after a last word, a sample taken after ctx ended, if one comes soon.
// Samples of before the epoch are left out. A probe that is lost leaves a gap, never zeros. sink is called
// from another goroutine than warn, but never after Samples has returned.
//
// A better estimate of the clock, found during the run, holds for the samples that follow. It never sets
// them back before one that was given already.
func (r *Remote) Samples(ctx context.Context, epoch time.Time, sink func(probe.Sample), warn func(Warning)) {
	pinging, stop := context.WithCancel(ctx)
	defer stop()
	go r.keepPinging(pinging)
	w := &watcher{r: r, epoch: epoch, warn: warn, seen: make(chan struct{}, 1)}
	r.attach(func(s probe.Sample) { w.rebase(s, sink) })
	defer r.attach(nil)
	ended := w.watch(ctx)
	r.attach(nil)
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
	warn  func(Warning)
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
	const slowAt = "slow.at_us"
	if at, ok := s.Gauges[slowAt]; ok {
		if moved := int64(at) + offset.Microseconds(); moved >= 0 {
			s.Gauges[slowAt] = uint64(moved)
		} else {
			delete(s.Gauges, slowAt)
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
	tick := time.NewTicker(limit / 5)
	defer tick.Stop()
	stalled := false
	for {
		select {
		case <-ctx.Done():
			return w.lastWord(limit)
		case <-w.r.done:
			return true
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
		w.say(ProbeStalled, fmt.Sprintf("no sample from the remote probe %s for %v: its kernel is not seen", w.r.proc.name(), silent.Round(time.Millisecond)))
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

// lastWord waits for a sample that was taken after now, but not for long.
func (w *watcher) lastWord(atMost time.Duration) (ended bool) {
	now := time.Since(w.epoch)
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	for {
		w.r.sinkMu.Lock()
		enough := w.last >= now
		w.r.sinkMu.Unlock()
		if enough {
			return false
		}
		select {
		case <-w.seen:
		case <-w.r.done:
			return true
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
		w.say(ProbeJunk, fmt.Sprintf("%d lines of %s were not samples and were left out; the first: %s", junk, r.proc.name(), junky))
	}
	clock := r.Clock(w.epoch)
	w.say(ProbeClock, fmt.Sprintf("%s: %v; its wall clock is %v ahead of ours", r.proc.name(), clock, clock.Ahead.Round(time.Millisecond)))
}

func (w *watcher) say(code, text string) {
	w.warn(Warning{At: max(time.Since(w.epoch), 0), Code: code, Text: text})
}
