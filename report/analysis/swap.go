package analysis

import (
	"fmt"
	"time"

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

// gapLines counts NGINX's lines of what a server that leaves does to it, by class: its connections are refused, and
// those that waited in the old queue are reset.
func (k *witness) gapLines() map[string]uint64 {
	lines := map[string]uint64{}
	for _, t := range k.lane.trials {
		for _, e := range k.run.eventsOf(t) {
			for _, g := range k.gaps {
				if e.Source == "nginx.error" && g.holds(e.At) && (e.Class == nginxlog.ConnectRefused || e.Class == nginxlog.RecvReset) {
					lines[e.Class] += e.Count
					break
				}
			}
		}
	}
	return lines
}

// setGapsApart takes the failures of the swaps' gaps out of the classes where they were counted, and returns how many they
// are.
func (k *witness) setGapsApart() uint64 {
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
	refused, logged = min(refused, k.failures.refused), min(logged, k.failures.proxy)
	k.failures.refused -= refused
	k.failures.proxy -= logged
	return refused + logged
}

func (k *witness) swap() Cause {
	text := fmt.Sprintf("While the scenario put another server in the place of the first nothing listened, and %d requests were refused or cut off", k.swapped)
	for _, g := range k.gaps {
		text += fmt.Sprintf(", from %.1f s to %.1f s", g.from.Seconds(), g.to.Seconds())
	}
	return Cause{Code: swapped, Evidence: k.counters(), Text: text + ". This says nothing of either server."}
}
