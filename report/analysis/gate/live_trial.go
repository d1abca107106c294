package gate

import (
	"math"
	"sync"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/result"
	"weir/report/runfile"
)

// liveTrial is a trial in the bins that the record will have.
type liveTrial struct {
	lane    *liveLane
	start   time.Duration
	lasts   time.Duration
	first   time.Duration // beginning of bin 0
	planned []uint64      // requests due in each bin
	bad     map[string][]uint64
	done    []uint64 // requests with an outcome, canceled not among them
	over    []*uint64
	depth   []*uint32
	from    int // bins from here to to were touched since the last settle
	to      int
	shards  []*liveShard
	mu      sync.Mutex // of shards
}

func newLiveTrial(lane *liveLane, start time.Duration, p plan.Plan) *liveTrial {
	t := &liveTrial{lane: lane, start: start, lasts: p.Duration(), first: start.Truncate(runfile.BinWidth), bad: map[string][]uint64{}}
	n := int((start+p.Duration()-t.first)/runfile.BinWidth) + 1
	t.planned, t.done, t.over, t.depth = make([]uint64, n), make([]uint64, n), make([]*uint64, n), make([]*uint32, n)
	for _, due := range p.Due() {
		if i, ok := t.bin(start + due); ok {
			t.planned[i]++
		}
	}
	t.settle()
	return t
}

func (t *liveTrial) bin(at time.Duration) (int, bool) {
	i := int((at - t.first) / runfile.BinWidth)
	return i, at >= t.first && i < len(t.planned)
}

// settle forgets which bins were touched.
func (t *liveTrial) settle() { t.from, t.to = len(t.planned), 0 }

func (t *liveTrial) touch(i int) { t.from, t.to = min(t.from, i), max(t.to, i+1) }

// touched is where a window of a length that has changed can lie.
func (t *liveTrial) touched(over time.Duration) stretch {
	if t.from >= t.to {
		return stretch{}
	}
	n := int(over / runfile.BinWidth)
	return stretch{max(0, t.from-n+1), min(len(t.planned), t.to+n-1)}
}

// timeline is the trial as a lane's timeline, with the requests without an outcome as canceled ones.
func (t *liveTrial) timeline() *result.Lane {
	width := runfile.BinWidth.Seconds()
	tl := result.Timeline{BinS: width, Bad: map[string][]uint64{}, Overflows: t.over, RecvQ: t.depth}
	open := make([]uint64, len(t.planned))
	for i, n := range t.planned {
		tl.AtS = append(tl.AtS, (t.first + time.Duration(i)*runfile.BinWidth).Seconds())
		tl.Offered = append(tl.Offered, float64(n)/width)
		open[i] = n - min(n, t.done[i])
	}
	for class, bins := range t.bad {
		tl.Bad[class] = bins
	}
	tl.Bad[string(loadgen.Canceled)] = open
	zero := uint64(0)
	return &result.Lane{Name: t.lane.Name, Listener: t.lane.Listener, Timeline: tl, Overflows: &zero, Trials: []result.Trial{{Start: t.start.Seconds(), Duration: t.lasts.Seconds()}}}
}

// sample adds what the kernel did since the host's sample before; nil: that was before the trial. An overflow is the
// listener's own or, where the kernel does not tell these apart, the namespace's, as after the run.
func (t *liveTrial) sample(now, before *liveSample) {
	lane := t.lane
	i, inside := t.bin(now.At)
	if now.listener.Sockets > 0 {
		deeper(&lane.deepest, now.listener.Depth)
		if inside {
			deeper(&t.depth[i], now.listener.Depth)
			t.touch(i)
		}
	}
	if before == nil || !now.listener.Whole() {
		return
	}
	since := now.listener.Since(before.listener)
	more(&lane.drops, since.Drops)
	more(&lane.overflows, since.Overflows)
	more(&lane.listenDrops, now.Counter(probe.ListenDrops).Since(before.Counter(probe.ListenDrops)))
	if inside {
		more(&t.over[i], since.Overflows)
		t.touch(i)
	}
}

func deeper(deepest **uint32, depth uint32) {
	if *deepest == nil || depth > **deepest {
		*deepest = &depth
	}
}

func more(sum **uint64, n *uint64) {
	if n == nil {
		return
	}
	total := *n
	if *sum != nil {
		total += **sum
	}
	*sum = &total
}

// gather adds what the shards have counted since.
func (t *liveTrial) gather() {
	t.mu.Lock()
	shards := t.shards
	t.mu.Unlock()
	for _, s := range shards {
		s.mu.Lock()
		bins, syns, slowest := s.bins, s.synRetrans, s.slowest
		s.bins, s.synRetrans = map[int]map[string]uint64{}, 0
		s.mu.Unlock()
		t.lane.synRetrans += syns
		t.lane.slowest = max(t.lane.slowest, slowest)
		for i, counts := range bins {
			t.add(i, counts)
		}
	}
}

func (t *liveTrial) add(i int, counts map[string]uint64) {
	for class, n := range counts {
		if class == classLate {
			t.lane.late += n
		} else {
			t.lane.outcomes[class] += n
		}
		if i < 0 || i >= len(t.planned) || class == string(loadgen.Canceled) {
			continue
		}
		t.touch(i)
		if class != classLate {
			t.done[i] += n
		}
		if class == string(loadgen.OK) {
			continue
		}
		if t.bad[class] == nil {
			t.bad[class] = make([]uint64, len(t.planned))
		}
		t.bad[class][i] += n
	}
}

// classLate is the class of a timeline for answers after the deadline, which are ok as outcomes.
const classLate = "late"

// recorder passes results on, and counts them in shards of its own.
func (t *liveTrial) recorder(next loadgen.Recorder) *liveShard {
	s := &liveShard{trial: t, next: next, bins: map[int]map[string]uint64{}}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shards = append(t.shards, s)
	return s
}

// liveShard counts the results of a thread, under a lock that is seldom asked for by another.
type liveShard struct {
	trial *liveTrial
	next  loadgen.Recorder

	mu         sync.Mutex
	bins       map[int]map[string]uint64 // by class
	synRetrans uint64
	slowest    time.Duration // of the ok
}

func (s *liveShard) Shard() loadgen.Recorder { return s.trial.recorder(loadgen.ShardOf(s.next)) }

func (s *liveShard) Unwrap() loadgen.Recorder { return s.next }

func (s *liveShard) Record(r loadgen.Result) {
	s.next.Record(r)
	i, ok := s.trial.bin(r.Due)
	if !ok {
		i = math.MaxInt
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.bins[i]
	if counts == nil {
		counts = map[string]uint64{}
		s.bins[i] = counts
	}
	counts[string(r.Outcome)]++
	s.synRetrans += uint64(max(r.SYNRetrans, 0))
	if r.Outcome != loadgen.OK {
		return
	}
	s.slowest = max(s.slowest, r.Done-r.Due)
	if d := s.trial.lane.deadline; d > 0 && r.Done-r.Due > d {
		counts[classLate]++
	}
}
