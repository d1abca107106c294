package analysis

import (
	"slices"
	"time"

	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/result"
	"weir/report/runfile"
)

// minSampling, in Hz, is how often the kernel must be looked at: below it bursts are missed, which is a doubt, not a
// disqualification. The limits beyond which a run says nothing about the server are those of a search's trial,
// loadgen/search.
const minSampling = 50.0

// doubt adds the warnings that the record itself gives reason for.
func (r *run) doubt(c serverCapacity) {
	if e := r.ended(); r.footer != nil && e.How != runfile.Complete {
		r.warn(endCode(e.How), "the run did not end by itself (%s): %s began", e, r.begun())
	} else if n := r.header.TrialsTotal; len(r.trials) < n {
		r.warn("trials_missing", "%d of %d planned trials began", len(r.trials), n)
	}
	if n := r.overflowsBetween(); n > 0 {
		r.warn("overflows_between_trials", "%s between trials, when nothing was offered: something else loads the backend, or clients go on trying", number(n, "overflow"))
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
		if e.Source != "runner" {
			continue
		}
		if told++; told > maxTold {
			r.warn("more_events", "and more of the kind: the record has them all")
			return
		}
		r.warn(result.Code(e.Class), "%s, %.1f s after the start: %s", e.Host, e.At.Seconds(), e.Text)
	}
}

// endCode is the warning's code of a run that did not end by itself.
func endCode(how string) result.Code {
	switch how {
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
	case unsampled > 0 && probe.IsUnix(l.Listener):
		r.warn("overflows_unknown", "%s: its overflows are not known: %s; a client is told at once (queue_full)", l.Name, l.uncounted())
	case unsampled > 0:
		r.warn("overflows_unknown", "%s: the overflows of %d of %d trials are not known: no sample before or after them, or the counter is absent or was reset", l.Name, unsampled, n)
	}
}

// mayHide reports whether overloads that its trials are too short for matter to the lane: those of a load at one rate do
// only where that rate is about the capacity, or above it by less than they show.
func (l *lane) mayHide(visible float64, c serverCapacity) bool {
	return l.measuring() || slices.ContainsFunc(l.trials, func(t *trial) bool {
		over := t.Rate/c.rate - 1
		return t.constant() && over > -0.02 && over < visible
	})
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
	if need := m.TrialFor(0.02); longest > 0 && longest < need && (r.header.Search == nil || longest < need*9/10) && l.mayHide(m.VisibleOverload(longest), c) {
		sharp := ""
		if fitted && slices.ContainsFunc(l.trials, func(t *trial) bool { return t.figures.bad > 0 }) {
			sharp = ", so the onset is less sharp"
		}
		r.warn("short_trials", "%s: trials of %v cannot show overloads under %.1f %% (the queue takes them)%s; 2 %% needs %v", l.Name, longest, 100*m.VisibleOverload(longest), sharp, need.Round(100*time.Millisecond))
	}
}
