package runfile

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
)

// counted is a trial that is running. Readings come ten times a second and more, so that whoever watches the
// trial sees soon how it goes; they are put together for the file, because a histogram in it costs as much
// for few values as for many.
type counted struct {
	*count.Counter
	index int
	start time.Duration
	reuse bool // connections may be idle

	mu      sync.Mutex
	room    sync.Cond
	pending *unwritten
	spare   *unwritten // nil while it is being written
}

// unwritten is what was counted of a trial since it was last written.
type unwritten struct {
	bins           map[time.Duration]*count.Bin
	unused         []*count.Bin
	connect, first []int64 // see Phases
	failures       []*Failure
	held           int // results
	last           time.Duration
}

func newCounted(index int, start time.Duration, lane Lane) *counted {
	c := &counted{
		Counter: count.New(lane.Deadline), index: index, start: start,
		reuse:   lane.Connections == loadgen.Reuse,
		pending: &unwritten{bins: map[time.Duration]*count.Bin{}},
		spare:   &unwritten{bins: map[time.Duration]*count.Bin{}},
	}
	c.room.L = &c.mu
	c.Watch(c.add)
	return c
}

// add waits only where a million results are pending because the disk does not keep up: then nobody reads,
// and in the end those who record wait.
func (c *counted) add(r *count.Reading) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.pending.held >= maxPending && c.spare == nil {
		c.room.Wait()
	}
	c.pending.add(c.index, r)
}

// take returns what was added since it was last called. Whoever takes gives it back.
func (c *counted) take() *unwritten {
	c.mu.Lock()
	defer c.mu.Unlock()
	filled := c.pending
	c.pending, c.spare = c.spare, nil
	return filled
}

// giveBack returns what was written, for its memory.
func (c *counted) giveBack(u *unwritten) {
	u.forget()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spare = u
	c.room.Broadcast()
}

func (u *unwritten) add(trial int, r *count.Reading) {
	for _, b := range r.Bins {
		at := u.bins[b.At]
		if at == nil {
			if n := len(u.unused); n > 0 {
				at, u.unused = u.unused[n-1], u.unused[:n-1]
			} else {
				at = &count.Bin{}
			}
			u.bins[b.At] = at
		}
		at.Merge(b)
		u.held += int(b.Ended())
	}
	u.connect, u.first = append(u.connect, r.Connect...), append(u.first, r.FirstByte...)
	for _, f := range r.Failures {
		u.failures = append(u.failures, &Failure{trial, f})
	}
	u.last = max(u.last, r.Last)
}

// write appends what was added to a trial, in the order of time.
func (u *unwritten) write(trial int, w *Writer, encoder *histogramEncoder) error {
	var errs []error
	for _, b := range slices.SortedFunc(maps.Values(u.bins),
		func(x, y *count.Bin) int { return cmp.Compare(x.At, y.At) }) {
		bin, err := encodeBin(trial, b, encoder)
		errs = append(errs, err, w.Write(bin))
	}
	errs = append(errs, u.writePhases(trial, w, encoder))
	for _, f := range u.failures {
		errs = append(errs, w.Write(f))
	}
	return errors.Join(errs...)
}

func (u *unwritten) writePhases(trial int, w *Writer, encoder *histogramEncoder) error {
	if len(u.first) == 0 {
		return nil
	}
	connect, err := encoder.encode(u.connect)
	first, errFirst := encoder.encode(u.first)
	return errors.Join(err, errFirst, w.Write(&Phases{trial, connect, first}))
}

// forget empties what was written and keeps the memory, but for what a burst has left.
func (u *unwritten) forget() {
	const keep = 64
	for _, b := range u.bins {
		if len(u.unused) < keep {
			b.Empty()
			u.unused = append(u.unused, b)
		}
	}
	clear(u.bins)
	u.connect, u.first, u.failures, u.held = u.connect[:0], u.first[:0], u.failures[:0], 0
}

func encodeBin(trial int, b *count.Bin, encoder *histogramEncoder) (*Bin, error) {
	bin := &Bin{
		Trial: trial, At: b.At, Due: b.Due(), Done: b.Done(), Late: b.Late, Sent: b.Sent,
		SYNRetrans: b.SYNRetrans,
		Connects:   b.Connects, Unanswered: b.Unanswered, Opened: b.Opened, Closings: b.Closings,
	}
	for _, h := range []struct {
		to     *string
		values []int64
	}{{&bin.Latency, b.Latency}, {&bin.FromSent, b.FromSent}, {&bin.FailLatency, b.FailLatency},
		{&bin.Lag, b.Lag}} {
		var err error
		if *h.to, err = encoder.encode(h.values); err != nil {
			return bin, err
		}
	}
	return bin, nil
}
