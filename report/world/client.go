package world

import (
	"time"

	"weir/loadgen"
)

// What lies on the way. The generator is late by lag, and a proxy takes hop for itself in each request.
const (
	lag       = 100 * time.Microsecond
	hop       = 300 * time.Microsecond
	refusal   = 500 * time.Microsecond // in which a refusal is answered
	handshake = 30 * time.Microsecond
	rest      = 20 * time.Microsecond // from the first byte of an answer to its last
)

// life is what a client sees of a request that is due at its arrival.
func (e *experiment) life(lane string, start time.Duration, seq int, f fate) loadgen.Result {
	due := start + f.Arrival
	at := func(t time.Duration) time.Duration { return start + t + lag }
	r := loadgen.Result{
		Seq: seq, Due: due, Sent: due + lag, Status: 200, Outcome: loadgen.OK, SYNRetrans: max(0, f.SYNs-1),
		LocalPort: 32768 + seq%28232, Closed: loadgen.ByPeer,
	}
	r.Connected, r.Done = at(f.Queued)+handshake, at(f.Done)+rest
	switch {
	case f.refused:
		r.Connected, r.Done = r.Sent+handshake, r.Sent+refusal
		r.Status, r.Outcome = e.refusal()
	case !f.Connected:
		r.Connected, r.Done, r.Status, r.Outcome, r.Closed = 0, at(f.Done), 0, loadgen.ConnectTimeout, ""
	case !f.Served:
		r.Done, r.Status, r.Outcome, r.Closed = r.Sent+e.Timeout, 0, loadgen.ResponseTimeout, loadgen.ByUs
	case f.failing:
		r.Status, r.Outcome = 500, loadgen.HTTP500
	}
	if lane == Proxy {
		e.throughProxy(&r)
	}
	if r.Status > 0 {
		r.FirstByte = r.Done - rest
	}
	return r
}

// throughProxy is the same for the client of a proxy, which connects at once and whose SYNs are not lost.
func (e *experiment) throughProxy(r *loadgen.Result) {
	r.Connected, r.SYNRetrans = r.Sent+handshake, 0
	if r.Outcome == loadgen.ConnectTimeout {
		r.Status, r.Outcome, r.Closed = 504, loadgen.HTTP504, loadgen.ByPeer
	}
	if r.Outcome != loadgen.ResponseTimeout {
		r.Done += hop
	}
}

// refusal is how the server refuses.
func (s Server) refusal() (status int, outcome loadgen.Outcome) {
	if s.MostInside > 0 {
		return 503, loadgen.HTTP503
	}
	return 429, loadgen.HTTP4xx
}
