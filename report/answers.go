package report

import (
	"cmp"
	"fmt"
	"strings"

	"weir/report/result"
	"weir/report/words"
)

// The answers of a lane to the table's questions.

func onset(o *result.Onset, why result.Finding) cell {
	if o == nil {
		return cell{Main: "none: " + cmp.Or(words.Of(why), "no reason recorded"), Tone: muted}
	}
	if !estimated(o) { // the usual estimator goes without saying, any other does not
		return cell{Main: digits(o.Low, 3) + " to " + rate(o.High), Interval: "(" + words.Of(o.How) + ")"}
	}
	return cell{Main: rate(o.RPS), Interval: interval(o.Low, o.High)}
}

// estimated tells an onset with a 95 % interval from one that was seen to lie between two rates.
func estimated(o *result.Onset) bool { return o.Method == "" || o.Estimated() }

func overCapacity(a *result.Analysis, l *result.Lane) cell {
	x, ok := a.OnsetOverCapacity[l.Name]
	switch {
	case ok && l.ErrorOnset == nil: // of the overflow's bracket, which is no estimate
		return cell{Main: fmt.Sprintf("%.3f to %.3f", x.Low, x.High)}
	case ok:
		return ratioCell(x)
	}
	return cell{Main: "none: no onset", Tone: muted}
}

func ratioCell(x result.Interval) cell {
	return cell{Main: fmt.Sprintf("%.3f", x.Ratio), Interval: fmt.Sprintf("[%.3f, %.3f]", x.Low, x.High)}
}

// reconciled sets overflows beside the failures that the client saw; where they agree, one explains the other.
func reconciled(_ *result.Analysis, l *result.Lane) cell {
	r := l.Reconciliation
	if l.Overflows == nil {
		return cell{Main: "overflows not measured; " + plural(r.ClientFailures, "failure"), Tone: muted}
	}
	text := count(r.Overflows) + " : " + count(r.ClientFailures)
	if r.Ratio != nil {
		text += fmt.Sprintf(" = %.3f", *r.Ratio)
	}
	if r.Verdict != "" {
		text += ", " + string(r.Verdict)
	}
	return cell{Main: text, Tone: map[result.Reconciled]tone{result.Agree: good, result.Disagree: bad}[r.Verdict]}
}

// byRule is the answer of a reconciliation, and what it was found by.
func byRule(r *result.Reconciliation) string {
	if r.Rule.Text == "" {
		return string(r.Verdict)
	}
	return string(r.Verdict) + ": " + r.Rule.Text
}

func clientSaw(_ *result.Analysis, l *result.Lane) cell {
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

func recvQ(_ *result.Analysis, l *result.Lane) cell {
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

func evidence(_ *result.Analysis, l *result.Lane) cell {
	c := l.Cause
	return cell{Main: fmt.Sprintf("%d of 4: %s", c.EvidenceLevel, cmp.Or(c.EvidenceName, "none"))}
}
