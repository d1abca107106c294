package analysis

import (
	"fmt"

	"weir/report/result"
)

// Why a queue was full. More came than the workers do: worker-bound. On average less came than that, but in bursts
// which the queue could not hold. Or less came, evenly, and the workers did not do what workers ÷ service time says,
// because they had no processor. Each needs its own evidence; where none is conclusive, it stays "the queue was full".
const (
	undetermined = "undetermined"

	queueFull   = "accept_queue_overflow"
	workerBound = "worker_bound_overflow"
	burst       = "burst_overflow"
	starved     = "server_cpu_starved"
)

const (
	surelyBelow = 0.90 // × W/S
	burstShare  = 0.5  // of the overflows: the simulator has as many on the same schedule, or more, and it needs no other cause
	starvedRun  = 0.10 // of the time of all workers together: they could have run and had no processor
)

// surelyAbove is the rate from which on more is offered than the workers do, whatever the doubt about their service time.
// Stamps bound it on both sides: so much at most the workers do. A service time that was stated, or measured by single
// requests, is too short if anything (3 to 6 %, see capacity), so that the rate which it makes is too high already.
func (c serverCapacity) surelyAbove() float64 {
	if c.stamped {
		return max(c.rate, c.rateHigh)
	}
	return c.rate
}

// whyFull refines a proved overflow. Affected counts the requests of a bin that it is to explain.
func (k *witness) whyFull(c *result.Cause, affected func(*bin) uint64) {
	mu := k.capacity.rate
	if mu == 0 {
		return
	}
	var all, above, below uint64
	for _, t := range k.lane.trials {
		for at, b := range t.bins {
			n := affected(b)
			rate := t.Plan.RateAt(min(max(0, at-t.Start), max(0, t.duration()-1)))
			all += n
			if rate >= k.capacity.surelyAbove() {
				above += n
			}
			if rate < surelyBelow*mu {
				below += n
			}
		}
	}
	enough := func(n uint64) bool { return all > 0 && float64(n) >= explained*float64(all) }
	switch {
	case enough(above):
		c.Code = workerBound
		c.Evidence = append(c.Evidence, fmt.Sprintf("%d of %d failures were due while more was offered than workers ÷ service time, %.4g req/s", above, all, mu))
	case enough(below):
		k.belowCapacity(c, mu)
	case k.capacity.stamped && enough(all-above) && k.bursts(c, mu): // just below, which only stamps tell from just above
	default:
		c.Evidence = append(c.Evidence, fmt.Sprintf("of %d failures %d were due near or above workers ÷ service time, %.4g req/s, and the others below", all, all-below, mu))
	}
}

// bursts blames the arrivals, where a simulated server overflows on them about as often; false where it does not.
func (k *witness) bursts(c *result.Cause, mu float64) bool {
	simulated, ok := k.simulated()
	if !ok || float64(simulated) < burstShare*float64(value(k.overflows)) {
		return false
	}
	c.Code = burst
	c.Text += fmt.Sprintf(" The mean load was below workers ÷ service time, %.4g req/s: its bursts were too much for the queue.", mu)
	c.Evidence = append(c.Evidence, fmt.Sprintf("a simulated server with these workers and this queue overflows %s on the same schedule", often(simulated)))
	return true
}

func (k *witness) belowCapacity(c *result.Cause, mu float64) {
	share, text, known := k.run.starved(k.lane)
	switch {
	case k.bursts(c, mu):
		if known && share >= starvedRun {
			c.Evidence = append(c.Evidence, "and "+text)
		}
	case known && share >= starvedRun:
		c.Code = starved
		c.Text += fmt.Sprintf(" The load was below workers ÷ service time, %.4g req/s: the workers had no processor to work with.", mu)
		c.Evidence = append(c.Evidence, text)
	default:
		c.Text += fmt.Sprintf(" The load was below workers ÷ service time, %.4g req/s: why it was full all the same is not known. Workers that were paused, slower than stated or fewer look like this.", mu)
	}
}

// simulated is how often the model's queue overflows on the schedules of the lane's trials; false where it cannot
// be told for all of them.
func (k *witness) simulated() (n uint64, ok bool) {
	for _, t := range k.lane.trials {
		o, ok := k.run.simulate(t, k.capacity)
		if !ok {
			return 0, false
		}
		n += uint64(len(o.Overflows))
	}
	return n, true
}
