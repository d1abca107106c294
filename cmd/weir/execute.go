package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"weir/report/result"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"weir/loadgen/self"
	"weir/report"
	"weir/report/analysis"
	"weir/report/analysis/compare"
	"weir/report/analysis/gate"
	"weir/report/doc"
	"weir/report/runfile"
	"weir/report/words"
	"weir/scenarios"
)

// outputFlags say where a run is kept, how much is said meanwhile, and by what it is judged.
type outputFlags struct {
	assertFlags
	out   string
	dir   string // of the run itself; "": one is made in out
	quiet bool
}

func (o *outputFlags) register(f *pflag.FlagSet) {
	f.StringVar(&o.out, "out", "weir-runs", "`folder` in which each run makes a folder of its own")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not show the progress")
	o.assertFlags.register(f)
}

// execute runs what is set up, keeps its record, and reports on it. An interrupted run is reported on too.
func execute(ctx context.Context, s streams, o outputFlags, setup *scenarios.Setup, command []string,
	seed uint64) error {
	if err := o.askable(setup); err != nil {
		return errors.Join(err, setup.Close())
	}
	files, err := self.RaiseFileLimit()
	if err != nil {
		fmt.Fprintf(s.err, "weir: %v\n", err)
	}
	for _, note := range setup.Notes {
		if !o.quiet {
			fmt.Fprintf(s.err, "weir: %s\n", sentence(note))
		}
	}
	for _, w := range setup.CheckLimits(files) {
		fmt.Fprintf(s.err, "weir: %s\n", sentence(w))
	}
	dir, runErr := record(ctx, s, o, setup, command, seed)
	if dir == "" {
		return runErr
	}
	a, err := analyze(dir)
	if err != nil {
		return errors.Join(runErr, err)
	}
	told := o.publish(s, judgement(a, o.against, a.Assertions))
	if err := errors.Join(report.Text(s.out, a, textOptions(s)), report.WriteAll(dir, a), told); err != nil {
		return errors.Join(runErr, err)
	}
	if err := point(s, dir); err != nil {
		return errors.Join(runErr, err)
	}
	_, cut := errors.AsType[*scenarios.CutShort](runErr) // as its user wanted
	stopped, failed := errors.AsType[*gate.Stopped](runErr)
	switch {
	case errors.Is(runErr, context.Canceled):
		return &statusError{exitInterrupted, nil}
	case failed && (a.Valid || !stopped.Assert): // of an INVALID run no assertion is answered
		return &statusError{exitFailed, runErr}
	case runErr != nil && !cut && !failed:
		return runErr
	case !a.Valid:
		return &statusError{exitInvalid, nil}
	case len(a.Assertions) > 0:
		return gateStatus(gate.Overall(a.Assertions))
	case !a.Conclusive():
		return &statusError{exitInconclusive, nil}
	}
	return nil
}

// folderTime is how the name of a run's folder begins: with UTC.
const folderTime = "20060102T150405Z"

// record offers the load and returns the folder of its record, also where the load ended early.
func record(ctx context.Context, s streams, o outputFlags, setup *scenarios.Setup, command []string,
	seed uint64) (dir string, err error) {
	asked, err := gate.Ask(o.asserts, o.against)
	if err != nil {
		return "", errors.Join(err, setup.Close())
	}
	epoch := time.Now()
	if dir = o.dir; dir == "" {
		dir, err = newFolder(filepath.Join(o.out, epoch.UTC().Format(folderTime)+"-"+setup.Name))
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("create run folder: %w", err), setup.Close())
	}
	w, err := runfile.Create(dir)
	if err != nil {
		return "", errors.Join(err, setup.Close())
	}
	h := setup.Header()
	h.Version, h.Command, h.Epoch, h.Seed, h.Asked = version(), command, epoch.UTC(), seed, asked
	rec, err := runfile.NewRecorder(w, h)
	if err != nil {
		return "", errors.Join(err, setup.Close())
	}
	ui := newProgress(s.err, o.quiet, setup)
	ctx, end := context.WithCancelCause(ctx)
	live := gate.NewLive(o.stops, o.asserts, plannedLanes(setup),
		func() time.Duration { return time.Since(epoch) }, func(s *gate.Stopped) { end(s) })
	runErr := setup.Run(ctx, epoch, recording{rec, ui, live})
	end(nil)
	ui.close()
	closeErr := setup.Close()
	return dir, errors.Join(runErr, closeErr, rec.Close(reason(runErr)))
}

// sentence is a warning as people read it.
func sentence(w runfile.Warning) string {
	return words.Of(result.Finding{Code: result.Code(w.Code), Lane: w.Lane, Args: w.Args})
}

// reason is what the record says of the end of the run.
func reason(err error) string {
	switch {
	case err == nil:
		return runfile.Complete
	case errors.Is(err, context.Canceled):
		return runfile.Interrupted
	}
	if stopped, ok := errors.AsType[*gate.Stopped](err); ok {
		return runfile.Aborted + ": " + stopped.Error()
	}
	if cut, ok := errors.AsType[*scenarios.CutShort](err); ok {
		return runfile.CutShort + ": " + cut.Error()
	}
	return runfile.Failed + ": " + err.Error()
}

func analyze(path string) (*result.Analysis, error) {
	r, err := runfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	a, err := analysis.Analyze(r)
	if err != nil {
		return nil, err
	}
	a.Comparison = compare.Lanes(a)
	gate.Judge(a)
	words.Fill(a)
	return a, nil
}

// point says where the whole report is.
func point(s streams, dir string) error {
	_, err := fmt.Fprintf(s.out, "report: %s\n", filepath.Join(dir, "report.html"))
	return err
}

func textOptions(s streams) doc.TextOptions {
	opt := doc.TextOptions{Width: 80}
	if f, ok := s.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			opt.Width = w
		}
		opt.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return opt
}
