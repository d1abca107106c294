package report

import (
	"slices"
	"strings"

	"weir/report/result"
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
func summary(a *result.Analysis) []row {
	questions := []struct {
		label  string
		answer func(*result.Analysis, *result.Lane) cell
		asked  func(*result.Analysis) bool // nil: always
	}{
		{"overflow onset", func(_ *result.Analysis, l *result.Lane) cell {
			return onset(l.OverflowOnset, l.NoOnset)
		}, onsetAsked},
		{"failure onset", func(_ *result.Analysis, l *result.Lane) cell {
			why := l.NoOnset
			if l.OverflowOnset == nil && !l.NoOnset.IsZero() {
				why = result.Finding{Text: "same reason"} // as in the row above
			}
			return onset(l.ErrorOnset, why)
		}, anyOnset},
		{"onset ÷ capacity", overCapacity, func(a *result.Analysis) bool { return anyOnset(a) && a.Capacity.Computed != nil }},
		{"service rate μ̂", busyRate, busyAlone},
		{"overflows : failed", reconciled, nil},
		{"client saw", clientSaw, nil},
		{"SYNs lost", lostSYNs, anySYNLost},
		{"connections", connections, sharing},
		{"NGINX's tries", proxyTries, anyRetried},
		{"NGINX's time", proxyTime, anyProxyTime},
		{"max Recv-Q", recvQ, nil},
		{"wait for accept()", acceptWait, anyTraced},
		{"latency p50", func(_ *result.Analysis, l *result.Lane) cell {
			return quantile(l.Latency.P50, l.Latency.P50Interval, l.Latency.Count)
		}, nil},
		{"latency p99", func(_ *result.Analysis, l *result.Lane) cell {
			return quantile(l.Latency.P99, l.Latency.P99Interval, l.Latency.Count)
		}, nil},
		{"  without our lag", fromSent, lagging},
		{"recovery", recovery, observed},
		{"evidence reached", evidence, nil},
		{"mode", func(_ *result.Analysis, l *result.Lane) cell { return cell{Main: l.Mode} }, mixed},
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
func anyOnset(a *result.Analysis) bool {
	return planned(a) && slices.ContainsFunc(a.Lanes, func(l result.Lane) bool { return l.OverflowOnset != nil || l.ErrorOnset != nil })
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
