package gate

import (
	"time"

	"weir/loadgen"
	tenths "weir/loadgen/count"
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

// see adds what was counted.
func (t *liveTrial) see(r *tenths.Reading) {
	for _, b := range r.Bins {
		t.lane.synRetrans += b.SYNRetrans
		for _, took := range b.Latency {
			t.lane.slowest = max(t.lane.slowest, time.Duration(took))
		}
		i, ok := t.bin(b.At)
		if !ok {
			i = -1
		}
		for o, n := range b.Due() {
			t.add(i, string(o), n)
		}
		if b.Late > 0 {
			t.add(i, classLate, b.Late)
		}
	}
}

func (t *liveTrial) add(i int, class string, n uint64) {
	if class == classLate {
		t.lane.late += n
	} else {
		t.lane.outcomes[class] += n
	}
	if i < 0 || class == string(loadgen.Canceled) {
		return
	}
	t.touch(i)
	if class != classLate {
		t.done[i] += n
	}
	if class == string(loadgen.OK) {
		return
	}
	if t.bad[class] == nil {
		t.bad[class] = make([]uint64, len(t.planned))
	}
	t.bad[class][i] += n
}

// classLate is the class of a timeline for answers after the deadline, which are ok as outcomes.
const classLate = "late"
