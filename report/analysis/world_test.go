package analysis

import (
	"bytes"
	"iter"
	"slices"
	"testing"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/capacity"
	"weir/report/runfile"
	"weir/report/words"
)

const ms = time.Millisecond

// world is a server whose truth is known, and the experiment that is made with it. Its record comes from the
// simulator, through the same Recorder that a real run uses.
type world struct {
	workers  int
	service  time.Duration
	backlog  int
	lanes    []string
	mode     string
	rates    []float64 // of its trials; each lane gets each
	plans    []plan.Plan
	length   time.Duration
	retry    []time.Duration
	deadline time.Duration
	every    time.Duration // sampling
	stamps   bool

	header  func(*runfile.Header)
	result  func(lane string, r *loadgen.Result)              // what else happens to a request
	sample  func(s *probe.Sample)                             // what else the kernel says
	end     func(e *runfile.TrialEnd)                         // what else a trial's end says
	event   func(lane string, r loadgen.Result) runfile.Event // what the proxy logs of a request; no class: nothing
	reason  string
	stopped int // trials after which the run ends; 0: all
}

// demo is the experiment of make demo: 8 workers × 20 ms behind a backlog of 16, so 400 req/s.
func demo() world {
	return world{
		workers: 8, service: 20 * ms, backlog: 16, lanes: []string{"direct"}, mode: "loss",
		rates: steps(.6*400, 1.6*400, 15), length: 2 * time.Second,
		deadline: 500 * ms, every: 20 * ms, stamps: true, reason: "complete",
	}
}

func steps(from, to float64, n int) (rates []float64) {
	for i := range n {
		rates = append(rates, from+(to-from)*float64(i)/float64(n-1))
	}
	return rates
}

const (
	listenerAddr = "10.77.0.3:8000"
	backendHost  = "backend"
)

// record runs the experiment and returns its record.
func (w world) record(t testing.TB) []byte {
	t.Helper()
	var buf bytes.Buffer
	h := runfile.Header{
		Version: "test", Name: "test", Epoch: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seed: 1,
		Environment: map[string]string{"kernel": "simulated"},
		Capacity: runfile.Capacity{
			Workers: w.workers, ServiceTime: w.service - w.service/32, ServiceTimeSource: "stated", Backlog: uint32(w.backlog),
		},
	}
	plans := w.plans
	for _, rate := range w.rates {
		plans = append(plans, plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: w.length}}, Arrival: plan.Constant})
	}
	h.TrialsTotal = len(plans) * len(w.lanes)
	for _, name := range w.lanes {
		h.Lanes = append(h.Lanes, runfile.Lane{
			Name: name, Mode: w.mode, URL: "http://" + listenerAddr + "/", ConnectTimeout: 900 * ms, Timeout: 10 * time.Second,
			Deadline: w.deadline, Listener: listenerAddr, ListenerHost: backendHost,
		})
	}
	if w.header != nil {
		w.header(&h)
	}
	rec, err := runfile.NewRecorder(runfile.NewWriter(&buf), h)
	check(t, err)
	k := kernel{world: w, rec: rec, t: t}
	k.samples(0, 500*ms, nil)
	for i, p := range plans {
		for _, lane := range w.lanes {
			if w.stopped == 0 || k.trials < w.stopped {
				k.trial(lane, i, p)
			}
		}
	}
	check(t, rec.Close(w.reason))
	return buf.Bytes()
}

// kernel is the backend's host while the experiment runs.
type kernel struct {
	world
	t         testing.TB
	rec       *runfile.Recorder
	now       time.Duration
	trials    int
	overflows uint64
}

func (k *kernel) trial(lane string, i int, p plan.Plan) {
	start := k.now + 50*ms
	trial := runfile.Trial{Index: k.trials, Lane: lane, Start: start, Due: p.Count(), Plan: p}
	if len(p.Stages) == 1 && p.Stages[0].From == p.Stages[0].To {
		trial.Rate = p.Stages[0].From
	}
	k.trials++
	check(k.t, k.rec.Write(&trial))
	sim, err := capacity.System{
		Servers: k.workers, Slots: k.backlog + 1, Retry: k.retry, Patience: 900 * ms,
		Service: func(int) time.Duration { return k.service },
	}.Run(due(p))
	check(k.t, err)
	end := start
	for seq, o := range sim.Outcomes {
		r := k.life(lane, start, seq, o)
		k.rec.Results(trial.Index).Record(r)
		end = max(end, r.Done)
		if k.event != nil {
			if e := k.event(lane, r); e.Class != "" {
				e.At = r.Done.Truncate(runfile.BinWidth)
				check(k.t, k.rec.Write(&e))
			}
		}
	}
	end += ms
	k.samples(start, end+60*ms, &sim)
	if k.stamps {
		k.stamp(start, sim)
	}
	te := runfile.TrialEnd{
		Index: trial.Index, End: end, Drained: true, DrainedAt: end + 20*ms,
		Generator: runfile.Generator{CPU: 100 * ms, Wall: end - start, CPUs: 2},
	}
	if k.world.end != nil {
		k.world.end(&te)
	}
	check(k.t, k.rec.Write(&te))
}

// life is what the client sees of a simulated request.
func (k *kernel) life(lane string, start time.Duration, seq int, o capacity.Outcome) loadgen.Result {
	r := loadgen.Result{Seq: seq, Due: start + o.Arrival, Sent: start + o.Arrival + 100*time.Microsecond, Status: 200, Outcome: loadgen.OK}
	r.Connected, r.Done, r.SYNRetrans = start+o.Queued, start+o.Done, o.SYNs-1
	if !o.Connected {
		r.Connected, r.Done, r.Status, r.Outcome, r.SYNRetrans = 0, r.Sent+900*ms, 0, loadgen.ConnectTimeout, 0
		if lane == "proxy" {
			r.Status, r.Outcome = 504, loadgen.HTTP504
		}
	}
	if k.result != nil {
		k.result(lane, &r)
	}
	return r
}

// samples reads the kernel until the end of a stretch that holds one simulation or none.
func (k *kernel) samples(start, end time.Duration, sim *capacity.Result) {
	before := k.overflows
	for ; k.now < end; k.now += k.every {
		depth := uint32(0)
		if sim != nil {
			at := k.now - start
			n, _ := slices.BinarySearch(sim.Overflows, at+1)
			k.overflows = before + uint64(n)
			depth = depthAt(sim, at)
		}
		drops := uint32(k.overflows)
		s := probe.Sample{
			Host: backendHost, At: k.now, Took: ms,
			Counters:  map[string]uint64{"TcpExtListenOverflows": 7 + k.overflows, "TcpExtListenDrops": 9 + k.overflows},
			Listeners: []probe.Listener{{Addr: listenerAddr, Cookie: 1, Depth: depth, Limit: uint32(k.backlog), Drops: &drops}},
		}
		if k.sample != nil {
			k.sample(&s)
		}
		check(k.t, k.rec.Write(&runfile.Sample{Sample: s}))
	}
}

// depthAt is how many requests wait in the queue. Requests are served in order, so both times ascend.
func depthAt(sim *capacity.Result, at time.Duration) (n uint32) {
	for _, o := range sim.Outcomes {
		if o.Connected && o.Queued <= at && o.Start > at {
			n++
		}
	}
	return n
}

// stamp tells of busy periods tenth of a second by tenth.
func (k *kernel) stamp(start time.Duration, sim capacity.Result) {
	counts := map[time.Duration]uint64{}
	for _, o := range sim.Outcomes {
		if o.Connected {
			counts[(start+o.Done).Truncate(100*ms)+100*ms]++
		}
	}
	s := k.service.Seconds()
	for at := start.Truncate(100 * ms); at < k.now; at += 100 * ms {
		if n := counts[at]; n > 0 {
			check(k.t, k.rec.Write(&runfile.Service{Host: backendHost, At: at, Count: n, Sum: time.Duration(n) * k.service, SumSq: float64(n) * s * s}))
		}
	}
}

func due(p plan.Plan) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for _, at := range p.Due() {
			if !yield(at) {
				return
			}
		}
	}
}

func analyze(t testing.TB, record []byte) *result.Analysis {
	t.Helper()
	a, err := Analyze(runfile.NewReader(bytes.NewReader(record), "run.ndjson"))
	check(t, err)
	words.Fill(a)
	return a
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
