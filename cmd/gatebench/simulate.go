package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"weir/report/analysis"
	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/world"
)

// noises are those of a machine of one's own, of shared ones, and of one on which no timing can be trusted.
var noises = []world.Noise{
	{Run: .002, Trial: .002, Jitter: 200 * time.Microsecond},
	{Run: .005, Trial: .005, Jitter: 500 * time.Microsecond},
	{Run: .01, Trial: .01, Jitter: time.Millisecond},
	{Run: .02, Trial: .02, Jitter: 2 * time.Millisecond},
}

// beside are assertions over the same records that rest on requests, and not on a rate: is what lies
// between two runs in their intervals?
var beside = []string{"latency.p50 / baseline.latency.p50 <= 1.05", "bad.rate / baseline.bad.rate <= 1.2"}

func simulateAll(out io.Writer, d design, noises []world.Noise, runs int) error {
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
		// the same server, a worker lost
		kinds := [2][]tally{make([]tally, len(asserts)), make([]tally, len(asserts))}
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
			fmt.Fprintf(&rows[k], "%.1f %%   %.1f %%     %-6v     %s, %s     %s\n",
				100*n.Run, 100*n.Trial, n.Jitter,
				same.share(same.answers[fail]), same.share(same.undecided()), lost.share(lost.answers[fail]))
		}
	}
	fmt.Fprintf(out, "\n%d decisions of each kind on simulated records\n", runs)
	for k, a := range asserts {
		const columns = "run ±   trial ±   jitter     the same server: failed, inconclusive     a worker lost: failed"
		fmt.Fprintf(out, "\n%s\n%s\n%s", a.Expr, columns, rows[k].String())
	}
	return nil
}

// recorded is the analysis of a simulated run's record: of a server with so many workers, whose user states
// all of them.
func (d design) recorded(rng *rand.Rand, n world.Noise, workers int) (*result.Analysis, error) {
	w := world.Demo()
	w.Server = world.Server{Workers: workers, Service: world.Constant(d.service), Backlog: d.backlog}
	w.Seed, w.Noise, w.Stamps, w.Stated, w.Every = rng.Uint64(), n, false, d.service, 100*time.Millisecond
	w.Rates, w.Length = slices.Repeat([]float64{d.rate()}, d.trials), d.trialFor
	w.Deadline = 950 * time.Millisecond
	w.Header = func(h *runfile.Header) { h.Capacity.Workers = d.workers }
	record, err := w.Record()
	if err != nil {
		return nil, err
	}
	return analysis.Analyze(runfile.NewReader(bytes.NewReader(record), "simulated"))
}
