package tally

import (
	"maps"
	"slices"
	"time"

	"weir/probe"
)

// Listener is what listens at one address. Where several sockets share it (SO_REUSEPORT) each has a queue
// of its own, and one that is full drops while the others have room: Depth and Limit are those of the
// fullest.
type Listener struct {
	Addr    string
	Sockets int    // 0: nobody listens, or the source failed
	Depth   uint32 // Recv-Q
	Limit   uint32 // Send-Q; Limit+1 connections fit
	Peak    uint32 // the highest Depth since the watching began
	Lately  uint32 // and within the window
	Drops   *Drops // nil where the kernel does not tell (AF_UNIX)
	Opened  int    // sockets that appeared since the watching began: restarts
}

// Drops are packets that the listener's sockets threw away, over all restarts.
type Drops struct {
	Total uint64 // since the first socket was opened
	Since uint64 // since the watching began
	Rate  float64

	// How many of Since, and of them a second, are packets of connections that were lost or delayed: all but the bare
	// ACKs that TCP_DEFER_ACCEPT ignores (probe.DeferredACKs).
	Lost     uint64
	LostRate float64
}

// listener is the state behind a Listener.
type listener struct {
	sockets      map[uint64]uint32 // sk_drops as last seen, by cookie
	count        int
	depth, limit uint32
	peak         uint32
	drops, begin uint64 // begin: of them, those from before the watching
	hasDrops     bool
	opened       int
}

// addListeners brings every address up to date with s.
func (t *Tally) addListeners(s probe.Sample) {
	for _, l := range t.listeners {
		l.count, l.depth, l.limit = 0, 0, 0
	}
	for _, one := range s.Listeners {
		l := t.listeners[one.Addr]
		if l == nil {
			if len(t.listeners) >= maxListeners {
				continue
			}
			l = &listener{sockets: map[uint64]uint32{}}
			t.listeners[one.Addr] = l
		}
		l.add(one, !t.listed)
	}
	t.listed = t.listed || !probe.Unlisted(s.Errors)
	for addr, l := range t.listeners {
		if len(l.sockets) > l.count && !probe.Unlisted(s.Errors) { // what a complete reading does not show has been closed
			maps.DeleteFunc(l.sockets, func(cookie uint64, _ uint32) bool { return !shows(s, addr, cookie) })
		}
	}
}

func shows(s probe.Sample, addr string, cookie uint64) bool {
	return slices.ContainsFunc(s.Listeners, func(l probe.Listener) bool { return l.Addr == addr && l.Cookie == cookie })
}

// add takes one socket of the address. A socket that is seen for the first time brings all its drops with it:
// it has counted from zero since the last listing, or, before there was a complete one, was there before us.
func (l *listener) add(one probe.Listener, early bool) {
	before, known := l.sockets[one.Cookie]
	if !known && !early {
		l.opened++
	}
	var drops uint32
	if one.Drops != nil {
		drops, l.hasDrops = *one.Drops, true
		l.drops += uint64(drops - before) // modulo 2^32, like the kernel's own
		if !known && early {
			l.begin += uint64(drops)
		}
	}
	l.sockets[one.Cookie] = drops
	if l.count == 0 || fuller(one, l.depth, l.limit) {
		l.depth, l.limit = one.Depth, one.Limit
	}
	l.count++
	l.peak = max(l.peak, one.Depth)
}

// fuller compares how much of its queue a socket uses: depth ÷ limit, without dividing.
func fuller(one probe.Listener, depth, limit uint32) bool {
	return uint64(one.Depth)*(uint64(limit)+1) > uint64(depth)*(uint64(one.Limit)+1)
}

func (t *Tally) viewListeners(past mark, window time.Duration) []Listener {
	var out []Listener
	for _, addr := range slices.Sorted(maps.Keys(t.listeners)) {
		l := t.listeners[addr]
		view := Listener{Addr: addr, Sockets: l.count, Depth: l.depth, Limit: l.limit, Peak: l.peak, Opened: l.opened}
		for _, m := range t.marks {
			view.Lately = max(view.Lately, m.peaks[addr])
		}
		if l.hasDrops {
			lately := rise(past.drops[addr], l.drops)
			view.Drops = &Drops{Total: l.drops, Since: l.drops - l.begin, Rate: perSecond(lately, window)}
			view.Drops.Lost = t.lossOf(view.Drops.Since, t.first)
			view.Drops.LostRate = perSecond(t.lossOf(lately, past.counters), window)
		}
		out = append(out, view)
	}
	return out
}

// lossOf is how many of so many drops since the counters were as given are losses.
func (t *Tally) lossOf(drops uint64, since map[string]uint64) uint64 {
	harmless, _ := probe.DeferredACKs(drops, t.rose("TcpExtListenDrops", since), t.rose("TcpExtTCPDeferAcceptDrop", since))
	return drops - harmless
}

// rose is how far a counter went up since then; nil where that is not known, or it began anew.
func (t *Tally) rose(name string, since map[string]uint64) *uint64 {
	before, had := since[name]
	now, has := t.last.Counters[name]
	if !had || !has || now < before {
		return nil
	}
	n := now - before
	return &n
}
