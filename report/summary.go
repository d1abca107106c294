package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"weir/report/doc"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

// question is a row of the table that every format for people leads with: lanes side by side.
type question struct {
	label  string
	answer func(*result.Analysis, *result.Lane) doc.Cell
	asked  func(*result.Analysis) bool // nil: always
	spare  int                         // on a terminal, see doc.Row
}

var questions = []question{
	{"overflow onset", overflowOnset, onsetAsked, 0},
	{"failure onset", failureOnset, anyOnset, 0},
	{"onset ÷ capacity", overCapacity, func(a *result.Analysis) bool {
		return anyOnset(a) && a.Capacity.Computed != nil
	}, 0},
	{"service rate μ̂", busyRate, busyAlone, 0},
	{"overflows : failed", reconciled, nil, 0},
	{"client saw", clientSaw, nil, 0},
	{"SYNs lost", lostSYNs, anySYNLost, 0},
	{"connections", connections, sharing, 0},
	{"NGINX's tries", proxyTries, anyRetried, 0},
	{"NGINX's time", proxyTime, anyProxyTime, 1},
	{"max Recv-Q", recvQ, nil, 0},
	{"wait for accept()", acceptWait, anyTraced, 0},
	{"latency p50", func(_ *result.Analysis, l *result.Lane) doc.Cell {
		return quantile(l.Latency.P50, l.Latency.P50Interval, l.Latency.Count)
	}, nil, 0},
	{"latency p99", func(_ *result.Analysis, l *result.Lane) doc.Cell {
		return quantile(l.Latency.P99, l.Latency.P99Interval, l.Latency.Count)
	}, nil, 0},
	{"  without our lag", fromSent, lagging, 0},
	{"recovery", recovery, observed, 0},
	{"evidence reached", evidence, nil, 0},
	{"mode", func(_ *result.Analysis, l *result.Lane) doc.Cell { return doc.Cell{Text: doc.T(l.Mode)} },
		mixed, 0},
}

// summary is the table of the questions that this run answers.
func summary(a *result.Analysis) doc.Table {
	t := doc.Table{Label: "Lanes side by side", Corner: "[95 % interval]", Lanes: true, Rows: searched(a)}
	for _, l := range a.Lanes {
		t.Columns = append(t.Columns, doc.Column{Head: l.Name})
	}
	for _, q := range questions {
		if q.asked != nil && !q.asked(a) {
			continue
		}
		r := doc.Row{Label: doc.T(q.label), Spare: q.spare}
		for i := range a.Lanes {
			r.Cells = append(r.Cells, q.answer(a, &a.Lanes[i]))
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

// anyOnset reports whether a lane has one; else the row of the overflow's has the reason for both.
func anyOnset(a *result.Analysis) bool {
	return planned(a) && slices.ContainsFunc(a.Lanes,
		func(l result.Lane) bool { return l.OverflowOnset != nil || l.ErrorOnset != nil })
}

// onsetAsked reports whether a reader expects one: a load at one rate has none, and need not say so.
func onsetAsked(a *result.Analysis) bool { return anyOnset(a) || planned(a) && manyRates(a) }

// manyRates reports whether more than one was offered.
func manyRates(a *result.Analysis) bool {
	rates := map[float64]bool{}
	for _, l := range a.Lanes {
		for _, t := range l.Trials {
			low, high := t.Rates()
			rates[low], rates[high] = true, true
		}
	}
	return len(rates) > 1
}

// mixed reports whether the lanes differ in their mode; else the title has it.
func mixed(a *result.Analysis) bool { return a.Mode == "mixed" }

func overflowOnset(_ *result.Analysis, l *result.Lane) doc.Cell {
	return onset(l.OverflowOnset, l.NoOnset)
}

func failureOnset(_ *result.Analysis, l *result.Lane) doc.Cell {
	why := l.NoOnset
	if l.OverflowOnset == nil && !why.IsZero() { // as in the row above
		why = result.Finding{Code: "onset.same"}
	}
	return onset(l.ErrorOnset, why)
}

func onset(o *result.Onset, why result.Finding) doc.Cell {
	switch {
	case o == nil && why.IsZero():
		return missing("onset.none", args{"why": say("no_reason", nil)})
	case o == nil:
		return missing("onset.none", args{"why": why})
	case !o.Estimated(): // the usual estimator goes without saying, any other does not
		c := answer("onset.bracket", args{"low": unit.Digits(o.Low, 3), "high": o.High})
		c.Text = c.Text.With("(" + words.Of(o.How) + ")")
		return c
	}
	return estimated(unit.Of(unit.Rate, o.RPS, o.Low, o.High))
}

func overCapacity(a *result.Analysis, l *result.Lane) doc.Cell {
	x, ok := a.OnsetOverCapacity[l.Name]
	switch {
	case ok && l.ErrorOnset == nil: // of the overflow's bracket, which is no estimate
		return answer("onset.quotient", args{"low": x.Low, "high": x.High})
	case ok:
		return estimated(x.Estimate())
	}
	return missing("onset.none", args{"why": say("onset.no", nil)})
}

// busyRate is how fast the workers took connections while the queue filled.
func busyRate(_ *result.Analysis, l *result.Lane) doc.Cell {
	b := l.CrossChecks.Busy.In(unit.Rate)
	switch {
	case b.Value == nil:
		return missing("busy.none", nil)
	case b.Low == nil:
		return doc.Cell{Text: doc.T(b.String()).With(say("busy.few", nil))}
	}
	return estimated(b)
}

// busyAlone reports whether a lane has that rate and no fitted onset: then it is worth a line of the verdict.
func busyAlone(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool {
		return l.CrossChecks.Busy.Value != nil && l.ErrorOnset == nil
	})
}

// reconciled sets overflows beside the failures that the client saw; where they agree, one explains the
// other.
func reconciled(_ *result.Analysis, l *result.Lane) doc.Cell {
	r := l.Reconciliation
	if l.Overflows == nil {
		return missing("reconciled.never", args{"failures": r.ClientFailures})
	}
	c := answer("reconciled", args{"overflows": r.Overflows, "failures": r.ClientFailures, "ratio": r.Ratio,
		"agreement": string(r.Verdict)})
	c.Tone = map[result.Reconciled]doc.Tone{result.Agree: doc.Good, result.Disagree: doc.Bad}[r.Verdict]
	return c
}

func clientSaw(_ *result.Analysis, l *result.Lane) doc.Cell {
	parts := []string{say("saw.ok", args{"n": l.Outcomes["ok"]})}
	for _, f := range failures(l.Outcomes, l.Late) {
		if f.Name == "late" {
			parts = append(parts, say("saw.late", args{"n": f.N, "deadline": l.Deadline}))
			continue
		}
		parts = append(parts, say("saw.outcome", args{"n": f.N, "outcome": f.Name}))
	}
	return doc.Cell{Text: doc.T(strings.Join(parts, ", "))}
}

func recvQ(_ *result.Analysis, l *result.Lane) doc.Cell {
	if l.MaxRecvQ == nil && l.BacklogLimit == nil {
		return missing("not_sampled", nil)
	}
	full := l.MaxRecvQ != nil && l.BacklogLimit != nil && *l.MaxRecvQ > *l.BacklogLimit // full means limit+1
	return answer("recv_q", args{"depth": l.MaxRecvQ, "limit": l.BacklogLimit, "full": full})
}

// acceptWait is how long connections stood in the queue of a lane's listener, over the whole run.
func acceptWait(a *result.Analysis, l *result.Lane) doc.Cell {
	for _, h := range a.Hosts {
		if h.Name == l.ListenerHost && h.Traced != nil && h.Traced.Wait != nil {
			c := answer("accept_wait", args{"p50": h.Traced.Wait.P50, "p99": h.Traced.Wait.P99})
			c.Text = c.Text.With(say("accept_wait.of", nil))
			return c
		}
	}
	return missing("not_traced", nil)
}

func evidence(_ *result.Analysis, l *result.Lane) doc.Cell {
	return answer("evidence", args{"level": l.Cause.EvidenceLevel,
		"name": cmp.Or(l.Cause.EvidenceName, "none")})
}

// fromSent is the latency without our own lag, p50 and p99.
func fromSent(_ *result.Analysis, l *result.Lane) doc.Cell {
	q := &l.FromSent
	p50, p99 := quantile(q.P50, q.P50Interval, q.Count), quantile(q.P99, q.P99Interval, q.Count)
	if q.P99 == nil {
		return p50
	}
	return answer("lag.both", args{"p50": p50.Text.String(), "p99": p99.Text.String()})
}

// lagging reports whether our own lag is a tenth or more of a latency that is shown.
func lagging(a *result.Analysis) bool {
	apart := func(due, sent *float64) bool { return due != nil && sent != nil && *due-*sent > .1**due }
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool {
		return apart(l.Latency.P50, l.FromSent.P50) || apart(l.Latency.P99, l.FromSent.P99)
	})
}

// observed reports whether a lane was watched after its load had ended.
func observed(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool { return l.Recovery != nil })
}

// recovery is how long after the load everything was as before, or that it never was.
func recovery(_ *result.Analysis, l *result.Lane) doc.Cell {
	r := l.Recovery
	if r == nil {
		return missing("not_observed", nil)
	}
	queue := say("queue.unseen", nil)
	switch {
	case r.QueueEmptyS != nil:
		queue = say("queue.empty", args{"s": *r.QueueEmptyS})
	case r.QueueLeft != nil:
		queue = say("queue.left", args{"n": *r.QueueLeft})
	}
	why := queue
	switch {
	case r.Code == "recovered":
		dead := r.DeadWorkS
		if dead != nil && *dead <= 0 {
			dead = nil
		}
		return answer("recovered", args{"s": r.LatencyS, "queue": queue, "dead": dead})
	case r.Code == "unknown":
		return missing("recovery.none", args{"queue": queue})
	case r.Code == "dead_work" || r.Code == "retry_storm":
		why = say(result.Code(r.Code), nil)
	case r.LatencyS == nil && r.LimitS != nil:
		why = say("recovery.slow", args{"s": r.LimitS, "queue": queue})
	}
	text := doc.T(say("recovery.not", args{"why": why})).With(say("recovery.of", args{"s": r.ObservedS}))
	return doc.Cell{Text: text, Tone: doc.Bad}
}

// planned reports whether the rates were: then there may be onsets, where a search has bounds.
func planned(a *result.Analysis) bool {
	return !slices.ContainsFunc(a.Lanes, func(l result.Lane) bool { return l.Search != nil })
}

// searched are the rows of a search's goals, the strictest first. The lanes of a run have the same ones.
func searched(a *result.Analysis) (rows []doc.Row) {
	effort := doc.Row{Label: doc.T("searched"), Cells: make([]doc.Cell, len(a.Lanes))}
	for i := range a.Lanes {
		s := a.Lanes[i].Search
		if s == nil {
			continue
		}
		for len(rows) < len(s.Goals) {
			lost := strconv.FormatFloat(100*s.Goals[len(rows)].LossRatio, 'g', 3, 64) // as the goal states it
			rows = append(rows, doc.Row{Label: doc.T(say("search.loss_ratio", args{"share": lost})),
				Cells: make([]doc.Cell, len(a.Lanes))})
		}
		for j, g := range s.Goals {
			rows[j].Cells[i] = sustained(g, a.Capacity.Computed)
		}
		effort.Cells[i] = answer("search.effort", args{"n": s.Trials, "trial": s.TrialS,
			"spoiled": some(uint64(s.Spoiled)),
			"took":    s.TookS, "budget": s.BudgetS, "absorbed": s.Absorbed})
	}
	if len(rows) > 0 {
		rows = append(rows, effort)
	}
	return rows
}

// sustained is one goal's result: the two rates that were really offered and between which the highest lies.
func sustained(g result.SearchGoal, computed *float64) doc.Cell {
	bound := func(x *float64, known, none result.Code) string {
		if x == nil {
			return say(none, nil)
		}
		return say(known, args{"rate": *x})
	}
	text := say("search.nothing", nil)
	if g.Lower != nil || g.Upper != nil {
		text = say("search.bounds", args{"low": bound(g.Lower, "search.lower", "search.no_lower"),
			"high": bound(g.Upper, "search.upper", "search.no_upper")})
	}
	if !g.Regular {
		text = say("search.irregular", args{"text": text})
		return doc.Cell{Text: doc.T(text).With("(" + words.Of(g.Reason) + ")"), Tone: doc.Muted}
	}
	c := doc.Cell{Text: doc.T(text), Tone: doc.Good}
	if computed != nil && *computed > 0 {
		c.Text = c.Text.With(say("search.quotients",
			args{"low": *g.Lower / *computed, "high": *g.Upper / *computed}))
	}
	return c
}
