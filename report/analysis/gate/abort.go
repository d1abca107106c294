package gate

import (
	"fmt"
	"math"
	"strings"
	"time"

	"weir/loadgen/count"
	"weir/report/analysis/estimate"
)

// ParseAbort reads an expression of --abort-if, in the language of assertions: what it says is not to be, so
// that the load is ended where it is so. The error is a *SyntaxError.
func ParseAbort(expr string) (Assertion, error) {
	a, err := parser{expr: expr, live: true}.read()
	if err != nil {
		if instead := old(a.Expr); instead != "" {
			err = &SyntaxError{Expr: a.Expr, Column: 1,
				Text: "--abort-if and --assert have the same metrics: " + instead}
		}
		return a, err
	}
	m := a.Terms[0].metric
	switch least := float64(estimate.LeastShare) * (1 - 1e-9); {
	case len(a.Terms) > 1 || a.Terms[0].Baseline:
		return a, a.mistake(a.Terms[0], "--abort-if takes one metric, no ratio and no baseline")
	case a.Abort:
		return a, a.mistake(a.Terms[0], "abort is for assertions: leave it out")
	case m.grows():
		if judge(endless, a.Op, a.Limit) != Pass {
			return a, a.mistake(a.Terms[0], "%s only grows during a run: ask for > or >=", m.name)
		}
	case m.of == nil && !m.tail():
		return a, a.mistake(a.Terms[0],
			"%s is not known while a run goes on: --abort-if goes with shares (bad.rate), percentiles "+
				"(latency.p95) and what only grows (%s)",
			m.name, strings.Join(growing(), ", "))
	case m.tail() && a.Op != Greater && a.Op != GreaterEqual:
		return a, a.mistake(a.Terms[0], "of a latency --abort-if asks for > or >=")
	case a.Op != Greater && a.Op != GreaterEqual && a.Op != Less && a.Op != LessEqual:
		return a, a.mistake(a.Terms[0], "of a share --abort-if asks for <, <=, > or >=")
	case !(least <= a.allowedShare() && a.allowedShare() <= 1-least):
		return a, a.mistake(a.Terms[0],
			"no run shows a share of %s while it goes on: allow from 0.001%% to 99.999%%", a.Limit.Text)
	case a.Over == 0 && a.Level != DefaultLevel:
		return a, a.mistake(a.Terms[0], "@ is for a share over a window: add over DURATION, or leave @ out")
	}
	return a, nil
}

// endless is what only grows, as far as it can.
var endless = interval{value: math.Inf(1), low: math.Inf(1), high: math.Inf(1)}

// CheckAbort says which expression of --abort-if no run by this plan can show, as a *SyntaxError.
func CheckAbort(rules []Assertion, p Plan) error {
	for _, a := range rules {
		for _, l := range p.lanes(a.Terms[0]) {
			windows, _ := l.fitting(a.Over)
			text := ""
			switch {
			case a.Over == 0:
			case p.Search:
				text = "the trials of a search are not known: leave over out"
			case a.Over%count.Width != 0:
				text = fmt.Sprintf("windows of %v are not whole bins of %v", a.Over,
					time.Duration(count.Width))
			case windows == 0:
				text = fmt.Sprintf("no trial lasts %v", a.Over)
			}
			if m := a.Terms[0].metric; text == "" && m.samples != nil {
				text = m.unmet(p, l)
			}
			if text != "" {
				return a.mistake(a.Terms[0], "this plan cannot answer it for lane %s: %s", l.Name, text)
			}
		}
	}
	return nil
}

// undecidable says why it cannot be known before the end of a run that the assertion can no longer pass.
func (a Assertion) undecidable(p Plan) string {
	switch m := a.Terms[0].metric; {
	case p.Search:
		return "a search offers more than is sustained on purpose: leave abort out"
	case len(a.Terms) > 1:
		return "abort takes one metric and no ratio: leave abort out"
	case !m.grows():
		return "abort goes with what only grows during a run (" + strings.Join(growing(), ", ") +
			"): leave abort out, or end the load with --abort-if"
	case judge(endless, a.Op, a.Limit) != Fail:
		return fmt.Sprintf("%s only grows, so %s cannot fail before the end: leave abort out", m.name, a.Op)
	}
	return ""
}

// growing names the metrics that only grow, all outcomes as one.
func growing() (list []string) {
	for _, m := range table() {
		if m.grows() && !strings.HasPrefix(m.name, "outcome.") {
			list = append(list, m.name)
		}
	}
	return append(list, "outcome.NAME.count")
}
