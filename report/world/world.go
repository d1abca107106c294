// Package world makes the records of experiments with servers whose truth is known. A server of capacity's
// simulator is offered load by a plan, and what its clients, its kernel and its proxy would have seen is
// written by the same Recorder that a real run uses. So whoever reads records can be tested against the
// truth, and what is shown of them is what a run shows.
//
// It is for tests and for benchmarks of decisions. Nothing of it happens in real time, and the same world
// gives the same record (but for where the Recorder divides its bins).
//
// A world is a small set of values. Where they are not enough its hooks change single results, samples and
// events.
package world

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
	"weir/loadgen/search"
	"weir/probe"
	"weir/report/capacity"
	"weir/report/runfile"
)

const ms = time.Millisecond

// Where the simulated hosts are.
const (
	Listener = "10.77.0.3:8000" // of the server
	Backend  = "backend"        // its host
	Proxy    = "proxy"          // the lane that passes an NGINX, and its host
)

// World is a server and the experiment that is made with it.
type World struct {
	Server
	Noise Noise
	Seed  uint64 // of the service times, the failures and the noise

	Lanes          []string        // each is offered each load in turn; the one named Proxy passes an NGINX
	Mode           string          // runfile.Loss or runfile.Retrial
	Retry          []time.Duration // when a client sends its SYN again; nil: as Linux does, in loss mode not
	ConnectTimeout time.Duration
	Timeout        time.Duration // of a request
	Deadline       time.Duration

	Rates   []float64     // of the trials, each of Length
	Length  time.Duration // of a trial
	Arrival plan.Arrival
	Plans   []plan.Plan   // of trials after those
	Search  *search.Spec  // the trials are those of a search, by what it has seen so far
	After   time.Duration // how long few requests show whether a lane recovers; 0: that is not observed

	Every  time.Duration // between two samples of the kernel
	Stamps bool          // the server tells how long its workers were busy
	Stated time.Duration // the service time that its user states; 0: the true mean
	NGINX  bool          // the proxy's logs and its status are read
	Stop   int           // trials after which the run ends; 0: all
	Reason string        // why it ended

	Abort func(at time.Duration) (reason string) // asked ten times a second; not "": the run ends at once

	Header func(*runfile.Header)
	Result func(lane string, r *loadgen.Result)              // what else happens to a request
	Sample func(*probe.Sample)                               // what else the kernel says
	End    func(*runfile.TrialEnd)                           // what else a trial's end says
	Event  func(lane string, r loadgen.Result) runfile.Event // what a log says of it; no class: nothing
	More   func(Recorder) error                              // what else is in the record
}

// Noise is how much slower or faster a machine is than it should be: standard deviations, as shares, of a
// whole run and of each trial in it; and what each request takes more, on average, with an exponential
// distribution.
type Noise struct {
	Run, Trial float64
	Jitter     time.Duration
}

// Demo is the experiment of make demo: 8 workers × 20 ms behind a backlog of 16, so 400 req/s, in 15 trials
// from 0.6 to 1.6 times as much. Its user states a service time that is 3 % too short, which the server's
// stamps put right.
func Demo() World {
	return World{
		Server: Server{Workers: 8, Service: Constant(20 * ms), Backlog: 16}, Seed: 1,
		Lanes: []string{"direct"}, Mode: runfile.Loss,
		ConnectTimeout: 900 * ms, Timeout: 10 * time.Second, Deadline: 500 * ms,
		Rates: Steps(.6*400, 1.6*400, 15), Length: 2 * time.Second, Arrival: plan.Constant,
		Every: 20 * ms, Stamps: true, Stated: 20*ms - 20*ms/32, Reason: runfile.Complete,
	}
}

// Steps are n rates from one to another.
func Steps(from, to float64, n int) (rates []float64) {
	for i := range n {
		rates = append(rates, from+(to-from)*float64(i)/float64(max(1, n-1)))
	}
	return rates
}

// At is a plan of one rate.
func At(rate float64, length time.Duration) plan.Plan {
	return plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: length}}, Arrival: plan.Constant}
}

// Recorder takes what is seen, in the order of time, as that of a run does.
type Recorder interface {
	Write(runfile.Record) error
	Results(trial int) *count.Counter
}

// Record makes the experiment and returns its record.
func (w World) Record() ([]byte, error) {
	return w.Through(func(rec *runfile.Recorder) Recorder { return rec })
}

// Through is the same with a Recorder before that of the record.
func (w World) Through(before func(*runfile.Recorder) Recorder) ([]byte, error) {
	var b bytes.Buffer
	plans := w.plans()
	rec, err := runfile.NewRecorder(runfile.NewWriter(&b), w.head(len(plans)*len(w.Lanes)))
	if err != nil {
		return nil, err
	}
	e := experiment{World: w, rec: before(rec), loads: len(plans), began: map[string]bool{}}
	e.slower = 1 + w.Noise.Run*w.random(0).NormFloat64()
	e.samplesUntil(500*ms, 0, &served{})
	if w.Search != nil {
		e.search()
	}
	for i, p := range plans {
		for _, lane := range w.Lanes {
			e.load(lane, p, i == len(plans)-1)
		}
	}
	if w.More != nil {
		e.keep(w.More(e.rec))
	}
	e.keep(rec.Close(cmp.Or(e.ended, w.Reason)))
	return b.Bytes(), e.err
}

// plans are those of the trials, but for a search's.
func (w World) plans() []plan.Plan {
	var all []plan.Plan
	for i, rate := range w.Rates {
		p := At(rate, w.Length)
		if p.Arrival = w.Arrival; p.Arrival == plan.Poisson {
			p.Seed = w.Seed + uint64(i)
		}
		all = append(all, p)
	}
	return append(all, w.Plans...)
}

// random is the stream of chance of one trial, counted from 1; 0 is the whole run's.
func (w World) random(trial int) *rand.Rand { return rand.New(rand.NewPCG(w.Seed, uint64(trial))) }

func (w World) head(trials int) runfile.Header {
	stated := w.Stated
	if stated == 0 {
		stated = w.Service.Mean
	}
	h := runfile.Header{
		Version: "test", Name: "test", Epoch: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seed: w.Seed,
		Environment: map[string]string{"kernel": "simulated"}, TrialsTotal: trials, Search: w.Search,
		Capacity: runfile.Capacity{
			Workers: w.Workers, ServiceTime: stated, ServiceTimeSource: "stated", Backlog: uint32(w.Backlog),
		},
	}
	for _, name := range w.Lanes {
		h.Lanes = append(h.Lanes, runfile.Lane{
			Name: name, Mode: w.Mode, URL: "http://" + Listener + "/",
			ConnectTimeout: w.ConnectTimeout, Timeout: w.Timeout, Deadline: w.Deadline,
			Listener: Listener, ListenerHost: Backend,
		})
	}
	if w.Header != nil {
		w.Header(&h)
	}
	return h
}

// retry is when SYNs are sent again.
func (w World) retry() []time.Duration {
	if w.Retry != nil || w.Mode == runfile.Loss {
		return w.Retry
	}
	return capacity.SYNRetransmits(4, 6, w.ConnectTimeout)
}
