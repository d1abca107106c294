package probe

import (
	"context"
	"maps"
	"sync"
	"time"
)

const (
	slowEvery = 500 * time.Millisecond
	slowFresh = 4 * slowEvery         // what is older is not told: absent is better than stale
	slowSlack = slowEvery / 10        // a tick that comes early by this much is not left out
	slowFirst = 20 * time.Millisecond // lets the first fast readings of a run go first
	slowLast  = slowEvery             // how long a last reading is waited for
)

// slowSources are the sources that take long, or as long as a table is that anyone can fill. They are
// read at most twice a second, by whoever asks, and never while a fast reading waits for it: what they
// found is left in latest, from where the fast readings take it.
type slowSources struct {
	reading sync.Mutex // held while sources are read: seconds, if it comes to the worst
	sources []Source

	mu     sync.Mutex // held for moments only
	latest Sample
	began  time.Time
}

// run reads nearly at once, then on a fixed schedule, until ctx ends.
func (s *slowSources) run(ctx context.Context) {
	timer := time.NewTimer(slowFirst)
	defer timer.Stop()
	start := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if ctx.Err() != nil {
			return
		}
		s.read()
		timer.Reset(untilTick(time.Since(start), slowEvery))
	}
}

// read reads them, unless that was done lately.
func (s *slowSources) read() { s.readAgain(slowEvery - slowSlack) }

// readAgain reads them, unless that was begun less than so long ago.
func (s *slowSources) readAgain(recently time.Duration) {
	s.reading.Lock()
	defer s.reading.Unlock()
	began := time.Now()
	s.mu.Lock()
	recent := !s.began.IsZero() && began.Sub(s.began) < recently
	s.mu.Unlock()
	if recent || len(s.sources) == 0 {
		return
	}
	got := Sample{Counters: map[string]uint64{}, Gauges: map[string]uint64{}}
	for _, source := range s.sources {
		if err := source.Read(&got); err != nil {
			got.Errors = append(got.Errors, failure(source.Name(), err))
		}
	}
	got.Took = time.Since(began)
	got.Gauges[SlowTook] = uint64(got.Took.Microseconds())
	s.mu.Lock()
	s.latest, s.began = got, began
	s.mu.Unlock()
}

// addTo adds the latest reading to a sample that was begun at now: the values as long as they are fresh,
// the errors of each reading once.
func (s *slowSources) addTo(to *Sample, now, epoch time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began.IsZero() || now.Sub(s.began) > slowFresh {
		return
	}
	maps.Copy(to.Counters, s.latest.Counters)
	maps.Copy(to.Gauges, s.latest.Gauges)
	if at := s.began.Sub(epoch); at >= 0 {
		to.Gauges[SlowAt] = uint64(at.Microseconds())
	}
	to.Errors = append(to.Errors, s.latest.Errors...)
	s.latest.Errors = nil
}

// close waits for a reading that is under way.
func (s *slowSources) close() error {
	s.reading.Lock()
	defer s.reading.Unlock()
	err := closeAll(s.sources)
	s.sources = nil
	s.mu.Lock()
	s.latest, s.began = Sample{}, time.Time{}
	s.mu.Unlock()
	return err
}
