package gate

import (
	"maps"
	"math"
	"slices"

	"weir/loadgen"
	"weir/report/result"
	"weir/report/runfile"
)

// aborted finds, in the record of a run that was ended early, the window that ended it: one that was not over yet, of
// which the rest could mend nothing. The trial under way is looked at as the run saw it, with the rest of its plan open.
func (a Assertion) aborted(run *result.Analysis, l *result.Lane) (interval, bool) {
	if !a.Abort || run.Ended.How != runfile.Aborted {
		return interval{}, false
	}
	rest, among, ok := unfinished(l)
	if !ok {
		return interval{}, false
	}
	windows, _ := slide(stretches(rest, a.Terms[0].metric.loaded), int(math.Round(a.Over.Seconds()/l.Timeline.BinS)))
	return a.failedWindow(rest, among, len(windows))
}

// unfinished is a lane whose last trial was cut, with the bins that its plan had left, and where these and those before
// them in the trial are.
func unfinished(l *result.Lane) (*result.Lane, stretch, bool) {
	if len(l.Trials) == 0 || len(l.Timeline.AtS) == 0 || l.Trials[len(l.Trials)-1].Complete {
		return nil, stretch{}, false
	}
	out, t, tl := *l, l.Trials[len(l.Trials)-1], l.Timeline
	zero := uint64(0)
	if out.Overflows == nil {
		out.Overflows = &zero
	}
	out.Trials = append(slices.Clone(l.Trials), result.Trial{Start: t.Start, Duration: t.Duration})
	first, _ := slices.BinarySearch(tl.AtS, t.Start-tl.BinS+1e-6)
	end := first + int(math.Ceil(t.Duration/tl.BinS-1e-6)) + 1
	longer := max(0, end-len(tl.AtS))
	at, offered := slices.Clone(tl.AtS), append(slices.Clone(tl.Offered), make([]float64, longer)...)
	for range longer {
		at = append(at, at[len(at)-1]+tl.BinS)
	}
	bad := map[string][]uint64{}
	for class, bins := range maps.All(tl.Bad) {
		bad[class] = append(slices.Clone(bins), make([]uint64, longer)...)
	}
	open := bad[string(loadgen.Canceled)]
	if open == nil {
		open = make([]uint64, len(at))
	}
	planned := make([]uint64, len(at))
	for _, due := range t.Plan.Due() {
		if i := first + int((t.Start+due.Seconds()-at[first])/tl.BinS+1e-6); i >= 0 && i < len(planned) {
			planned[i]++
		}
	}
	for i := first; i < min(end, len(at)); i++ {
		if known := uint64(math.Round(offered[i] * tl.BinS)); planned[i] > known {
			open[i] += planned[i] - known
			offered[i] = float64(planned[i]) / tl.BinS
		}
	}
	bad[string(loadgen.Canceled)] = open
	out.Timeline = result.Timeline{
		BinS: tl.BinS, AtS: at, Offered: offered, Bad: bad,
		Overflows: append(slices.Clone(tl.Overflows), make([]*uint64, longer)...), RecvQ: append(slices.Clone(tl.RecvQ), make([]*uint32, longer)...),
	}
	return &out, stretch{first, min(end, len(at))}, true
}
