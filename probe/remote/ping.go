package remote

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	firstPings  = 8           // one after the other, before the run; the shortest round trip counts
	pingTimeout = time.Second // all of them together take no longer than some times this
	pingEvery   = time.Second // and during the run
	maxAsked    = 64          // answers that are waited for
)

// compareClocks pings a few times, if the probe answers pings at all.
func (r *Remote) compareClocks(ctx context.Context) {
	if !r.Hello().Pings {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 3*pingTimeout)
	defer cancel()
	for range firstPings {
		r.ping()
		timer := time.NewTimer(pingTimeout)
		select {
		case <-r.pongs:
			timer.Stop()
		case <-timer.C:
		case <-r.done:
			return
		case <-ctx.Done():
			return
		}
	}
}

// keepPinging does so until ctx ends, so that the estimate does not age, nor rest on one bad second.
func (r *Remote) keepPinging(ctx context.Context) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for r.Hello().Pings {
		select {
		case <-ctx.Done():
			return
		case <-r.done:
			return
		case <-tick.C:
			r.ping()
		}
	}
}

// ping sends one. Its time is taken before it is written: a full pipe makes the round trip long, and the
// estimate wide, but never wrong.
func (r *Remote) ping() (id uint64) {
	r.mu.Lock()
	if len(r.asked) >= maxAsked { // the oldest will not be answered any more
		delete(r.asked, r.pings-maxAsked)
	}
	id = r.pings
	r.pings++
	r.asked[id] = r.now()
	r.mu.Unlock()
	if text, err := line("ping", ping{id}); err == nil {
		_, _ = r.proc.in.Write(text) // a broken pipe is noticed by read
	}
	return id
}

// ParentWaits is how often the parent of the workers over there has gone to sleep by now
// (probe.Process.Waits).
func (r *Remote) ParentWaits(ctx context.Context) (uint64, error) {
	if !r.Hello().Pings {
		return 0, errors.New("remote probe: it answers no pings")
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	for id := r.ping(); ; {
		select {
		case <-r.pongs:
		case <-r.done:
			return 0, errors.New("remote probe: it has ended")
		case <-ctx.Done():
			return 0, fmt.Errorf("remote probe: a ping was not answered: %w", ctx.Err())
		}
		r.mu.Lock()
		answered, waits := r.ponged > id, r.waits
		r.mu.Unlock()
		switch {
		case answered && waits == nil:
			return 0, errors.New("remote probe: it does not say how often the workers' parent waits")
		case answered:
			return *waits, nil
		}
	}
}

// pong takes an answer in, once for each ping. The caller holds r.mu.
func (r *Remote) pong(v *pong, came time.Duration) (fatal string) {
	sent, waited := r.asked[v.ID]
	if !waited {
		return r.discard(errors.New("an answer to no ping"))
	}
	delete(r.asked, v.ID)
	r.waits, r.ponged = v.Waits, max(r.ponged, v.ID+1)
	if !r.clock.pong(exchange{sent, v.Received, v.Sent, came}) {
		return r.discard(errors.New("the times of a pong contradict themselves"))
	}
	select {
	case r.pongs <- struct{}{}:
	default:
	}
	return ""
}
