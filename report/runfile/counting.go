package runfile

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
)

// counted is what is known of a trial that is running, between two writes. Readings come ten times a second, so that
// whoever watches the trial sees soon how it goes; they are put together for the file, because a histogram in it
// costs as much for few values as for many.
type counted struct {
	*count.Counter
	index int
	start time.Duration
	reuse bool // connections may be idle

	pending        map[time.Duration]*count.Bin
	unused         []*count.Bin
	connect, first []int64 // see Phases
	failures       []*Failure
	last           time.Duration
}

func newCounted(index int, start time.Duration, lane Lane) *counted {
	c := &counted{
		Counter: count.New(lane.Deadline), index: index, start: start, reuse: lane.Connections == loadgen.Reuse,
		pending: map[time.Duration]*count.Bin{},
	}
	c.Watch(c.add)
	return c
}

func (c *counted) add(r *count.Reading) {
	for _, b := range r.Bins {
		at := c.pending[b.At]
		if at == nil {
			if n := len(c.unused); n > 0 {
				at, c.unused = c.unused[n-1], c.unused[:n-1]
			} else {
				at = &count.Bin{}
			}
			c.pending[b.At] = at
		}
		at.Merge(b)
	}
	c.connect, c.first = append(c.connect, r.Connect...), append(c.first, r.FirstByte...)
	for _, f := range r.Failures {
		c.failures = append(c.failures, &Failure{c.index, f})
	}
	c.last = max(c.last, r.Last)
}

// write appends what was added, in the order of time, and forgets it.
func (c *counted) write(w *Writer, encoder *histogramEncoder) error {
	var errs []error
	for _, b := range slices.SortedFunc(maps.Values(c.pending), func(x, y *count.Bin) int { return cmp.Compare(x.At, y.At) }) {
		bin, err := encodeBin(c.index, b, encoder)
		errs = append(errs, err, w.Write(bin))
	}
	errs = append(errs, c.writePhases(w, encoder))
	for _, f := range c.failures {
		errs = append(errs, w.Write(f))
	}
	return errors.Join(errs...)
}

func (c *counted) writePhases(w *Writer, encoder *histogramEncoder) error {
	if len(c.first) == 0 {
		return nil
	}
	connect, err := encoder.encode(c.connect)
	first, errFirst := encoder.encode(c.first)
	return errors.Join(err, errFirst, w.Write(&Phases{c.index, connect, first}))
}

// forget empties what was written and keeps the memory, but for what a burst has left.
func (c *counted) forget() {
	const keep = 64
	for _, b := range c.pending {
		if len(c.unused) < keep {
			b.Empty()
			c.unused = append(c.unused, b)
		}
	}
	clear(c.pending)
	c.connect, c.first, c.failures = c.connect[:0], c.first[:0], c.failures[:0]
}

func encodeBin(trial int, b *count.Bin, encoder *histogramEncoder) (*Bin, error) {
	bin := &Bin{
		Trial: trial, At: b.At, Due: b.Due(), Done: b.Done(), Late: b.Late, Sent: b.Sent, SYNRetrans: b.SYNRetrans,
		Connects: b.Connects, Unanswered: b.Unanswered, Opened: b.Opened, Closings: b.Closings,
	}
	for _, h := range []struct {
		to     *string
		values []int64
	}{{&bin.Latency, b.Latency}, {&bin.FromSent, b.FromSent}, {&bin.FailLatency, b.FailLatency}, {&bin.Lag, b.Lag}} {
		var err error
		if *h.to, err = encoder.encode(h.values); err != nil {
			return bin, err
		}
	}
	return bin, nil
}
