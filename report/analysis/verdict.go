package analysis

import (
	"cmp"
	"fmt"
	"strings"

	"weir/report/result"
	"weir/report/runfile"
)

// maxVerdict is how many sentences a reader is asked to read: all there are of two lanes.
const maxVerdict = 10

// verdict says what the run showed in plain sentences, the most important first.
func verdict(a *result.Analysis) []string {
	var out []string
	if !a.Valid {
		out = append(out, "INVALID: this run says nothing about the server.")
	}
	for i := range a.Lanes {
		l := &a.Lanes[i]
		out = append(out, l.Name+": "+began(a, l))
	}
	if a.Ended.How != runfile.Complete {
		out = append(out, fmt.Sprintf("The run did not end by itself (%s): this is what there is of it.", a.Ended))
	}
	for i := range a.Lanes {
		l := &a.Lanes[i]
		out = append(out, l.Name+": "+l.Cause.Text+proof(l))
	}
	if a.Agreement != nil {
		out = append(out, fmt.Sprintf("Through the proxy failures began at %s of the direct rate.", a.Agreement))
	}
	out = append(out, recoveries(a.Lanes)...)
	out = append(out, capacitySentence(a.Capacity))
	return out[:min(len(out), maxVerdict)]
}

// began says at which rate failures began, or why that is not known.
func began(a *result.Analysis, l *result.Lane) string {
	if l.Search != nil {
		return searchWords(l.Search)
	}
	o, what := l.ErrorOnset, "requests failed"
	if o == nil {
		o, what = l.OverflowOnset, "the accept queue overflowed"
	}
	if o == nil {
		return "no onset: " + cmp.Or(l.NoOnset, "not known") + "."
	}
	if !o.Estimated() {
		return bracket(a, l, o, what)
	}
	text := fmt.Sprintf("%s from %.4g req/s on (95 %% interval %.4g to %.4g)", what, o.RPS, o.Low, o.High)
	if iv, ok := a.OnsetOverCapacity[l.Name]; ok {
		text += fmt.Sprintf(", which is %s of the computed capacity", iv)
	}
	return text + "."
}

// bracket is an onset that was seen to lie between two rates, which is no estimate, and how fast the workers were.
func bracket(a *result.Analysis, l *result.Lane, o *result.Onset, what string) string {
	text := fmt.Sprintf("%s first at a rate between %.3g and %.3g req/s", what, o.Low, o.High)
	if iv, ok := a.OnsetOverCapacity[l.Name]; ok {
		text += fmt.Sprintf(", %.3f to %.3f of the computed capacity", iv.Low, iv.High)
	}
	text += " (" + o.Method + ")."
	if b := l.CrossChecks.Busy; b.Value != nil {
		text += fmt.Sprintf(" While the queue filled the workers took %.3g req/s.", *b.Value)
	}
	return text
}

// proof adds the counts and the evidence to a cause that has any.
func proof(l *result.Lane) string {
	r, c := &l.Reconciliation, &l.Cause
	var text string
	if r.Ratio != nil && l.Overflows != nil {
		word, _, _ := strings.Cut(r.Verdict, ":")
		text = fmt.Sprintf(" %s, %s that they could explain: ratio %.3f, %s.", number(r.Overflows, "overflow"), number(r.ClientFailures, "failure"), *r.Ratio, word)
	}
	if c.EvidenceLevel > 0 {
		text += fmt.Sprintf(" Evidence: level %d of 4, %s.", c.EvidenceLevel, c.EvidenceName)
	}
	return text
}

func capacitySentence(c result.Capacity) string {
	if c.Computed == nil {
		return "The capacity is not known: it takes the number of workers (--workers) and their service time (--service-time)."
	}
	text := fmt.Sprintf("Capacity: %d workers", c.Workers)
	if c.WorkerConnections > 1 {
		text += fmt.Sprintf(" × %d connections", c.WorkerConnections)
	}
	text += fmt.Sprintf(" ÷ %.4g ms = %.4g req/s", 1000**c.ServiceTime, *c.Computed)
	if c.Low != nil && c.High != nil {
		text += fmt.Sprintf(" (95 %% interval %.4g to %.4g)", *c.Low, *c.High)
	}
	if c.ServiceTimeSource != "" {
		text += ", service time from: " + c.ServiceTimeSource
	}
	return text + "."
}
