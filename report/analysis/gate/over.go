package gate

import (
	"math"
	"slices"
	"time"

	"weir/loadgen"
	"weir/report/result"
	"weir/report/runfile"
)

// stretch is some bins of a timeline that follow each other, as a slice's bounds.
type stretch struct{ from, to int }

// everyWindow holds each window of a.Over in the lane against the limit, and returns what decides: the first
// that fails, else the first that is inconclusive, else the one nearest to the limit.
//
// Windows slide by one bin. All intervals have to hold at once, so each has the level that makes it so in the
// worst case: of m windows, 1 − (1 − level)/m (Bonferroni). Otherwise an hour of windows would fail a server
// that keeps to the limit.
func (a Assertion) everyWindow(s scope) (interval, Verdict) {
	m, tl := a.Terms[0].metric, &s.lane.Timeline
	bins := a.Over.Seconds() / tl.BinS
	n := int(math.Round(bins))
	switch {
	case len(tl.AtS) == 0 || tl.BinS <= 0:
		return missing("gate_no_timeline", nil), Inconclusive
	case n < 1 || math.Abs(bins-float64(n)) > 1e-6*bins:
		return missing("gate_not_of_bins", result.Args{"bin": tl.BinS, "over": a.Over.String()}), Inconclusive
	}
	all := stretches(s.lane, m.loaded())
	if i, v := a.cutWindow(s, all, n); v == Fail {
		return i, v
	}
	windows, longest := slide(all, n)
	if len(windows) == 0 {
		return missing("gate_no_window",
			result.Args{"over": a.Over.String(), "longest": inBins(longest, s.lane).String()}), Inconclusive
	}
	s.level = 100 - (100-a.Level)/float64(len(windows))
	var decides interval
	verdict := Verdict("")
	for _, w := range windows {
		i := m.in(s, w)
		v := judge(i, a.Op, a.Limit)
		if verdict == "" || worse[v] > worse[verdict] ||
			v == Pass && verdict == Pass && a.nearer(i, decides) {
			i.note = result.Finding{Code: "gate_window",
				Args: result.Args{"windows": len(windows), "from": tl.AtS[w.from]}}
			decides, verdict = i, v
		}
	}
	return decides, verdict
}

// cutWindow is the end of a run that an assertion ended before a window was full: what only grows could not
// have been mended by the rest of it.
func (a Assertion) cutWindow(s scope, all []stretch, n int) (interval, Verdict) {
	m := a.Terms[0].metric
	if !a.Abort || !m.grows() || s.run.Ended.How != runfile.Aborted || len(all) == 0 {
		return interval{}, Inconclusive
	}
	last := all[len(all)-1]
	if last.to-last.from >= n {
		return interval{}, Inconclusive
	}
	i := m.in(s, last)
	i.high, i.note = math.Inf(1), result.Finding{Code: "gate_cut_window",
		Args: result.Args{"over": a.Over.String()}}
	return i, judge(i, a.Op, a.Limit)
}

// nearer reports whether i comes nearer to the limit than j does. Both keep to it.
func (a Assertion) nearer(i, j interval) bool {
	switch a.Op {
	case Less, LessEqual:
		return i.high > j.high
	case Greater, GreaterEqual:
		return i.low < j.low
	}
	return false
}

// stretches are the longest runs of bins without a gap: all of them, or those in which a trial offered load
// all the time.
func stretches(l *result.Lane, loaded bool) (list []stretch) {
	at, width := l.Timeline.AtS, l.Timeline.BinS
	const slack = 1e-6
	if loaded {
		for _, t := range l.Trials {
			from, _ := slices.BinarySearch(at, t.Start-slack)
			to := from
			for to < len(at) && at[to]+width <= t.Start+t.Duration+slack {
				to++
			}
			list = append(list, stretch{from, to})
		}
		return list
	}
	from := 0
	for i := range at {
		if i+1 == len(at) || at[i+1]-at[i] > 1.5*width {
			list = append(list, stretch{from, i + 1})
			from = i + 1
		}
	}
	return list
}

// slide returns every window of n bins, and how long the longest stretch is.
func slide(list []stretch, n int) (windows []stretch, longest int) {
	for _, s := range list {
		longest = max(longest, s.to-s.from)
		for from := s.from; from+n <= s.to; from++ {
			windows = append(windows, stretch{from, from + n})
		}
	}
	return windows, longest
}

func inBins(n int, l *result.Lane) time.Duration {
	return time.Duration(math.Round(float64(n)*l.Timeline.BinS*1000)) * time.Millisecond
}

// tally counts the requests that were due in the stretch.
func (s stretch) tally(l *result.Lane, of *requests) tally {
	tl := &l.Timeline
	outcomes := map[string]uint64{}
	var late, due, notOK uint64
	for i := s.from; i < s.to; i++ {
		due += uint64(math.Round(tl.Offered[i] * tl.BinS))
	}
	for class, bins := range tl.Bad {
		var n uint64
		for i := s.from; i < s.to; i++ {
			n += bins[i]
		}
		if class == "late" {
			late = n
			continue
		}
		outcomes[class] = n
		notOK += n
	}
	outcomes[string(loadgen.OK)] = due - min(due, notOK)
	return of.among(outcomes, late, due)
}

// overflowsIn adds up what the readings in the stretch showed. Overflows in a bin without a reading are told
// by the next one: at the stretch's edges they may be its own or not.
func overflowsIn(s scope, w stretch) interval {
	whole := overflows(s)
	if !whole.known() {
		return whole
	}
	bins, sum, isRead := s.lane.Timeline.Overflows, 0.0, func(n *uint64) bool { return n != nil }
	for _, n := range bins[w.from:w.to] {
		if n != nil {
			sum += float64(*n)
		}
	}
	i := exact(sum)
	if k := slices.IndexFunc(bins[w.from:w.to], isRead); k >= 0 && w.from > 0 && bins[w.from-1] == nil {
		i.low -= float64(*bins[w.from+k])
	}
	if bins[w.to-1] == nil {
		if k := slices.IndexFunc(bins[w.to:], isRead); k >= 0 {
			i.high += float64(*bins[w.to+k])
		} else {
			i.high = math.Inf(1)
		}
	}
	i.high = max(i.high, whole.high-whole.value) // infinite where the kernel was not read around some trial
	return i
}

// depthIn is the deepest queue that a sample in the stretch saw.
func depthIn(s scope, w stretch) interval {
	var deepest *uint32
	for _, n := range s.lane.Timeline.RecvQ[w.from:w.to] {
		if n != nil && (deepest == nil || *n > *deepest) {
			deepest = n
		}
	}
	return depth(deepest)
}
