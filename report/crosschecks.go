package report

import (
	"slices"
	"strings"

	"weir/report/result"
)

// busyRate is how fast the workers took connections while the queue filled.
func busyRate(_ *result.Analysis, l *result.Lane) cell {
	b := l.CrossChecks.Busy
	if b.Value == nil {
		return cell{Main: "not sampled while it filled", Tone: muted}
	}
	c := estimateCell(b, "rate")
	c.Main += " req/s"
	if b.Low == nil {
		c.Interval = "(no interval: the queue filled in fewer than 5 trials)"
	}
	return c
}

// busyAlone reports whether a lane has that rate and no fitted onset: then it is worth a line of the verdict.
func busyAlone(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool { return l.CrossChecks.Busy.Value != nil && l.ErrorOnset == nil })
}

// crossChecks says what the other instruments see of the onset; "" where none does.
func crossChecks(l *result.Lane) string {
	c := l.CrossChecks
	var parts []string
	if c.Knee != nil {
		parts = append(parts, "knee of goodput at "+rate(*c.Knee))
	}
	if c.Crossing != nil {
		parts = append(parts, "0.5 % failed from "+rate(*c.Crossing)+" on")
	}
	if len(parts) > 0 && c.Fill != nil {
		parts = append(parts, "both up to "+rate(*c.Fill)+" above the onset, which the queue takes in once (C/T)")
	}
	if c.Busy.Value != nil {
		parts = append(parts, "while the queue filled the workers took "+busyRate(nil, l).Text()+" (offered less the growth of Recv-Q)")
	}
	return strings.Join(parts, "; ")
}
