// Package analysis turns a recorded run into what can be said about it, and how surely. It computes
// from the record alone: no clock, no kernel, no network. Every estimate carries an interval or the
// reason for having none.
package analysis

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/analysis/cause"
	"weir/report/analysis/estimate"
	"weir/report/runfile"
)

// Analyze reads a record to its end and says what it shows. The same record gives the same analysis, bit for
// bit on the same kind of processor; where floats are written down they have to be rounded, to six
// significant digits, which is the renderer's part (report.JSON). The error is the reader's: a record that
// cannot be read. A run that shows nothing is no error but an Analysis that says so.
func Analyze(rd *runfile.Reader) (*result.Analysis, error) {
	r, err := load(rd)
	if err != nil {
		return nil, err
	}
	r.measure()
	c := r.capacity()
	h := r.header
	a := &result.Analysis{
		Schema: result.Schema, Name: h.Name, Claim: h.Claim, Started: h.Epoch.UTC().Format(time.RFC3339),
		Version: h.Version, Command: append([]string{}, h.Command...), Seed: h.Seed, Pairs: h.Pairs,
		Mode: commonMode(h.Lanes), Ended: r.ended(),
		Environment: map[string]string{}, Capacity: c.report(h.Capacity), Lanes: []result.Lane{},
		OnsetOverCapacity: map[string]result.Interval{}, Assertions: []result.AssertionResult{},
		Asked: h.Asked,
	}
	maps.Copy(a.Environment, h.Environment)
	r.spoil(c)
	r.doubt(c)
	r.doubtProxyLog()
	r.doubtProxyStatus()
	for _, l := range r.lanes {
		out, o := r.lane(l, c)
		if iv, ok := c.overCapacity(cmp.Or(o.failure, o.overflow)); ok {
			a.OnsetOverCapacity[l.Name] = iv
		}
		a.Lanes = append(a.Lanes, out)
	}
	a.Hosts = r.reportHosts()
	a.Agreement = agreement(a.Lanes)
	a.InvalidReasons = r.invalid(c)
	a.Valid = len(a.InvalidReasons) == 0
	a.Warnings = append([]result.Warning{}, r.warnings...)
	a.Verdict = verdict(a)
	return a, nil
}

// commonMode is the mode that all lanes have, or "mixed".
func commonMode(lanes []runfile.Lane) string {
	mode := ""
	for _, l := range lanes {
		if mode != "" && l.Mode != mode {
			return "mixed"
		}
		mode = l.Mode
	}
	return mode
}

func (r *run) ended() result.Ending {
	if r.footer == nil {
		return result.Ending{How: runfile.CutShort}
	}
	how, why := r.footer.Ended()
	return result.Ending{How: how, Why: why}
}

// lane puts together what one path showed.
func (r *run) lane(l *lane, c serverCapacity) (result.Lane, onsets) {
	q := l.queue()
	out := result.Lane{
		Name: l.Name, URL: l.URL, Engine: l.Engine, Connections: l.connections(), Generator: l.generator(),
		Mode: l.Mode, ConnectTimeout: l.ConnectTimeout.Seconds(), Deadline: l.Deadline.Seconds(),
		Timeout: l.Timeout.Seconds(), MaxInFlight: l.MaxInFlight, Options: l.options(),
		ProxyTimeouts: l.proxyTimeouts(),
		Outcomes:      named(l.outcomes()), Late: l.late(), Shed: l.outcomes()[loadgen.Shed],
		Latency: quantiles(l.latency), FromSent: quantiles(l.service), FailLatency: quantiles(l.fail),
		SendLag:       quantiles(l.lag),
		Phases:        l.phases(),
		Overflows:     l.overflows(),
		ListenDrops:   l.grown(listenDrops),
		ListenerDrops: l.sum(func(f *figures) *uint64 { return f.drops }),
		MaxRecvQ:      q.depth, BacklogLimit: q.limit, Listener: l.Listener, ListenerHost: l.ListenerHost,
		Backend:  r.backend(l),
		LostSYNs: lostSYNs(l.connects), Unanswered: lostSYNs(l.unanswered), Trials: []result.Trial{},
		LogClasses: r.logClasses(l), Health: r.health(l),
	}
	o := r.onsets(l)
	for _, t := range l.trials {
		out.Offered += t.figures.due
		out.Sent += t.figures.sent
		out.MaxOpen = max(out.MaxOpen, t.maxOpen())
		out.SYNRetrans += t.figures.synRetrans
		trial := t.report(o.fit)
		trial.Served = l.served(t, c.servers)
		trial.Latencies = r.latencies(t)
		trial.Latency = QuantilesOf(trial.Latencies)
		f := r.failures(t)
		trial.QueueFailures = f.sum(loadgen.ByQueue)
		out.Trials = append(out.Trials, trial)
	}
	out.OverflowOnset, out.ErrorOnset, out.NoOnset = o.overflow, o.failure, o.because()
	out.CrossChecks = r.crossChecks(l, &o)
	out.Plateau, out.PlateauBounds = plateau(out.Trials)
	if l.slots == 0 {
		out.PlateauBounds = nil // what the queue took in is not known
	}
	out.ProxyLog, out.ProxyStatus = r.proxyLog(l, out.Sent), r.proxyStatus(l)
	out.Reconciliation = r.reconcile(l, c)
	out.Cause, out.Causes = cause.Of(r.facts(l, c, out.Reconciliation))
	out.Search = r.search(l)
	out.Recovery = r.recovery(l)
	out.Timeline = r.timeline(l, c)
	out.LatencyMap, out.Percentiles, out.Guides = l.latencyMap(), percentiles(l.latency), r.guides(l, c)
	return out, o
}

func (t *trial) report(fit *estimate.Fit) result.Trial {
	f, d := &t.figures, t.duration().Seconds()
	out := result.Trial{
		Index: t.Index, Rate: t.Rate, Arrival: string(cmp.Or(t.Plan.Arrival, plan.Constant)),
		Stages: []result.Stage{}, Plan: t.Plan, Start: t.Start.Seconds(), Duration: d,
		Due: f.due, Sent: f.sent, Bad: f.bad, Outcomes: named(f.outcomes),
		Overflows: f.overflows, ListenDrops: f.cover.delta(listenDrops), MaxRecvQ: f.queue.depth,
		Drained: t.drained(), DrainedAfter: t.drainedAfter(), Complete: f.complete, Spoiled: t.spoiled,
	}
	for _, s := range t.Plan.Stages {
		out.Stages = append(out.Stages, result.Stage{From: s.From, To: s.To, Duration: s.Duration.Seconds()})
	}
	if d > 0 && f.due > 0 {
		perSecond := float64(f.due) / d
		low, high := estimate.Wilson(f.good(), f.due)
		out.Goodput = float64(f.good()) / d
		out.GoodLow, out.GoodHigh = low*perSecond, high*perSecond
	}
	if fit != nil && f.complete && t.constant() {
		x := fit.Expected(estimate.Trial{Due: f.due, Bad: f.bad, Duration: t.duration()})
		out.Expected = &x
	}
	return out
}

// served is the rate at which the server worked in a complete trial that lost more than a twentieth: its
// goodput, less what an empty queue and idle workers took in once and served after the load had ended,
// C + W/2·(1−μ/L) requests (the fill of estimate.Hinge). Without that, trials of a few seconds show a server
// faster than it is. Nil for other trials.
func (l *lane) served(t *trial, servers int) *float64 {
	f := &t.figures
	if !f.complete || !t.constant() || 20*f.bad <= f.due {
		return nil
	}
	fill := float64(l.slots) + float64(servers)/2*float64(f.bad)/float64(f.due)
	rate := max(0, float64(f.good())-fill) / t.duration().Seconds()
	return &rate
}

// plateau is the median of what the server did in overloaded trials.
func plateau(trials []result.Trial) (*float64, *result.Bounds) {
	var rates []float64
	for _, t := range trials {
		if t.Served != nil {
			rates = append(rates, *t.Served)
		}
	}
	if len(rates) == 0 {
		return nil, nil
	}
	slices.Sort(rates)
	median := (rates[(len(rates)-1)/2] + rates[len(rates)/2]) / 2
	low, high := estimate.QuantileRanks(uint64(len(rates)), .5)
	if low == 0 || high == 0 {
		return &median, nil
	}
	return &median, &result.Bounds{Low: rates[low-1], High: rates[high-1]}
}

// logClasses sums what a proxy logged while the lane's trials ran, the most frequent class first.
func (r *run) logClasses(l *lane) []result.LogClass {
	sums := map[[2]string]*result.LogClass{}
	for _, t := range l.trials {
		for _, e := range r.eventsOf(t) {
			key := [2]string{e.Source, e.Class}
			if sums[key] == nil {
				sums[key] = &result.LogClass{Source: e.Source, Class: e.Class, Text: e.Text}
			}
			sums[key].Count += e.Count
		}
	}
	var out []result.LogClass
	for _, c := range sums {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b result.LogClass) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Source, b.Source),
			cmp.Compare(a.Class, b.Class))
	})
	return out
}

// agreement is the proxy lane's onset ÷ the direct lane's: 1 where the proxy hides nothing and adds nothing.
// The lanes' trials are independent, and so are their errors.
func agreement(lanes []result.Lane) *result.Interval {
	onset := func(name string) *result.Onset {
		i := slices.IndexFunc(lanes, func(l result.Lane) bool { return l.Name == name })
		if i < 0 {
			return nil
		}
		return lanes[i].ErrorOnset
	}
	direct, proxy := onset("direct"), onset("proxy")
	if direct == nil || proxy == nil || direct.Low <= 0 {
		return nil
	}
	ratio, low, high, ok := estimate.Ratio(proxy.RPS, proxy.Low, proxy.High, direct.RPS, direct.Low,
		direct.High)
	if !ok {
		return nil
	}
	return &result.Interval{Ratio: ratio, Low: low, High: high}
}

// named drops what did not happen.
func named(counts map[loadgen.Outcome]uint64) map[string]uint64 {
	out := map[string]uint64{}
	for o, n := range counts {
		if n > 0 {
			out[string(o)] = n
		}
	}
	return out
}
