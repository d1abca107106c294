package probe

import (
	"iter"
	"slices"
	"time"
)

// Account keeps account of one host's accept queues, sample by sample: what each listener dropped, how many
// of the network namespace's overflows can be its own, what waits in its queues, and how often it was
// restarted. It is a pure function of the samples, given in the order of At, and holds no more of them than
// the last: a probe may run for weeks. Its State at two samples says what happened between the two
// (State.Since).
//
// A listener is an address with all sockets that share it: the members of an SO_REUSEPORT group, and those
// that a restart replaced. A socket is known by its cookie. One that is in the first complete listing counts
// from there, a later one from zero, because the kernel made it at zero; what it dropped stays in the account
// when it is gone, but for what happened after its last sample. sk_drops has 32 bits and may pass zero.
//
// A sample in which a source of listeners failed is no complete listing: a socket that it does not show is
// not known to be gone, and what happened until then is not known either.
type Account struct {
	at        time.Duration
	overflows growth // TcpExtListenOverflows
	listeners map[string]*listener
	order     []*listener // in which the addresses were first seen
	sockets   map[uint64]*socket
	round     uint64 // of samples
	complete  [2]bool
	listed    [2]bool // there has been a complete listing
	left      bool    // an address or a socket found no room

	began, ended uint64 // the overflows at the first and at the last complete listing of TCP sockets
}

// Both kinds of listeners have a source of their own.
const (
	tcp = iota
	local
)

func kindOf(addr string) int {
	if IsUnix(addr) {
		return local
	}
	return tcp
}

// maxSockets bounds those that are remembered: where no listing is ever complete, none is known to be gone.
const maxSockets = 2 * maxListeners

// listener is an address with what the sample under way shows of it.
type listener struct {
	State
	kept, came int
}

type socket struct {
	listener *listener
	drops    uint32
	round    uint64 // of the last sample that showed it
}

// growth adds up a counter that may begin anew, when a restarted container is read through the same probe.
type growth struct {
	last   Reading // of the last sample that has it
	now    bool    // the last sample has it
	total  uint64  // since it was first read
	resets int
}

func (g *growth) add(r Reading) {
	if g.now = r.Known; !r.Known {
		return
	}
	if n := r.Since(g.last); n != nil {
		g.total += *n
	} else if g.last.Known {
		g.total += r.Value
		g.resets++
	}
	g.last = r
}

// Queue is what the sockets at an address hold. Each has a queue of its own, and one that is full drops while
// others have room: what waits in all together says when the address has been served, and the fullest says
// how near it is to a limit.
type Queue struct {
	Sockets      int    // that are listening; 0: none, or they could not be seen
	Sum          uint64 // connections that wait in all of them
	Places       uint64 // connections that they hold at most, each Limit+1
	Depth, Limit uint32 // Recv-Q and Send-Q of the fullest one
}

// Full reports whether a socket holds all that it can.
func (q Queue) Full() bool { return q.Sockets > 0 && q.Depth > q.Limit }

func (q *Queue) add(x Listener) {
	q.Sockets++
	q.Sum += uint64(x.Depth)
	q.Places += uint64(x.Limit) + 1
	// Depth ÷ places, without dividing.
	if q.Sockets == 1 || uint64(x.Depth)*(uint64(q.Limit)+1) > uint64(q.Depth)*(uint64(x.Limit)+1) {
		q.Depth, q.Limit = x.Depth, x.Limit
	}
}

// State is the account of one address as of one sample.
type State struct {
	Addr string
	At   time.Duration // of the sample
	Seen time.Duration // of the last sample that showed a socket of it
	Queue
	Came int // sockets that were not there in the first complete listing
	// how often none of the sockets before was left: a restarted server, not a group that grew
	Restarts int
	Earlier  uint64 // what the sockets of that listing had dropped before it

	drops     uint64 // since then
	told      bool   // the kernel tells drops: not of unix sockets, and not before 4.9
	complete  bool   // the sample is a complete listing of such sockets
	overflows uint64 // of the namespace, since they were first read
	read      bool   // they are in the sample
	resets    int
	had       bool // a socket was seen there
}

// Add enters the host's next sample.
func (a *Account) Add(s Sample) {
	if a.listeners == nil {
		a.listeners, a.sockets = map[string]*listener{}, map[uint64]*socket{}
	}
	a.at, a.round = s.At, a.round+1
	a.overflows.add(s.Counter(ListenOverflows))
	failed := func(source string) bool {
		return slices.ContainsFunc(s.Errors, func(e SourceError) bool { return e.Source == source })
	}
	a.complete = [2]bool{tcp: !failed("inet_diag"), local: !failed("unix_diag")}
	for _, l := range a.order {
		l.Queue, l.kept, l.came = Queue{}, 0, 0
	}
	for _, x := range s.Listeners {
		a.show(x)
	}
	a.forget()
	for _, l := range a.order {
		l.settle(a)
	}
	if a.complete[tcp] {
		if a.ended = a.overflows.total; !a.listed[tcp] {
			a.began = a.ended
		}
	}
	a.listed = [2]bool{tcp: a.listed[tcp] || a.complete[tcp], local: a.listed[local] || a.complete[local]}
}

// show takes one socket of a listing.
func (a *Account) show(x Listener) {
	l := a.listeners[x.Addr]
	if l == nil {
		if len(a.order) >= maxListeners {
			a.left = true
			return
		}
		l = &listener{State: State{Addr: x.Addr}}
		a.listeners[x.Addr], a.order = l, append(a.order, l)
	}
	l.Queue.add(x)
	l.Seen = a.at
	s := a.sockets[x.Cookie]
	switch {
	case s != nil && s.listener == l && s.round == a.round: // no two sockets have one cookie
		return
	case s != nil && s.listener == l:
		l.kept++
	case len(a.sockets) >= maxSockets && s == nil:
		a.left = true
		return
	default:
		s = &socket{listener: l}
		a.sockets[x.Cookie] = s
		if a.listed[kindOf(x.Addr)] {
			l.came++
		} else if x.Drops != nil { // from before our time
			s.drops = *x.Drops
			l.Earlier += uint64(*x.Drops)
		}
	}
	s.round = a.round
	if x.Drops != nil {
		l.told = true
		l.drops += uint64(*x.Drops - s.drops)
		s.drops = *x.Drops
	}
}

// forget lets go of the sockets that a complete listing does not show.
func (a *Account) forget() {
	for cookie, s := range a.sockets {
		switch {
		case s.round == a.round:
		case a.complete[kindOf(s.listener.Addr)]:
			delete(a.sockets, cookie)
		default:
			s.listener.kept++
		}
	}
}

// settle ends a sample.
func (l *listener) settle(a *Account) {
	if l.had && l.kept == 0 && l.came > 0 {
		l.Restarts++
	}
	l.Came += l.came
	l.had = l.had || l.Sockets > 0
	l.State = a.asOf(l.State)
}

func (a *Account) asOf(s State) State {
	s.At, s.complete = a.at, a.complete[kindOf(s.Addr)]
	s.overflows, s.read, s.resets = a.overflows.total, a.overflows.now, a.overflows.resets
	return s
}

// State is how things stand at an address after the last sample, also where nobody listens there.
func (a *Account) State(addr string) State {
	if l := a.listeners[addr]; l != nil {
		return l.State
	}
	return a.asOf(State{Addr: addr})
}

// Listeners are the addresses at which a socket was seen, in the order in which they first were.
func (a *Account) Listeners() iter.Seq[State] {
	return func(yield func(State) bool) {
		for _, l := range a.order {
			if !yield(l.State) {
				return
			}
		}
	}
}

// Listened reports whether a socket was ever seen there.
func (s State) Listened() bool { return s.had }

// Whole reports whether no drop of the address is missing: the sample is a complete listing, or the kernel
// tells no drops. Who follows a run from sample to sample leaves out the others.
func (s State) Whole() bool { return s.complete || !s.told }

// Accounts are those of several hosts, by Sample.Host.
type Accounts map[string]*Account

// Add enters a sample into its host's account.
func (a Accounts) Add(s Sample) {
	if a[s.Host] == nil {
		a[s.Host] = &Account{}
	}
	a[s.Host].Add(s)
}

// State is how things stand at an address of a host; nothing is known where no sample of the host has come.
func (a Accounts) State(host, addr string) State {
	if a[host] == nil {
		return State{Addr: addr}
	}
	return a[host].State(addr)
}

// Drops is what the sockets of the address dropped since the first complete listing; nil where the kernel
// does not tell.
func (s State) Drops() *uint64 {
	if !s.told {
		return nil
	}
	return &s.drops
}

// Between is what happened at a listener, or at all of a host's, between two samples. nil is not known.
type Between struct {
	Namespace *uint64 // accept-queue overflows of the whole network namespace (TcpExtListenOverflows)
	Drops     *uint64 // packets that its own sockets dropped (sk_drops)

	// Overflows is how many of Namespace are its own, at most. Each is one of its drops, or two (a final
	// ACK's), and it has drops that are no overflows (a full SYN queue's, the bare ACKs of TCP_DEFER_ACCEPT).
	// Where its drops are not known, all of Namespace may be its own. nil for a unix socket, whose queue no
	// counter counts.
	Overflows *uint64
	Others    *uint64 // how many of Namespace another listener must have caused, at least
}

// Since is what happened from an earlier state of the same address until s: nothing is known of it where one
// of both samples lacks the counter or is no complete listing, or where the counter began anew meanwhile.
func (s State) Since(before State) (b Between) {
	if s.read && before.read && s.resets == before.resets && s.overflows >= before.overflows {
		b.Namespace = new(s.overflows - before.overflows)
	}
	if s.told && s.complete && before.complete && s.drops >= before.drops {
		b.Drops = new(s.drops - before.drops)
	}
	if !IsUnix(s.Addr) {
		b.attribute(b.Namespace)
	}
	return b
}

// attribute says whose so many overflows are.
func (b *Between) attribute(overflows *uint64) {
	if b.Overflows = overflows; overflows == nil || b.Drops == nil {
		return
	}
	own := min(*overflows, *b.Drops)
	b.Overflows, b.Others = &own, new(*overflows-own)
}

// Sum is what happened at all listeners together since the first sample; the drops, and whose the overflows
// are, since the first complete listing.
func (a *Account) Sum() (b Between) {
	if a.overflows.last.Known {
		b.Namespace = new(a.overflows.total)
	}
	for _, l := range a.order {
		if l.told {
			b.Drops = new(l.drops + value(b.Drops))
		}
	}
	if b.Namespace != nil && !a.left {
		b.attribute(new(a.ended - a.began))
	}
	return b
}

func value(n *uint64) uint64 {
	if n == nil {
		return 0
	}
	return *n
}
