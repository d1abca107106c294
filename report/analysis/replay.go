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

// replay is what the simulator made of a trial's schedule.
type replay struct {
	overflows []time.Duration // when its queue overflowed, from the trial's start, ascending
	ok        bool            // false: it could not be simulated
}

// replayed counts the simulator's overflows into the lane's bins: what the model says would have been seen.
func (r *run) replayed(
	t *trial, c serverCapacity, index map[time.Duration]int, width time.Duration, into []*uint64,
) {
	overflows, ok := r.simulate(t, c)
	if !ok {
		return
	}
	from, to := t.extent()
	for at := from.Truncate(width); at < to; at += width {
		if i, ok := index[at]; ok {
			into[i] = plus(into[i], 0)
		}
	}
	for _, at := range overflows {
		if i, ok := index[(t.Start + at).Truncate(width)]; ok {
			into[i] = plus(into[i], 1)
		}
	}
}

// simulate serves the trial's schedule with the measured service time, once. False where the server is not
// known, its plan offers nothing, or the run has too many requests; and in retrial mode, where what
// retransmitted SYNs do depends on clients that the record does not know.
func (r *run) simulate(t *trial, c serverCapacity) (overflows []time.Duration, ok bool) {
	m, known := c.model(t.lane)
	if !known || t.lane.Mode != runfile.Loss {
		return nil, false
	}
	if t.replay == nil {
		t.replay = &replay{}
		if t.Due > maxReplay-r.simulated {
			r.warn("not_replayed", t.lane.Name, result.Args{"limit": maxReplay})
			return nil, false
		}
		r.simulated += t.Due
		system := capacity.System{
			Servers: m.Servers(), Slots: m.Slots(),
			Service: func(int) time.Duration { return m.Service },
		}
		if out, err := system.Run(times(t.Plan, t.Due)); err == nil {
			t.replay.overflows, t.replay.ok = out.Overflows, true
		}
	}
	return t.replay.overflows, t.replay.ok
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
