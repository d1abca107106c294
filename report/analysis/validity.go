package analysis

import (
	"time"

	"weir/loadgen/belief"
	"weir/report/analysis/estimate"
	"weir/report/result"
	"weir/report/runfile"
)

// invalid lists why the run cannot be believed: the generator, not the server, decided what was measured.
func (r *run) invalid(c serverCapacity) []result.Finding {
	reasons := []result.Finding{}
	for _, f := range belief.Check(belief.Facts{OverflowsBefore: r.overflowsBefore()}) {
		reasons = append(reasons, broken(f))
	}
	if r.header.Search != nil {
		return append(reasons, r.allSpoiled()...)
	}
	for _, l := range r.lanes {
		reasons = append(reasons, l.invalid(c)...)
	}
	return reasons
}

// invalid lists the rules that the lane breaks: as a whole, or in one of its trials, of which the worst is
// named.
func (l *lane) invalid(c serverCapacity) (reasons []result.Finding) {
	whole, late := l.facts(c)
	for _, rule := range belief.Rules() {
		f, found := rule.Broken(whole)
		var worst *trial
		for _, t := range l.trials {
			if x, broken := rule.Broken(t.processors()); broken && (!found || x.Measured > f.Measured) {
				f, found, worst = x, true, t
			}
		}
		if !found {
			continue
		}
		reason := broken(f)
		reason.Lane = l.Name
		reason.Args["sent"], reason.Args["due"] = whole.Sent, whole.Due
		if worst != nil {
			reason.Args["trial"], reason.Args["loops"] = worst.Index+1, worst.loops()
		}
		if f.Code == "sent_late" {
			late.describe(reason.Args)
			reason.Args["meanwhile"] = l.contention()
		}
		reasons = append(reasons, reason)
	}
	return reasons
}

// broken is the finding of a broken rule.
func broken(f belief.Finding) result.Finding {
	return result.Finding{Code: result.Code(f.Code), Args: result.Args{
		"measured": f.Measured, "limit": f.Limit, "advice": result.Finding{Code: result.Code(f.Advice)},
	}}
}

// facts are those of the lane's whole load. What one trial took of the processors stands with the trial.
func (l *lane) facts(c serverCapacity) (belief.Facts, lateness) {
	late := l.lateness()
	f := belief.Facts{Outcomes: l.outcomes(), Late: late.by, Bearable: l.bearable(c)}
	for _, t := range l.complete() {
		f.Due += t.figures.due
		f.Sent += t.figures.sent
	}
	return f, late
}

// processors are the facts of one trial's use of the machine.
func (t *trial) processors() belief.Facts {
	if t.end == nil {
		return belief.Facts{}
	}
	g := t.end.Generator
	return belief.Facts{CPU: g.CPU, Wall: g.Wall, CPUs: g.CPUs, RunDelay: g.RunDelay, LoopCPU: g.LoopCPU,
		LoopDelay: g.LoopDelay}
}

// loops is how many event loops the trial's generator had; nil where there was one, or none is known.
func (t *trial) loops() *uint64 {
	if n := t.end.Generator.Loops; n > 1 {
		return new(uint64(n))
	}
	return nil
}

// spoil finds the trials of a search in which the generator was the limit.
func (r *run) spoil(c serverCapacity) {
	if r.header.Search == nil {
		return
	}
	for _, t := range r.trials {
		if t.end == nil {
			continue
		}
		f := t.processors()
		f.Due, f.Sent, f.Outcomes = t.figures.due, t.figures.sent, t.figures.outcomes
		f.Late, f.Bearable = t.late, belief.Bearable(t.Rate, c.mean, t.lane.slots)
		if found := belief.Check(f); len(found) > 0 {
			t.spoiled = broken(found[0])
			t.spoiled.Args["sent"], t.spoiled.Args["due"], t.spoiled.Args["loops"] = f.Sent, f.Due, t.loops()
			lateness{by: t.late, share: onePercent}.describe(t.spoiled.Args)
		}
	}
}

// allSpoiled disqualifies a search of which no trial can be believed. One trial more or less that the
// generator spoiled is left out, and costs the search nothing but time.
func (r *run) allSpoiled() []result.Finding {
	var last result.Finding
	n := uint64(0)
	for _, t := range r.trials {
		switch {
		case t.spoiled.Code == "" && t.figures.complete:
			return nil
		case t.spoiled.Code != "":
			last = t.spoiled
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []result.Finding{{Code: "all_trials_spoiled", Args: result.Args{"trials": n, "last": last}}}
}

const (
	onePercent = 0.01
	fewLate    = 3 // requests that are sent late are not enough to say that a generator was late
)

// lateness is how late (sent − due) the latest requests were sent: one in a hundred or, where there are too
// few for a 99th percentile, one more than the few that a machine's one hiccup delays.
type lateness struct {
	by        time.Duration // so late or later; 0 where there are not even so many
	share     float64       // of the requests, or
	count, of uint64        // so many of so many
}

func (l *lane) lateness() lateness {
	switch n := l.lag.TotalCount(); {
	case estimate.Supported(uint64(n), 1-onePercent):
		return lateness{by: time.Duration(l.lag.ValueAtPercentile(100 * (1 - onePercent))), share: onePercent}
	case n > fewLate:
		return lateness{by: time.Duration(l.lag.ValueAtPercentile(100 * float64(n-fewLate) / float64(n))),
			count: fewLate + 1, of: uint64(n)}
	}
	return lateness{}
}

// describe adds how many requests were late.
func (x lateness) describe(args result.Args) {
	if x.share > 0 {
		args["share"] = x.share
	} else {
		args["late"], args["of"] = x.count, x.of
	}
}

// bearable is how late the lane's requests may be sent. Above capacity the queue is full anyway, so no higher
// rate than W/S matters, where that is known.
func (l *lane) bearable(c serverCapacity) time.Duration {
	rate := l.highest()
	if c.rate > 0 {
		rate = min(rate, c.rate)
	}
	return belief.Bearable(rate, c.mean, l.slots)
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
		if l := r.trials[i].lane; len(a) > 0 && len(b) > 0 &&
			r.trials[i-1].lane.ListenerHost == l.ListenerHost {
			n += value(window{a[len(a)-1], b[0]}.listener(l.Listener).Overflows)
		}
	}
	return n
}

// contention says who had the processors while the generator was late: then it is the machine that wants
// changing, not the plan. For how much of a second, at worst, one of its event loops was runnable and waited
// for other programs; and how much a hypervisor took of all.
func (l *lane) contention() (found []result.Finding) {
	const notable = 0.005 // 10 ms in every 2 s of one processor
	if d := l.most(func(g runfile.Generator) *float64 { return g.LoopDelay }); d != nil && *d >= 10*notable {
		found = append(found, result.Finding{Code: "contention_meanwhile", Args: result.Args{"share": *d}})
	}
	var stolen, wall time.Duration
	for _, t := range l.trials {
		if t.end != nil && t.end.Generator.Stolen != nil {
			stolen += *t.end.Generator.Stolen
			wall += t.end.Generator.Wall
		}
	}
	if share := float64(stolen) / float64(max(1, wall)); share >= notable {
		found = append(found, result.Finding{Code: "steal_meanwhile", Args: result.Args{"share": share}})
	}
	return found
}

// doubtGenerator warns, of all lanes at once, of a generator that was late by less than makes a run INVALID:
// what is late shifts latencies, which count from when a request was due, and no onset.
func (r *run) doubtGenerator(c serverCapacity) {
	var lags []result.Finding
	for _, l := range r.lanes {
		x := l.lateness()
		if x.by <= belief.Bearable(0, c.mean, 0) || x.by > l.bearable(c) {
			continue
		}
		lag := result.Finding{Code: "lag_of_lane", Lane: l.Name,
			Args: result.Args{"by": x.by, "meanwhile": l.contention()}}
		x.describe(lag.Args)
		lags = append(lags, lag)
	}
	if len(lags) > 0 {
		r.warn("send_lag", "", result.Args{"lags": lags})
	}
}

// generator is how much of the machine the lane's load took.
func (l *lane) generator() result.GeneratorUse {
	processors := func(d func(runfile.Generator) *time.Duration) func(runfile.Generator) *float64 {
		return func(g runfile.Generator) *float64 {
			if d(g) == nil || g.Wall <= 0 || g.CPUs <= 0 {
				return nil
			}
			x := float64(*d(g)) / float64(g.Wall) / float64(g.CPUs)
			return &x
		}
	}
	u := result.GeneratorUse{
		CPU:       l.most(processors(func(g runfile.Generator) *time.Duration { return &g.CPU })),
		RunDelay:  l.most(processors(func(g runfile.Generator) *time.Duration { return g.RunDelay })),
		LoopCPU:   l.most(func(g runfile.Generator) *float64 { return g.LoopCPU }),
		LoopDelay: l.most(func(g runfile.Generator) *float64 { return g.LoopDelay }),
	}
	for _, t := range l.trials {
		if t.end != nil {
			u.Loops = max(u.Loops, t.end.Generator.Loops)
		}
	}
	return u
}

// most is the largest of a figure of the trials; nil where none has it.
func (l *lane) most(of func(runfile.Generator) *float64) (most *float64) {
	for _, t := range l.trials {
		if t.end == nil {
			continue
		}
		if x := of(t.end.Generator); x != nil && (most == nil || *x > *most) {
			most = x
		}
	}
	return most
}
