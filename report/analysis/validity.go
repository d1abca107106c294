package analysis

import (
	"fmt"
	"time"

	"weir/loadgen"
	mlrsearch "weir/loadgen/search"
	"weir/report/runfile"
)

// invalid lists why the run cannot be believed: the generator, not the server, decided what was measured.
func (r *run) invalid(c serverCapacity) []string {
	reasons := []string{}
	add := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	if n := r.overflowsBefore(); n > 0 {
		add("the backend's accept queue overflowed %s before the load began: something else was loading it", often(n))
	}
	if r.header.Search != nil {
		return append(reasons, r.allSpoiled()...)
	}
	for _, l := range r.lanes {
		var due, sent uint64
		for _, t := range l.complete() {
			due += t.figures.due
			sent += t.figures.sent
		}
		if float64(sent) < mlrsearch.MinSent*float64(due) {
			add("%s: %d of %d due requests were sent (%.1f %%): the generator did not offer the plan", l.Name, sent, due, 100*float64(sent)/float64(due))
		}
		if x := l.lateness(c); x.late > x.limit {
			add("%s: %s were sent %v late or more, the limit is %v: the schedule slipped%s", l.Name, x.of, x.late.Round(time.Microsecond), x.limit.Round(time.Microsecond), l.robbed())
		}
		outcomes := l.outcomes()
		for _, o := range []struct {
			outcome loadgen.Outcome
			why     string
		}{
			{loadgen.Shed, "not sent, because --max-in-flight was reached"},
			{loadgen.NoLocalPort, "found no local port: widen ip_local_port_range or use more addresses"},
			{loadgen.NoFD, "found no file descriptor: raise ulimit -n"},
		} {
			if n := outcomes[o.outcome]; n > 0 {
				add("%s: %s %s", l.Name, number(n, "request"), o.why)
			}
		}
		if t, share := l.worst(func(g runfile.Generator) time.Duration { return g.CPU }); share > mlrsearch.MaxCPU {
			add("%s: the generator used %.1f %% of the processors that it may use in trial %d, the limit is %.0f %%", l.Name, 100*share, t.Index+1, 100*mlrsearch.MaxCPU)
		}
		if t, busy := l.worstLoop(func(g runfile.Generator) *float64 { return g.LoopCPU }); busy > mlrsearch.MaxLoop {
			add("%s: one of the generator's %s ran for %.1f %% of a second in trial %d, the limit is %.0f %%: what is due waits there, also where other processors rest; offer less, or load from several machines",
				l.Name, eventLoops(t), 100*busy, t.Index+1, 100*mlrsearch.MaxLoop)
		}
		if t, waited := l.worstLoop(func(g runfile.Generator) *float64 { return g.LoopDelay }); waited > mlrsearch.MaxLoopDelay {
			add("%s: one of the generator's %s was ready to run and waited for a processor for %.1f %% of a second in trial %d, the limit is %.0f %%: leave more of the machine to it",
				l.Name, eventLoops(t), 100*waited, t.Index+1, 100*mlrsearch.MaxLoopDelay)
		}
		if t, share := l.worst(runDelay); share > mlrsearch.MaxRunDelay {
			add("%s: in trial %d the generator's threads waited for a processor for %.1f %% of the time that they could have had, the limit is %.0f %%: leave more of the machine to it",
				l.Name, t.Index+1, 100*share, 100*mlrsearch.MaxRunDelay)
		}
	}
	return reasons
}

// overflowsBefore is how often the lanes' listeners overflowed between the first sample and the first trial.
func (r *run) overflowsBefore() (n uint64) {
	if len(r.trials) == 0 {
		return 0
	}
	seen := map[[2]string]bool{} // lanes share a listener
	for _, l := range r.lanes {
		at := [2]string{l.ListenerHost, l.Listener}
		if l.Listener == "" || seen[at] {
			continue
		}
		seen[at] = true
		s := r.samples[l.ListenerHost]
		before := window(s[:search(s, func(x sample) bool { return x.at > r.trials[0].Start })])
		n += value(before.listener(l.Listener).Overflows)
	}
	return n
}

// overflowsBetween adds up how far the counter moved from one trial's drained queue to the next one's start.
func (r *run) overflowsBetween() (n uint64) {
	for i := 1; i < len(r.trials); i++ {
		a, b := r.cover(r.trials[i-1]), r.cover(r.trials[i])
		if l := r.trials[i].lane; len(a) > 0 && len(b) > 0 && r.trials[i-1].lane.ListenerHost == l.ListenerHost {
			n += value(window{a[len(a)-1], b[0]}.listener(l.Listener).Overflows)
		}
	}
	return n
}
