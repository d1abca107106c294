package world

import (
	"cmp"
	"slices"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
	"weir/loadgen/search"
	"weir/report/runfile"
)

// experiment is a world while its record is written.
type experiment struct {
	World
	rec    Recorder
	err    error
	loads  int             // trials that are planned for each lane
	slower float64         // times: the noise of the whole run
	began  map[string]bool // lanes that have had a trial

	now       time.Duration // of the next sample
	idle      time.Duration // when the server has done everything
	asked     time.Duration // when it is asked next whether the run is to end
	ended     string        // why it did
	trials    int
	overflows uint64 // before the trial that is under way
	accepted  uint64 // the same
	nginx     nginx
}

func (e *experiment) keep(err error) {
	if e.err == nil {
		e.err = err
	}
}

// over reports whether no more trials begin.
func (e *experiment) over() bool {
	return e.err != nil || e.ended != "" || e.Stop > 0 && e.trials >= e.Stop
}

// load offers a plan to a lane, and the few requests of an observation before the lane's first and after
// its last. It returns how the load fared.
func (e *experiment) load(lane string, p plan.Plan, last bool) (due, bad uint64) {
	if e.over() {
		return 0, 0
	}
	if e.After > 0 && !e.began[lane] {
		before := At(e.few(), max(e.After/5, time.Second))
		e.offer(lane, part{role: runfile.Baseline, index: e.observation(lane), plan: before})
	}
	e.began[lane] = true
	parts := []part{{index: e.trials, plan: p}}
	if e.After > 0 && last {
		after := part{role: runfile.Recovery, index: e.observation(lane) + 1, plan: At(e.few(), e.After)}
		after.offset = p.Duration() + lead
		parts = append(parts, after)
	}
	e.trials++
	return e.offer(lane, parts...)
}

// observation is the index of the lane's baseline; the next one is its recovery's.
func (e *experiment) observation(lane string) int {
	return e.loads*len(e.Lanes) + 2*slices.Index(e.Lanes, lane)
}

// few is the rate at which a recovery is observed.
func (e *experiment) few() float64 { return min(20, .2*e.Capacity()) }

// lead is how long a trial is announced before its first request.
const lead = 50 * ms

// part is a plan that is offered while the server still has what came before it: a load, or few requests
// after it.
type part struct {
	role    string
	index   int
	plan    plan.Plan
	results *count.Counter
	offset  time.Duration // of its beginning from the load's
	end     time.Duration // its last outcome
}

// offer lets the server have a load, and what is observed after it.
func (e *experiment) offer(lane string, parts ...part) (due, bad uint64) {
	start := max(e.now, e.idle).Truncate(ms) + lead
	var arrivals []time.Duration
	var seq, of []int
	for i := range parts {
		p := &parts[i]
		trial := runfile.Trial{Index: p.index, Role: p.role, Lane: lane, Due: p.plan.Count(), Plan: p.plan}
		trial.Start = start + p.offset
		if s := p.plan.Stages; len(s) == 1 && s[0].From == s[0].To {
			trial.Rate = s[0].From
		}
		e.keep(e.rec.Write(&trial))
		p.results = e.rec.Results(p.index) // once, as a run does: who watches it would count twice
		for n, at := range p.plan.Due() {
			arrivals, seq, of = append(arrivals, p.offset+at), append(seq, n), append(of, i)
		}
	}
	random := e.random(1 + parts[0].index)
	sim, err := e.serve(arrivals, patience{e.retry(), e.ConnectTimeout, e.Timeout},
		pace{random, e.slower * (1 + e.Noise.Trial*random.NormFloat64()), e.Noise.Jitter})
	if e.keep(err); e.err != nil {
		return 0, 0
	}
	told := make([]toldResult, len(sim.fates))
	for i, f := range sim.fates {
		p := &parts[of[i]]
		told[i].to, told[i].Result = p.results, e.life(lane, start, seq[i], f)
		if e.Result != nil {
			e.Result(lane, &told[i].Result)
		}
		p.end = max(p.end, told[i].Done+ms)
		if of[i] == 0 {
			due++
			if r := told[i].Result; r.Outcome != loadgen.OK || e.Deadline > 0 && r.Done-r.Due > e.Deadline {
				bad++
			}
		}
	}
	slices.SortStableFunc(told, func(a, b toldResult) int { return cmp.Compare(a.Done, b.Done) })
	e.record(lane, start, parts, told, &sim)
	return due, bad
}

// toldResult is a result of one of the parts' trials.
type toldResult struct {
	to *count.Counter
	loadgen.Result
}

// record writes what was told, what the kernel and the proxy saw meanwhile, and how the trials ended, in
// the order of time.
func (e *experiment) record(lane string, start time.Duration, parts []part, told []toldResult, sim *served) {
	logs := e.NGINX && lane == Proxy
	if logs {
		e.nginx.take(told)
	}
	for i, r := range told {
		if e.ends(r.Done, parts) {
			e.cancel(told[i:], parts)
			sim.endAt(e.asked - start)
			break
		}
		e.samplesUntil(r.Done, start, sim)
		e.tell(lane, start, r, logs)
	}
	end := start
	for _, p := range parts {
		end = max(end, p.end)
	}
	drained, ok := e.drained(start, end, len(parts) > 1, sim)
	e.samplesUntil(max(end, drained)+60*ms, start, sim)
	e.overflows += uint64(upTo(sim.overflows, e.now-start))
	e.accepted += uint64(upTo(sim.queued, e.now-start))
	if n := len(sim.ended); n > 0 {
		e.idle = start + sim.ended[n-1]
	}
	if logs {
		e.keep(e.nginx.flush(e.rec))
	}
	if e.Stamps {
		e.stamp(start, sim)
	}
	for _, p := range parts {
		te := runfile.TrialEnd{
			Index: p.index, End: p.end, Drained: ok, DrainedAt: max(p.end, drained) + 20*ms,
			Generator: runfile.Generator{CPU: 100 * ms, Wall: p.end - start - p.offset, CPUs: 2},
		}
		if e.End != nil {
			e.End(&te)
		}
		e.keep(e.rec.Write(&te))
	}
}

// tell records one result, and what logs say of it.
func (e *experiment) tell(lane string, start time.Duration, r toldResult, logs bool) {
	r.to.Record(r.Result)
	if e.Event != nil {
		if ev := e.Event(lane, r.Result); ev.Class != "" {
			ev.At = r.Done.Truncate(runfile.BinWidth)
			e.keep(e.rec.Write(&ev))
		}
	}
	if logs {
		e.keep(e.nginx.request(e.rec, start, r.Result))
	}
}

// ends asks up to a time whether the run is to end, every tenth of a second, when all counts have been read.
func (e *experiment) ends(at time.Duration, parts []part) bool {
	for e.Abort != nil && e.ended == "" && e.asked <= at {
		for _, p := range parts {
			p.results.Read()
		}
		if e.ended = e.Abort(e.asked); e.ended == "" {
			e.asked += 100 * ms
		}
	}
	return e.ended != ""
}

// cancel ends the requests that are on their way when the run ends; those that are not due yet are never
// sent.
func (e *experiment) cancel(rest []toldResult, parts []part) {
	for i := range parts {
		parts[i].end = e.asked
	}
	for _, r := range rest {
		if r.Due > e.asked {
			continue
		}
		if r.Sent > e.asked {
			r.Sent = 0
		}
		r.Connected, r.FirstByte, r.Status = 0, 0, 0
		r.Closed, r.Outcome, r.Done = loadgen.ByUs, loadgen.Canceled, e.asked
		r.to.Record(r.Result)
	}
}

// drained is when the kernel's queue was empty after the load. That is waited for, but only until an
// observation ends.
func (e *experiment) drained(start, end time.Duration, observed bool, sim *served) (time.Duration, bool) {
	at := time.Duration(0)
	if n := len(sim.started) - 1 - e.Ahead; n >= 0 && e.MostInside == 0 {
		at = start + sim.started[n]
	}
	if (observed || e.ended != "") && at > end {
		return end, false
	}
	return at, true
}

// search offers what a search asks for, each lane to its end.
func (e *experiment) search() {
	for _, lane := range e.Lanes {
		state := e.World.Search.Begin()
		for load, ok := state.Next(); ok && !e.over(); load, ok = state.Next() {
			due, bad := e.load(lane, At(load, e.World.Search.Trial), false)
			state.Add(search.Trial{Load: load, Duration: e.World.Search.Trial, Due: due, Bad: bad})
		}
	}
}
