package analysis

import (
	"slices"
	"time"

	"weir/report/result"
)

// health counts checks by when they were sent: before the lane's first trial, from then on until the load of its last one ended, and after it.
func (r *run) health(l *lane) *result.Health {
	if len(l.trials) == 0 {
		return nil
	}
	first, last := l.trials[0], l.trials[len(l.trials)-1]
	var before, during, after checks
	for _, e := range r.events {
		if e.Source != "health" {
			continue
		}
		of := &during
		switch {
		case e.At < first.Start:
			of = &before
		case e.At >= last.Start+last.duration():
			of = &after
		}
		of.any = true
		switch e.Class {
		case "ok":
			of.OK += e.Count
		case "slow":
			of.Slow += e.Count
		case "failed":
			of.Failed += e.Count
			continue
		}
		if e.Took > 0 {
			of.took = append(of.took, e.Took)
		}
	}
	if !before.any && !during.any && !after.any {
		return nil
	}
	return &result.Health{Before: before.counts(), During: during.counts(), After: after.counts()}
}

// checks are those of one phase, with how long each answered one took.
type checks struct {
	result.HealthCounts
	any  bool
	took []time.Duration
}

func (c *checks) counts() result.HealthCounts {
	if n := len(c.took); n > 0 {
		slices.Sort(c.took)
		c.P50, c.Max = inSeconds(c.took[(n-1)/2]), inSeconds(c.took[n-1])
	}
	return c.HealthCounts
}
