package world

import (
	"math"
	"time"

	"weir/probe"
	"weir/report/runfile"
)

// samplesUntil reads the kernel of the server's host up to a time that lies in a stretch with one
// simulation, which began at start.
func (e *experiment) samplesUntil(end, start time.Duration, sim *served) {
	for ; e.now < end; e.now += e.Every {
		at := e.now - start - lag
		overflows := e.overflows + uint64(upTo(sim.overflows, at))
		drops := uint32(overflows)
		s := probe.Sample{
			Host: Backend, At: e.now, Took: ms,
			Counters: map[string]uint64{
				"TcpExtListenOverflows": 7 + overflows, "TcpExtListenDrops": 9 + overflows,
				"TcpPassiveOpens": 100 + e.accepted + uint64(upTo(sim.queued, at)),
			},
		}
		s.Listeners = []probe.Listener{{Addr: Listener, Cookie: 1, Limit: uint32(e.Backlog), Drops: &drops}}
		s.Listeners[0].Depth = e.depth(sim, at)
		if e.Sample != nil {
			e.Sample(&s)
		}
		e.keep(e.rec.Write(&runfile.Sample{Sample: s}))
		if e.NGINX {
			e.keep(e.nginx.poll(e.rec, e.now))
		}
	}
}

// depth is how many connections wait in the kernel.
func (e *experiment) depth(sim *served, at time.Duration) uint32 {
	if e.MostInside > 0 {
		return 0
	}
	return uint32(max(0, sim.waiting(at)-e.Ahead))
}

// stamp tells of busy periods tenth of a second by tenth.
func (e *experiment) stamp(start time.Duration, sim *served) {
	bins := map[time.Duration]runfile.Service{}
	var last time.Duration
	for _, f := range sim.fates {
		if !f.Connected || f.refused {
			continue
		}
		took := f.Done - f.Start
		at := (start + f.Done + lag).Truncate(runfile.BinWidth) + runfile.BinWidth
		b := bins[at]
		bins[at] = runfile.Service{
			Host: Backend, At: at,
			Count: b.Count + 1, Sum: b.Sum + took, SumSq: b.SumSq + math.Pow(took.Seconds(), 2),
		}
		last = max(last, at)
	}
	for at := start.Truncate(runfile.BinWidth); at <= min(last, e.now); at += runfile.BinWidth {
		if b := bins[at]; b.Count > 0 {
			e.keep(e.rec.Write(&b))
		}
	}
}
