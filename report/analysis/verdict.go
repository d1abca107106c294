package analysis

import (
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/unit"
)

// maxVerdict is how many sentences a reader is asked to read: all there are of two lanes.
const maxVerdict = 10

// verdict is what the run showed, the most important first.
func verdict(a *result.Analysis) []result.Finding {
	var out []result.Finding
	if !a.Valid {
		out = append(out, result.Finding{Code: "invalid", Args: result.Args{"reasons": a.InvalidReasons}})
	}
	for i := range a.Lanes {
		out = append(out, began(a, &a.Lanes[i]))
	}
	if a.Ended.How != runfile.Complete {
		out = append(out, result.Finding{Code: "ended_early", Args: result.Args{"ended": a.Ended.String()}})
	}
	for i := range a.Lanes {
		out = append(out, proved(&a.Lanes[i]))
	}
	if a.Agreement != nil {
		out = append(out, result.Finding{Code: "proxy_over_direct",
			Args: result.Args{"ratio": a.Agreement.Estimate()}})
	}
	for _, l := range a.Lanes {
		if l.Recovery != nil {
			text := l.Recovery.Text
			text.Lane = l.Name
			out = append(out, text)
		}
	}
	out = append(out, computed(a.Capacity))
	return out[:min(len(out), maxVerdict)]
}

// began is at which rate failures began, or why that is not known.
func began(a *result.Analysis, l *result.Lane) result.Finding {
	if l.Search != nil {
		return sustained(l)
	}
	o, args := l.ErrorOnset, result.Args{"failures": true}
	if o == nil {
		o, args = l.OverflowOnset, result.Args{}
	}
	ratio, known := a.OnsetOverCapacity[l.Name]
	switch {
	case o == nil:
		return result.Finding{Code: "onset_unknown", Lane: l.Name, Args: result.Args{"why": l.NoOnset}}
	case o.Estimated():
		args["onset"] = unit.Of(unit.Rate, o.RPS, o.Low, o.High)
		if known {
			args["ratio"] = ratio.Estimate()
		}
		return result.Finding{Code: "onset", Lane: l.Name, Args: args}
	}
	args["low"], args["high"], args["method"] = o.Low, o.High, o.How
	if known {
		args["share_low"], args["share_high"] = ratio.Low, ratio.High
	}
	args["busy"] = l.CrossChecks.Busy.Value // how fast the workers were, which a bracket does not tell
	return result.Finding{Code: "onset_between", Lane: l.Name, Args: args}
}

// proved is a lane's cause, with the counts and the evidence that it has.
func proved(l *result.Lane) result.Finding {
	r, c := &l.Reconciliation, &l.Cause
	args := result.Args{"cause": c.Text}
	if r.Ratio != nil && l.Overflows != nil {
		args["overflows"], args["failures"], args["ratio"] = r.Overflows, r.ClientFailures, *r.Ratio
		args["verdict"] = string(r.Verdict)
	}
	if c.EvidenceLevel > 0 {
		args["level"], args["evidence"] = c.EvidenceLevel, c.EvidenceName
	}
	return result.Finding{Code: "cause", Lane: l.Name, Args: args}
}

// computed is the capacity, and what it was computed from.
func computed(c result.Capacity) result.Finding {
	if c.Computed == nil {
		return result.Finding{Code: "capacity_unknown"}
	}
	args := result.Args{
		"workers": c.Workers, "service": *c.ServiceTime,
		"computed": unit.Estimate{Value: c.Computed, Low: c.Low, High: c.High, Unit: unit.Rate},
	}
	if c.WorkerConnections > 1 {
		args["connections"] = c.WorkerConnections
	}
	if c.ServiceTimeSource != "" {
		args["source"] = result.Finding{Code: result.Code("service_time_" + c.ServiceTimeSource)}
	}
	return result.Finding{Code: "capacity", Args: args}
}
