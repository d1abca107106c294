package gate

import (
	"cmp"
	"fmt"
	"slices"

	"weir/report/analysis"
)

// Doubts lists in sentences why a run and its baseline may differ for another reason than what is under test.
func Doubts(a, baseline *analysis.Analysis) []string {
	var list []string
	differ := func(what, here, there string) {
		if here != there {
			list = append(list, fmt.Sprintf("the %s differs: %s, baseline %s", what, cmp.Or(here, "not known"), cmp.Or(there, "not known")))
		}
	}
	for _, fact := range []struct{ key, name string }{
		{"kernel", "kernel"}, {"cpu", "processor"}, {"cpus", "number of processors"}, {"arch", "architecture"}, {"lab", "place"},
	} {
		differ(fact.name, a.Environment[fact.key], baseline.Environment[fact.key])
	}
	differ("weir", a.Version, baseline.Version)
	for i := range a.Lanes {
		l := &a.Lanes[i]
		j := slices.IndexFunc(baseline.Lanes, func(b analysis.Lane) bool { return b.Name == l.Name })
		if j < 0 {
			list = append(list, fmt.Sprintf("the baseline has no lane %s", l.Name))
			continue
		}
		b := &baseline.Lanes[j]
		differ("engine of "+l.Name, l.Engine, b.Engine)
		differ("mode of "+l.Name, l.Mode, b.Mode)
		differ("use of connections of "+l.Name, l.Connections.Use, b.Connections.Use)
		differ("deadline of "+l.Name, seconds.format(l.Deadline), seconds.format(b.Deadline))
		differ("backlog limit of "+l.Name, backlog(l), backlog(b))
		differ("plan of "+l.Name, offer(l), offer(b))
	}
	return list
}

func backlog(l *analysis.Lane) string { return depth(l.BacklogLimit).words(count) }

// words is the value alone.
func (i interval) words(u unit) string {
	if i.absent != "" {
		return ""
	}
	return u.format(i.value)
}

// offer is what was offered, as far as it decides whether two runs can be compared: how often, how long and at which
// rates, in their order of time.
func offer(l *analysis.Lane) string {
	if len(l.Trials) == 0 {
		return "no trial"
	}
	first, last := l.Trials[0], l.Trials[len(l.Trials)-1]
	sum := 0.0
	for _, t := range l.Trials {
		sum += t.Rate
	}
	return fmt.Sprintf("%d trials of %s from %s to %s, %s on average", len(l.Trials), seconds.format(first.Duration),
		rate.format(first.Rate), rate.format(last.Rate), rate.format(sum/float64(len(l.Trials))))
}
