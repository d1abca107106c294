package capacity

import (
	"fmt"
	"iter"
	"slices"
	"time"
)

// System is a server and its clients, to be simulated. It is exact and deterministic: the same
// arrivals and service times give the same result to the nanosecond.
//
// What happens at one instant happens in this order: a worker that is done takes the next connection
// from the queue; SYNs that are sent again arrive, the oldest request first; the new request
// arrives. The network takes no time and the queue takes whole connections, as the kernel's does
// when the client sends at once and a full queue drops the SYN (tcp_conn_request in
// net/ipv4/tcp_input.c); a final ACK that meets a full queue is not modelled.
type System struct {
	Servers int // W: requests that can be in service at once
	Slots   int // C: accept queue places, backlog+1; 0 is a server without a queue

	// Service is the time for which the i-th request taken from the queue, from 0, keeps its server.
	Service func(i int) time.Duration
	// Slower is how many times longer a service takes that begins as the n-th of those under way, from 1: a
	// lock, the processors, memory. Nil: they do not hinder each other.
	Slower func(n int) float64

	// Retry are the offsets from its first SYN at which a client whose SYNs were all dropped sends the
	// next, ascending (see SYNRetransmits). Nil is loss mode: one SYN, one overflow, one failure.
	Retry []time.Duration
	// Patience is the connect timeout: no SYN is sent that long after the first. 0: none beyond Retry.
	Patience time.Duration
	// Deadline, from the first SYN, is when a client stops waiting for the response. Its connection
	// stays in the queue and is served all the same: dead work. 0: it waits for ever.
	Deadline time.Duration
}

// Outcome is the life of one request.
type Outcome struct {
	Arrival   time.Duration // first SYN
	Connected bool          // one of its SYNs found room
	Queued    time.Duration // when that SYN was sent; the wait in the queue is Start−Queued
	Start     time.Duration // a server took it
	// the server had finished with it; of a request that never connected, when the client gave up
	Done   time.Duration
	Served bool // finished within the deadline
	SYNs   int  // sent, at least 1
}

// Result is what a simulation did.
type Result struct {
	Outcomes  []Outcome       // in order of arrival
	Overflows []time.Duration // each SYN that met a full queue, in order of time
	MaxDepth  int             // most connections that were in the queue at once
}

// Failed counts the requests that were not served.
func (r Result) Failed() uint64 {
	var n uint64
	for _, o := range r.Outcomes {
		if !o.Served {
			n++
		}
	}
	return n
}

// Validate says whether the system can be simulated.
func (s System) Validate() error {
	switch {
	case s.Servers < 1:
		return fmt.Errorf("servers is %d: at least 1 is needed", s.Servers)
	case s.Slots < 0:
		return fmt.Errorf("slots is %d: it must be 0 or more", s.Slots)
	case s.Service == nil:
		return fmt.Errorf("no service time is given")
	case s.Patience < 0 || s.Deadline < 0:
		return fmt.Errorf("patience is %v, deadline %v: neither may be negative", s.Patience, s.Deadline)
	case !slices.IsSorted(s.Retry) || len(s.Retry) > 0 && s.Retry[0] <= 0:
		return fmt.Errorf("retries are sent at %v: offsets must ascend from above 0", s.Retry)
	}
	return nil
}

// Run simulates requests whose first SYNs are sent at the given times, from an idle server until the
// last of them has an outcome. The times must not descend. Memory is some 64 bytes a request.
func (s System) Run(arrivals iter.Seq[time.Duration]) (Result, error) {
	if err := s.Validate(); err != nil {
		return Result{}, fmt.Errorf("simulation: %w", err)
	}
	r := run{System: s, idle: s.Servers}
	last := time.Duration(0)
	for at := range arrivals {
		i := len(r.Outcomes)
		if at < last {
			return Result{}, fmt.Errorf("simulation: arrival %d at %v is earlier than %v: sort the arrivals",
				i, at, last)
		}
		last = at
		r.retriesUntil(at)
		r.Outcomes = append(r.Outcomes, Outcome{Arrival: at})
		r.syn(event{at, i})
		if r.err != nil {
			return Result{}, r.err
		}
	}
	r.retriesUntil(forever)
	r.serveUntil(forever)
	return r.Result, r.err
}
