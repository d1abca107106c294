package report

import (
	"slices"

	"weir/report/result"
	"weir/report/unit"
)

// latencyFigure is a lane's heat map on the axis of its timeline: cells as in analysis.LatencyMap.
type latencyFigure struct {
	From   []float64 `json:"from"` // where each column begins on the axis
	To     []float64 `json:"to"`
	At     []float64 `json:"at"` // the same on the run's clock
	Edges  []float64 `json:"edges"`
	Column []int     `json:"column"`
	Row    []int     `json:"row"`
	OK     []uint64  `json:"ok"`
	Failed []uint64  `json:"failed"`
}

// tailFigure is a point of figure 4.
type tailFigure struct {
	OneIn float64 `json:"x"`
	S     float64 `json:"s"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// reconcileFigure is figure 5: the trials whose overflows were counted, and the slopes between which they
// must lie.
type reconcileFigure struct {
	Low     *float64         `json:"low"`
	High    *float64         `json:"high"`
	Trials  []reconcileTrial `json:"trials"`
	Verdict string           `json:"verdict"`
}

type reconcileTrial struct {
	Index     int    `json:"index"`
	Load      string `json:"load"` // the offered rate in words
	Failures  uint64 `json:"failures"`
	Overflows uint64 `json:"overflows"`
}

// layLatency puts each column where its trial's stretch of the axis is; it ends with the stretch at the
// latest.
func layLatency(m *result.LatencyMap, trials []result.Trial, blocks []block) latencyFigure {
	out := latencyFigure{From: []float64{}, To: []float64{}, At: m.AtS, Edges: m.EdgesS, Column: m.Column,
		Row: m.Row, OK: m.OK, Failed: m.Failed}
	for c, at := range m.AtS {
		k := slices.IndexFunc(trials, func(t result.Trial) bool { return t.Index == m.Trial[c] })
		from, end := at, at+m.BinS
		if k >= 0 && k < len(blocks) {
			from = blocks[k].Start + at - trials[k].Start
			end = min(from+m.BinS, blocks[k].Start+blocks[k].Width)
		}
		out.From, out.To = append(out.From, round6(from)), append(out.To, round6(max(from, end)))
	}
	return out
}

func tailFigures(l *result.Lane) []tailFigure {
	out := []tailFigure{}
	for _, p := range l.Percentiles {
		out = append(out, tailFigure{p.OneIn, p.S, p.LowS, p.HighS})
	}
	return out
}

func reconcileTrials(l *result.Lane, trials []result.Trial) reconcileFigure {
	r := l.Reconciliation
	out := reconcileFigure{Low: r.Low, High: r.High, Trials: []reconcileTrial{}, Verdict: string(r.Verdict)}
	for _, t := range trials {
		if t.Complete && t.Overflows != nil { // as the analysis reconciles them
			out.Trials = append(out.Trials, reconcileTrial{t.Index, offeredRate(&t), t.QueueFailures,
				*t.Overflows})
		}
	}
	return out
}

// spread says in words what the heat map of a lane shows, for those who cannot see it.
func spread(l *result.Lane) string {
	if len(l.LatencyMap.OK) == 0 {
		return say("spread.none", nil)
	}
	text := say("spread", args{"p50": l.Latency.P50, "max": l.Latency.Max})
	if l.FailLatency.Count > 0 {
		text += " " + say("spread.failed", args{"p50": l.FailLatency.P50})
	}
	return text
}

// tail says where the percentile curve of a lane begins and ends.
func tail(l *result.Lane) string {
	if len(l.Percentiles) == 0 {
		return say("tail.none", nil)
	}
	last := l.Percentiles[len(l.Percentiles)-1]
	return say("tail", args{"p50": l.Latency.P50, "n": unit.Digits(last.OneIn, 3), "s": last.S})
}
