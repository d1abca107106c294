package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"weir/report"
	"weir/report/analysis"
	"weir/report/analysis/gate"
)

// Exit statuses of a gate beside exitInvalid.
const (
	exitFailed       = 10
	exitInconclusive = 11
)

// gateFlags are those of `weir gate`.
type gateFlags struct {
	assert      []string
	assertFiles []string
	baseline    string
	junit       string
	json        bool
}

func newGate(s streams) *cobra.Command {
	var f gateFlags
	cmd := &cobra.Command{
		Use:   "gate RUN",
		Short: "Judge a recorded run by assertions: pass, fail or cannot tell",
		Long: `Holds a recorded run against assertions and says of each whether it holds. RUN is
a run's folder or its run.ndjson.

  OPERAND OP LIMIT [over DURATION] [@PERCENT] [abort]

OPERAND is a metric of those below, of one lane (proxy.bad.rate) or of each. It
is of RUN, or of the run named by --baseline (baseline.proxy.bad.rate), and may
be divided by another. OP is < <= > >= == != or in A..B. LIMIT has the unit of
what it limits: 0.5%, 250ms, 390/s; counts and ratios have none. With over, every
window of that length has to hold. @ is the confidence, 95 if nothing is said.

An assertion passes where the whole interval of what was measured lies within the
limit, fails where all of it lies outside, and is inconclusive otherwise, and
where nothing was measured. An INVALID run passes nothing.

` + metrics() + `
Exit status: 0 all pass, 10 one failed, 11 none failed and one is inconclusive,
12 the run is invalid, 2 an assertion is wrong, 1 the run could not be read. In
GitHub's workflows the result is added to the job's summary.`,
		Example: `  weir gate RUN --assert 'proxy.bad.rate < 0.5% @99'
  weir gate RUN --assert 'onset.rate / capacity.computed in 0.95..1.10'
  weir gate RUN --baseline MAIN --junit gate.xml \
    --assert 'onset.rate / baseline.onset.rate >= 0.95'`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return f.run(s, args[0]) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&f.assert, "assert", nil, "`expression` that has to hold; may be repeated")
	flags.StringArrayVar(&f.assertFiles, "assert-file", nil, "YAML `file` with a list assertions, of assert: EXPR and, if wanted, name: TEXT")
	flags.StringVar(&f.baseline, "baseline", "", "`run` that baseline. stands for")
	flags.StringVar(&f.junit, "junit", "", "write the result for CI systems to this `file`")
	flags.BoolVar(&f.json, "json", false, "print JSON instead of text")
	return cmd
}

// metrics lists what an assertion may name, in the columns of a terminal.
func metrics() string {
	var b strings.Builder
	for _, m := range gate.Metrics() {
		for i, line := range wrapped(m.What, 44) {
			if i == 0 {
				line = padded(m.Name, 24) + padded(m.Unit, 7) + line
			} else {
				line = strings.Repeat(" ", 31) + line
			}
			b.WriteString("  " + line + "\n")
		}
	}
	return b.String()
}

func (f *gateFlags) run(s streams, path string) error {
	asserts, err := f.assertions()
	if err != nil {
		return err
	}
	a, err := analyze(path)
	if err != nil {
		return err
	}
	j := judgement{a: a}
	if f.baseline != "" {
		if j.baseline, err = analyze(f.baseline); err != nil {
			return fmt.Errorf("--baseline: %w", err)
		}
		j.doubts = gate.Doubts(a, j.baseline)
	}
	if err := gate.Check(asserts, gate.Lanes(a), gate.Lanes(j.baseline)); err != nil {
		return usage("%w", err)
	}
	j.results = gate.Evaluate(a, j.baseline, asserts)
	if err := errors.Join(f.print(s, j), f.writeJUnit(j), j.summarize(os.Getenv("GITHUB_STEP_SUMMARY"))); err != nil {
		return err
	}
	return j.status()
}

// assertions reads all that were given; a mistake in one is said before anything is judged.
func (f *gateFlags) assertions() ([]gate.Assertion, error) {
	var list []gate.Assertion
	for _, expr := range f.assert {
		a, err := gate.Parse(expr)
		if err != nil {
			return nil, usage("--assert: %w", err)
		}
		list = append(list, a)
	}
	for _, path := range f.assertFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, usage("--assert-file: %w", err)
		}
		more, err := gate.ParseFile(path, text)
		if err != nil {
			return nil, usage("--assert-file: %w", err)
		}
		list = append(list, more...)
	}
	if len(list) == 0 {
		return nil, usage("nothing to judge by: give --assert EXPR, like --assert 'bad.rate < 0.5%%', or --assert-file FILE")
	}
	return list, nil
}

func (f *gateFlags) print(s streams, j judgement) error {
	if f.json {
		return j.writeJSON(s.out)
	}
	return j.writeText(s.out, textOptions(s).Color)
}

func (f *gateFlags) writeJUnit(j judgement) error {
	if f.junit == "" {
		return nil
	}
	file, err := os.Create(f.junit)
	if err != nil {
		return fmt.Errorf("--junit: %w", err)
	}
	return errors.Join(report.JUnit(file, j.a, j.results), file.Close())
}

// judgement is what a gate found.
type judgement struct {
	a, baseline *analysis.Analysis // baseline may be nil
	doubts      []string           // whether they can be compared
	results     []gate.Result
}

// summarize adds the result to the file in which a step of a GitHub workflow says what it did.
func (j judgement) summarize(path string) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err)
	}
	return errors.Join(report.GateMarkdown(file, j.a, j.doubts, j.results), file.Close())
}

// status is nil where everything passed. The result has been printed, so the error has no text.
func (j judgement) status() error {
	switch gate.Overall(j.results) {
	case gate.Pass:
		return nil
	case gate.Fail:
		return &statusError{exitFailed, nil}
	case gate.Invalid:
		return &statusError{exitInvalid, nil}
	}
	return &statusError{exitInconclusive, nil}
}
