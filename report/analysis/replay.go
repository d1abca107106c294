package analysis

import (
	"iter"
	"time"

	"weir/loadgen/plan"
	"weir/report/capacity"
	"weir/report/result"
	"weir/report/runfile"
)

// maxReplay bounds the requests of a run that are simulated; a record can claim any number of them.
const maxReplay = 5_000_000

// replay lets the simulator serve the trial's schedule with the measured service time and counts its
// overflows into the lane's bins: what the model says would have been seen. In loss mode only: what
// retransmitted SYNs do depends on clients that the record does not know.
func (r *run) replay(t *trial, c serverCapacity, index map[time.Duration]int, width time.Duration, into []*uint64) {
	if _, ok := c.model(t.lane); !ok || t.lane.Mode != runfile.Loss {
		return
	}
	if t.Due > maxReplay-r.replayed {
		r.warn("not_replayed", t.lane.Name, result.Args{"limit": maxReplay})
		return
	}
	r.replayed += t.Due
	result, ok := r.simulate(t, c)
	if !ok {
		return // a plan that is none offers nothing to replay
	}
	from, to := t.extent()
	for at := from.Truncate(width); at < to; at += width {
		if i, ok := index[at]; ok {
			into[i] = plus(into[i], 0)
		}
	}
	for _, at := range result.Overflows {
		if i, ok := index[(t.Start + at).Truncate(width)]; ok {
			into[i] = plus(into[i], 1)
		}
	}
}

// simulate serves the trial's schedule with the measured service time; false where the server is not known, its
// clients' retransmissions are not, or there are too many requests.
func (r *run) simulate(t *trial, c serverCapacity) (*capacity.Result, bool) {
	m, ok := c.model(t.lane)
	if !ok || t.lane.Mode != runfile.Loss || t.Due > maxReplay {
		return nil, false
	}
	system := capacity.System{
		Servers: m.Servers(), Slots: m.Slots(),
		Service: func(int) time.Duration { return m.Service },
	}
	result, err := system.Run(times(t.Plan, t.Due))
	return &result, err == nil
}

// times are the first n times of the schedule.
func times(p plan.Plan, n int) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for i, at := range p.Due() {
			if i >= n || !yield(at) {
				return
			}
		}
	}
}
