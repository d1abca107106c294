package analysis

import (
	"math"
	"strconv"
	"strings"

	"weir/loadgen"
	"weir/probe"
	"weir/report/capacity"
	"weir/report/result"
	"weir/report/runfile"
)

// Loss mode: one dropped SYN, one failed request. Two percent is what counting at the edges of trials may
// cost.
const lossLow, lossHigh = 0.98, 1.02

// reconcile compares the lane's overflows with the failures that a full queue produces. The counter is the
// whole namespace's and counts packets, so agreement is evidence and disagreement a finding.
func (r *run) reconcile(l *lane, c serverCapacity) result.Reconciliation {
	var rec result.Reconciliation
	var counted []*trial
	for _, t := range l.complete() { // what the run's end canceled may have overflowed without a failure
		if o := t.figures.overflows; o != nil {
			rec.Overflows += *o
			rec.ClientFailures += r.failures(t).sum(loadgen.ByQueue)
			counted = append(counted, t)
		}
	}
	switch {
	case len(counted) == 0:
		rec.ClientFailures = r.allFailures(l).sum(loadgen.ByQueue)
		rec.Verdict, rec.Rule = result.NotMeasured, result.Finding{Code: "reconcile_not_sampled"}
		if probe.IsUnix(l.Listener) {
			rec.Rule.Code = "reconcile_unix"
		}
		return rec
	case rec.Overflows == 0 && rec.ClientFailures == 0:
		rec.Verdict, rec.Rule = result.NothingToReconcile, result.Finding{Code: "reconcile_none"}
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
	same, some := uint64(0), uint64(0)
	for _, t := range trials {
		o, n := float64(*t.figures.overflows), float64(r.failures(t).sum(loadgen.ByQueue))
		if o == 0 && n == 0 {
			continue
		}
		some++
		if math.Abs(o-n) <= max(2, 0.02*n) {
			same++
		}
	}
	rec.Rule = result.Found("reconcile_loss", result.Args{"same": same, "some": some})
	rec.Verdict = result.Disagree
	if rec.Ratio != nil && *rec.Ratio >= low && *rec.Ratio <= high && 10*same >= 9*some {
		rec.Verdict = result.Agree
	}
}

// reconcileRetrial applies the bounds of the steady state, weighed by where the failures happened.
func (r *run) reconcileRetrial(rec *result.Reconciliation, l *lane, trials []*trial, c serverCapacity) {
	is := func(verdict result.Reconciled, rule result.Code) {
		rec.Verdict, rec.Rule = verdict, result.Finding{Code: rule}
	}
	linear, ok := r.synLinearTimeouts()
	switch {
	case rec.Ratio == nil:
		is(result.NothingToReconcile, "reconcile_delayed")
		return
	case c.rate == 0:
		is(result.NotMeasured, "reconcile_needs_capacity")
		return
	case !ok:
		is(result.NotMeasured, "reconcile_needs_sysctl")
		return
	}
	m := 1 + len(capacity.SYNRetransmits(linear, 6, l.ConnectTimeout))
	var low, high, weight float64
	for _, t := range trials {
		f := r.failures(t)
		n := float64(f.sum(loadgen.ByQueue))
		lo, hi := capacity.RetrialBounds(m, t.rate(), c.rate)
		switch {
		case n == 0:
			continue
		case f.throughProxy():
			is(result.NotMeasured, "reconcile_proxy")
			return
		case t.duration() < 5*l.ConnectTimeout || math.IsNaN(lo):
			is(result.NotMeasured, "reconcile_too_short")
			return
		}
		low, high, weight = low+n*lo, high+n*hi, weight+n
	}
	low, high = low/weight, high/weight
	rec.Low, rec.High = &low, &high
	rec.Rule = result.Found("reconcile_retrial", result.Args{"syns": m, "low": low, "high": high})
	rec.Verdict = result.Disagree
	if *rec.Ratio >= low && *rec.Ratio <= high {
		rec.Verdict = result.Agree
	}
}

// throughProxy reports whether any failure of the queue's class is one that only a client behind a proxy
// sees.
func (f failures) throughProxy() bool {
	q := f[loadgen.ByQueue]
	return q[loadgen.HTTP504]+q[loadgen.HTTP502]+q[loadgen.ResponseTimeout] > 0
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
