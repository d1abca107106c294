package analysis

import (
	"cmp"

	"weir/report/result"

	"weir/loadgen"
)

// options is nil where the record does not say.
func (l *lane) options() *result.Options {
	o := l.Lane.Options
	if o == nil {
		return nil
	}
	out := &result.Options{
		Close: string(cmp.Or(l.Close, loadgen.Orderly)), RequestsPerConnection: o.RequestsPerConnection, IdleTimeout: o.IdleTimeout.Seconds(),
		MaxIdle: o.MaxIdle, LocalAddrs: []string{}, Address: o.Address, MaxBody: o.MaxBody, RequestIDs: o.RequestIDs, Insecure: o.Insecure, Requests: o.Requests,
	}
	for _, a := range o.LocalAddrs {
		out.LocalAddrs = append(out.LocalAddrs, a.String())
	}
	for _, t := range l.trials {
		out.WakeQuantum = max(out.WakeQuantum, loadgen.QuantumAt(o.WakeQuantum, t.Plan.MaxRate()).Seconds())
	}
	return out
}
