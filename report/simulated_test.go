package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"weir/report/analysis/estimate"
	"weir/report/result"
)

// The fixtures are analyses as a run would give them, made by a small simulation of the demo: 8 workers
// that are busy for 20.6 ms, a backlog of 16, 15 drained trials of 2 s a lane from 240 to 640 req/s.

const (
	fixWorkers = 8
	fixService = .0206
	fixSlots   = 17
	fixBin     = .1
)

func ptr[T any](x T) *T { return &x }

// simTrial is one trial as the simulation saw it.
type simTrial struct {
	trial    result.Trial
	timeline result.Timeline
	latency  []float64
}

// simulate offers rate for duration to a FIFO queue in front of the workers; an arrival that finds the
// queue full fails at once as outcome. jitter is the relative scatter of the service time.
func simulate(rng *rand.Rand, index int, rate, start, duration float64, outcome string, jitter float64) simTrial {
	bins := int(math.Round(duration / fixBin))
	s := simTrial{timeline: result.Timeline{BinS: fixBin, Bad: map[string][]uint64{outcome: make([]uint64, bins)}}}
	tl := &s.timeline
	for i := range bins {
		tl.AtS = append(tl.AtS, start+float64(i)*fixBin)
		tl.Offered, tl.Goodput = append(tl.Offered, 0), append(tl.Goodput, 0)
		tl.RecvQ, tl.Overflows = append(tl.RecvQ, ptr(uint32(0))), append(tl.Overflows, ptr(uint64(0)))
	}
	free := make([]float64, fixWorkers) // when each worker is free
	var starts []float64                // when each admitted request is taken from the queue
	n := int(math.Round(rate * duration))
	var bad uint64
	for i := range n {
		now := float64(i) / rate
		bin := min(int(now/fixBin), bins-1)
		tl.Offered[bin] += 1 / fixBin
		depth := 0
		for j := len(starts) - 1; j >= 0 && starts[j] > now; j-- {
			depth++
		}
		if depth >= fixSlots {
			bad++
			*tl.Overflows[bin]++
			tl.Bad[outcome][bin]++
		} else {
			w := slices.Index(free, slices.Min(free))
			begin := max(now, free[w])
			free[w] = begin + fixService*(1+jitter*rng.NormFloat64())
			starts = append(starts, begin)
			s.latency = append(s.latency, free[w]-now)
			tl.Goodput[bin] += 1 / fixBin
			if begin > now {
				depth++
			}
		}
		*tl.RecvQ[bin] = max(*tl.RecvQ[bin], uint32(depth))
	}
	sorted := slices.Sorted(slices.Values(s.latency))
	var latencies result.Latencies
	for _, x := range sorted {
		latencies = append(latencies, result.LatencyCount{High: time.Duration(x * float64(time.Second)), N: 1})
	}
	good := float64(uint64(n) - bad)
	low, high := wilson(good, float64(n))
	s.trial = result.Trial{
		Index: index, Rate: rate, Start: start, Duration: duration, Due: uint64(n), Sent: uint64(n), Bad: bad,
		Outcomes: map[string]uint64{"ok": uint64(n) - bad}, Goodput: good / duration,
		GoodLow: low * float64(n) / duration, GoodHigh: high * float64(n) / duration,
		Overflows: ptr(bad), MaxRecvQ: ptr(maxDepth(tl.RecvQ)), Drained: true, Complete: true,
		Expected: ptr(max(0, (rate-fixWorkers/fixService)*duration-fixSlots-fixWorkers/2)), Latency: quantiles(sorted), Latencies: latencies,
	}
	if 20*bad > uint64(n) {
		s.trial.Served = ptr((good - fixSlots - fixWorkers/2*float64(bad)/float64(n)) / duration)
	}
	if bad > 0 {
		s.trial.Outcomes[outcome] = bad
	}
	return s
}

func maxDepth(depths []*uint32) uint32 {
	var deepest uint32
	for _, d := range depths {
		deepest = max(deepest, *d)
	}
	return deepest
}

func wilson(good, n float64) (low, high float64) {
	const z = 1.96
	p, c := good/n, z*z/n
	half := z * math.Sqrt(p*(1-p)/n+c/(4*n)) / (1 + c)
	mid := (p + c/2) / (1 + c)
	return max(0, mid-half), min(1, mid+half)
}

// simulateLane runs 15 trials, every other turn of a clock that two lanes share, and replays them.
func simulateLane(name, outcome string, turn int, theta float64) result.Lane {
	rng := rand.New(rand.NewPCG(7, uint64(turn)))
	l := result.Lane{
		Name: name, URL: "http://10.77.0.3:8000/", Engine: "epoll", Connections: result.Connections{Use: "new"}, Mode: "loss", ConnectTimeout: .9, Deadline: .9,
		Outcomes: map[string]uint64{}, BacklogLimit: ptr(uint32(fixSlots - 1)), Listener: "10.77.0.3:8000",
		OverflowOnset: &result.Onset{RPS: theta + 1.2, Low: theta - 6.1, High: theta + 8.4, Method: "hinge"},
		ErrorOnset:    &result.Onset{RPS: theta, Low: theta - 7.3, High: theta + 7.9, Method: "hinge"},
		Plateau:       ptr(theta + .6),
		CrossChecks: result.CrossChecks{Knee: ptr(theta + 8.1), Crossing: ptr(theta - .5), Fill: ptr(fixSlots / 2.),
			Busy: result.Estimate{Value: ptr(theta - 2.1), Low: ptr(theta - 9), High: ptr(theta + 4.8)}},
	}
	var latencies []float64
	var overflows uint64
	for i := range 15 {
		rate := 240 + float64(i)*400/14
		start := 1 + 5.2*float64(i) + 2.6*float64(turn)
		s := simulate(rng, 2*i+turn, math.Round(rate*100)/100, start, 2, outcome, .02)
		replay := simulate(rng, 0, s.trial.Rate, start, 2, outcome, 0)
		l.Trials = append(l.Trials, s.trial)
		for o, n := range s.trial.Outcomes {
			l.Outcomes[o] += n
		}
		l.Offered += s.trial.Due
		overflows += s.trial.Bad
		latencies = append(latencies, s.latency...)
		l.Trials[i].QueueFailures = s.trial.Bad
		addLatencies(&l.LatencyMap, &s)
		join(&l.Timeline, &s.timeline, replay.timeline.Overflows, outcome)
	}
	l.Sent, l.Overflows, l.ListenDrops, l.ListenerDrops = l.Offered, &overflows, &overflows, &overflows
	l.MaxRecvQ = ptr(uint32(fixSlots))
	l.Reconciliation = result.Reconciliation{Overflows: overflows, ClientFailures: overflows, Ratio: ptr(1.0), Low: ptr(.98), High: ptr(1.02),
		Verdict: "agree: in loss mode one overflow is one failure, within 2 %"}
	l.Cause = result.Cause{
		Code: "accept_queue_overflow", EvidenceLevel: 2, EvidenceName: "accounting",
		Text: "The accept queue overflowed: 8 workers were all busy, the kernel dropped the SYNs that found the queue full, and each drop is one failed request.",
		Evidence: []string{
			fmt.Sprintf("ListenOverflows rose by %s, and the listener's own drops by the same number.", count(overflows)),
			"The queue was seen at 17 connections, one more than its limit of 16: full.",
			"The first overflow fell into the same tenth of a second as the first failure.",
			fmt.Sprintf("%s overflows against %s failed requests: ratio 1.000, allowed 0.98 to 1.02.", count(overflows), count(overflows)),
		},
	}
	slices.Sort(latencies)
	l.Latency = quantiles(latencies)
	l.Percentiles = tailOf(latencies)
	l.Guides = []result.Guide{{S: fixService, Code: "service_time", Text: "S, one service time"},
		{S: fixService + fixSlots*fixService/fixWorkers, Code: "full_queue", Text: "S + C/μ, through a full queue of 17"},
		{S: .9, Code: "connect_timeout", Text: "the client's connect timeout"}}
	l.FromSent = quantiles(shifted(latencies, -.000041))
	l.Connections = result.Connections{Use: "new", Opened: ptr(l.Latency.Count), PerOne: ptr(1.0), PeerClosed: ptr(l.Latency.Count), WeClosed: ptr(uint64(0)), TimeWait: ptr("peer")}
	l.FailLatency = result.Quantiles{P50: ptr(.9003), P90: ptr(.9007), P99: ptr(.9019), Max: ptr(.9052), Count: overflows}
	l.SendLag = result.Quantiles{P50: ptr(.000041), P90: ptr(.000118), P99: ptr(.00043), P999: ptr(.00121), Max: ptr(.0031), Count: l.Sent}
	l.Timeline.Marks = fixtureMarks(&l)
	return l
}

func shifted(values []float64, by float64) []float64 {
	out := slices.Clone(values)
	for i := range out {
		out[i] += by
	}
	return out
}

func quantiles(sorted []float64) result.Quantiles {
	n := len(sorted)
	at := func(p float64) *float64 {
		if p < 1 && !estimate.Supported(uint64(n), p) {
			return nil
		}
		return ptr(sorted[int(p*float64(n-1))])
	}
	around := func(p float64) *result.Bounds { // by the normal approximation
		if at(p) == nil {
			return nil
		}
		half := 1.96 * math.Sqrt(p*(1-p)/float64(n))
		return &result.Bounds{Low: sorted[int((p-half)*float64(n-1))], High: sorted[int(min(1, p+half)*float64(n-1))]}
	}
	return result.Quantiles{
		P50: at(.5), P90: at(.9), P99: at(.99), P999: at(.999), Max: at(1), Count: uint64(n),
		P50Interval: around(.5), P90Interval: around(.9), P99Interval: around(.99), P999Interval: around(.999),
	}
}

// addLatencies puts a trial into four columns: what succeeded by how long it took, what failed at the timeout.
func addLatencies(m *result.LatencyMap, s *simTrial) {
	if m.EdgesS == nil {
		for e := .016; e < 1.2; e *= 1.2 {
			m.EdgesS = append(m.EdgesS, e)
		}
		m.BinS = .5
	}
	row := func(x float64) int {
		i, _ := slices.BinarySearch(m.EdgesS, x)
		return min(max(i-1, 0), len(m.EdgesS)-2)
	}
	for c := range 4 {
		m.Trial, m.AtS = append(m.Trial, s.trial.Index), append(m.AtS, s.trial.Start+float64(c)*m.BinS)
		ok := make([]uint64, len(m.EdgesS))
		for _, x := range s.latency[c*len(s.latency)/4 : (c+1)*len(s.latency)/4] {
			ok[row(x)]++
		}
		failed := s.trial.Bad * uint64(c) / 6 // none in the first, all in the others
		for r := range ok {
			n := uint64(0)
			if r == row(.9) {
				n = failed
			}
			if ok[r]+n > 0 {
				m.Column, m.Row = append(m.Column, len(m.AtS)-1), append(m.Row, r)
				m.OK, m.Failed = append(m.OK, ok[r]), append(m.Failed, n)
			}
		}
	}
}

func tailOf(sorted []float64) []result.Percentile {
	var out []result.Percentile
	for _, x := range []float64{1.25, 1.6, 2, 2.5, 4, 6.3, 10, 16, 25, 40, 63, 100, 160, 250, 400, 630, 1000, 1600, 2500} {
		s := sorted[int((1-1/x)*float64(len(sorted)-1))]
		out = append(out, result.Percentile{OneIn: x, S: s, LowS: s * (1 - x/1e5), HighS: s * (1 + x/3e4)})
	}
	return out
}

func join(all, one *result.Timeline, replayed []*uint64, outcome string) {
	all.BinS = one.BinS
	all.AtS = append(all.AtS, one.AtS...)
	all.Offered = append(all.Offered, one.Offered...)
	all.Goodput = append(all.Goodput, one.Goodput...)
	all.RecvQ = append(all.RecvQ, one.RecvQ...)
	all.Overflows = append(all.Overflows, one.Overflows...)
	all.Replayed = append(all.Replayed, replayed...)
	if all.Bad == nil {
		all.Bad = map[string][]uint64{}
	}
	all.Bad[outcome] = append(all.Bad[outcome], one.Bad[outcome]...)
}

func fixtureMarks(l *result.Lane) []result.Mark {
	mark := func(at float64, code, text string) result.Mark {
		return result.Mark{AtS: at, Code: code, Text: text}
	}
	var marks []result.Mark
	for _, t := range l.Trials {
		if t.Rate > fixWorkers/fixService {
			marks = append(marks, mark(t.Start, "load_passes_capacity", fmt.Sprintf("load passes capacity (%.0f req/s)", t.Rate)),
				mark(t.Start+(fixSlots+fixWorkers/2)/(t.Rate-fixWorkers/fixService), "predicted_fill", "queue predicted to be full"))
			break
		}
	}
	for i, n := range l.Timeline.Overflows {
		if *n > 0 {
			at := l.Timeline.AtS[i]
			return append(marks, mark(at, "first_overflow", "first overflow"), mark(at+fixBin/2, "first_error", "first failed request"))
		}
	}
	return marks
}
