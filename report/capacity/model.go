package capacity

import (
	"fmt"
	"math"
	"time"
)

// Model is a pool of workers behind an accept queue. The zero value is not valid.
type Model struct {
	Workers     int
	Connections int // that one worker serves at once; 0 or 1: a synchronous worker
	// mean time that one request keeps its place, from accept to ready to accept again
	Service time.Duration
	Backlog int // as given to listen(2), after the clamp to net.core.somaxconn
}

// Validate says whether the other methods mean anything.
func (m Model) Validate() error {
	switch {
	case m.Workers < 1:
		return fmt.Errorf("workers is %d: at least 1 is needed", m.Workers)
	case m.Connections < 0:
		return fmt.Errorf("connections per worker is %d: 0 or 1 is a synchronous worker, more an asynchronous one", m.Connections)
	case m.Service <= 0:
		return fmt.Errorf("service time is %v: it must be above 0", m.Service)
	case m.Backlog < 0:
		return fmt.Errorf("backlog is %d: it must be 0 or more", m.Backlog)
	}
	return nil
}

// Servers is W, the requests that can be in service at once: workers × connections.
func (m Model) Servers() int { return m.Workers * max(1, m.Connections) }

// Slots is C, the connections that the accept queue holds: backlog + 1.
func (m Model) Slots() int { return m.Backlog + 1 }

// Rate is the capacity μ = W/S in requests per second.
func (m Model) Rate() float64 { return float64(m.Servers()) / m.Service.Seconds() }

// Utilisation is ρ = rate/μ. Above 1 no backlog helps for long.
func (m Model) Utilisation(rate float64) float64 { return rate / m.Rate() }

// Loss is the share of requests that a constant rate above capacity loses in the long run, 1−μ/L.
// It is 0 up to μ: for what Poisson arrivals lose below it, see Blocking.
func (m Model) Loss(rate float64) float64 {
	if rate <= m.Rate() {
		return 0
	}
	return 1 - m.Rate()/rate
}

// LongestWait is how long a request waits that found the last free slot, C/μ. Where it and the
// service time together pass the client's deadline, a full queue yields nothing but dead work:
// goodput falls to zero and yet no overflow need be seen.
func (m Model) LongestWait() time.Duration { return seconds(float64(m.Slots()) / m.Rate()) }

// FirstOverflowBusy is the time from the moment when all workers are busy and the queue is empty to
// the first overflow, C/(L−μ). False: at this rate it never overflows.
func (m Model) FirstOverflowBusy(rate float64) (time.Duration, bool) {
	over := rate - m.Rate()
	if !(over > 0) { // NaN too
		return 0, false
	}
	return seconds(float64(m.Slots()) / over), true
}

// FirstOverflowIdle is the time to the first overflow of an idle server. Until the first request is
// done it is a matter of places alone: (W+C)/L. After that the workers, who began one after the
// other while they filled, are half a round ahead of a full set: (C + W/2·(1−μ/L))/(L−μ). It is a
// fluid approximation: the event-driven truth (System) is within one service time and one arrival of
// it, where the queue is shorter than a round of work, C < W, within W/2/(L−μ) more.
func (m Model) FirstOverflowIdle(rate float64) (time.Duration, bool) {
	if !(rate > m.Rate()) {
		return 0, false
	}
	places := float64(m.Servers() + m.Slots())
	if t := places / rate; t < m.Service.Seconds() {
		return seconds(t), true
	}
	return seconds((float64(m.Slots()) + m.headStart(rate)) / (rate - m.Rate())), true
}

// headStart is W/2·(1−μ/L), the requests that workers filling from idle take beyond μ·t.
func (m Model) headStart(rate float64) float64 {
	return float64(m.Servers()) / 2 * m.Loss(rate)
}

// RateWhileFilling is μ as it shows while the queue fills, before anything is lost: the offered rate
// less the growth of Recv-Q, both per second. It needs no service time and no worker count.
func RateWhileFilling(rate, growth float64) float64 { return rate - growth }

// seconds converts without overflow: what is longer than a Duration holds becomes the longest.
func seconds(s float64) time.Duration {
	if ns := s * 1e9; ns < math.MaxInt64 {
		return time.Duration(math.Round(ns))
	}
	return math.MaxInt64
}
