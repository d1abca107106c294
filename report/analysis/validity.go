package analysis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	mlrsearch "weir/loadgen/search"
	"weir/report/runfile"
)

// minSampling, in Hz, is how often the kernel must be looked at: below it bursts are missed, which is a doubt, not a
// disqualification. The limits beyond which a run says nothing about the server are those of a search's trial,
// loadgen/search.
const minSampling = 50.0

// invalid lists why the run cannot be believed: the generator, not the server, decided what was measured.
func (r *run) invalid(c serverCapacity) []string {
	reasons := []string{}
	add := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	if n := r.overflowsBefore(); n > 0 {
		add("the backend's accept queue overflowed %d times before the load began: something else was loading it", n)
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
			{loadgen.Shed, "were not sent, because --max-in-flight was reached"},
			{loadgen.NoLocalPort, "found no local port: widen ip_local_port_range or use more addresses"},
			{loadgen.NoFD, "found no file descriptor: raise ulimit -n"},
		} {
			if n := outcomes[o.outcome]; n > 0 {
				add("%s: %d requests %s", l.Name, n, o.why)
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
		n += value(before.overflows(l.Listener))
	}
	return n
}

// overflowsBetween adds up how far the counter moved from one trial's drained queue to the next one's start.
func (r *run) overflowsBetween() (n uint64) {
	for i := 1; i < len(r.trials); i++ {
		a, b := r.cover(r.trials[i-1]), r.cover(r.trials[i])
		if l := r.trials[i].lane; len(a) > 0 && len(b) > 0 && r.trials[i-1].lane.ListenerHost == l.ListenerHost {
			n += value(window{a[len(a)-1], b[0]}.overflows(l.Listener))
		}
	}
	return n
}

// doubt adds the warnings that the record itself gives reason for.
func (r *run) doubt(c serverCapacity) {
	if f := r.footer; f != nil && f.Reason != runfile.Complete {
		r.warn(endCode(f.Reason), "the run did not end by itself (%s): %s began", f.Reason, r.begun())
	} else if n := r.header.TrialsTotal; len(r.trials) < n {
		r.warn("trials_missing", "%d of %d planned trials began", len(r.trials), n)
	}
	if n := r.overflowsBetween(); n > 0 {
		r.warn("overflows_between_trials", "%d overflows fell between trials, when nothing was offered: something else loads the backend, or clients go on trying", n)
	}
	r.doubtWatchers()
	r.doubtHosts()
	r.doubtGenerator(c)
	for _, l := range r.lanes {
		r.doubtProbe(l)
		r.doubtTrials(l)
		r.doubtDesign(l, c)
	}
}

// maxTold bounds how much of what its watchers said a run shows.
const maxTold = 8

// doubtWatchers repeats what probes and logs said of themselves while the load ran: that they were lost, or
// had a gap.
func (r *run) doubtWatchers() {
	told := 0
	for _, e := range r.events {
		if e.Source != "runner" || e.Class == "remote_probe_clock" { // that one is no doubt, see Analyze
			continue
		}
		if told++; told > maxTold {
			r.warn("more_events", "and more of the kind: the record has them all")
			return
		}
		r.warn(e.Class, "%s, %.1f s after the start: %s", e.Host, e.At.Seconds(), e.Text)
	}
}

// endCode is the warning's code of a run that did not end by itself.
func endCode(reason string) string {
	switch why, _, _ := strings.Cut(reason, ":"); why {
	case runfile.CutShort:
		return "cut_short"
	case runfile.Aborted:
		return "aborted"
	}
	return "interrupted"
}

func (r *run) doubtProbe(l *lane) {
	s := r.samples[l.ListenerHost]
	told := slices.ContainsFunc(r.header.Warnings, func(w runfile.Warning) bool { return w.Code == "no_probe" || w.Code == "no_listener" })
	switch {
	case told: // by who looked for them, and why they were not found
		return
	case len(s) == 0:
		r.warn("no_probe", "%s: the backend's kernel was not sampled: overflows, drops and queue are not known", l.Name)
		return
	case l.Listener == "":
		r.warn("no_listener", "%s: the backend's listener was not found: its queue and its own drops are not known", l.Name)
	case l.slots == 0 && len(l.trials) > 0:
		r.warn("no_listener", "%s: the listener %.80q was in no sample: its queue and its own drops are not known", l.Name, l.Listener)
	}
	var n int
	var span time.Duration
	for _, t := range l.trials {
		if w := r.within(t); len(w) > 1 {
			n += len(w) - 1
			span += w[len(w)-1].at - w[0].at
		}
	}
	if hz := float64(n) / span.Seconds(); span > time.Second && hz < 0.9*minSampling {
		r.warn("slow_sampling", "%s: the kernel was sampled %.0f times a second, %.0f are wanted: bursts in the queue were missed, the counters were not", l.Name, hz, minSampling)
	}
}

func (r *run) doubtTrials(l *lane) {
	undrained, incomplete, unsampled := 0, 0, 0
	for _, t := range l.trials {
		// What ended a trial early is said elsewhere, and so is a queue that cannot be seen at all.
		if t.figures.complete && l.Listener != "" && !t.end.Drained {
			undrained++
		}
		if !t.figures.complete {
			incomplete++
		}
		if t.figures.overflows == nil && len(r.samples[l.ListenerHost]) > 0 {
			unsampled++
		}
	}
	n := len(l.trials)
	if undrained > 0 {
		r.warn("undrained", "%s: after %d of %d trials the queue was not seen empty: the next trial began with their debts", l.Name, undrained, n)
	}
	if incomplete > 0 {
		r.warn("incomplete_trials", "%s: %d of %d trials are not complete and are left out of the estimates", l.Name, incomplete, n)
	}
	switch {
	case unsampled > 0 && isUnix(l.Listener):
		r.warn("overflows_unknown", "%s: its overflows are not known: %s; a client is told at once (queue_full)", l.Name, l.uncounted())
	case unsampled > 0:
		r.warn("overflows_unknown", "%s: the overflows of %d of %d trials are not known: no sample before or after them, or the counter is absent or was reset", l.Name, unsampled, n)
	}
}

// doubtDesign warns of plans that cannot show what they are meant to show. What blurs an onset is said of one only where
// the hinge is fitted; a run at one rate, or in retrial mode, has none.
func (r *run) doubtDesign(l *lane, c serverCapacity) {
	m, ok := c.model(l)
	if !ok {
		return
	}
	fitted := r.header.Search == nil && l.Mode == runfile.Loss && l.measuring()
	if slices.ContainsFunc(l.trials, func(t *trial) bool { return t.Plan.Arrival == plan.Poisson }) {
		sharp := ""
		if fitted {
			sharp = ": the onset is less sharp than with constant ones"
		}
		r.warn("poisson_arrivals", "%s: Poisson arrivals overflow a queue now and then below capacity already%s", l.Name, sharp)
	}
	if wait := m.LongestWait() + m.Service; l.Deadline > 0 && wait > l.Deadline {
		r.warn("queue_outlasts_deadline", "%s: a full queue makes a request wait %v, longer than the deadline of %v: failures would be lateness, not overflow", l.Name, wait.Round(time.Millisecond), l.Deadline)
	}
	var longest time.Duration
	for _, t := range l.trials {
		if t.constant() {
			longest = max(longest, t.duration())
		}
	}
	if need := m.TrialFor(0.02); longest > 0 && longest < need && (r.header.Search == nil || longest < need*9/10) {
		sharp := ""
		if fitted && slices.ContainsFunc(l.trials, func(t *trial) bool { return t.figures.bad > 0 }) {
			sharp = ", so the onset is less sharp"
		}
		r.warn("short_trials", "%s: trials of %v cannot show overloads under %.1f %% (the queue takes them)%s; 2 %% needs %v", l.Name, longest, 100*m.VisibleOverload(longest), sharp, need.Round(100*time.Millisecond))
	}
}
