package runfile

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"weir/loadgen"
)

// examplesPerBin is how many failed requests of one outcome and bin are kept whole, of each thread.
const examplesPerBin = 2

// bins adds up the results of one trial between two writes. It keeps latencies as plain values and fills
// histograms only when it writes: a bin has few values, a histogram of 200 KB for each bin that may still get
// a late answer would need hundreds of megabytes.
type bins struct {
	trial    int
	deadline time.Duration
	open     map[time.Duration]*openBin
	unused   []*openBin
	// Results come nearly in order, so the bin of the last one is nearly always that of the next.
	lastDue, lastDone, lastSent *openBin

	connects, firsts []int64 // see Phases

	held     int // results
	failures []*Failure
	examples map[exampleKey]int // how many there are; of both sets of a shard, until the trial ends
	last     time.Duration
}

type exampleKey struct {
	at      time.Duration
	outcome loadgen.Outcome
}

// openBin is a Bin whose histograms are still values, and whose outcomes are still counted by number.
type openBin struct {
	at                                   time.Duration
	due, done                            [numbered]uint64
	late, sent, syns                     uint64
	opened                               uint64
	closings                             Closings
	connects, unanswered                 []Connects
	latency, service, failLatency, delay []int64
}

func newBins(trial int, deadline time.Duration, examples map[exampleKey]int) *bins {
	return &bins{trial: trial, deadline: deadline, open: map[time.Duration]*openBin{}, examples: examples}
}

func (b *bins) add(r *loadgen.Result) {
	b.held++
	b.last = max(b.last, r.Done)
	outcome := outcomeNumber(r.Outcome)
	due := b.bin(&b.lastDue, r.Due)
	due.due[outcome]++
	b.bin(&b.lastDone, r.Done).done[outcome]++
	due.connection(r)

	latency := r.Done - r.Due
	// What was canceled before it began has no send time; a send time of zero is one only at the very start.
	sent := r.Outcome.Sent() && (r.Sent > 0 || r.Due == 0)
	if sent {
		b.bin(&b.lastSent, r.Sent).sent++
		due.delay = append(due.delay, int64(r.Sent-r.Due))
	}
	switch {
	case r.Outcome == loadgen.OK:
		due.latency = append(due.latency, int64(latency))
		due.service = append(due.service, int64(r.Done-r.Sent))
		b.phases(r)
		if b.deadline > 0 && latency > b.deadline {
			due.late++
		}
	case sent:
		due.failLatency = append(due.failLatency, int64(latency))
		b.example(due.at, r)
	}
}

// phases keeps how long an ok request took to connect, and until its first byte.
func (b *bins) phases(r *loadgen.Result) {
	const room = 4096 // at once: what half a second at 8,000 requests a second takes, without growing on the way
	if b.firsts == nil {
		b.firsts, b.connects = make([]int64, 0, room), make([]int64, 0, room)
	}
	if r.Connected > 0 {
		b.connects = append(b.connects, int64(r.Connected-r.Sent))
	}
	if r.FirstByte > 0 {
		b.firsts = append(b.firsts, int64(r.FirstByte-r.Sent))
	}
}

// connection counts what became of the request's connection.
func (o *openBin) connection(r *loadgen.Result) {
	o.syns += uint64(max(r.SYNRetrans, 0))
	if r.Connected > 0 {
		o.opened++
		if r.SYNRetrans > 0 {
			o.connects = addConnect(o.connects, r.SYNRetrans, r.Connected-r.Sent)
		}
	}
	// An engine that cannot ask the kernel does not know the port of what never connected either.
	if r.Outcome == loadgen.ConnectTimeout && r.LocalPort > 0 {
		o.unanswered = addConnect(o.unanswered, 1+r.SYNRetrans, r.Done-r.Sent)
	}
	o.closings.add(r.Closed, r.Unread)
}

// add counts a connection that ended; first is "" where it did not.
func (c *Closings) add(first loadgen.Closer, unread int) {
	closed, reset := &c.WeClosed, &c.WeUnread
	switch first {
	case loadgen.ByPeer:
		closed, reset = &c.PeerClosed, &c.PeerUnread
	case loadgen.ByUs:
	default:
		return
	}
	*closed++
	if unread > 0 {
		*reset++
	}
}

// addConnect adds a handshake that lost SYNs.
func addConnect(all []Connects, lost int, took time.Duration) []Connects {
	i := slices.IndexFunc(all, func(c Connects) bool { return c.Lost == lost })
	if i < 0 {
		i = len(all)
		all = append(all, Connects{Lost: lost})
	}
	all[i].Count++
	all[i].Sum += took
	return all
}

func (b *bins) example(at time.Duration, r *loadgen.Result) {
	key := exampleKey{at, r.Outcome}
	if b.examples[key] < examplesPerBin {
		b.examples[key]++
		b.failures = append(b.failures, &Failure{b.trial, *r})
	}
}

// bin returns the bin of a time, by way of the one that was asked for last.
func (b *bins) bin(last **openBin, at time.Duration) *openBin {
	if o := *last; o != nil && at >= o.at && at < o.at+BinWidth {
		return o
	}
	at = max(at, 0).Truncate(BinWidth)
	o := b.open[at]
	if o == nil {
		if n := len(b.unused); n > 0 {
			o, b.unused = b.unused[n-1], b.unused[:n-1]
		} else {
			o = &openBin{}
		}
		o.at = at
		b.open[at] = o
	}
	*last = o
	return o
}

// write appends what was added, in the order of time.
func (b *bins) write(w *Writer, encoder *histogramEncoder) error {
	var errs []error
	ordered := slices.SortedFunc(maps.Values(b.open), func(x, y *openBin) int { return cmp.Compare(x.at, y.at) })
	for _, o := range ordered {
		bin, err := o.encode(b.trial, encoder)
		errs = append(errs, err, w.Write(bin))
	}
	errs = append(errs, b.writePhases(w, encoder))
	for _, f := range b.failures {
		errs = append(errs, w.Write(f))
	}
	return errors.Join(errs...)
}

func (b *bins) writePhases(w *Writer, encoder *histogramEncoder) error {
	if len(b.firsts) == 0 {
		return nil
	}
	connect, err := encoder.encode(b.connects)
	first, errFirst := encoder.encode(b.firsts)
	return errors.Join(err, errFirst, w.Write(&Phases{b.trial, connect, first}))
}

func (o *openBin) encode(trial int, encoder *histogramEncoder) (*Bin, error) {
	bin := &Bin{
		Trial: trial, At: o.at, Due: named(&o.due), Done: named(&o.done), Late: o.late, Sent: o.sent, SYNRetrans: o.syns,
		Connects: o.connects, Unanswered: o.unanswered,
		Opened: o.opened, Closings: o.closings,
	}
	for _, c := range [][]Connects{bin.Connects, bin.Unanswered} {
		slices.SortFunc(c, func(a, b Connects) int { return a.Lost - b.Lost })
	}
	for _, h := range []struct {
		to     *string
		values []int64
	}{{&bin.Latency, o.latency}, {&bin.Service, o.service}, {&bin.FailLatency, o.failLatency}, {&bin.Lag, o.delay}} {
		var err error
		if *h.to, err = encoder.encode(h.values); err != nil {
			return bin, err
		}
	}
	return bin, nil
}

// reset empties the bins and keeps their memory, but for what a burst has left.
func (b *bins) reset() {
	const keep = 64
	for _, o := range b.open {
		if len(b.unused) < keep {
			*o = openBin{latency: o.latency[:0], service: o.service[:0], failLatency: o.failLatency[:0], delay: o.delay[:0]}
			b.unused = append(b.unused, o)
		}
	}
	clear(b.open)
	b.lastDue, b.lastDone, b.lastSent = nil, nil, nil
	b.connects, b.firsts = b.connects[:0], b.firsts[:0]
	b.failures, b.held = b.failures[:0], 0
}
