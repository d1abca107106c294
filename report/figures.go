package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"weir/loadgen"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

// figures is what the page draws: plain points, so that its script computes nothing that a test in Go
// could not see. Rates are req/s, times seconds; null is "not known" and leaves a gap.
type figures struct {
	Capacity *band        `json:"capacity"` // W/S
	Lanes    []laneFigure `json:"lanes"`
	// every kind of failure that occurs, in the order of loadgen.Outcomes
	Classes []string `json:"classes"`

	// of those that have another than a circle, by class
	Symbols map[string]string `json:"symbols"`

	// by figure: what stands in its place where it has nothing to show
	Nothing map[string]string `json:"nothing"`
}

// band is an estimate on an axis; Low and High are null where it has no interval.
type band struct {
	At   float64  `json:"at"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

type laneFigure struct {
	Name string `json:"name"`
	// the failure onset, or the overflow onset where there is no other
	Theta       *band                `json:"theta"`
	Bracket     bool                 `json:"bracket"` // it was seen to lie between its bounds, not estimated
	Plateau     *float64             `json:"plateau"`
	Slots       *uint64              `json:"slots"` // backlog + 1: what the queue holds
	Trials      []dose               `json:"trials"`
	Bad         map[string][]float64 `json:"bad"` // by class: req/s in each trial
	Timeline    timelineFigure       `json:"timeline"`
	Latency     latencyFigure        `json:"latency"`
	Guides      []result.Guide       `json:"guides"`
	Percentiles []tailFigure         `json:"percentiles"`
	Reconcile   reconcileFigure      `json:"reconcile"`
}

// dose is one trial of figure 1.
type dose struct {
	Index    int     `json:"index"`
	Rate     float64 `json:"rate"`
	Duration float64 `json:"duration"`
	Good     float64 `json:"good"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	// neither cut short nor begun on a queue that was not empty: else drawn hollow
	Whole bool `json:"whole"`
}

// shows names what the figures hold and a legend must explain, by the parts of it that may be missing.
func (f figures) shows() []string {
	has := map[string]bool{"capacity": f.Capacity != nil}
	for _, l := range f.Lanes {
		has["onset"] = has["onset"] || l.Theta != nil && !l.Bracket
		has["bracket"] = has["bracket"] || l.Bracket
		has["hollow"] = has["hollow"] || slices.ContainsFunc(l.Trials, func(d dose) bool { return !d.Whole })
		has["failed"] = has["failed"] || slices.ContainsFunc(l.Latency.Failed,
			func(n uint64) bool { return n > 0 })
		has["replay"] = has["replay"] || slices.ContainsFunc(l.Timeline.Replayed,
			func(n *uint64) bool { return n != nil })
	}
	maps.DeleteFunc(has, func(_ string, shown bool) bool { return !shown })
	return slices.Sorted(maps.Keys(has))
}

// timelineFigure is a lane's bins on an axis from which the time between its trials is cut. Bins that follow
// each other lie side by side, so that a block tells where its first one is. A list of which no bin is known
// is empty.
type timelineFigure struct {
	Bin       float64             `json:"bin"`
	Blocks    []block             `json:"blocks"`
	Offered   []float64           `json:"offered"`
	Goodput   []float64           `json:"goodput"`
	RecvQ     []*uint32           `json:"recvq"`
	Overflows []*uint64           `json:"overflows"`
	Replayed  []*uint64           `json:"replayed"`
	Bad       map[string][]uint64 `json:"bad"`
	Marks     []markFigure        `json:"marks"`
}

// block is one trial's stretch of the axis: bins From to To, To not included.
type block struct {
	Trial int     `json:"trial"`
	Rate  float64 `json:"rate"`  // 0: it changed
	Load  string  `json:"load"`  // the rate in words
	Start float64 `json:"start"` // on the axis
	Width float64 `json:"width"`
	From  int     `json:"from"`
	To    int     `json:"to"`
	X     float64 `json:"x"`  // on the axis, where its first bin begins
	At    float64 `json:"at"` // the same on the run's clock
}

type markFigure struct {
	X    float64 `json:"x"`
	At   float64 `json:"at"`
	Code string  `json:"code"`
	Text string  `json:"text"`
}

// draw turns an analysis into figures. The trials of two lanes interleave in time, so that on the run's
// clock half of each lane's timeline is empty; instead the k-th trial of every lane takes the same
// stretch of the axis, and the same x is the same moment of the same schedule in both lanes.
func draw(a *result.Analysis) figures {
	f := figures{Lanes: []laneFigure{}, Classes: classes(a),
		Symbols: map[string]string{"late": "emptyCircle"}, Nothing: nothing()}
	for _, c := range f.Classes {
		if s := loadgen.Outcome(c).Kind().Symbol; s != "" {
			f.Symbols[c] = s
		}
	}
	if c := a.Capacity; c.Computed != nil {
		f.Capacity = &band{*c.Computed, c.Low, c.High}
	}
	widths := blockWidths(a)
	for i := range a.Lanes {
		l := &a.Lanes[i]
		lane := laneFigure{Name: l.Name, Plateau: l.Plateau, Trials: []dose{}, Bad: map[string][]float64{}}
		if o := cmp.Or(l.ErrorOnset, l.OverflowOnset); o != nil {
			lane.Theta, lane.Bracket = &band{o.RPS, &o.Low, &o.High}, !o.Estimated()
		}
		if l.BacklogLimit != nil {
			// full is depth > limit: include/net/sock.h, sk_acceptq_is_full
			slots := uint64(*l.BacklogLimit) + 1
			lane.Slots = &slots
		}
		trials := ordered(l)
		// a ramp has no one rate
		steady := slices.DeleteFunc(slices.Clone(trials), func(t result.Trial) bool { return t.Rate == 0 })
		for j, t := range steady {
			lane.Trials = append(lane.Trials, dose{t.Index, t.Rate, t.Duration, t.Goodput, t.GoodLow,
				t.GoodHigh, t.Complete && t.Drained})
			for _, bad := range failures(t.Outcomes, lateIn(t)) {
				if lane.Bad[bad.Name] == nil {
					lane.Bad[bad.Name] = make([]float64, len(steady))
				}
				if t.Duration > 0 {
					lane.Bad[bad.Name][j] = float64(bad.N) / t.Duration
				}
			}
		}
		lane.Timeline = layTimeline(&l.Timeline, trials, widths)
		lane.Latency = layLatency(&l.LatencyMap, trials, lane.Timeline.Blocks)
		lane.Guides, lane.Percentiles, lane.Reconcile = l.Guides, tailFigures(l), reconcileTrials(l, trials)
		f.Lanes = append(f.Lanes, lane)
	}
	return f
}

// offeredRate is a trial's rate in words, or those between which its plan moved.
func offeredRate(t *result.Trial) string {
	short := func(x float64) string { // as the script writes a number
		words := unit.Digits(x, 4)
		if strings.Contains(words, ".") {
			words = strings.TrimRight(strings.TrimRight(words, "0"), ".")
		}
		return words
	}
	if low, high := t.Rates(); low < high {
		return say("rates", args{"low": short(low), "high": short(high)})
	}
	return short(t.MeanRate()) + " req/s"
}

// ordered is the lane's trials by time.
func ordered(l *result.Lane) []result.Trial {
	return slices.SortedStableFunc(slices.Values(l.Trials), func(a, b result.Trial) int {
		return cmp.Compare(a.Start, b.Start)
	})
}

// blockWidths is, for each position in the order of trials, the longest stretch that any lane needs.
func blockWidths(a *result.Analysis) []float64 {
	var widths []float64
	for i := range a.Lanes {
		l := &a.Lanes[i]
		trials := ordered(l)
		for k, t := range trials {
			from, to := within(&l.Timeline, trials, k)
			need := t.Duration
			if to > from {
				need = max(need, l.Timeline.AtS[to-1]+l.Timeline.BinS-t.Start)
			}
			if k == len(widths) {
				widths = append(widths, 0)
			}
			widths[k] = max(widths[k], need)
		}
	}
	return widths
}

// within is the range of bins from the start of trial k to the start of the next one. Bins lie on a grid
// of their own: the one in which a trial starts is the trial's.
func within(t *result.Timeline, trials []result.Trial, k int) (from, to int) {
	first := func(start float64) int {
		i, _ := slices.BinarySearch(t.AtS, start)
		if i > 0 && t.AtS[i-1]+t.BinS > start+1e-9 {
			i--
		}
		return i
	}
	from, to = 0, len(t.AtS)
	if k > 0 {
		from = first(trials[k].Start)
	}
	if k+1 < len(trials) {
		to = first(trials[k+1].Start)
	}
	return from, max(from, to)
}

func layTimeline(t *result.Timeline, trials []result.Trial, widths []float64) timelineFigure {
	out := timelineFigure{
		Bin: t.BinS, Blocks: []block{}, Offered: t.Offered, Goodput: t.Goodput, RecvQ: anyKnown(t.RecvQ),
		Overflows: anyKnown(t.Overflows), Replayed: anyKnown(t.Replayed), Bad: t.Bad, Marks: []markFigure{},
	}
	total := 0.0
	for _, w := range widths {
		total += w
	}
	gap := total / 150 // wide enough to see that time was cut out here
	x := 0.0
	for k, trial := range trials {
		from, to := within(t, trials, k)
		b := block{Trial: trial.Index, Rate: trial.Rate, Load: offeredRate(&trial), Start: round6(x),
			Width: round6(widths[k]), From: from, To: to}
		if to > from {
			b.X, b.At = round6(x+t.AtS[from]-trial.Start), t.AtS[from]
		}
		out.Blocks = append(out.Blocks, b)
		x += widths[k] + gap
	}
	if len(trials) == 0 && len(t.AtS) > 0 {
		first, end := t.AtS[0], t.AtS[len(t.AtS)-1]+t.BinS
		out.Blocks = append(out.Blocks, block{Start: first, Width: end - first, To: len(t.AtS), X: first,
			At: first})
	}
	for _, m := range t.Marks {
		out.Marks = append(out.Marks, markFigure{round6(place(m.AtS, trials, out.Blocks)), m.AtS, m.Code,
			words.Of(m.Text)})
	}
	return out
}

// anyKnown is the list, or an empty one where it holds nothing.
func anyKnown[T any](list []*T) []*T {
	if slices.ContainsFunc(list, func(x *T) bool { return x != nil }) {
		return list
	}
	return []*T{}
}

// place finds a moment of the run's clock on the axis; one that was cut out falls on the end of the
// trial before it.
func place(at float64, trials []result.Trial, blocks []block) float64 {
	x := at
	for k, t := range trials {
		if at < t.Start && k > 0 {
			break
		}
		x = blocks[k].Start + min(max(at-t.Start, 0), blocks[k].Width)
	}
	return x
}

// classes lists the failures that occur anywhere, known ones in their fixed order.
func classes(a *result.Analysis) []string {
	seen := map[string]uint64{}
	var late uint64
	for _, l := range a.Lanes {
		for name, n := range l.Outcomes {
			seen[name] += n
		}
		for name, bins := range l.Timeline.Bad {
			for _, n := range bins {
				seen[name] += n
			}
		}
		for _, t := range l.Trials {
			for name, n := range t.Outcomes {
				seen[name] += n
			}
			late += lateIn(t)
		}
		late += l.Late
	}
	late += seen["late"]
	maps.DeleteFunc(seen, func(name string, _ uint64) bool {
		return name == "late" || name == string(loadgen.OK)
	})
	out := []string{}
	for _, f := range failures(seen, late) {
		out = append(out, f.Name)
	}
	return out
}
