package scenarios

import (
	"weir/loadgen"
	"weir/report/runfile"
)

// Header is what the record says of the setup before its load. Whoever keeps the record adds when and by
// which command.
func (s *Setup) Header() runfile.Header {
	h := runfile.Header{
		Name: s.Name, Claim: s.Claim, Environment: s.Environment, Capacity: s.Capacity,
		TrialsTotal: len(s.Trials), Pairs: s.Pairs, Warnings: s.Warnings,
	}
	if s.Search != nil {
		h.Search = &s.Search.Spec
	}
	for _, l := range s.Lanes {
		h.Lanes = append(h.Lanes, l.record())
	}
	return h
}

func (l *Lane) record() runfile.Lane {
	t := l.Target
	return runfile.Lane{
		Name: l.Name, URL: t.URL, Mode: l.Mode, Engine: l.EngineName, Connections: t.Connections,
		Close:          t.Close,
		ConnectTimeout: t.ConnectTimeout, Timeout: t.Timeout, MaxInFlight: t.MaxInFlight,
		Deadline: l.Deadline,
		Listener: l.Listener, ListenerHost: l.ListenerHost, Proxy: l.Proxy, Options: options(t, l.EngineName),
	}
}

// options is how a lane's generator is set.
func options(t loadgen.Target, engine string) *runfile.Options {
	o := &runfile.Options{
		RequestsPerConnection: t.RequestsPerConnection, IdleTimeout: t.IdleTimeout, MaxIdle: t.MaxIdle,
		LocalAddrs: t.LocalAddrs,
		MaxBody:    t.MaxBody, RequestIDs: t.RequestIDs, Insecure: t.Insecure, Requests: len(t.Requests),
	}
	if engine == "epoll" { // no other has one
		o.WakeQuantum = t.WakeQuantum
	}
	if t.Network == "unix" {
		o.Address = t.Address
	}
	return o
}
