package world

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"weir/report/capacity"
)

// patience is what a server's clients do while they are not served.
type patience struct {
	retry   []time.Duration // when a SYN is sent again, from the first
	connect time.Duration   // for which they try
	whole   time.Duration   // for which they wait for an answer
}

// pace is how fast a server is in one trial.
type pace struct {
	random *rand.Rand
	slower float64       // times
	jitter time.Duration // that each request takes more, on average
}

// fate is what became of one request at the server.
type fate struct {
	capacity.Outcome
	refused bool // it was answered so at once
	failing bool // it is one that the server fails
}

// served is one simulation.
type served struct {
	fates     []fate          // in order of arrival
	overflows []time.Duration // of the kernel's queue
	queued    []time.Duration // when connections came into a queue, or to a worker
	started   []time.Duration // when workers took them
	ended     []time.Duration // when workers were done with them
}

// serve simulates requests that arrive at the given times, which ascend.
func (s Server) serve(arrivals []time.Duration, clients patience, p pace) (served, error) {
	out := served{fates: make([]fate, len(arrivals))}
	places := float64(cmp.Or(s.Burst, 10))
	bucket := bucket{rate: s.MostRate, places: places, tokens: places}
	var inside []time.Duration // arrivals that the bucket let pass
	var of []int
	for i, at := range arrivals {
		f := &out.fates[i]
		f.failing = s.Failing > 0 && p.random.Float64() < s.Failing
		if f.Arrival, f.refused = at, !bucket.take(at); !f.refused {
			inside, of = append(inside, at), append(of, i)
		}
	}
	sim, err := s.system(clients, p).Run(slices.Values(inside))
	if err != nil {
		return out, err
	}
	for i, o := range sim.Outcomes {
		f := &out.fates[of[i]]
		f.Outcome = o
		f.refused = s.MostInside > 0 && !o.Connected
		if o.Connected {
			out.queued = append(out.queued, o.Queued)
			out.started = append(out.started, o.Start)
			out.ended = append(out.ended, o.Done)
		}
	}
	if s.MostInside == 0 {
		out.overflows = sim.Overflows
	}
	for _, times := range [][]time.Duration{out.queued, out.started, out.ended} {
		slices.Sort(times)
	}
	return out, nil
}

// system is the server in the simulator: what waits inside and what waits in the kernel is one queue there.
// Who finds a cap on concurrency reached finds no place in it.
func (s Server) system(clients patience, p pace) capacity.System {
	system := capacity.System{
		Servers: s.Workers, Slots: s.Ahead + s.Backlog + 1,
		Retry: clients.retry, Patience: clients.connect, Deadline: clients.whole,
		Service: func(int) time.Duration {
			d := time.Duration(p.slower * float64(s.Service.next(p.random)))
			if p.jitter > 0 {
				d += time.Duration(p.random.ExpFloat64() * float64(p.jitter))
			}
			return d
		},
	}
	if s.Sigma > 0 || s.Kappa > 0 {
		system.Slower = s.Slower
	}
	if s.MostInside > 0 {
		system.Servers = min(s.Workers, s.MostInside)
		system.Slots, system.Retry = s.MostInside-system.Servers, nil
	}
	return system
}

// endAt forgets the requests that were sent later.
func (d *served) endAt(at time.Duration) {
	d.overflows, d.queued = d.overflows[:upTo(d.overflows, at)], d.queued[:upTo(d.queued, at)]
	d.started, d.ended = d.started[:len(d.queued)], d.ended[:len(d.queued)]
}

// waiting is how many connections wait at a time, inside or in the kernel.
func (d *served) waiting(at time.Duration) int { return upTo(d.queued, at) - upTo(d.started, at) }

// upTo is how many of the times, which ascend, are no later than at.
func upTo(times []time.Duration, at time.Duration) int {
	n, _ := slices.BinarySearch(times, at+1)
	return n
}

// bucket is a token bucket; one without a rate lets everything pass.
type bucket struct {
	rate, places, tokens float64
	last                 time.Duration
}

func (b *bucket) take(at time.Duration) bool {
	if b.rate == 0 {
		return true
	}
	b.tokens = min(b.places, b.tokens+b.rate*(at-b.last).Seconds())
	b.last = at
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
