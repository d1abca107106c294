package analysis

import (
	"time"

	"weir/loadgen/belief"
	"weir/report/result"
	"weir/report/runfile"
)

// contention says who had the processors while the generator was late: then it is the machine that wants changing, not the
// plan. For how much of a second, at worst, one of its event loops was runnable and waited for other programs; and how much a
// hypervisor took of all.
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

// doubtGenerator warns, of all lanes at once, of a generator that was late by less than makes a run INVALID: what is late
// shifts latencies, which count from when a request was due, and no onset.
func (r *run) doubtGenerator(c serverCapacity) {
	var lags []result.Finding
	for _, l := range r.lanes {
		x := l.lateness()
		if x.by <= belief.Bearable(0, c.mean, 0) || x.by > l.bearable(c) {
			continue
		}
		lag := result.Finding{Code: "lag_of_lane", Lane: l.Name, Args: result.Args{"by": x.by, "meanwhile": l.contention()}}
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
