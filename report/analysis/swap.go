package analysis

import (
	"fmt"
	"slices"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/probe/nginxlog"
	"weir/report/runfile"
)

// A scenario may put another server in the place of the first while the load goes on. Between the two nothing listens, which
// is the scenario's doing: what is refused meanwhile says nothing of why requests failed before, or after.

const swapped = "server_swapped"

// gap is such a stretch of time.
type gap struct{ from, to time.Duration }

// holds takes what is counted in bins for the whole of them.
func (g gap) holds(at time.Duration) bool {
	return at >= g.from.Truncate(runfile.BinWidth) && at <= g.to
}

// gaps are those of the lane's listener: each from the event until a socket that was not there before was seen at its
// address. One that nobody saw the end of is none: then it is not known who is to blame.
func (r *run) gaps(l *lane) (out []gap) {
	for _, e := range r.events {
		if e.Source != "scenario" || e.Class != "swap" || e.Host != l.ListenerHost || l.Listener == "" {
			continue
		}
		before := map[uint64]bool{}
		for _, s := range r.samples[l.ListenerHost] {
			fresh := false
			for _, ls := range s.listeners {
				if ls.Addr != l.Listener {
					continue
				}
				if s.at <= e.At {
					before[ls.Cookie] = true
				}
				fresh = fresh || !before[ls.Cookie]
			}
			if s.at > e.At && fresh {
				out = append(out, gap{e.At, s.at})
				break
			}
		}
	}
	return out
}

// cutOff is what a server that leaves does to NGINX: its connections are refused, those that waited in the old queue are
// reset, and those that its workers had in hand are closed.
var cutOff = []string{nginxlog.ConnectRefused, nginxlog.RecvReset, nginxlog.PrematureClose}

// gapLines counts NGINX's lines of that, by class.
func (k *witness) gapLines() map[string]uint64 {
	lines := map[string]uint64{}
	for _, t := range k.lane.trials {
		for _, e := range k.run.eventsOf(t) {
			for _, g := range k.gaps {
				if e.Source == "nginx.error" && g.holds(e.At) && slices.Contains(cutOff, e.Class) {
					lines[e.Class] += e.Count
					break
				}
			}
		}
	}
	return lines
}

// setGapsApart takes the failures of the swaps' gaps out of the classes where they were counted.
func (k *witness) setGapsApart() {
	var refused, logged uint64
	for _, t := range k.lane.trials {
		for at, b := range t.bins {
			for _, g := range k.gaps {
				if g.holds(at) {
					refused += b.due[loadgen.ConnectRefused]
					break
				}
			}
		}
	}
	for _, n := range k.gapLines() {
		logged += n
	}
	k.failures.move(byRefused, bySwap, loadgen.ConnectRefused, refused)
	k.failures.move(byProxy, bySwap, loadgen.HTTP502, logged)
}

func (k *witness) swap() result.Cause {
	text := fmt.Sprintf("While the scenario put another server in the place of the first nothing listened, and so long requests were refused or cut off (%d)", k.failures.sum(bySwap))
	for _, g := range k.gaps {
		text += fmt.Sprintf(", from %.1f s to %.1f s", g.from.Seconds(), g.to.Seconds())
	}
	text += ". This says nothing of either server."
	if n := k.overflowsBefore(k.gaps[0]); n > 0 {
		text += fmt.Sprintf(" Before that the first one's accept queue had overflowed %s: requests waited in it, or for a place in it, when it went.", often(n))
	}
	return result.Cause{Code: swapped, Evidence: k.counters(), Text: text}
}

// overflowsBefore is how often the queue overflowed in the gap's trial before the gap.
func (k *witness) overflowsBefore(g gap) (n uint64) {
	for _, t := range k.lane.trials {
		if t.Start <= g.from && g.from < t.until {
			n += value(k.run.between(k.lane, t.Start, g.from).overflows(k.lane.Listener))
		}
	}
	return n
}
