package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/report/analysis"
)

// tone says what a cell means, where it means something; each format has its own way to show it.
type tone string

const (
	plain tone = ""
	good  tone = "good"
	bad   tone = "bad"
	muted tone = "muted" // an estimate that is missing, with the reason
)

// cell is one lane's answer to a row's question. An estimate has its interval beside it.
type cell struct {
	Main     string
	Interval string
	Tone     tone
}

// Text is the whole answer in one line.
func (c cell) Text() string {
	return strings.TrimSpace(c.Main + " " + c.Interval)
}

// row is one question, answered for every lane.
type row struct {
	Label string
	Cells []cell
}

// summary is the table that every format for people leads with: lanes side by side.
func summary(a *analysis.Analysis) []row {
	questions := []struct {
		label  string
		answer func(*analysis.Analysis, *analysis.Lane) cell
		asked  func(*analysis.Analysis) bool // nil: always
	}{
		{"overflow onset", func(_ *analysis.Analysis, l *analysis.Lane) cell {
			return onset(l.OverflowOnset, cmp.Or(l.NoOnset, "no reason recorded"))
		}, planned},
		{"failure onset", func(_ *analysis.Analysis, l *analysis.Lane) cell {
			why := cmp.Or(l.NoOnset, "no reason recorded")
			if l.OverflowOnset == nil && l.NoOnset != "" {
				why = "same reason" // as in the row above
			}
			return onset(l.ErrorOnset, why)
		}, anyOnset},
		{"onset ÷ capacity", overCapacity, func(a *analysis.Analysis) bool { return anyOnset(a) && a.Capacity.Computed != nil }},
		{"service rate μ̂", busyRate, busyAlone},
		{"overflows : failed", reconciled, nil},
		{"client saw", clientSaw, nil},
		{"SYNs lost", lostSYNs, anySYNLost},
		{"connections", connections, sharing},
		{"NGINX's tries", proxyTries, anyRetried},
		{"NGINX's time", proxyTime, anyProxyTime},
		{"max Recv-Q", recvQ, nil},
		{"wait for accept()", acceptWait, anyTraced},
		{"latency p50", func(_ *analysis.Analysis, l *analysis.Lane) cell {
			return quantile(l.Latency.P50, l.Latency.P50Interval, l.Latency.Count)
		}, nil},
		{"latency p99", func(_ *analysis.Analysis, l *analysis.Lane) cell {
			return quantile(l.Latency.P99, l.Latency.P99Interval, l.Latency.Count)
		}, nil},
		{"  without our lag", fromSent, lagging},
		{"recovery", recovery, observed},
		{"evidence reached", evidence, nil},
		{"mode", func(_ *analysis.Analysis, l *analysis.Lane) cell { return cell{Main: l.Mode} }, mixed},
	}
	rows := searched(a)
	for _, q := range questions {
		if q.asked != nil && !q.asked(a) {
			continue
		}
		r := row{Label: q.label}
		for j := range a.Lanes {
			r.Cells = append(r.Cells, q.answer(a, &a.Lanes[j]))
		}
		rows = append(rows, r)
	}
	return rows
}

// anyOnset reports whether a lane has one; else the row of the overflow's has the reason for both.
func anyOnset(a *analysis.Analysis) bool {
	return planned(a) && slices.ContainsFunc(a.Lanes, func(l analysis.Lane) bool { return l.OverflowOnset != nil || l.ErrorOnset != nil })
}

// mixed reports whether the lanes differ in their mode; else the title has it.
func mixed(a *analysis.Analysis) bool { return a.Mode == "mixed" }

func onset(o *analysis.Onset, why string) cell {
	if o == nil {
		return cell{Main: "none: " + why, Tone: muted}
	}
	if !estimated(o) { // the usual estimator goes without saying, any other does not
		return cell{Main: digits(o.Low, 3) + " to " + rate(o.High), Interval: "(" + o.Method + ")"}
	}
	return cell{Main: rate(o.RPS), Interval: interval(o.Low, o.High)}
}

// estimated tells an onset with a 95 % interval from one that was seen to lie between two rates.
func estimated(o *analysis.Onset) bool { return o.Method == "" || o.Method == "hinge" }

func overCapacity(a *analysis.Analysis, l *analysis.Lane) cell {
	x, ok := a.OnsetOverCapacity[l.Name]
	switch {
	case ok && l.ErrorOnset == nil: // of the overflow's bracket, which is no estimate
		return cell{Main: fmt.Sprintf("%.3f to %.3f", x.Low, x.High)}
	case ok:
		return ratioCell(x)
	}
	return cell{Main: "none: no onset", Tone: muted}
}

func ratioCell(x analysis.Interval) cell {
	return cell{Main: fmt.Sprintf("%.3f", x.Ratio), Interval: fmt.Sprintf("[%.3f, %.3f]", x.Low, x.High)}
}

// reconciled sets overflows beside the failures that the client saw; where they agree, one explains the other.
func reconciled(_ *analysis.Analysis, l *analysis.Lane) cell {
	r := l.Reconciliation
	if l.Overflows == nil {
		return cell{Main: "overflows not measured; " + plural(r.ClientFailures, "failure"), Tone: muted}
	}
	text := count(r.Overflows) + " : " + count(r.ClientFailures)
	if r.Ratio != nil {
		text += fmt.Sprintf(" = %.3f", *r.Ratio)
	}
	word, _, _ := strings.Cut(r.Verdict, ":") // the rule in words follows; the long formats have it
	if i := strings.IndexAny(word, ",;("); i >= 0 {
		word = word[:i]
	}
	word = strings.TrimSpace(word)
	if word != "" {
		text += ", " + word
	}
	switch word {
	case "agree":
		return cell{Main: text, Tone: good}
	case "disagree":
		return cell{Main: text, Tone: bad}
	}
	return cell{Main: text}
}

func clientSaw(_ *analysis.Analysis, l *analysis.Lane) cell {
	parts := []string{count(l.Outcomes["ok"]) + " ok"}
	for _, f := range failures(l.Outcomes, l.Late) {
		if f.Name == "late" {
			parts = append(parts, fmt.Sprintf("%s of the ok late (over %s)", count(f.N), seconds(l.Deadline)))
			continue
		}
		parts = append(parts, count(f.N)+" "+f.Name)
	}
	return cell{Main: strings.Join(parts, ", ")}
}

func recvQ(_ *analysis.Analysis, l *analysis.Lane) cell {
	depth, limit := unknown, unknown
	if l.MaxRecvQ != nil {
		depth = count(uint64(*l.MaxRecvQ))
	}
	if l.BacklogLimit != nil {
		limit = count(uint64(*l.BacklogLimit))
	}
	if l.MaxRecvQ == nil && l.BacklogLimit == nil {
		return cell{Main: "not sampled", Tone: muted}
	}
	text := depth + " of limit " + limit
	if l.MaxRecvQ != nil && l.BacklogLimit != nil && uint64(*l.MaxRecvQ) > uint64(*l.BacklogLimit) {
		text += " (full)" // full means limit+1
	}
	return cell{Main: text}
}

func evidence(_ *analysis.Analysis, l *analysis.Lane) cell {
	c := l.Cause
	return cell{Main: fmt.Sprintf("%d of 4: %s", c.EvidenceLevel, cmp.Or(c.EvidenceName, "none"))}
}

// capacityLine says what was computed and from what.
func capacityLine(c analysis.Capacity) string {
	if c.Computed == nil {
		switch {
		case c.Workers == 0 && c.ServiceTime == nil:
			return unknown + ": neither the number of workers nor their service time was given or found" + notCounted(c)
		case c.Workers == 0:
			return unknown + ": the number of workers was neither given nor found" + notCounted(c)
		default:
			return unknown + ": the service time was neither given nor measured"
		}
	}
	text := digits(*c.Computed, 4) + " req/s" // four digits: thousands of stamps make its interval narrow
	if c.Low != nil && c.High != nil {
		text += " " + interval4(*c.Low, *c.High)
	} else {
		text += " (no interval: the service time is as stated)"
	}
	text += " = " + plural(uint64(c.Workers), counted(c)+"worker")
	if c.WorkerConnections > 1 {
		text += " × " + plural(uint64(c.WorkerConnections), "connection")
	}
	text += " ÷ " + secondsOr(c.ServiceTime)
	var from []string
	if c.ServiceTimeSource != "" {
		from = append(from, c.ServiceTimeSource)
	}
	if c.ServiceTimeCount > 0 {
		from = append(from, "n = "+count(c.ServiceTimeCount))
	}
	if c.NominalServiceTime != nil {
		from = append(from, seconds(*c.NominalServiceTime)+" nominal")
	}
	if len(from) > 0 {
		text += " (" + strings.Join(from, ", ") + ")"
	}
	return text
}

// counted tells workers that weir counted itself from those that were stated. The evidence is in the environment's table.
func counted(c analysis.Capacity) string {
	if strings.HasPrefix(c.WorkersSource, "counted") {
		return "counted "
	}
	return ""
}

// notCounted is why they were not counted, where weir looked.
func notCounted(c analysis.Capacity) string {
	if why, ok := strings.CutPrefix(c.WorkersSource, "not counted: "); ok {
		why, _, _ = strings.Cut(why, ";") // the processes that were seen follow
		return " (" + why + ")"
	}
	return ""
}

// versions names what was under test, the lines that decide whether two reports can be compared.
func versions(a *analysis.Analysis) string {
	var parts []string
	for _, key := range []struct{ name, says string }{{"kernel", "linux"}, {"proxy", "nginx"}, {"backend", "backend"}} {
		value := a.Environment[key.name]
		if value == "" && key.name == "proxy" { // there may be none
			continue
		}
		value = cmp.Or(value, unknown)
		if !strings.Contains(strings.ToLower(value), key.says) { // else it names itself
			value = key.name + " " + value
		}
		parts = append(parts, value)
	}
	if e := engines(a); e != "" {
		parts = append(parts, e+" engine")
	}
	return strings.Join(parts, " · ")
}

// sentences is the verdict. Of an invalid run every format says so first, so that the sentence that
// says it again is left out.
func sentences(a *analysis.Analysis) []string {
	if a.Valid {
		return a.Verdict
	}
	return slices.DeleteFunc(slices.Clone(a.Verdict), func(s string) bool { return strings.HasPrefix(s, "INVALID") })
}

// causes is why requests failed: one sentence for each cause, from the first lane that has it, with the
// names of the others. What differs between them, counts and outcomes, stands in the table.
func causes(a *analysis.Analysis) []string {
	var list []string
	told := map[string]bool{}
	for i, l := range a.Lanes {
		if l.Cause.Text == "" || told[l.Cause.Code] {
			continue
		}
		told[l.Cause.Code] = true
		alike, others := i == 0, []string(nil) // alike: every lane says it in these words
		for j, other := range a.Lanes {
			alike = alike && other.Cause.Text == l.Cause.Text
			if j > i && other.Cause.Code == l.Cause.Code {
				others = append(others, other.Name)
			}
		}
		switch {
		case alike:
			list = append(list, l.Cause.Text)
		case len(others) > 0:
			list = append(list, fmt.Sprintf("%s: %s Same on %s.", l.Name, l.Cause.Text, strings.Join(others, ", ")))
		default:
			list = append(list, l.Name+": "+l.Cause.Text)
		}
	}
	return list
}

// otherCauses are those of the lane's other classes of failures. The lane's is told of the most frequent one that has it.
func otherCauses(l *analysis.Lane) (list []string) {
	lanes := slices.IndexFunc(l.Causes, func(c analysis.ClassCause) bool { return c.Cause.Code == l.Cause.Code })
	for i, c := range l.Causes {
		if i != lanes {
			list = append(list, fmt.Sprintf("beside that %s (%s): %s", plural(c.Requests, "request"), c.Cause.Code, c.Cause.Text))
		}
	}
	return list
}

// warnings are the warnings with those that say the same of several lanes ("direct: …", "proxy: …") in one.
func warnings(a *analysis.Analysis) []analysis.Warning {
	var list []analysis.Warning
	at := map[analysis.Warning]int{} // without the lane → its place in list
	for _, w := range a.Warnings {
		lane, text, found := strings.Cut(w.Text, ": ")
		if !found || !slices.ContainsFunc(a.Lanes, func(l analysis.Lane) bool { return l.Name == lane }) {
			list = append(list, w)
			continue
		}
		key := analysis.Warning{Code: w.Code, Text: text}
		if i, seen := at[key]; seen {
			list[i].Text = strings.TrimSuffix(list[i].Text, ": "+text) + ", " + w.Text
			continue
		}
		at[key] = len(list)
		list = append(list, w)
	}
	return list
}

// when is a run's beginning to the minute, where it is a time.
func when(started string) string {
	t, err := time.Parse(time.RFC3339, started)
	if err != nil {
		return started
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// title is what was run, when, and how.
func title(a *analysis.Analysis) []string {
	parts := []string{cmp.Or(a.Name, "run")}
	if a.Started != "" {
		parts = append(parts, when(a.Started))
	}
	if a.Mode != "" {
		parts = append(parts, a.Mode+" mode")
	}
	parts = append(parts, fmt.Sprintf("seed %d", a.Seed))
	if a.Ended != "" && a.Ended != "complete" {
		parts = append(parts, a.Ended)
	}
	return parts
}
