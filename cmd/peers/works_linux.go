package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// work is a table: what is measured in turn, what is shown of it, and what weir is to reach.
type work struct {
	name, title string
	rows        []series
	once        bool // not round after round
	columns     []column
	targets     []target
}

// series are a row's rounds, or why there are none.
type series struct {
	name    string
	run     func(context.Context, load) (sample, error)
	load    load
	samples []sample
	why     string
}

// column is what a table shows of all rounds, of which there is at least one.
type column struct {
	title string
	of    figure
	show  func(sorted []float64) string
}

// target is what weir is to reach: a row's figure, or its ratio to another row's, round by round, since two
// numbers that were taken at different times cannot be compared.
type target struct {
	text, row, over string
	of              figure
	atLeast, atMost float64 // one of them
	unit            string  // "", "µs", "B"
}

// sample is one run of one generator.
type sample struct {
	tally
	cpu, wall time.Duration // that the process used, user and system; from its start to its end

	// Of weir alone.
	Lags       lags
	Rest, Most float64 // resident bytes: before the load, at the most
	inFlight   float64 // the most at the end of a tenth of a second
}

// figure is what is told of a sample.
type figure func(sample) float64

func rate(s sample) float64   { return s.rate }
func cost(s sample) float64   { return s.cpu.Seconds() * 1e6 / float64(s.ok+s.failed) } // µs a request
func busy(s sample) float64   { return 100 * s.cpu.Seconds() / s.wall.Seconds() }       // % of a core
func failed(s sample) float64 { return float64(s.failed) }
func open(s sample) float64   { return s.inFlight }
func p50(s sample) float64    { return s.Lags.P50 }
func p99(s sample) float64    { return s.Lags.P99 }
func worst(s sample) float64  { return s.Lags.Max }
func rest(s sample) float64   { return s.Rest / 1e6 }
func most(s sample) float64   { return s.Most / 1e6 }
func each(s sample) float64   { return (s.Most - s.Rest) / s.inFlight } // bytes a request in flight

const (
	steadyRate   = 10_000                  // low enough for every generator but k6, on one core
	stallTimeout = 1500 * time.Millisecond // 15,000 requests are then in flight, and the first time out
	quantum      = 300 * time.Microsecond  // what the manual offers for --wake-quantum
	offerOver    = 1.5                     // times what wrk carries is offered where a rate is needed
)

func works(o options) []work {
	seconds := time.Duration(o.seconds) * time.Second
	kept := load{URL: url, Connections: o.connections, Timeout: 5 * time.Second, Duration: seconds,
		Reuse: true}
	fresh, paced := kept, kept
	fresh.Reuse, fresh.Duration = false, min(seconds, 3*time.Second) // longer, TIME_WAIT has all ports
	paced.Rate = steadyRate
	bare := load{Rate: steadyRate, Poisson: true, Timeout: stallTimeout, Connections: 18_000,
		Duration: seconds}
	answered, stalled := bare, bare
	answered.URL, answered.Reuse, answered.Duration = url, true, seconds+time.Second
	stalled.Stalled, stalled.Duration = stallTimeout, stallTimeout+seconds
	full, long := stalled, answered
	full.Duration = 2*stallTimeout + time.Second
	long.Rate, long.Connections, long.Timeout, long.Duration = 2000, 1000, 5*time.Second, 10*time.Minute
	half := long
	half.Duration /= 2
	peers := []column{
		{"req/s", rate, spread(thousands)}, {"CPU µs/request", cost, spread(decimals(1))},
		{"core busy %", busy, middle(decimals(0))}, {"failed, most", failed, highest(decimals(0))},
	}
	all := []work{
		{name: "peak", title: "peak, reused connections",
			rows: peersWith(kept), columns: peers, targets: []target{
				{text: "peak req/s, reused: weir ÷ wrk", row: "weir", over: "wrk", of: rate, atLeast: 0.95},
				{text: "peak req/s, reused: weir ÷ vegeta", row: "weir", over: "vegeta", of: rate,
					atLeast: 4},
				{text: "CPU a request, peak: weir ÷ wrk", row: "weir", over: "wrk", of: cost, atMost: 1.1},
			}},
		{name: "new", title: "peak, a new connection each",
			rows: peersWith(fresh), columns: peers, targets: []target{
				{text: "peak req/s, new: weir ÷ wrk", row: "weir", over: "wrk", of: rate, atLeast: 0.95},
				{text: "peak req/s, new: weir ÷ vegeta", row: "weir", over: "vegeta", of: rate, atLeast: 1.8},
			}},
		{name: "cpu", title: "10,000 req/s evenly, reused connections",
			rows: peersWith(paced), columns: peers, targets: []target{
				{text: "CPU a request, 10,000/s: weir ÷ vegeta", row: "weir", over: "vegeta", of: cost,
					atMost: 0.25},
				{text: "the same, with --wake-quantum 300us", row: "quantum", over: "vegeta", of: cost,
					atMost: 0.25},
			}},
		{name: "lag", title: "lag in µs at 10,000 req/s, Poisson",
			rows: []series{alone("answered", answered), alone("stalled", stalled), alone("bare pacer", bare)},
			columns: []column{
				{"p50", p50, spread(thousands)}, {"p99", p99, spread(thousands)},
				{"worst", worst, highest(thousands)},
				{"in flight", open, middle(thousands)}, {"CPU µs/req", cost, middle(decimals(1))},
			},
			targets: []target{
				{text: "p99 lag at 10,000/s, Poisson", row: "answered", of: p99, atMost: 500, unit: "µs"},
				{text: "p99 lag, stalled, 15,000 in flight", row: "stalled", of: p99, atMost: 1000,
					unit: "µs"},
				{text: "p99 lag, stalled ÷ answered", row: "stalled", over: "answered", of: p99, atMost: 2},
			}},
		{name: "memory", title: "resident memory", once: true, rows: []series{alone("stalled", full)},
			columns: []column{
				{"in flight", open, middle(thousands)}, {"MB at rest", rest, middle(decimals(1))},
				{"at the most", most, middle(decimals(1))}, {"bytes a request", each, middle(thousands)},
			},
			targets: []target{
				{text: "memory a request in flight", row: "stalled", of: each, atMost: 4096, unit: "B"},
			}},
	}
	if memory := &all[len(all)-1]; o.long { // shorter, a heap is still on its way to its first collection
		memory.rows = append(memory.rows, alone("10 min", long), alone("5 min", half))
		memory.targets = append(memory.targets,
			target{text: "resident after 10 min ÷ after 5 min", row: "10 min", over: "5 min", of: most,
				atMost: 1.1})
	}
	return all
}

// peersWith are all generators that can carry a load.
func peersWith(l load) (all []series) {
	for _, p := range peers {
		if len(p.args(l)) > 0 {
			_, missing := p.about()
			all = append(all, series{name: p.name, run: p.run, load: l, why: missing})
		}
	}
	return all
}

func alone(name string, l load) series { return series{name: name, run: runWeir, load: l} }

// do measures a work.
func (b *bench) do(ctx context.Context, w work) {
	first, last := 0, b.rounds // round 0 warms up
	if w.once {
		first, last = 1, 1
	}
	offer := 100_000.0 // where there is no wrk
	for round := first; round <= last; round++ {
		fmt.Fprintf(os.Stderr, "peers: %s, round %d of %d\n", w.name, round, last)
		for i := range w.rows {
			s := &w.rows[i]
			if s.why != "" || ctx.Err() != nil {
				continue
			}
			one, err := b.once(ctx, *s, offer)
			switch {
			case err != nil:
				s.why = "failed: " + err.Error()
			case round > 0:
				s.samples = append(s.samples, one)
			case s.name == "wrk":
				offer = offerOver * one.rate
			}
		}
	}
	if ctx.Err() != nil {
		return
	}
	printTable(os.Stdout, w)
	for _, t := range w.targets {
		b.verdicts = append(b.verdicts, t.verdict(w.rows))
	}
}

func (b *bench) once(ctx context.Context, s series, offer float64) (sample, error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return sample{}, err
	}
	defer os.RemoveAll(dir)
	l := s.load
	l.Dir, l.Offer = dir, offer
	if s.name == "quantum" {
		l.Quantum = quantum
	}
	return s.run(ctx, l)
}

// of is a figure's rounds, sorted.
func (s series) of(f figure) (values []float64) {
	for _, one := range s.samples {
		values = append(values, f(one))
	}
	slices.Sort(values)
	return values
}

// decimals is 12.34, thousands 12,345.
func decimals(n int) func(float64) string {
	return func(v float64) string { return strconv.FormatFloat(v, 'f', n, 64) }
}

func thousands(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func median(sorted []float64) float64 { return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2 }

func middle(f func(float64) string) func([]float64) string {
	return func(v []float64) string { return f(median(v)) }
}

func highest(f func(float64) string) func([]float64) string {
	return func(v []float64) string { return f(v[len(v)-1]) }
}

func spread(f func(float64) string) func([]float64) string {
	return func(v []float64) string {
		return fmt.Sprintf("%s (%s–%s)", f(median(v)), f(v[0]),
			f(v[len(v)-1]))
	}
}

func printTable(to io.Writer, w work) {
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "\n%s\n%10s\t", w.title, "")
	for _, c := range w.columns {
		fmt.Fprint(out, c.title, "\t")
	}
	for _, s := range w.rows {
		if len(s.samples) == 0 {
			continue
		}
		fmt.Fprintf(out, "\n%-10s\t", s.name)
		for _, c := range w.columns {
			cell, v := "–", s.of(c.of) // it may have none
			if !math.IsNaN(v[0]) && !math.IsInf(v[0], 0) {
				cell = c.show(v)
			}
			fmt.Fprint(out, cell, "\t")
		}
	}
	fmt.Fprintln(out)
	_ = out.Flush()
	for _, s := range w.rows {
		if s.why != "" {
			fmt.Fprintf(to, "  %-10s  after %d rounds %.70s\n", s.name, len(s.samples), s.why)
		}
	}
}

// verdict is a line of the summary.
func (t target) verdict(all []series) string {
	why := "" // it is not known
	find := func(name string) (found series) {
		if i := slices.IndexFunc(all, func(s series) bool { return s.name == name }); i >= 0 {
			found = all[i]
		}
		if len(found.samples) == 0 && name != "" && why == "" {
			why, _, _ = strings.Cut(name+" "+found.why, ":")
		}
		return found
	}
	var got []float64
	theirs, ours := find(t.over), find(t.row)
	for i, s := range ours.samples {
		switch {
		case t.over == "":
			got = append(got, t.of(s))
		case i < len(theirs.samples):
			got = append(got, t.of(s)/t.of(theirs.samples[i]))
		}
	}
	slices.Sort(got)
	show, is, wanted, verdict := decimals(2), "–", "≥ ", "met"
	if t.unit != "" {
		show = thousands
	}
	if t.atMost > 0 {
		wanted = "≤ "
	}
	if why != "" {
		verdict = "unknown: " + why
	} else if is = spread(show)(got); median(got) < t.atLeast || t.atMost > 0 && median(got) > t.atMost {
		verdict = "missed"
	}
	wanted = strings.TrimSpace(wanted + show(t.atLeast+t.atMost) + " " + t.unit)
	return fmt.Sprintf("%-39s %-10s %21s  %s", t.text, wanted, is, verdict)
}
