package analysis

import (
	"time"

	"weir/loadgen"
	"weir/probe"
	"weir/report/analysis/cause"
	"weir/report/result"
	"weir/report/runfile"
)

// facts answers what the rules of package cause ask of a lane.
func (r *run) facts(l *lane, c serverCapacity, rec result.Reconciliation) cause.Facts {
	f := cause.Facts{
		Retrial: l.Mode == runfile.Retrial, Proxied: l.Name == "proxy" || l.Proxy != nil,
		Deadline: l.Deadline, Timeout: l.Timeout,
		Classes: r.classes(l, c), Outcomes: l.outcomes(), LateBySYN: l.lateBySYN(),
		Kernel: r.counted(l), Queue: l.seen(), Processor: r.starvation(l), Reconciliation: rec,
		Capacity: cause.Capacity{
			Rate: c.rate, Service: c.mean, Stamped: c.stamped, Simulated: r.simulatedOverflows(l, c),
		},
		Proxy: cause.Proxy{Errors: map[string]uint64{}, Expired: l.expired},
	}
	for _, t := range l.trials {
		f.SYNRetrans += t.figures.synRetrans
		errors, access := r.log(t)
		f.Proxy.AccessLog = f.Proxy.AccessLog || len(access) > 0
		for class, n := range errors {
			f.Proxy.Errors[class] += n
		}
	}
	return f
}

// classes are the lane's failures by class, with when and at which load they were due.
func (r *run) classes(l *lane, c serverCapacity) map[loadgen.Class]cause.Failures {
	out := map[loadgen.Class]cause.Failures{}
	for class, outcomes := range r.allFailures(l) {
		out[class] = l.dueWhen(outcomes, c, func(b *bin) (n uint64) {
			for o := range outcomes {
				n += b.due[o]
			}
			return n
		})
	}
	if n := l.late(); n > 0 {
		ok := map[loadgen.Outcome]uint64{loadgen.OK: n}
		out[loadgen.ByLateness] = l.dueWhen(ok, c, func(b *bin) uint64 { return b.late })
	}
	return out
}

// surelyBelow is × W/S: below that, no error in the service time makes up for the difference.
const surelyBelow = 0.90

// dueWhen are failures with when they were due, and at which load.
func (l *lane) dueWhen(
	outcomes map[loadgen.Outcome]uint64, c serverCapacity, of func(*bin) uint64,
) cause.Failures {
	out := cause.Failures{Outcomes: outcomes}
	if first, ok := l.firstBin(of); ok {
		out.First = &first
	}
	for _, t := range l.trials {
		for at, b := range t.bins {
			n := of(b)
			out.Due.All += n
			rate := t.Plan.RateAt(min(max(0, at-t.Start), max(0, t.duration()-1)))
			switch {
			case c.rate == 0:
			case rate >= c.surelyAbove():
				out.Due.Above += n
			case rate < surelyBelow*c.rate:
				out.Due.Below += n
			}
		}
	}
	return out
}

// surelyAbove is the rate from which on more is offered than the workers serve, whatever the error of their
// service time. Stamps bound it on both sides: so much at most the workers serve. A service time that was
// stated, or measured by single requests, is too short if anything (3 to 6 %, see capacity), so that the rate
// which it makes is too high already.
func (c serverCapacity) surelyAbove() float64 {
	if c.stamped {
		return max(c.rate, c.rateHigh)
	}
	return c.rate
}

// lateBySYN is how many answers were late by lost SYNs alone: it took longer than the deadline to connect.
// Nil where the record does not have that of single connections.
func (l *lane) lateBySYN() *uint64 {
	if len(l.connects) == 0 {
		return nil
	}
	n := uint64(0)
	for _, c := range l.connects {
		if c.Count > 0 && c.Sum/time.Duration(c.Count) > l.Deadline {
			n += c.Count
		}
	}
	return &n
}

var (
	listenDrops     = keep(probe.ListenDrops)
	reqQFullDrop    = keep("TcpExtTCPReqQFullDrop")
	deferAcceptDrop = keep(probe.DeferAcceptDrops) // they are among the listeners' drops, and no loss
)

// counted is what the kernel counted while the lane's trials ran.
func (r *run) counted(l *lane) cause.Kernel {
	k := cause.Kernel{
		Overflows:   l.overflows(),
		Namespace:   l.sum(func(f *figures) *uint64 { return f.namespace }),
		Drops:       l.sum(func(f *figures) *uint64 { return f.drops }),
		ListenDrops: l.grown(listenDrops),
		QueueDrops:  l.grown(reqQFullDrop),
		Deferred:    l.grown(deferAcceptDrop),
	}
	if k.Drops != nil {
		_, k.Deferrable = probe.DeferredACKs(*k.Drops, k.ListenDrops, k.Deferred)
	}
	if from, _, ok := r.overflowBegan(l); ok {
		k.Began = &from
	}
	if h := r.hosts[l.ListenerHost]; h != nil {
		k.Others, k.RSTs = h.others(), h.traced.refused()
	}
	return k
}

// seen is what the samples showed of the lane's accept queue.
func (l *lane) seen() cause.Queue {
	q := l.queue()
	return cause.Queue{
		Listener: l.Listener, Unix: probe.IsUnix(l.Listener),
		Depth: q.depth, Limit: q.limit, Full: q.full, FullLimit: q.held, FullAt: q.at,
	}
}

// starvation is for which share of their time the listener's processes could have run and had no processor,
// or were stopped by their group's quota; nil where the kernel was not asked, or does not say.
func (r *run) starvation(l *lane) *cause.Processor {
	workers := r.header.Capacity.Workers
	if workers == 0 {
		return nil
	}
	var waited, stopped, wall time.Duration
	for _, t := range l.trials {
		first, last, ok := r.inside(t)
		delay := last.counters.since(first.counters, listenerRunDelay)
		quota := last.counters.since(first.counters, throttled)
		if !ok || delay == nil && quota == nil {
			continue
		}
		wall += last.from - first.from
		waited += time.Duration(min(value(delay), uint64(forever)))
		stopped += time.Duration(min(value(quota), uint64(forever/time.Microsecond))) * time.Microsecond
	}
	if wall <= 0 {
		return nil
	}
	// Other threads of the processes wait too, and those of a stopped group together: no more than always.
	return &cause.Processor{
		Workers: workers,
		Waited:  min(1, waited.Seconds()/wall.Seconds()/float64(workers)),
		Stopped: min(1, stopped.Seconds()/wall.Seconds()),
	}
}

// simulatedOverflows is how often the model's queue overflows on the schedules of the lane's trials; nil
// where it cannot be known for all of them.
func (r *run) simulatedOverflows(l *lane, c serverCapacity) *uint64 {
	if value(l.overflows()) == 0 {
		return nil
	}
	n := uint64(0)
	for _, t := range l.trials {
		overflows, ok := r.simulate(t, c)
		if !ok {
			return nil
		}
		n += uint64(len(overflows))
	}
	return &n
}
