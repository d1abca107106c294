package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"weir/report"
	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/scenarios/catalogue"
)

// claims runs every variant of every experiment, each in a lab of its own, and judges the claims.
func (f *reproduceFlags) claims(ctx context.Context, s streams, experiments []experiment,
	command []string) error {
	table := report.Claims{Started: time.Now().UTC(), Version: version(), Command: command, Seed: f.seed,
		Engine: f.engine, Flipped: f.Flip}
	single := len(experiments) == 1 && len(experiments[0].variants) == 1
	plan := schedule{
		agenda: newAgenda(s.err, f.quiet, experiments),
		run: func(ctx context.Context, e experiment, v catalogue.Scenario) variantRun {
			return f.runVariant(ctx, s, e.name, v, single)
		},
	}
	if f.budget > 0 {
		plan.agenda.deadline = time.Now().Add(f.budget)
		plan.until = plan.agenda.deadline.Add(-closing)
	}
	plan.all(ctx, experiments)
	for i := range experiments {
		table.Rows = append(table.Rows, claim(experiments[i], plan.done[&experiments[i]]))
	}
	dir := filepath.Join(f.out, table.Started.Format(folderTime)+"-claims")
	err := errors.Join(report.ClaimsText(s.out, &table, textOptions(s)), report.WriteClaims(dir, &table))
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "claims: %s\n", filepath.Join(dir, "claims.html"))
	for _, page := range table.Pages() {
		fmt.Fprintf(s.out, "page: %s\n", filepath.Join(dir, page+".html"))
	}
	only := plan.done[&experiments[0]][experiments[0].variants[0].Variant]
	switch {
	case ctx.Err() != nil:
		return &statusError{exitInterrupted, nil}
	case len(f.asserts) > 0 && only.a != nil:
		return gateStatus(gate.Overall(only.a.Assertions))
	}
	return claimsStatus(&table)
}

// claimsStatus is the exit status of the worst row.
func claimsStatus(t *report.Claims) error {
	code := exitPass
	for _, r := range t.Rows {
		switch {
		case r.Outcome == report.ClaimFailed:
			code = exitCouldNotRun
		case r.Outcome == report.ClaimInvalid && code != exitCouldNotRun:
			code = exitInvalid
		case (r.Outcome == report.ClaimUndecided || r.Outcome == report.ClaimLeftOut) && code == exitPass:
			code = exitInconclusive
		}
	}
	if code == exitPass {
		return nil
	}
	return &statusError{code, nil}
}

// claim judges an experiment by its runs.
func claim(e experiment, done map[string]variantRun) report.Claim {
	first := e.variants[0]
	row := report.Claim{Page: first.Page, Scenario: e.label(), Claim: first.Claim, Article: first.Article}
	runs := map[string]*result.Analysis{}
	for _, v := range e.variants {
		r, made := done[v.Variant]
		if !made {
			continue // another could not be run
		}
		r.Figures = figures(r.a)
		row.Runs = append(row.Runs, r.ClaimRun)
		if r.verdict != "" && row.Outcome == "" {
			row.Outcome, row.Shows = r.verdict, r.why
		}
		if r.a != nil {
			runs[v.Variant] = r.a
			if v.Each {
				runs[""] = r.a // the conditions name no run
			}
			row.Versions = addVersions(row.Versions, r.a, v)
		}
	}
	if row.Outcome == "" {
		judge(&row, e, runs)
	}
	return row
}

// figures of a run for the one page, whose recovery is the gate's.
func figures(a *result.Analysis) *report.Figures {
	if a == nil || len(a.Lanes) == 0 {
		return nil
	}
	return report.FiguresOf(a, gate.Mended(&a.Lanes[len(a.Lanes)-1]))
}

// variantRun is how the run of one variant ended.
type variantRun struct {
	report.ClaimRun
	a       *result.Analysis
	verdict report.ClaimOutcome // where there is none to be had from its record
	why     string
}

// runVariant runs this program in a new lab.
func (f *reproduceFlags) runVariant(ctx context.Context, s streams, name string, v catalogue.Scenario,
	single bool) variantRun {
	r := variantRun{ClaimRun: report.ClaimRun{Variant: v.Variant}}
	failed := func(why string) variantRun {
		r.verdict, r.why = report.ClaimFailed, why
		return r
	}
	dir, err := newFolder(filepath.Join(f.out, time.Now().UTC().Format(folderTime)+"-"+v.ID()))
	if err != nil {
		return failed(err.Error())
	}
	args := append([]string{os.Args[0], "reproduce", name},
		given(f.flags, "all", "budget", "variant", "quiet")...)
	if v.Variant != "" {
		args = append(args, "--variant="+v.Variant)
	}
	if f.quiet || !single {
		args = append(args, "--quiet")
	}
	stdout, stderr := io.Discard, io.Writer(nil)
	if single {
		stdout, stderr = s.out, s.err
	}
	ended, err := runInLab(ctx, args, dir, stdout, stderr, f.labOptions()...)
	switch {
	case ended.NotInstalled != "":
		r.verdict, r.why = report.ClaimSkipped, ended.NotInstalled
		return r
	case err != nil:
		return failed(err.Error())
	}
	r.Dir = dir
	if r.a, err = analyze(dir); err != nil {
		return failed(cmp.Or(ended.Failed, err.Error()))
	}
	if missing := missingProxy(r.a); missing != "" && len(v.Verdicts) > 0 {
		r.verdict, r.why = report.ClaimSkipped, missing
	}
	return r
}

// missingProxy is why a run has no proxy lane although its scenario has one: a claim is not judged by half of
// it.
func missingProxy(a *result.Analysis) string {
	for _, w := range a.Warnings {
		if w.Code == "no_proxy_lane" {
			return fmt.Sprint(w.Args["why"])
		}
	}
	return ""
}

// addVersions adds what a run says of the kernel and of the servers in it, where no run before said it.
func addVersions(known []string, a *result.Analysis, v catalogue.Scenario) []string {
	for _, key := range append([]string{"kernel", catalogue.Proxy}, v.BackendNames()...) {
		if text := a.Environment[key]; text != "" && !slices.Contains(known, text) {
			known = append(known, text)
		}
	}
	return known
}
