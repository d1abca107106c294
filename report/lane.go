package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"weir/report/doc"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

// lane is all that is known of one, on its own.
func lane(l *result.Lane) doc.Section {
	list := []doc.Block{doc.Heading{Level: 2, Text: doc.T("Lane " + unit.Clean(l.Name))}}
	if !l.Cause.Text.IsZero() {
		list = append(list, doc.Paragraph{Text: doc.T(words.Of(l.Cause.Text)), Tone: doc.Leading})
	}
	var found doc.List
	for _, e := range slices.Concat(words.List(l.Cause.Evidence), otherCauses(l)) {
		found.Items = append(found.Items, doc.T(e))
	}
	if len(found.Items) > 0 {
		list = append(list, found)
	}
	list = append(list, doc.Grid{Class: "columns",
		Cells: [][]doc.Block{{laneFacts(l)}, {outcomes(l), times(l)}}})
	if len(l.Trials) > 0 {
		list = append(list, trials(l))
	}
	list = append(list, proxied(l)...)
	if len(l.LogClasses) > 0 {
		t := doc.Table{Caption: "What the logs said", Class: "log", Corner: "log",
			Columns: []doc.Column{{Head: "class"}, {Head: "lines", Number: true},
				{Head: "one of them", Prose: true}}}
		for _, c := range l.LogClasses {
			t.Rows = append(t.Rows, doc.Row{Label: doc.C(c.Source), Cells: []doc.Cell{
				{Text: doc.C(c.Class)}, {Text: doc.T(unit.Int(c.Count))}, {Text: doc.C(c.Text)}}})
		}
		list = append(list, t)
	}
	return doc.Section{Label: "Lane " + l.Name, Class: "lane-detail", Blocks: list}
}

// otherCauses are those of the lane's other classes of failures. The lane's is told of the most frequent one
// that has it.
func otherCauses(l *result.Lane) (list []string) {
	first := slices.IndexFunc(l.Causes,
		func(c result.ClassCause) bool { return c.Cause.Code == l.Cause.Code })
	for i, c := range l.Causes {
		if i != first {
			list = append(list, say("cause.also", args{"n": c.Requests, "code": string(c.Cause.Code),
				"text": c.Cause.Text}))
		}
	}
	return list
}

// laneFacts is how the lane was loaded and what its counters said.
func laneFacts(l *result.Lane) (f doc.Facts) {
	optional := func(n *uint64) string {
		if n == nil {
			return say("not_measured", nil)
		}
		return unit.Int(*n)
	}
	code := func(label, text string) {
		if text != "" {
			f.Items = append(f.Items, doc.Fact{Label: label, Value: doc.C(text)})
		}
	}
	code("URL", l.URL)
	engine := l.Engine
	if o := l.Options; o != nil && o.WakeQuantum > 0 {
		engine = say("connections.quanta", args{"engine": l.Engine, "quantum": o.WakeQuantum})
	}
	f.Add("engine", engine)
	f.Add("connections", say("connections.use", args{"use": l.Connections.Use,
		"text": connections(nil, l).Text.String()}))
	f.Add("load on this machine", generator(&l.Generator))
	f.Add("mode", l.Mode)
	f.Add("connect timeout", limit(l.ConnectTimeout))
	f.Add("deadline", limit(l.Deadline))
	f.Add("offered, sent, shed", say("requests", args{"offered": l.Offered, "sent": l.Sent, "shed": l.Shed}))
	f.Add("latency from sending", fromSent(nil, l).Text.String())
	f.Add("where the time goes", whereTime(l))
	f.Add("SYNs lost", lostSYNs(nil, l).Text.String())
	code("listener", l.Listener)
	f.Add("ListenOverflows", optional(l.Overflows))
	f.Add("ListenDrops", optional(l.ListenDrops))
	f.Add("drops of this listener", optional(l.ListenerDrops))
	f.Add("connections to its host", perRequest(l.Backend))
	f.Add("reconciliation", byRule(&l.Reconciliation))
	if r := l.Reconciliation; r.Low != nil && r.High != nil {
		f.Add("overflows ÷ failures may be", unit.Of(unit.Quotient, *r.Low, *r.Low, *r.High).Interval())
	}
	f.Add("onset, cross-checked", crossChecks(l))
	if l.Plateau != nil {
		e := unit.Maybe(unit.Rate, l.Plateau)
		if b := l.PlateauBounds; b != nil {
			e.Low, e.High = &b.Low, &b.High
		}
		f.Add("goodput plateau", say("plateau", args{"rate": e, "few": l.PlateauBounds == nil}))
	}
	f.Add("NGINX's access log", proxyAccount(l.ProxyLog))
	f.Add("NGINX's stub_status", proxyStatus(l.ProxyStatus))
	return f
}

// byRule is the answer of a reconciliation, and what it was found by.
func byRule(r *result.Reconciliation) string {
	return say("reconciled.rule", args{"agreement": string(r.Verdict), "rule": r.Rule})
}

// outcomes is what became of the requests.
func outcomes(l *result.Lane) doc.Table {
	t := doc.Table{Caption: "Outcomes", Corner: "outcome", Columns: doc.Numbers("requests", "share")}
	add := func(name, text string, n uint64) {
		t.Rows = append(t.Rows, doc.Row{Label: doc.Text{{Text: text, Mark: classOf(name)}},
			Cells: doc.Cells(unit.Int(n), share(n, l.Offered))})
	}
	add("ok", "ok", l.Outcomes["ok"])
	for _, f := range failures(l.Outcomes, l.Late) {
		text := f.Name
		if text == "late" {
			text = say("outcome.late", args{"deadline": l.Deadline})
		}
		add(f.Name, text, f.N)
	}
	return t
}

// times is p50, p90, p99, p99.9 of what was measured with their intervals, and the maximum, which has none.
func times(l *result.Lane) doc.Table {
	t := doc.Table{Caption: "Times", Corner: "time",
		Columns: doc.Numbers("p50", "p90", "p99", "p99.9", "max", "n")}
	add := func(label string, q *result.Quantiles) {
		r := doc.Row{Label: doc.T(label)}
		for _, x := range []struct {
			value *float64
			b     *result.Bounds
		}{{q.P50, q.P50Interval}, {q.P90, q.P90Interval}, {q.P99, q.P99Interval}, {q.P999, q.P999Interval}} {
			if x.value == nil { // nothing to measure, or too little for this quantile
				r.Cells = append(r.Cells, doc.Cells("–")...)
			} else {
				r.Cells = append(r.Cells, quantile(x.value, x.b, q.Count))
			}
		}
		longest := "–"
		if q.Max != nil {
			longest = seconds(q.Max)
		}
		r.Cells = append(r.Cells, doc.Cells(longest, unit.Int(q.Count))...)
		t.Rows = append(t.Rows, r)
	}
	add("latency of the ok", &l.Latency)
	add("the same, from sending", &l.FromSent)
	if p := l.Phases; p != nil {
		add("until the first byte", &p.FirstByte)
		add("connecting", &p.Connect)
	}
	add("time until failure", &l.FailLatency)
	add("send lag (ours)", &l.SendLag)
	return t
}

// trials has a line for each. They are counted from 1 for readers, as the progress of the run counted them;
// the record and the exports have their index, from 0.
func trials(l *result.Lane) doc.Table {
	t := doc.Table{Caption: "Trials", Class: "trials", Corner: "trial",
		Columns: append(doc.Numbers("offered, req/s", "length", "due", "sent", "bad",
			"bad by the fit", "goodput, req/s", "95 %", "overflows", "max Recv-Q"),
			doc.Column{Head: "outcomes", Prose: true})}
	for _, x := range l.Trials {
		offered, fitted, deepest := unit.Digits(x.Rate, 4), "–", "–"
		if x.Rate == 0 {
			offered = strings.TrimSuffix(offeredRate(&x), " req/s")
		}
		if x.Expected != nil {
			fitted = unit.Digits(*x.Expected, 3)
		}
		if x.MaxRecvQ != nil {
			deepest = unit.Int(uint64(*x.MaxRecvQ))
		}
		between := fmt.Sprintf("[%s, %s]", unit.Digits(x.GoodLow, 4), unit.Digits(x.GoodHigh, 4))
		t.Rows = append(t.Rows, doc.Row{Label: doc.T(fmt.Sprint(x.Index + 1)),
			Cells: doc.Cells(offered, unit.Time.Format(x.Duration), unit.Int(x.Due),
				unit.Int(x.Sent), unit.Int(x.Bad), fitted, unit.Digits(x.Goodput, 4), between,
				counted(x.Overflows), deepest, trialOutcomes(x))})
	}
	return t
}

// trialOutcomes names what failed in a trial and every doubt about it.
func trialOutcomes(t result.Trial) string {
	var parts []string
	for _, f := range failures(t.Outcomes, lateIn(t)) {
		parts = append(parts, say("saw.outcome", args{"n": f.N, "outcome": f.Name}))
	}
	if t.Spoiled.Code != "" {
		parts = append(parts, say("trial.spoiled", args{"why": t.Spoiled}))
	}
	if !t.Complete {
		parts = append(parts, say("trial.cut_short", nil))
	}
	if !t.Drained {
		parts = append(parts, say("trial.not_drained", nil))
	}
	if len(parts) == 0 {
		return say("trial.all_ok", nil)
	}
	return strings.Join(parts, ", ")
}

// connections says how requests shared connections, and whose kernel keeps those that were closed.
func connections(_ *result.Analysis, l *result.Lane) doc.Cell {
	c := l.Connections
	if c.Opened == nil {
		return missing("not_counted", nil)
	}
	a := args{"n": *c.Opened, "time_wait": say(closedFirst(c), nil), "idle": closedIdle(c)}
	if c.PerOne != nil && math.Abs(*c.PerOne-1) < .005 {
		a["one"] = true
	} else {
		a["per_one"] = c.PerOne
	}
	if c.Unread != nil {
		a["unread"] = some(*c.Unread)
	}
	return answer("connections", a)
}

// closedFirst is who closed connections first, for that side holds them in TIME_WAIT.
func closedFirst(c result.Connections) result.Code {
	switch {
	case c.TimeWait == nil && c.WeClosed != nil && *c.WeClosed > 0 && (c.Unread == nil || *c.Unread == 0):
		return "connections.reset"
	case c.TimeWait == nil:
		return ""
	case *c.TimeWait == "peer":
		return "connections.peer"
	case *c.TimeWait == "us":
		return "connections.us"
	}
	return "connections.both"
}

// closedIdle counts the connections that ended while they carried no request.
func closedIdle(c result.Connections) string {
	if c.IdlePeer == nil || c.IdleUs == nil {
		return ""
	}
	var by []string
	if *c.IdleUs > 0 {
		by = append(by, say("connections.by_us", args{"n": *c.IdleUs}))
	}
	if *c.IdlePeer > 0 {
		by = append(by, say("connections.by_it", args{"n": *c.IdlePeer}))
	}
	return strings.Join(by, ", ")
}

// sharing reports whether the connections are worth a line of the verdict: not where each carried one request
// and the server closed it, or now and then we did, which was as fast.
func sharing(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool {
		c := l.Connections
		return c.Use == "reuse" || c.TimeWait != nil && *c.TimeWait == "us"
	})
}

// lostSYNs explains the modes of a second and more in the times of connecting.
func lostSYNs(_ *result.Analysis, l *result.Lane) doc.Cell {
	var parts []string
	code := result.Code("syn.first")
	for _, s := range l.LostSYNs {
		parts = append(parts, say(code, args{"n": s.Count, "lost": s.Lost, "connect": s.Connect}))
		code = "syn.more"
	}
	for _, s := range l.Unanswered {
		parts = append(parts, say("syn.timeout", args{"n": s.Count, "lost": s.Lost, "connect": s.Connect}))
	}
	switch {
	case len(parts) > 0:
		return doc.Cell{Text: doc.T(strings.Join(parts, "; "))}
	case l.SYNRetrans > 0: // the record does not say whose
		return doc.Cell{Text: doc.T(unit.Int(l.SYNRetrans))}
	}
	return answer("syn.none", nil)
}

// anySYNLost reports whether SYNs are worth a line of the verdict: not where each connect timeout is one of
// them, as in loss mode.
func anySYNLost(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool {
		return l.SYNRetrans > 0 || slices.ContainsFunc(l.Unanswered,
			func(s result.LostSYNs) bool { return s.Lost > 1 })
	})
}

// perRequest is what a lane's load cost the host of its listener.
func perRequest(b result.Backend) string {
	if b.Connections == nil || b.PerRequest == nil {
		return ""
	}
	return say("connections.host", args{"n": *b.Connections, "per_request": b.PerRequest, "cpu": b.CPU})
}

// generator says how much of this machine the load took, at the most in any trial.
func generator(g *result.GeneratorUse) string {
	var parts []string
	if g.CPU != nil {
		parts = append(parts, say("load.cpu", args{"share": g.CPU}))
	}
	if g.LoopCPU != nil && g.Loops > 1 {
		parts = append(parts, say("load.loops", args{"n": g.Loops, "share": g.LoopCPU}))
	} else if g.LoopCPU != nil {
		parts = append(parts, say("load.loop", args{"share": g.LoopCPU}))
	}
	if len(parts) == 0 {
		return ""
	}
	return say("load", args{"parts": strings.Join(parts, "; ")})
}

// whereTime says where the time of the ok requests went, on average, and what explains the slow handshakes.
func whereTime(l *result.Lane) string {
	p := l.Phases
	if p == nil {
		return ""
	}
	all := p.MeanConnect + p.MeanWait + p.MeanRest
	part := func(s float64) string {
		a := args{"s": s}
		if all > 0 {
			a["share"] = fmt.Sprintf("%.0f", 100*s/all)
		}
		return say("time.part", a)
	}
	return say("time", args{"all": all, "connect": part(p.MeanConnect), "wait": part(p.MeanWait),
		"rest": part(p.MeanRest), "modes": connectModes(l)})
}

// connectModes explains the times of connecting by the SYNs that were lost: all handshakes in which none was
// are as fast as the network, and each of the others took what the kernel waits before it sends the SYN
// again.
func connectModes(l *result.Lane) string {
	q := l.Phases.Connect
	if q.Count == 0 || q.P50 == nil {
		return ""
	}
	text := say("time.connect", args{"p50": q.P50, "p99": q.P99, "max": q.Max})
	var modes []string
	for _, s := range l.LostSYNs {
		modes = append(modes, say("time.lost_syns", args{"n": s.Count, "lost": s.Lost, "connect": s.Connect}))
	}
	switch {
	case len(modes) > 0:
		return say("time.loss", args{"text": text, "modes": strings.Join(modes, ", ")})
	case l.SYNRetrans == 0:
		return say("time.no_loss", args{"text": text})
	}
	return text
}

// crossChecks says what the other instruments see of the onset; "" where none does.
func crossChecks(l *result.Lane) string {
	c := l.CrossChecks
	var parts []string
	if c.Knee != nil {
		parts = append(parts, say("onset.knee", args{"rate": c.Knee}))
	}
	if c.Crossing != nil {
		parts = append(parts, say("onset.crosses", args{"rate": c.Crossing}))
	}
	if len(parts) > 0 && c.Fill != nil {
		parts = append(parts, say("onset.fill", args{"rate": c.Fill}))
	}
	if c.Busy.Value != nil {
		parts = append(parts, say("onset.busy", args{"rate": busyRate(nil, l).Text.String()}))
	}
	return strings.Join(parts, "; ")
}
