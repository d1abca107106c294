package tally

import (
	"cmp"
	"slices"
	"time"

	"weir/probe"
)

// Listener is what listens at one address. Depth and Limit are those of the fullest of its sockets.
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

	// How many of Since, and of them a second, are packets of connections that were lost or delayed: all but
	// the bare ACKs that TCP_DEFER_ACCEPT ignores (probe.DeferredACKs).
	Lost     uint64
	LostRate float64
}

func (t *Tally) viewListeners(past mark, window time.Duration) []Listener {
	var out []Listener
	for l := range t.account.Listeners() {
		view := Listener{
			Addr: l.Addr, Sockets: l.Sockets, Depth: l.Depth, Limit: l.Limit, Peak: t.peaks[l.Addr],
			Opened: l.Came,
		}
		for _, m := range t.marks {
			view.Lately = max(view.Lately, m.peaks[l.Addr])
		}
		if n := l.Drops(); n != nil {
			lately := *n - past.drops[l.Addr]
			view.Drops = &Drops{Total: l.Earlier + *n, Since: *n, Rate: perSecond(lately, window)}
			view.Drops.Lost = t.lossOf(*n, t.first)
			view.Drops.LostRate = perSecond(t.lossOf(lately, past.counters), window)
		}
		out = append(out, view)
	}
	slices.SortFunc(out, func(a, b Listener) int { return cmp.Compare(a.Addr, b.Addr) })
	return out
}

// lossOf is how many of so many drops since the counters were as given are losses.
func (t *Tally) lossOf(drops uint64, since map[string]uint64) uint64 {
	rise := func(name string) *uint64 { return t.last.Counter(name).Since(probe.ReadingOf(since, name)) }
	harmless, _ := probe.DeferredACKs(drops, rise(probe.ListenDrops), rise(probe.DeferAcceptDrops))
	return drops - harmless
}
