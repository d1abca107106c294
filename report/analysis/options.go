package analysis

import (
	"cmp"

	"weir/loadgen"
)

// Options is how a lane's generator was set. A bound of 0 is none.
type Options struct {
	Close                 string   `json:"close"`                   // "orderly" or "rst": how it ended connections that were not kept
	RequestsPerConnection int      `json:"requests_per_connection"` // after so many a kept connection was closed
	IdleTimeout           float64  `json:"idle_timeout_s"`          // after so long an idle connection was closed
	MaxIdle               int      `json:"max_idle"`                // so many idle connections were kept
	LocalAddrs            []string `json:"local_addrs"`             // own addresses, taken in turn; none: as the kernel chose
	Address               string   `json:"address"`                 // the unix socket that was dialled in place of the URL's host; empty: none
	MaxBody               int      `json:"max_body"`                // longest response body that was read, bytes
	RequestIDs            bool     `json:"request_ids"`             // each request had an X-Request-Id
	Insecure              bool     `json:"insecure"`                // certificates were not verified
	Requests              int      `json:"requests"`                // different ones that were sent in turn
	WakeQuantum           float64  `json:"wake_quantum_s"`          // requests that were due so close together may have been sent together; 0: none were
}

// options is nil where the record does not say.
func (l *lane) options() *Options {
	o := l.Lane.Options
	if o == nil {
		return nil
	}
	out := &Options{
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
