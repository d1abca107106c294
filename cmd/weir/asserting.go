package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"weir/loadgen/plan"
	"weir/report"
	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/words"
	"weir/scenarios"
)

// assertFlags say what a run is judged by, and who is told.
type assertFlags struct {
	assert      []string
	assertFiles []string
	baseline    string
	junit       string

	asserts []gate.Assertion // both, read
	stops   []gate.Assertion // what ends the load; from the flags of a run
	against *result.Analysis // the baseline; nil: none
}

func (f *assertFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.assert, "assert", nil,
		"`expression` that must hold, e.g. 'bad.rate < 0.5%' (weir help assert); may be repeated")
	flags.StringArrayVar(&f.assertFiles, "assertions", nil, "YAML `file` with assertions (weir help assert)")
	flags.StringVar(&f.baseline, "baseline", "",
		"recorded `run` to compare with, e.g. in 'onset.rate / baseline.onset.rate >= 0.95'")
	flags.StringVar(&f.junit, "junit", "", "write the answers as JUnit XML to this `file`")
}

// read reads assertions and baseline. A mistake in one is said before anything is started.
func (f *assertFlags) read() (err error) {
	for _, expr := range f.assert {
		a, err := gate.Parse(expr)
		if err != nil {
			return usage("--assert: %w", err)
		}
		f.asserts = append(f.asserts, a)
	}
	for _, path := range f.assertFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			return usage("--assertions: %w", err)
		}
		more, err := gate.ParseFile(path, text)
		if err != nil {
			return usage("--assertions: %w", err)
		}
		f.asserts = append(f.asserts, more...)
	}
	if f.baseline != "" {
		if f.against, err = analyze(f.baseline); err != nil {
			return fmt.Errorf("--baseline: %w", err)
		}
	}
	return nil
}

// check is read, and whether the run that these flags are of can use them; lanes are its, where they are
// known.
func (f *assertFlags) check(lanes []string) error {
	if err := f.read(); err != nil {
		return err
	}
	if len(f.asserts) == 0 && (f.baseline != "" || f.junit != "") {
		return usage("--baseline and --junit go with --assert or --assertions")
	}
	if lanes == nil {
		return nil
	}
	if err := gate.Check(f.asserts, lanes, gate.Lanes(f.against)); err != nil {
		return usage("%w", err)
	}
	return nil
}

// askable refuses, before the load, what the run could not answer.
func (f *assertFlags) askable(s *scenarios.Setup) error {
	p := gate.Plan{Search: s.Search != nil, Capacity: s.Capacity.Computed() > 0,
		ServiceTime: s.Capacity.ServiceTime > 0, Baseline: f.against}
	var names []string
	p.Lanes = plannedLanes(s)
	for _, l := range p.Lanes {
		names = append(names, l.Name)
	}
	err := cmp.Or(
		gate.Check(f.asserts, names, gate.Lanes(f.against)), gate.CheckPlan(f.asserts, p),
		gate.Check(f.stops, names, nil), gate.CheckAbort(f.stops, p))
	if err != nil {
		words.Fill(err)
		return usage("%w", err)
	}
	return nil
}

// plannedLanes are those of a run before its load.
func plannedLanes(s *scenarios.Setup) (lanes []gate.PlannedLane) {
	for _, l := range s.Lanes {
		planned := gate.PlannedLane{Name: l.Name, Loss: l.Mode == runfile.Loss, Listener: l.Listener,
			ListenerHost: l.ListenerHost}
		for _, t := range s.Trials {
			if t.Lane == l.Name {
				planned.Trials = append(planned.Trials, gate.PlannedTrial{
					Rate: t.Rate, Arrival: string(cmp.Or(t.Plan.Arrival, plan.Constant)), Due: uint64(t.Due),
					Duration: t.Plan.Duration(),
				})
			}
		}
		lanes = append(lanes, planned)
	}
	return lanes
}

// publish tells the CI systems that are there.
func (f *assertFlags) publish(s streams, j report.Judgement) error {
	if len(j.Results) == 0 {
		return nil
	}
	err := errors.Join(f.writeJUnit(j), summarize(os.Getenv("GITHUB_STEP_SUMMARY"), j))
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		err = errors.Join(err, j.Annotations(s.err)) // the runner reads both streams; JSON needs the other
	}
	return err
}

func (f *assertFlags) writeJUnit(j report.Judgement) error {
	if f.junit == "" {
		return nil
	}
	file, err := os.Create(f.junit)
	if err != nil {
		return fmt.Errorf("--junit: %w", err)
	}
	return errors.Join(j.JUnit(file), file.Close())
}

// judgement is what the gate found of a run; baseline may be nil.
func judgement(a, baseline *result.Analysis, results []gate.Result) report.Judgement {
	j := report.Judgement{Run: a, Baseline: baseline, Results: results}
	if baseline != nil {
		j.Warnings = gate.Warnings(a, baseline)
	}
	return j
}

// summarize adds the result to the file in which a step of a GitHub workflow says what it did.
func summarize(path string, j report.Judgement) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err)
	}
	return errors.Join(j.Markdown(file), file.Close())
}

// gateStatus is nil where everything passed. The result has been printed, so the error has no text.
func gateStatus(v gate.Verdict) error {
	switch v {
	case gate.Pass:
		return nil
	case gate.Fail:
		return &statusError{exitFailed, nil}
	case gate.Invalid:
		return &statusError{exitInvalid, nil}
	}
	return &statusError{exitInconclusive, nil}
}
