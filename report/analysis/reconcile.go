package analysis

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"weir/probe"
	"weir/report/result"

	"weir/loadgen"
	"weir/report/capacity"
	"weir/report/runfile"
)

// Loss mode: one dropped SYN, one failed request. Two percent is what counting at the edges of trials may cost.
const lossLow, lossHigh = 0.98, 1.02

// reconcile holds the lane's overflows against the failures that a full queue produces. The counter is
// the whole namespace's and counts packets, so agreement is evidence and disagreement a finding.
func (r *run) reconcile(l *lane, c serverCapacity) result.Reconciliation {
	var rec result.Reconciliation
	var counted []*trial
	for _, t := range l.complete() { // what the run's end canceled may have overflowed without a failure
		if o := t.figures.overflows; o != nil {
			rec.Overflows += *o
			f := r.failures(t)
			rec.ClientFailures += f.sum(byQueue)
			counted = append(counted, t)
		}
	}
	switch {
	case len(counted) == 0:
		f := r.allFailures(l)
		rec.ClientFailures = f.sum(byQueue)
		if probe.IsUnix(l.Listener) {
			rec.Verdict = "not measured: no counter of the kernel counts the overflows of a unix socket"
			return rec
		}
		rec.Verdict = "not measured: the kernel's counters were not sampled around any complete trial"
		return rec
	case rec.Overflows == 0 && rec.ClientFailures == 0:
		rec.Verdict = "nothing to reconcile: no overflow, and no failure that one could explain"
		return rec
	case rec.ClientFailures > 0:
		ratio := float64(rec.Overflows) / float64(rec.ClientFailures)
		rec.Ratio = &ratio
	}
	if l.Mode == runfile.Loss {
		r.reconcileLoss(&rec, counted)
	} else {
		r.reconcileRetrial(&rec, l, counted, c)
	}
	return rec
}

func (r *run) reconcileLoss(rec *result.Reconciliation, trials []*trial) {
	low, high := lossLow, lossHigh
	rec.Low, rec.High = &low, &high
	same, some := 0, 0
	for _, t := range trials {
		f := r.failures(t)
		o, n := float64(*t.figures.overflows), float64(f.sum(byQueue))
		if o == 0 && n == 0 {
			continue
		}
		some++
		if math.Abs(o-n) <= max(2, 0.02*n) {
			same++
		}
	}
	rule := fmt.Sprintf("in loss mode one overflow is one failed request, within 2 %%; so it was in %d of the %d trials that had any", same, some)
	if rec.Ratio != nil && *rec.Ratio >= low && *rec.Ratio <= high && 10*same >= 9*some {
		rec.Verdict = "agree: " + rule
	} else {
		rec.Verdict = "disagree: " + rule
	}
}

// reconcileRetrial applies the bounds of the steady state, weighed by where the failures happened.
func (r *run) reconcileRetrial(rec *result.Reconciliation, l *lane, trials []*trial, c serverCapacity) {
	if rec.Ratio == nil {
		rec.Verdict = "nothing to reconcile: in retrial mode every request that overflow delayed got through in the end"
		return
	}
	linear, ok := r.synLinearTimeouts()
	switch {
	case c.rate == 0:
		rec.Verdict = "not measured: the bounds of retrial mode need the capacity"
		return
	case !ok:
		rec.Verdict = "not measured: the bounds of retrial mode need net.ipv4.tcp_syn_linear_timeouts of the client's host"
		return
	}
	m := 1 + len(capacity.SYNRetransmits(linear, 6, l.ConnectTimeout))
	var low, high, weight float64
	for _, t := range trials {
		f := r.failures(t)
		n := float64(f.sum(byQueue))
		lo, hi := capacity.RetrialBounds(m, t.rate(), c.rate)
		switch {
		case n == 0:
			continue
		case slices.ContainsFunc([]loadgen.Outcome{loadgen.HTTP504, loadgen.HTTP502, loadgen.ResponseTimeout}, func(o loadgen.Outcome) bool { return f[byQueue][o] > 0 }):
			rec.Verdict = "not measured: through a proxy the bounds depend on its connect timeout and retries"
			return
		case t.duration() < 5*l.ConnectTimeout || math.IsNaN(lo):
			rec.Verdict = "not measured: the bounds of retrial mode hold for loads above capacity that last many connect timeouts"
			return
		}
		low, high, weight = low+n*lo, high+n*hi, weight+n
	}
	low, high = low/weight, high/weight
	rec.Low, rec.High = &low, &high
	word := "disagree"
	if *rec.Ratio >= low && *rec.Ratio <= high {
		word = "agree"
	}
	rec.Verdict = fmt.Sprintf("%s: in retrial mode, with %d SYNs before the connect timeout, overflows ÷ failures lies between %.3g and %.3g", word, m, low, high)
}

// synLinearTimeouts finds the sysctl that decides when SYNs are sent again. All hosts of a run that know it
// must agree, because the record does not say which of them sends.
func (r *run) synLinearTimeouts() (n int, ok bool) {
	for name, value := range r.header.Environment {
		if !strings.HasSuffix(name, "tcp_syn_linear_timeouts") {
			continue
		}
		v, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || v < 0 || v > 255 || ok && v != n {
			return 0, false
		}
		n, ok = v, true
	}
	return n, ok
}
