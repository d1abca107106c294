package runfile

import (
	"sync"
	"time"
)

// maxJoining bounds the lines that wait for a failure, and the failures that wait for a line. Lines come
// within milliseconds of the failure, and failures are written twice a second: this is enough for 20,000
// requests a second.
const maxJoining = 1 << 14

// joining brings the lines of an access log together with the failures that are kept singly, which is known
// only when they are written. It never waits: whatever has found no partner by the time that so many others
// have come is let go.
type joining struct {
	mu       sync.Mutex
	lines    waiting[*Proxied]
	failures waiting[struct{}]
}

// requestKey names a request of the run as X-Request-Id does.
type requestKey struct {
	trialStart time.Duration // in whole milliseconds
	seq        int
}

// line reports whether p's failure is in the record, so that p belongs there too; else it waits.
func (j *joining) line(p *Proxied) bool {
	key := requestKey{p.TrialStart, p.Seq}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, kept := j.failures.take(key); kept {
		return true
	}
	j.lines.put(key, p)
	return false
}

// failure returns the line of a failure that is in the record now, nil if it has not come; then it is waited
// for.
func (j *joining) failure(key requestKey) *Proxied {
	j.mu.Lock()
	defer j.mu.Unlock()
	if p, come := j.lines.take(key); come {
		return p
	}
	j.failures.put(key, struct{}{})
	return nil
}

// waiting holds the last maxJoining values that were put into it, by key, until they are taken.
type waiting[T any] struct {
	byKey map[requestKey]T
	ring  []requestKey // in the order in which they came
	next  int
}

func (w *waiting[T]) put(key requestKey, value T) {
	if w.byKey == nil {
		w.byKey = map[requestKey]T{}
	}
	if len(w.ring) < maxJoining {
		w.ring = append(w.ring, key)
	} else {
		delete(w.byKey, w.ring[w.next])
		w.ring[w.next] = key
		w.next = (w.next + 1) % maxJoining
	}
	w.byKey[key] = value
}

func (w *waiting[T]) take(key requestKey) (value T, ok bool) {
	value, ok = w.byKey[key]
	delete(w.byKey, key)
	return value, ok
}
