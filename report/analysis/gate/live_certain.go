package gate

import (
	"math"
	"time"

	"weir/loadgen"
	"weir/report/result"
	"weir/report/runfile"
)

func (l *Live) check(a Assertion, lane *liveLane) (interval, bool) {
	if a.Over == 0 {
		i := a.Terms[0].metric.soFar(scope{lane: lane.whole(), level: a.Level})
		i.note = said("while the load still ran")
		return i, judge(i, a.Op, a.Limit) == Fail
	}
	t := l.running
	if t == nil || t.lane != lane {
		return interval{}, false
	}
	return a.failedWindow(t.timeline(), t.touched(a.Over), lane.windows[a.Over])
}

// soFar measures what is known while more may come. Canceled requests, which are open in any verdict, stand for those
// to come; what only grows has no upper bound.
func (m *metric) soFar(s scope) interval {
	i := m.measure(s)
	if m.grows {
		i.high = math.Inf(1)
	}
	return i
}

// failedWindow finds one of some windows of a lane of which more may come that is outside the limit for certain.
// of says how many there are or will be, which widens the interval of each.
func (a Assertion) failedWindow(l *result.Lane, among stretch, of int) (interval, bool) {
	m, n := a.Terms[0].metric, int(math.Round(a.Over.Seconds()/l.Timeline.BinS))
	level := 100 - (100-a.Level)/float64(max(of, 1))
	var near []stretch
	for _, s := range stretches(l, m.loaded) {
		near = append(near, stretch{max(s.from, among.from), min(s.to, among.to)})
	}
	windows, _ := slide(near, n)
	for _, w := range windows {
		i := m.window(scope{lane: l, level: level}, w)
		if m.grows {
			i.high = math.Inf(1)
		}
		if judge(i, a.Op, a.Limit) == Fail {
			i.note = said("in the %v from %.1fs on, while the load still ran", a.Over, l.Timeline.AtS[w.from])
			return i, true
		}
	}
	return interval{}, false
}

// whole is the lane as far as it is known, with the rest of its plan as canceled requests.
func (l *liveLane) whole() *result.Lane {
	out := &result.Lane{
		Name: l.Name, Listener: l.Listener, Outcomes: map[string]uint64{}, Late: l.late, Offered: l.due(),
		SYNRetrans: l.synRetrans, Shed: l.outcomes[string(loadgen.Shed)],
		Overflows: l.overflows, ListenDrops: l.listenDrops, ListenerDrops: l.drops, MaxRecvQ: l.deepest,
	}
	var known uint64
	for o, n := range l.outcomes {
		if o != string(loadgen.Canceled) {
			out.Outcomes[o] = n
			known += n
		}
	}
	out.Outcomes[string(loadgen.Canceled)] = out.Offered - min(known, out.Offered)
	if n := l.outcomes[string(loadgen.OK)]; n > 0 {
		slowest := l.slowest.Seconds()
		out.Latency = result.Quantiles{Count: n, Max: &slowest}
	}
	return out
}

// fitting is how many windows of a length the lane's trials will have, and how few requests the emptiest can hold.
func (l PlannedLane) fitting(over time.Duration) (windows int, least uint64) {
	least = math.MaxUint64
	for _, t := range l.Trials {
		if fit := t.Duration - over; fit >= 0 {
			windows += 1 + int(fit/runfile.BinWidth)
			least = min(least, uint64(math.Ceil(float64(t.Due)*over.Seconds()/t.Duration.Seconds())))
		}
	}
	return windows, least
}
