package remote

import "time"

// Clock says how a remote time is turned into one of ours, and how wrong that may be. The writer's times
// count from its epoch by a clock that never steps, so that only the epoch's place on our clock is to be
// found; what its wall clock shows does not matter.
type Clock struct {
	Offset time.Duration // added to a remote time
	Early  time.Duration // the truth may be this much earlier; Unknown where nothing bounds it
	Late   time.Duration // or this much later
	Method string        // "ping" or "arrival"
	RTT    time.Duration // of the ping that was used
	// the remote wall clock minus ours, by the same estimate: for logs that were written there
	Ahead time.Duration
}

// Estimate is what was known of the clock at one time. A series of them shows how it drifts, by the last
// pings alone.
type Estimate struct {
	At time.Duration // from the run's epoch
	Clock
	Ping *Ping // the latest that was answered since the estimate before; nil: none
}

// Ping is what a single one says: the offset is within RTT/2 of its own, whatever others said.
type Ping struct{ Offset, RTT time.Duration }

// Unknown is a bound that is not known.
const Unknown time.Duration = -1

// drift bounds how far two clocks that nobody disciplines run apart: 100 ppm, twice what a poor crystal does
// (RFC 5905 §7.3 takes 15 ppm for a good one).
const drift = 100e-6

// estimator finds the offset, from two kinds of evidence.
//
// A ping has four times: ours at sending, theirs at receiving and sending, ours at receiving (RFC 5905 §8).
// Because nothing arrives before it was sent, the offset lies between ours₁ − theirs₁ and ours₂ − theirs₂,
// however asymmetric the way is. The width of that is the round trip: so the shortest one is taken, and
// not a mean. Old ones widen by the drift, so that a long run does not rest on its first second.
//
// Without pings every line bounds the offset from above, for it was written before it came; and the epoch
// of a command that we started is no earlier than that start. Taken is the upper end.
type estimator struct {
	best    exchange
	last    exchange // the latest; told once
	fresh   bool     // it was not told yet
	pinged  bool
	arrival time.Duration // the least of (came − at)
	arrived bool
	ahead   time.Duration // remote wall clock at its epoch, minus our wall clock at our zero
}

// exchange is a ping's four times: sent and came by our clock, received and answered by theirs.
type exchange struct{ sent, received, answered, came time.Duration }

func (e exchange) rtt() time.Duration { return (e.came - e.sent) - (e.answered - e.received) }

// offset is what is to be added to their times, for a way that takes equally long there and back.
func (e exchange) offset() time.Duration { return ((e.sent - e.received) + (e.came - e.answered)) / 2 }

// width is the half width of the interval at our time now.
func (e exchange) width(now time.Duration) time.Duration {
	return e.rtt()/2 + time.Duration(drift*float64(max(now-e.came, 0)))
}

// pong takes one exchange in; false where it contradicts itself.
func (e *estimator) pong(x exchange) bool {
	// The answer may take as long as it likes, but not longer than the whole, nor less than nothing.
	if x.came < x.sent || x.answered < x.received || x.rtt() < 0 {
		return false
	}
	e.last, e.fresh = x, true
	if !e.pinged || x.width(x.came) <= e.best.width(x.came) {
		e.best, e.pinged = x, true
	}
	return true
}

// arrive takes in that something of remote time at came at our time came.
func (e *estimator) arrive(at, came time.Duration) {
	if bound := came - at; !e.arrived || bound < e.arrival {
		e.arrival, e.arrived = bound, true
	}
}

// clock is the estimate at our time now; all times of ours count from the start of the command.
func (e *estimator) clock(now time.Duration) Clock {
	c := Clock{Offset: e.arrival, Early: e.arrival, Method: "arrival"}
	if e.arrival < 0 { // an epoch before the command was started: it passes on what another writes
		c.Early = Unknown
	}
	if e.pinged {
		x := e.best
		half := x.width(now)
		c = Clock{Offset: x.offset(), Early: half, Late: half, Method: "ping", RTT: x.rtt()}
	}
	c.Ahead = e.ahead - c.Offset
	return c
}

// estimate is the clock at our time now, with the latest ping where it is news.
func (e *estimator) estimate(now time.Duration) Estimate {
	est := Estimate{At: now, Clock: e.clock(now)}
	if e.fresh {
		est.Ping, e.fresh = &Ping{e.last.offset(), e.last.rtt()}, false
	}
	return est
}
