package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/analysis"
	"weir/report/analysis/gate"
	"weir/report/capacity"
	"weir/report/runfile"
)

// noise is how much slower or faster a machine is than it should be: standard deviations, as shares, of a whole run
// and of a trial in it; and what each request takes more, on average, with an exponential distribution.
type noise struct {
	run, trial float64
	jitter     time.Duration
}

// Beside a machine of one's own: a shared one, and one on which no timing can be trusted.
var noises = []noise{
	{.002, .002, 200 * time.Microsecond}, {.005, .005, 500 * time.Microsecond}, {.01, .01, time.Millisecond},
	{.02, .02, 2 * time.Millisecond},
}

// beside are assertions over the same records that rest on requests, and not on a rate: is what lies between two runs
// in their intervals?
var beside = []string{"latency.p50 / baseline.latency.p50 <= 1.05", "bad.rate / baseline.bad.rate <= 1.2"}

func simulateAll(out io.Writer, d design, noises []noise, runs int) error {
	var asserts []gate.Assertion
	for _, expr := range append([]string{d.assert}, beside...) {
		a, err := gate.Parse(expr)
		if err != nil {
			return err
		}
		asserts = append(asserts, a)
	}
	rows := make([]strings.Builder, len(asserts))
	for i, n := range noises {
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		kinds := [2][]tally{make([]tally, len(asserts)), make([]tally, len(asserts))} // the same server, a worker lost
		for range runs {
			for gone, to := range kinds {
				base, err := d.recorded(rng, n, d.workers)
				if err != nil {
					return err
				}
				run, err := d.recorded(rng, n, d.workers-gone*d.lost)
				if err != nil {
					return err
				}
				for k, r := range gate.Evaluate(run, base, asserts) {
					to[k].add(string(r.Result), 0)
				}
			}
		}
		for k := range asserts {
			same, lost := &kinds[0][k], &kinds[1][k]
			fmt.Fprintf(&rows[k], "%.1f %%   %.1f %%     %-6v     %s, %s     %s\n", 100*n.run, 100*n.trial, n.jitter,
				same.share(same.answers[fail]), same.share(same.undecided()), lost.share(lost.answers[fail]))
		}
	}
	fmt.Fprintf(out, "\n%d decisions of each kind on simulated records\n", runs)
	for k, a := range asserts {
		fmt.Fprintf(out, "\n%s\nrun ±   trial ±   jitter     the same server: failed, inconclusive     a worker lost: failed\n%s", a.Expr, rows[k].String())
	}
	return nil
}

// recorded is the analysis of a simulated run's record.
func (d design) recorded(rng *rand.Rand, n noise, workers int) (*result.Analysis, error) {
	var record bytes.Buffer
	const mode, listener, host = runfile.Loss, "10.0.0.3:80", "backend"
	rec, err := runfile.NewRecorder(runfile.NewWriter(&record), runfile.Header{
		Name: "simulated", Epoch: time.Unix(0, 0).UTC(), TrialsTotal: d.trials,
		Capacity: runfile.Capacity{Workers: d.workers, ServiceTime: d.service, ServiceTimeSource: "stated"},
		Lanes: []runfile.Lane{{Name: "direct", Mode: mode, ConnectTimeout: 900 * time.Millisecond, Deadline: 950 * time.Millisecond,
			Listener: listener, ListenerHost: host}},
	})
	if err != nil {
		return nil, err
	}
	slower, now, overflows := 1+n.run*rng.NormFloat64(), time.Duration(0), uint64(0)
	sample := func(at time.Duration) error {
		now = at
		drops := uint32(overflows)
		return rec.Write(&runfile.Sample{Sample: probe.Sample{Host: host, At: at, Took: time.Millisecond, Counters: map[string]uint64{"TcpExtListenOverflows": overflows},
			Listeners: []probe.Listener{{Addr: listener, Cookie: 1, Limit: uint32(d.backlog), Drops: &drops}}}})
	}
	p := plan.Plan{Stages: []plan.Stage{{From: d.rate(), To: d.rate(), Duration: d.trialFor}}, Arrival: plan.Constant}
	for i := range d.trials {
		if err := sample(now); err != nil {
			return nil, err
		}
		start := now + 10*time.Millisecond
		if err := rec.Write(&runfile.Trial{Index: i, Lane: "direct", Rate: d.rate(), Start: start, Due: p.Count(), Plan: p}); err != nil {
			return nil, err
		}
		if err := sample(start + time.Millisecond); err != nil {
			return nil, err
		}
		took := slower * (1 + n.trial*rng.NormFloat64())
		system := capacity.System{Servers: workers, Slots: d.backlog + 1, Deadline: 950 * time.Millisecond, Service: func(int) time.Duration {
			return time.Duration(took*float64(d.service)) + time.Duration(rng.ExpFloat64()*float64(n.jitter))
		}}
		failed, err := offer(rec.Results(i), system, p, start)
		if err != nil {
			return nil, err
		}
		overflows += failed
		end := start + d.trialFor + 1100*time.Millisecond
		if err := sample(end); err != nil {
			return nil, err
		}
		err = rec.Write(&runfile.TrialEnd{Index: i, End: end, Drained: true, DrainedAt: end, Generator: runfile.Generator{CPU: time.Millisecond, Wall: time.Second, CPUs: 2}})
		if err != nil {
			return nil, err
		}
		now += 100 * time.Millisecond
	}
	if err := rec.Close(runfile.Complete); err != nil {
		return nil, err
	}
	return analysis.Analyze(runfile.NewReader(&record, "simulated"))
}

// offer records what the system does with the plan, and returns how many requests found the queue full.
func offer(results loadgen.Recorder, s capacity.System, p plan.Plan, start time.Duration) (overflows uint64, err error) {
	var due []time.Duration
	for _, at := range p.Due() {
		due = append(due, at)
	}
	done, err := s.Run(slices.Values(due))
	if err != nil {
		return 0, err
	}
	for i, o := range done.Outcomes {
		r := loadgen.Result{Seq: i, Due: start + due[i], Sent: start + due[i], Done: start + o.Done, Outcome: loadgen.OK, Status: 200}
		if !o.Connected {
			r.Outcome, r.Status, r.Done = loadgen.ConnectTimeout, 0, r.Sent+900*time.Millisecond
		}
		results.Record(r)
	}
	return uint64(len(done.Overflows)), nil
}
