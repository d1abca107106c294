package analysis

import (
	"slices"
	"time"

	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/result"
	"weir/report/runfile"
)

// minSampling, in Hz, is how often the kernel must be looked at: below it bursts are missed, which is a
// warning, no reason to call a run INVALID. Those are in loadgen/belief.
const minSampling = 50.0

// doubt adds the warnings that the record itself gives reason for: what weakens a run, and does not
// disqualify it.
func (r *run) doubt(c serverCapacity) {
	if e := r.ended(); r.footer != nil && e.How != runfile.Complete {
		args := result.Args{"ended": e.String(), "begun": len(r.trials)}
		if r.header.Search == nil {
			args["planned"] = r.header.TrialsTotal
		}
		r.warn(endCode(e.How), "", args)
	} else if n := r.header.TrialsTotal; len(r.trials) < n {
		r.warn("trials_missing", "", result.Args{"begun": len(r.trials), "planned": n})
	}
	if n := r.overflowsBetween(); n > 0 {
		r.warn("overflows_between_trials", "", result.Args{"n": n})
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

// maxEvents bounds how much of what its watchers noticed a run shows.
const maxEvents = 8

// doubtWatchers repeats what probes and logs reported of themselves while the load ran: that they were lost,
// or had a gap.
func (r *run) doubtWatchers() {
	shown := 0
	for _, e := range r.events {
		if e.Source != runfile.FromRunner {
			continue
		}
		if shown++; shown > maxEvents {
			r.warn("more_events", "", nil)
			return
		}
		r.warn(result.Code(e.Class), "", result.Args{"host": e.Host, "at": e.At, "text": e.Text})
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
	known := slices.ContainsFunc(r.header.Warnings,
		func(w runfile.Warning) bool { return w.Code == "no_probe" || w.Code == "no_listener" })
	switch {
	case known: // to who looked for them, and why they were not found
		return
	case len(s) == 0:
		r.warn("no_probe", l.Name, nil)
		return
	case l.Listener == "":
		r.warn("no_listener", l.Name, nil)
	case l.slots == 0 && len(l.trials) > 0:
		r.warn("no_listener", l.Name, result.Args{"unsampled": l.Listener})
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
		r.warn("slow_sampling", l.Name, result.Args{"hz": hz, "limit": minSampling})
	}
}

func (r *run) doubtTrials(l *lane) {
	undrained, incomplete, unsampled := 0, 0, 0
	for _, t := range l.trials {
		// What ended a trial early has a warning of its own, and so has a queue that cannot be seen at all.
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
		r.warn("undrained", l.Name, result.Args{"n": undrained, "trials": n})
	}
	if incomplete > 0 {
		r.warn("incomplete_trials", l.Name, result.Args{"n": incomplete, "trials": n})
	}
	switch {
	case unsampled > 0 && probe.IsUnix(l.Listener):
		r.warn("overflows_unknown", l.Name, result.Args{"unix": true})
	case unsampled > 0:
		r.warn("overflows_unknown", l.Name, result.Args{"n": unsampled, "trials": n})
	}
}

// showable is the overload that trials should be long enough to show.
const showable = 0.02

// mayHide reports whether overloads that its trials are too short for matter to the lane: those of a load at
// one rate do only where that rate is about the capacity, or above it by less than they show.
func (l *lane) mayHide(visible float64, c serverCapacity) bool {
	return l.measuring() || slices.ContainsFunc(l.trials, func(t *trial) bool {
		over := t.Rate/c.rate - 1
		return t.constant() && over > -0.02 && over < visible
	})
}

// doubtDesign warns of plans that cannot show what they are meant to show. What blurs an onset is said of one
// only where the hinge is fitted; a run at one rate, or in retrial mode, has none.
func (r *run) doubtDesign(l *lane, c serverCapacity) {
	m, ok := c.model(l)
	if !ok {
		return
	}
	fitted := r.header.Search == nil && l.Mode == runfile.Loss && l.measuring()
	if slices.ContainsFunc(l.trials, func(t *trial) bool { return t.Plan.Arrival == plan.Poisson }) {
		r.warn("poisson_arrivals", l.Name, result.Args{"blurred": fitted})
	}
	if wait := m.LongestWait() + m.Service; l.Deadline > 0 && wait > l.Deadline {
		r.warn("queue_outlasts_deadline", l.Name, result.Args{"wait": wait, "deadline": l.Deadline})
	}
	var longest time.Duration
	for _, t := range l.trials {
		if t.constant() {
			longest = max(longest, t.duration())
		}
	}
	if need := m.TrialFor(showable); longest > 0 && longest < need && (r.header.Search == nil ||
		longest < need*9/10) && l.mayHide(m.VisibleOverload(longest), c) {
		blurred := fitted && slices.ContainsFunc(l.trials, func(t *trial) bool { return t.figures.bad > 0 })
		r.warn("short_trials", l.Name, result.Args{
			"trial": longest, "visible": m.VisibleOverload(longest), "blurred": blurred, "wanted": showable,
			"need": need,
		})
	}
}
