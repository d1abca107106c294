package runfile

import (
	"slices"
	"sync"
	"time"

	"weir/loadgen"
)

// trialResults takes the results of one trial: those of threads that asked for a shard each, and those of
// any others together.
type trialResults struct {
	index    int
	start    time.Duration
	deadline time.Duration
	reuse    bool // connections may be idle
	shared   *shard

	mu     sync.Mutex
	shards []*shard
}

var _ loadgen.Sharded = (*trialResults)(nil)

func newTrialResults(index int, start time.Duration, lane Lane) *trialResults {
	t := &trialResults{index: index, start: start, deadline: lane.Deadline, reuse: lane.Connections == loadgen.Reuse}
	t.shared = t.newShard()
	return t
}

func (t *trialResults) newShard() *shard {
	examples := map[exampleKey]int{}
	s := &shard{filling: newBins(t.index, t.deadline, examples), spare: newBins(t.index, t.deadline, examples)}
	s.room.L = &s.mu
	t.mu.Lock()
	t.shards = append(t.shards, s)
	t.mu.Unlock()
	return s
}

func (t *trialResults) Record(r loadgen.Result)    { t.shared.Record(r) }
func (t *trialResults) Depart(d loadgen.Departure) { t.shared.Depart(d) }
func (t *trialResults) Shard() loadgen.Recorder    { return t.newShard() }
func (t *trialResults) all() []*shard {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.shards)
}

// shard adds up the results of one thread. Its lock is contended for an instant, twice a second: two sets
// of bins take turns, one being filled while the other is written.
type shard struct {
	mu      sync.Mutex
	filling *bins
	spare   *bins // nil while it is being written
	room    sync.Cond

	departed Closings // so far, in the whole trial
}

// Record adds a result. It waits only where a million are held because the disk does not keep up: losing
// them would be worse, and the lag shows it.
func (s *shard) Record(r loadgen.Result) {
	s.mu.Lock()
	for s.filling.held >= maxHeld {
		s.room.Wait()
	}
	s.filling.add(&r)
	s.mu.Unlock()
}

// Depart counts the end of a connection that carried no request.
func (s *shard) Depart(d loadgen.Departure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.departed.add(d.Closed, d.Unread)
}

// departed is what the trial's shards have counted.
func (t *trialResults) departed() *Closings {
	sum := &Closings{}
	for _, s := range t.all() {
		s.mu.Lock()
		n := s.departed
		s.mu.Unlock()
		sum.PeerClosed += n.PeerClosed
		sum.WeClosed += n.WeClosed
		sum.PeerUnread += n.PeerUnread
		sum.WeUnread += n.WeUnread
	}
	return sum
}

// take returns what was added since it was last called. Whoever takes gives it back.
func (s *shard) take() *bins {
	s.mu.Lock()
	defer s.mu.Unlock()
	filled := s.filling
	s.filling, s.spare = s.spare, nil
	s.room.Broadcast()
	return filled
}

// giveBack returns bins that were written, for their memory.
func (s *shard) giveBack(b *bins) {
	b.reset()
	s.mu.Lock()
	s.spare = b
	s.mu.Unlock()
}
