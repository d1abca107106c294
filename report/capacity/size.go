package capacity

import (
	"math"
	"time"
)

// Demand is what a server is to be built for.
type Demand struct {
	Rate     float64 // requests per second
	HeadRoom float64 // share by which more than Rate must be served; 0.2: a fifth more
	MaxLoss  float64 // share of requests that may be lost in the long run
	Poisson  bool    // arrivals at random; otherwise evenly spaced
	CS2      float64 // squared coefficient of variation of the service time, 0..1
	Burst    int     // requests that come at once on top of the rate
}

// Limits of the searches. What lies beyond is a mistake in the demand, not a server.
const (
	MaxServers = 10_000_000
	MaxBacklog = 1 << 20
)

// PlannedRate is the rate with its head-room.
func (d Demand) PlannedRate() float64 { return d.Rate * (1 + d.HeadRoom) }

// Loss is the share that a server loses of the planned rate.
func (d Demand) Loss(m Model) float64 {
	if d.Poisson {
		return m.LossPoisson(d.PlannedRate(), d.CS2).Loss
	}
	return m.Loss(d.PlannedRate())
}

// met allows for the rounding of W/S·S.
func (d Demand) met(m Model) bool { return d.Loss(m) <= d.MaxLoss+1e-12 }

// Workers is the smallest number of workers with which a server like m loses no more than MaxLoss. No
// number below L(1−MaxLoss)·S serves enough of them; from there it is a search, for
// loss falls with every worker. False: more than MaxServers are needed.
func (d Demand) Workers(m Model) (int, bool) {
	per := max(1, m.Connections)
	least := d.PlannedRate() * (1 - d.MaxLoss) * m.Service.Seconds() / float64(per)
	if !(least < float64(MaxServers/per)) {
		return 0, false
	}
	return smallest(max(1, int(least-1e-9)), MaxServers/per, func(w int) bool {
		m.Workers = w
		return d.met(m)
	})
}

// Backlog is the smallest backlog with which m loses no more than MaxLoss, and which holds a burst as well:
// of that the servers take W−a, those that are idle on average, and the queue the rest. False: no backlog
// helps for long, as at a load above capacity.
func (d Demand) Backlog(m Model) (int, bool) {
	if m.Loss(d.PlannedRate()) > d.MaxLoss+1e-12 {
		return 0, false // whatever the queue
	}
	b, ok := smallest(0, MaxBacklog, func(b int) bool {
		m.Backlog = b
		return d.met(m)
	})
	idle := float64(m.Servers()) - d.PlannedRate()*m.Service.Seconds()
	return b + max(0, d.Burst-int(max(0, idle)+1e-9)), ok
}

// BacklogWithin is the largest backlog whose last request is still answered within the deadline,
// C/μ + S ≤ deadline. False: none is, not even one of 0.
func (m Model) BacklogWithin(deadline time.Duration) (int, bool) {
	slots := math.Floor((deadline-m.Service).Seconds()*m.Rate() + 1e-9)
	return int(min(slots, math.MaxInt32)) - 1, slots >= 1
}

// smallest is the first n in low..high for which good, which once true stays true, is. It doubles its steps
// and then halves them, for good may cost more the larger n is.
func smallest(low, high int, good func(int) bool) (int, bool) {
	bad, step := low-1, 1
	for !good(low) {
		if low == high {
			return 0, false
		}
		bad, low = low, min(high, low+step)
		step *= 2
	}
	for low-bad > 1 {
		if mid := bad + (low-bad)/2; good(mid) {
			low = mid
		} else {
			bad = mid
		}
	}
	return low, true
}
