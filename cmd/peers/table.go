package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// spread is what is shown of a figure's rounds.
type spread struct{ median, low, high float64 }

func spreadOf(values []float64) spread {
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	if n == 0 {
		return spread{}
	}
	return spread{(s[(n-1)/2] + s[n/2]) / 2, s[0], s[n-1]}
}

// show is "median (low–high)", each as format has it.
func (s spread) show(format func(float64) string) string {
	return fmt.Sprintf("%s (%s–%s)", format(s.median), format(s.low), format(s.high))
}

// thousands is 12,345.
func thousands(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func decimals(n int) func(float64) string {
	return func(v float64) string { return strconv.FormatFloat(v, 'f', n, 64) }
}

// milliseconds has as many digits as are of interest: those of a lag that is good.
func milliseconds(v float64) string {
	if v < 10 {
		return decimals(3)(v)
	}
	return decimals(1)(v)
}

// sample is one run of one generator.
type sample struct {
	tally
	cpu  time.Duration // that the process used, user and system, its start included
	wall time.Duration // from its start to its end
}

// perRequest is in µs.
func (s sample) perRequest() float64 { return float64(s.cpu.Nanoseconds()) / 1e3 / s.completed() }

// series are a generator's rounds, or why there are none.
type series struct {
	name    string
	samples []sample
	why     string
}

func (s series) of(figure func(sample) float64) spread {
	values := make([]float64, len(s.samples))
	for i, one := range s.samples {
		values[i] = figure(one)
	}
	return spreadOf(values)
}

func rate(s sample) float64 { return s.rate }
func cost(s sample) float64 { return s.perRequest() }
func busy(s sample) float64 { return 100 * s.cpu.Seconds() / s.wall.Seconds() }

// printSeries is the table of one work.
func printSeries(w io.Writer, title string, all []series) {
	fmt.Fprintf(w, "\n%s\n  %-8s %26s  %26s  %9s  %7s\n", title, "", "req/s", "CPU µs/request", "core busy", "failed")
	for _, s := range all {
		if len(s.samples) == 0 {
			fmt.Fprintf(w, "  %-8s %.88s\n", s.name, s.why)
			continue
		}
		var failed uint64
		for _, one := range s.samples {
			failed += one.failed
		}
		fmt.Fprintf(w, "  %-8s %26s  %26s  %7.0f %%  %7d\n", s.name,
			s.of(rate).show(thousands), s.of(cost).show(decimals(1)), s.of(busy).median, failed)
		if s.why != "" { // it gave up later
			fmt.Fprintf(w, "  %-8s stopped after %d rounds: %.60s\n", "", len(s.samples), s.why)
		}
	}
}
