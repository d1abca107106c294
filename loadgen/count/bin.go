package count

import (
	"slices"
	"time"

	"weir/loadgen"
)

// Width is the length of a Bin.
const Width = 100 * time.Millisecond

// Reading is what one thread counted since the last reading. It is the Counter's, and good until a watcher
// returns.
type Reading struct {
	Bins     []*Bin           // in the order of time; every time from which something became known since
	Failures []loadgen.Result // sent requests that were not ok, kept whole: a few of each outcome and bin
	First    time.Duration    // when the outcome became known that was recorded first
	Last     time.Duration    // the latest time at which an outcome became known

	// Of ok requests, nanoseconds: from sending until connected, of those on a connection of their own; and
	// until the first byte of the response.
	Connect, FirstByte []int64
}

// Bin is what became known of a tenth of a second. Counts are of requests that were due in it, but for Sent
// and what Done says.
type Bin struct {
	At time.Duration // its beginning, from the epoch

	due, done  [numbered]uint64
	Late       uint64 // ok, later than the deadline
	Sent       uint64 // attempts that began in this bin
	SYNRetrans uint64 // SYNs that were sent again
	Opened     uint64 // connections made
	Closings          // of connections that did not stay open
	// handshakes that succeeded although SYNs were lost; that timed out, by how many SYNs had no answer
	Connects, Unanswered []Connects

	// Nanoseconds: Latency (done−due) and FromSent (done−sent) of ok requests, FailLatency (done−due) of sent
	// ones that were not ok, Lag (sent−due) of all that were sent.
	Latency, FromSent, FailLatency, Lag []int64
}

// Due counts, by outcome, the requests that were due in the bin; Done those whose outcome became known in it.
func (b *Bin) Due() map[loadgen.Outcome]uint64  { return named(&b.due) }
func (b *Bin) Done() map[loadgen.Outcome]uint64 { return named(&b.done) }

// Ended is how many requests that were due in the bin have an outcome. Canceled requests do not count: nobody
// knows what would have become of them.
func (b *Bin) Ended() (n uint64) {
	for _, k := range b.due {
		n += k
	}
	return n - b.Of(loadgen.Canceled)
}

// Of is how many requests that were due in the bin ended in an outcome.
func (b *Bin) Of(o loadgen.Outcome) uint64 { return b.due[outcomeNumber(o)] }

// Failed is how many of Ended did not end in ok; Bad is how many failed or were late.
func (b *Bin) Failed() uint64 { return b.Ended() - b.due[0] }
func (b *Bin) Bad() uint64    { return b.Failed() + b.Late }

// Merge adds another bin of the same time.
func (b *Bin) Merge(o *Bin) {
	b.At = o.At
	for i := range b.due {
		b.due[i] += o.due[i]
		b.done[i] += o.done[i]
	}
	b.Late += o.Late
	b.Sent += o.Sent
	b.SYNRetrans += o.SYNRetrans
	b.Opened += o.Opened
	b.Closings.Add(o.Closings)
	for _, c := range o.Connects {
		b.Connects = addConnects(b.Connects, c)
	}
	for _, c := range o.Unanswered {
		b.Unanswered = addConnects(b.Unanswered, c)
	}
	b.Latency = append(b.Latency, o.Latency...)
	b.FromSent = append(b.FromSent, o.FromSent...)
	b.FailLatency = append(b.FailLatency, o.FailLatency...)
	b.Lag = append(b.Lag, o.Lag...)
}

// Empty takes everything out and keeps the memory.
func (b *Bin) Empty() {
	*b = Bin{Latency: b.Latency[:0], FromSent: b.FromSent[:0], FailLatency: b.FailLatency[:0], Lag: b.Lag[:0]}
}

// connection counts what became of the request's connection.
func (b *Bin) connection(r *loadgen.Result) {
	b.SYNRetrans += uint64(max(r.SYNRetrans, 0))
	if r.Connected > 0 {
		b.Opened++
		if r.SYNRetrans > 0 {
			b.Connects = addConnects(b.Connects, Connects{r.SYNRetrans, 1, r.Connected - r.Sent})
		}
	}
	// An engine that cannot ask the kernel does not know the port of what never connected either.
	if r.Outcome == loadgen.ConnectTimeout && r.LocalPort > 0 {
		b.Unanswered = addConnects(b.Unanswered, Connects{1 + r.SYNRetrans, 1, r.Done - r.Sent})
	}
	b.Closings.count(r.Closed, r.Unread)
}

// Closings counts connections that ended, by who closed them first.
type Closings struct {
	PeerClosed uint64 `json:"peer_closed,omitempty"` // by the server
	WeClosed   uint64 `json:"we_closed,omitempty"`   // by us
	// of peer_closed: with bytes unread, which makes our close a reset, and no TIME_WAIT anywhere
	PeerUnread uint64 `json:"peer_closed_unread,omitempty"`
	WeUnread   uint64 `json:"we_closed_unread,omitempty"` // of we_closed: the same
}

// Add adds others up.
func (c *Closings) Add(o Closings) {
	c.PeerClosed += o.PeerClosed
	c.WeClosed += o.WeClosed
	c.PeerUnread += o.PeerUnread
	c.WeUnread += o.WeUnread
}

// count adds a connection that ended; first is "" where it did not.
func (c *Closings) count(first loadgen.Closer, unread int) {
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

// Connects sums up handshakes that lost equally many SYNs: how many there were and how long they took, from
// connect() to connected or given up. The means of those that succeeded are the modes of the connect time,
// and Lost explains them.
type Connects struct {
	Lost  int    `json:"lost"`  // SYNs, 1 or more
	Count uint64 `json:"count"` // how many handshakes lost that many SYNs
	// the time that they took together, from connect() until connected or given up
	Sum time.Duration `json:"sum"`
}

// addConnects adds handshakes up; the sums stay in the order of Lost.
func addConnects(all []Connects, c Connects) []Connects {
	i, found := slices.BinarySearchFunc(all, c.Lost, func(c Connects, lost int) int { return c.Lost - lost })
	if !found {
		return slices.Insert(all, i, c)
	}
	all[i].Count += c.Count
	all[i].Sum += c.Sum
	return all
}
