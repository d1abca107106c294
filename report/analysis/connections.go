package analysis

import (
	"cmp"
	"maps"
	"slices"

	"weir/loadgen"
	"weir/report/result"
	"weir/report/runfile"
)

// A side that closed fewer of the connections first than this share is not called one that holds TIME_WAIT:
// some are always closed on a timeout.
const closes = 0.05

func (l *lane) connections() result.Connections {
	c := result.Connections{Use: string(l.Connections)}
	var opened, answered uint64
	var closed, departed runfile.Closings
	counted := false
	for _, t := range l.trials {
		f := &t.figures
		opened += f.opened
		closed = addClosings(closed, f.closings)
		answered += f.outcomes[loadgen.OK]
		if t.end != nil && t.end.Departed != nil {
			departed, counted = addClosings(departed, *t.end.Departed), true
		}
	}
	if opened == 0 && answered > 0 { // an answer without a connection: nobody counted them
		return c
	}
	c.Opened, c.PeerClosed, c.WeClosed = &opened, &closed.PeerClosed, &closed.WeClosed
	if counted {
		c.IdlePeer, c.IdleUs = &departed.PeerClosed, &departed.WeClosed
	}
	all := addClosings(closed, departed)
	unread := all.PeerUnread + all.WeUnread
	c.Unread = &unread
	if opened > 0 {
		per := float64(l.carried()) / float64(opened)
		c.PerOne = &per
	}
	us := all.WeClosed - all.WeUnread
	if l.Close == loadgen.Reset { // leaves no TIME_WAIT
		us = 0
	}
	c.TimeWait = side(all.PeerClosed-all.PeerUnread, us)
	return c
}

func addClosings(a, b runfile.Closings) runfile.Closings {
	return runfile.Closings{
		PeerClosed: a.PeerClosed + b.PeerClosed, WeClosed: a.WeClosed + b.WeClosed,
		PeerUnread: a.PeerUnread + b.PeerUnread, WeUnread: a.WeUnread + b.WeUnread,
	}
}

// carried is how many requests had a connection.
func (l *lane) carried() (n uint64) {
	for o, k := range l.outcomes() {
		if o.Kind().Connected {
			n += k
		}
	}
	return n
}

// side is whose kernel holds the connections in TIME_WAIT: that of who closed them first (RFC 9293 section
// 3.6.1).
func side(peer, us uint64) *string {
	few := closes * float64(peer+us)
	var side string
	switch {
	case peer+us == 0:
		return nil
	case float64(us) < few:
		side = "peer"
	case float64(peer) < few:
		side = "us"
	default:
		side = "both"
	}
	return &side
}

// lostSYNs explains the modes of the connect time: Linux sends a SYN again after 1 s, then at intervals that
// grow (RFC 6298, net.ipv4.tcp_syn_linear_timeouts).
func lostSYNs(connects map[int]runfile.Connects) []result.LostSYNs {
	out := []result.LostSYNs{}
	for _, lost := range slices.Sorted(maps.Keys(connects)) {
		if c := connects[lost]; c.Count > 0 {
			out = append(out, result.LostSYNs{Lost: lost, Count: c.Count,
				Connect: c.Sum.Seconds() / float64(c.Count)})
		}
	}
	return out
}

func addConnects(to map[int]runfile.Connects, all []runfile.Connects) {
	for _, c := range all {
		sum := to[c.Lost]
		to[c.Lost] = runfile.Connects{Count: sum.Count + c.Count, Sum: sum.Sum + c.Sum}
	}
}

// options is nil where the record does not say.
func (l *lane) options() *result.Options {
	o := l.Lane.Options
	if o == nil {
		return nil
	}
	out := &result.Options{
		Close: string(cmp.Or(l.Close, loadgen.Orderly)), RequestsPerConnection: o.RequestsPerConnection,
		IdleTimeout: o.IdleTimeout.Seconds(),
		MaxIdle:     o.MaxIdle, LocalAddrs: []string{}, Address: o.Address, MaxBody: o.MaxBody,
		RequestIDs: o.RequestIDs, Insecure: o.Insecure, Requests: o.Requests,
	}
	for _, a := range o.LocalAddrs {
		out.LocalAddrs = append(out.LocalAddrs, a.String())
	}
	for _, t := range l.trials {
		out.WakeQuantum = max(out.WakeQuantum, loadgen.QuantumAt(o.WakeQuantum, t.Plan.MaxRate()).Seconds())
	}
	return out
}
