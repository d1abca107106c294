package analysis

import (
	"fmt"
	"strings"
	"time"

	"weir/report/result"

	mlrsearch "weir/loadgen/search"
	"weir/report/analysis/estimate"
	"weir/report/runfile"
)

// lateness is how late (sent − due) the latest requests were sent: late or later was one in a hundred or, where
// there are too few for a 99th percentile, one more than the few that a machine's one hiccup delays.
type lateness struct {
	late         time.Duration // 0 where there are not even so many
	of           string        // how many were
	doubt, limit time.Duration // above which it is a doubt, and disqualifies
}

// fewLate are not enough to say that a generator was late.
const fewLate = 3

// lateness holds how late the lane's generator was against what is bearable.
//
// A late generator does two things. It shifts latencies, which count from due, by as much: that is a
// doubt as soon as it can be seen. And it releases together what was due apart, lag × rate requests, in place of
// the even stream that the onset is estimated for. While such bursts are small beside the queue that
// takes them, the onset does not move; when they are not, or the queue
// is not known, the run says nothing. A hypervisor that takes the processor away for some milliseconds
// does no harm to a queue that takes 44 ms to fill.
func (l *lane) lateness(c serverCapacity) lateness {
	// Above capacity the queue is full anyway, so no higher rate than W/S matters, where that is known.
	rate := l.highest()
	if c.rate > 0 {
		rate = min(rate, c.rate)
	}
	x := lateness{doubt: mlrsearch.Bearable(0, c.mean, 0), limit: mlrsearch.Bearable(rate, c.mean, l.slots)}
	switch n := l.lag.TotalCount(); {
	case estimate.Supported(uint64(n), 0.99):
		x.late, x.of = time.Duration(l.lag.ValueAtPercentile(99)), "1 % of requests"
	case n > fewLate:
		x.late = time.Duration(l.lag.ValueAtPercentile(100 * float64(n-fewLate) / float64(n)))
		x.of = fmt.Sprintf("%d of %d requests", fewLate+1, n)
	}
	return x
}

// robbed says who had the processors while the generator was late: then it is the machine that wants changing, not the plan. For how
// much of a second, at worst, one of its event loops was ready and waited for others; and how much a hypervisor took of all.
func (l *lane) robbed() string {
	const worthTelling = 0.005 // 10 ms in every 2 s of one processor
	others := ""
	if _, waited := l.worstLoop(func(g runfile.Generator) *float64 { return g.LoopDelay }); waited >= 10*worthTelling {
		others = fmt.Sprintf("; for up to %.0f %% of a second other programs had its processor", 100*waited)
	}
	var stolen, wall time.Duration
	for _, t := range l.trials {
		if t.end != nil && t.end.Generator.Stolen != nil {
			stolen += *t.end.Generator.Stolen
			wall += t.end.Generator.Wall
		}
	}
	share := float64(stolen) / float64(max(1, wall))
	if share < worthTelling {
		return others
	}
	return others + fmt.Sprintf("; meanwhile the hypervisor took %.1f %% of a processor from this machine (steal)", 100*share)
}

// worst is the trial in which a time of the generator was the largest share of what its processors offered.
func (l *lane) worst(of func(runfile.Generator) time.Duration) (at *trial, share float64) {
	for _, t := range l.trials {
		if t.end == nil || t.end.Generator.Wall <= 0 || t.end.Generator.CPUs <= 0 {
			continue
		}
		g := t.end.Generator
		if x := float64(of(g)) / float64(g.Wall) / float64(g.CPUs); x > share {
			at, share = t, x
		}
	}
	return at, share
}

// runDelay is how long the generator's threads were ready to run and did not, 0 where the kernel does not tell, and where it
// is known how long its event loops did: the others, of the probe and of the record, hold up no request and no answer.
// The send lag shows what it did to sending; this shows that answers were read late too. A quarter is what two
// busy processors shared with others were measured to bear: there onset and accounting still agreed.
func runDelay(g runfile.Generator) time.Duration {
	if g.RunDelay == nil || g.LoopDelay != nil {
		return 0
	}
	return *g.RunDelay
}

// doubtGenerator says of all lanes at once how late the generator was, where that is a doubt.
func (r *run) doubtGenerator(c serverCapacity) {
	var late []string
	for _, l := range r.lanes {
		if x := l.lateness(c); x.late > x.doubt && x.late <= x.limit {
			late = append(late, fmt.Sprintf("%s over %.1f ms (%s%s)", x.of, 1000*x.late.Seconds(), l.Name, l.robbed()))
		}
	}
	if len(late) > 0 {
		r.warn("send_lag", "the generator sent late: %s; latencies are blurred by that, onsets are not", strings.Join(late, ", "))
	}
}

// worstLoop is the trial in which a share of one event loop's time was the largest.
func (l *lane) worstLoop(of func(runfile.Generator) *float64) (at *trial, most float64) {
	for _, t := range l.trials {
		if t.end != nil && share(of(t.end.Generator)) > most {
			at, most = t, share(of(t.end.Generator))
		}
	}
	return at, most
}

// share is 0 where it is not known, which no limit is below.
func share(of *float64) float64 {
	if of == nil {
		return 0
	}
	return *of
}

func eventLoops(t *trial) string {
	if n := t.end.Generator.Loops; n > 1 {
		return fmt.Sprintf("%d event loops", n)
	}
	return "event loops"
}

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
