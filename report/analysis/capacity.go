package analysis

import (
	"math"
	"slices"
	"time"

	"weir/probe"
	"weir/report/analysis/estimate"
	"weir/report/capacity"
	"weir/report/result"
	"weir/report/runfile"
)

// serverCapacity is W, S and W/S with their doubts, in seconds and requests per second; zero is "not known".
type serverCapacity struct {
	servers   int // workers × connections
	service   float64
	low, high float64 // of service; 0 where it was not measured
	source    string
	stamped   bool // by the backend: whole busy periods
	count     uint64
	nominal   float64 // as stated, where a measured one took its place
	rate      float64
	rateLow   float64
	rateHigh  float64
	mean      time.Duration
}

// capacity is workers × connections ÷ S. S is the worker's whole busy period, from accept to being ready
// to accept again, where the backend stamps it: a sleep of 20 ms keeps a worker for 20.65 ms, and with
// the nominal figure every onset would look 3 to 6 % too low. It is taken from trials that kept the
// workers busy, because an idle worker's first request after a sleep is slower than those that follow.
func (r *run) capacity() serverCapacity {
	h := r.header.Capacity
	c := serverCapacity{
		servers: h.Workers * max(1, h.WorkerConnections),
		service: h.ServiceTime.Seconds(), source: h.ServiceTimeSource,
	}
	c.median(h.ServiceTimes)
	if s := r.stamped(); s.count > 0 {
		mean, low, high, ok := estimate.Mean(s.count, s.sum, s.sumSq)
		if !ok {
			mean, low, high = s.sum/float64(s.count), 0, 0
			r.warn("service_time_interval", "", nil)
		}
		c.nominal, c.service, c.low, c.high = c.service, mean, max(low, 0), high
		c.source, c.count, c.stamped = s.source, s.count, true
	}
	c.mean = time.Duration(math.Round(c.service * 1e9))
	if c.servers > 0 && c.service > 0 {
		c.rate = float64(c.servers) / c.service
		if c.low > 0 && c.high > 0 {
			c.rateLow, c.rateHigh = float64(c.servers)/c.high, float64(c.servers)/c.low
		}
	}
	return c
}

// median takes the service time of single requests, with the interval that their order gives
// (estimate.QuantileRanks).
func (c *serverCapacity) median(took []time.Duration) {
	if len(took) == 0 {
		return
	}
	took = slices.Sorted(slices.Values(took))
	c.service, c.count = took[len(took)/2].Seconds(), uint64(len(took))
	if low, high := estimate.QuantileRanks(c.count, 0.5); low > 0 && high > 0 {
		c.low, c.high = took[low-1].Seconds(), took[high-1].Seconds()
	}
}

type stamps struct {
	count      uint64
	sum, sumSq float64
	source     string
}

// stamped pools the backend's stamps that were taken while load was offered: of the trials in which the
// queue was full or overflowed, and where there are none of these, of all.
func (r *run) stamped() stamps {
	saturated := func(t *trial) bool {
		o := t.figures.overflows
		return t.figures.queue.full || o != nil && *o > 0
	}
	s := r.pool(saturated)
	s.source = result.Stamped
	if s.count == 0 {
		s = r.pool(func(*trial) bool { return true })
		s.source = result.StampedIdle
	}
	return s
}

func (r *run) pool(from func(*trial) bool) (s stamps) {
	i := 0
	for _, t := range r.trials {
		for ; i < len(r.services) && r.services[i].At <= t.Start; i++ {
		}
		for ; i < len(r.services) && r.services[i].At <= min(t.Start+t.duration(), t.until); i++ {
			if x := r.services[i]; from(t) && x.Count > 0 && x.Sum > 0 {
				s.count += x.Count
				s.sum += x.Sum.Seconds()
				s.sumSq += x.SumSq
			}
		}
	}
	return s
}

func (c serverCapacity) report(h runfile.Capacity) result.Capacity {
	return result.Capacity{
		Workers: h.Workers, WorkersSource: h.WorkersSource, WorkersEvidence: h.WorkersEvidence,
		WorkerConnections: max(1, h.WorkerConnections),
		ServiceTimeSource: c.source, ServiceTimeCount: c.count,
		ServiceTime: positive(c.service), ServiceTimeLow: positive(c.low), ServiceTimeHigh: positive(c.high),
		NominalServiceTime: positive(c.nominal),
		Computed:           positive(c.rate), Low: positive(c.rateLow), High: positive(c.rateHigh),
	}
}

// positive is nil for what is not known.
func positive(x float64) *float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// model is the server behind a lane; false where its workers, their service time or its queue are not known.
func (c serverCapacity) model(l *lane) (capacity.Model, bool) {
	if c.servers == 0 || c.mean <= 0 || l.slots == 0 {
		return capacity.Model{}, false
	}
	return capacity.Model{Workers: c.servers, Service: c.mean, Backlog: l.slots - 1}, true
}

var (
	passiveOpens     = keep("TcpPassiveOpens") // connections made to all listeners of the network namespace
	listenerCPU      = keep("sched.listener.cpu_ns")
	listenerRunDelay = keep("sched.listener.run_delay_ns")
	throttled        = keep("cgroup.cpu.throttled_us")
)

// backend is what a lane's load was to its listener's host.
func (r *run) backend(l *lane) (b result.Backend) {
	if !probe.IsUnix(l.Listener) {
		b.Connections = l.grown(passiveOpens)
		b.PerRequest = l.perRequest(func(f *figures) *uint64 { return f.cover.delta(passiveOpens) })
	}
	b.CPU = r.processor(l)
	if p := r.starvation(l); p != nil {
		share := p.Starved()
		b.Starved = &share
	}
	return b
}

// perRequest is a figure ÷ requests sent, of the trials that have it; nil where none has, or none sent any.
func (l *lane) perRequest(of func(*figures) *uint64) *float64 {
	var sum, sent uint64
	for _, t := range l.trials {
		if v := of(&t.figures); v != nil {
			sum += *v
			sent += t.figures.sent
		}
	}
	if sent == 0 {
		return nil
	}
	per := float64(sum) / float64(sent)
	return &per
}

// processor is the CPU time in seconds of the processes that hold the lane's listener, for each request sent
// between the same readings of it; nil where it was not read twice in any trial.
func (r *run) processor(l *lane) *float64 {
	var ns uint64
	var sent float64
	for _, t := range l.trials {
		first, last, ok := r.inside(t)
		if grew := last.counters.since(first.counters, listenerCPU); ok && grew != nil {
			ns += *grew
			sent += t.sentBetween(first.from, last.from)
		}
	}
	if sent == 0 {
		return nil
	}
	per := float64(ns) / float64(time.Second) / sent
	return &per
}
