// Package stop watches a run while it goes on and says when it is clearly worse than a limit, so that
// load is not poured on a server that has had enough. It says so seldom without cause, and is not for
// judging: that a run was not stopped does not mean that it kept to the limit (see Rule).
//
// Each rule is a Bernoulli CUSUM over the requests in order of completion: Page, Continuous inspection
// schemes, Biometrika 41 (1954); for single good and bad items Reynolds and Stoumbos, A CUSUM chart for
// monitoring a proportion when inspecting continuously, Journal of Quality Technology 31 (1999). A
// share in a sliding window, which other tools use, must choose between a window too short to
// believe and one too long to help; the CUSUM's window begins where the trouble does.
package stop

import (
	"fmt"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
)

// Rule is a limit to the share of requests that are bad. Parse makes one:
//
//	failures > 5%                   requests, sent or shed, that did not end in ok
//	failures.connect_timeout > 1%   requests that ended in this
//	latency.p99 > 500ms             requests that took longer from due to done, or failed: 1 % of them
//	latency > 500ms                 the same
//
// Canceled requests do not count at all. A request that is still open counts as slow as soon as it is older than the
// limit, and then no more, whatever becomes of it.
//
// The limit is p0, and the test asks whether the share p is rather p0 or p1 = min(2·p0, (1+p0)/2). Where p
// is well above 1.44·p0, an alarm comes after about h ÷ (p·ln(p1/p0) + (1−p)·ln((1−p1)/(1−p0))) requests,
// h = ln(p1·1e8): with a limit of 5 %, after 24 when all fail, after some 800 when 10 % do. A share
// between p0 and 1.44·p0 seldom gives an alarm: whether it was above the limit is seen after the run.
type Rule struct {
	expr    string
	limit   float64         // p0
	slower  time.Duration   // of a rule on latency; else 0
	outcome loadgen.Outcome // of a rule on one outcome; else empty
}

// String is the rule as it was given.
func (r Rule) String() string { return r.expr }

// bad is how many of the requests that were due in a bin, and have ended, are bad.
func (r Rule) bad(b *count.Bin) uint64 {
	if r.outcome != "" {
		return b.Of(r.outcome)
	}
	bad := b.Failed()
	if r.slower > 0 {
		for _, took := range b.Latency {
			if time.Duration(took) > r.slower {
				bad++
			}
		}
	}
	return bad
}

// badly says what the bad requests did.
func (r Rule) badly() string {
	switch {
	case r.slower > 0:
		return fmt.Sprintf("took longer than %v or failed", r.slower)
	case r.outcome != "":
		return fmt.Sprintf("ended in %s", r.outcome)
	}
	return "failed"
}

// Alarm says which rule was broken first, and how.
type Alarm struct {
	Rule     string        // as it was given
	At       time.Duration // when the request that gave the alarm was done
	Requests uint64        // seen until then, with it
	Since    time.Duration // when the first request of those was done that gave the alarm
	Of, Bad  uint64        // how many those were, and how many of them were bad
	Share    float64       // Bad ÷ Of
	Text     string        // for people
}

func newAlarm(r Rule, c *cusum, requests uint64) Alarm {
	a := Alarm{Rule: r.expr, At: c.at, Requests: requests, Since: c.since, Of: c.of, Bad: c.bad}
	a.Share = float64(a.Bad) / float64(a.Of)
	a.Text = fmt.Sprintf("%s: %d of the %d requests done from %.2f s to %.2f s %s, %.3g %%, where %.3g %% are allowed",
		a.Rule, a.Bad, a.Of, a.Since.Seconds(), a.At.Seconds(), r.badly(), 100*a.Share, 100*r.limit)
	return a
}
