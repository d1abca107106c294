package analysis

import (
	"cmp"
	"slices"
	"time"

	"weir/report/result"

	"weir/report/runfile"
	"weir/report/unit"
)

// clocks is what became known of the clock of a probe on another machine.
type clocks struct {
	first, last runfile.Clock
	n           int
	early, late time.Duration // the widest of all estimates
	unbounded   bool          // one of them had no early bound
	pings       []pinged
}

// pinged is what one ping says: at that time the offset was within half of the round trip of this one.
type pinged struct{ at, offset, rtt time.Duration }

// maxPings bounds those that are kept: a day of one a second.
const maxPings = 100_000

func (c *clocks) add(rec *runfile.Clock) {
	if c.n++; c.n == 1 {
		c.first = *rec
	}
	c.last = *rec
	c.late = max(c.late, rec.Late)
	if rec.Early == nil {
		c.unbounded = true
	} else {
		c.early = max(c.early, *rec.Early)
	}
	if rec.PingOffset != nil && len(c.pings) < maxPings {
		c.pings = append(c.pings, pinged{rec.At, *rec.PingOffset, *rec.PingRTT})
	}
}

// report is nil for a host whose clock is ours.
func (c *clocks) report() *result.Clock {
	if c == nil || c.n == 0 {
		return nil
	}
	out := &result.Clock{
		Method: c.last.Method, Estimates: c.n, Offset: c.last.Offset.Seconds(), Late: c.late.Seconds(),
		RTT: c.last.RTT.Seconds(), Ahead: c.last.Ahead.Seconds(),
		Moved: (c.last.Offset - c.first.Offset).Seconds(), Drift: c.drift(),
	}
	if !c.unbounded {
		out.Early = new(c.early.Seconds())
	}
	out.Text = describeClock(out)
	return out
}

// describeClock is how far the times of a host can be trusted.
func describeClock(c *result.Clock) result.Finding {
	args := result.Args{}
	switch {
	case c.Early == nil:
	case c.Method == "ping":
		args["within"], args["rtt"] = max(*c.Early, c.Late), c.RTT
	default:
		args["early"] = *c.Early
	}
	switch ahead := time.Duration(c.Ahead * 1e9).Round(time.Millisecond); {
	case ahead > 0:
		args["ahead"] = ahead
	case ahead < 0:
		args["behind"] = -ahead
	}
	if c.Drift != nil {
		args["drift"] = unit.Of(unit.Ratio, c.Drift.PPM, c.Drift.Low, c.Drift.High)
	}
	return result.Finding{Code: "clock", Args: args}
}

// minDrifted is how long clocks must be compared before anything is said of their drift.
const minDrifted = time.Second

// drift compares the shortest ping of the first third of the time with that of the last. Each is wrong by
// half of its round trip at most, however asymmetric the way is (RFC 5905, section 8), so the interval holds
// a drift that was constant for certain.
func (c *clocks) drift() *result.Drift {
	if len(c.pings) < 2 {
		return nil
	}
	begin, end := c.pings[0].at, c.pings[len(c.pings)-1].at
	if end-begin < minDrifted {
		return nil
	}
	shorter := func(a, b pinged) int { return cmp.Compare(a.rtt, b.rtt) }
	third := (end - begin) / 3
	from := slices.IndexFunc(c.pings, func(p pinged) bool { return p.at > begin+third })
	to := slices.IndexFunc(c.pings, func(p pinged) bool { return p.at >= end-third })
	a, b := slices.MinFunc(c.pings[:from], shorter), slices.MinFunc(c.pings[to:], shorter)
	between := (b.at - a.at).Seconds()
	if between <= 0 { // a record that nobody wrote in order
		return nil
	}
	ppm := func(d time.Duration) float64 { return 1e6 * d.Seconds() / between }
	d, wrong := ppm(a.offset-b.offset), ppm((a.rtt+b.rtt)/2)
	return &result.Drift{PPM: d, Low: d - wrong, High: d + wrong}
}
