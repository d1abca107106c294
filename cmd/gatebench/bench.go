package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// bench makes decisions with the real program.
type bench struct {
	options
	out io.Writer
}

func (b *bench) run(ctx context.Context) error {
	dir := b.keep
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "weir-gatebench-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	var same, lost tally
	for i := range b.pairs {
		for _, kind := range []struct {
			name    string
			workers int
			to      *tally
		}{{"same", b.workers, &same}, {fmt.Sprintf("%d of %d lost", b.lost, b.workers), b.workers - b.lost,
			&lost}} {
			began := time.Now()
			d, err := b.decide(ctx, filepath.Join(dir, fmt.Sprintf("%02d-%d", i+1, kind.workers)),
				kind.workers)
			if err != nil {
				return err
			}
			took := time.Since(began)
			kind.to.add(d.answer, took)
			fmt.Fprintf(b.out, "%3d/%d  %-12s %-13s %s, %.1f s\n", i+1, b.pairs, kind.name, d.answer, d.found,
				took.Seconds())
		}
	}
	return conclude(b.out, &same, &lost)
}

// decision is one answer, and what it rests on.
type decision struct{ answer, found string }

// decide records a run at the whole backend and one at what is left of it, and reads the second's answer.
func (b *bench) decide(ctx context.Context, dir string, workers int) (decision, error) {
	base, code, err := b.record(ctx, dir, "base", b.workers)
	if err != nil {
		return decision{}, err
	}
	if code == exitInvalid {
		return decision{invalid, "the baseline: " + reason(base)}, nil
	}
	run, code, err := b.record(ctx, dir, "new", workers, "--baseline", base, "--assert", b.assert)
	if err != nil {
		return decision{}, err
	}
	answer, known := map[int]string{0: pass, exitFailed: fail, exitInconclusive: inconclusive,
		exitInvalid: invalid}[code]
	if !known {
		return decision{}, fmt.Errorf("weir run ended with status %d", code)
	}
	if answer == invalid {
		return decision{answer, reason(run)}, nil
	}
	return decision{answer, measured(run)}, nil
}

// The statuses of weir that are answers.
const (
	exitFailed       = 10
	exitInconclusive = 11
	exitInvalid      = 12
)

// record starts a backend, runs weir at it, and returns the run's folder and weir's exit status.
func (b *bench) record(ctx context.Context, dir, name string, workers int, flags ...string) (string, int,
	error) {
	address, stop, err := b.backend(ctx, workers)
	if err != nil {
		return "", 0, err
	}
	defer stop()
	args := append([]string{"run", "--quiet", "--direct", "http://" + address + "/", "--out", dir, "--name",
		name}, b.flags()...)
	cmd := exec.CommandContext(ctx, b.weir, append(args, flags...)...)
	// these answers are not the workflow's
	cmd.Env = append(os.Environ(), "GITHUB_ACTIONS=", "GITHUB_STEP_SUMMARY=")
	text, err := cmd.CombinedOutput()
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && (exit.ExitCode() == exitFailed ||
		exit.ExitCode() == exitInconclusive || exit.ExitCode() == exitInvalid) {
		code = exit.ExitCode()
	} else if err != nil {
		return "", 0, fmt.Errorf("weir run: %w\n%s", err, text)
	}
	runs, err := filepath.Glob(filepath.Join(dir, "*-"+name))
	if err != nil || len(runs) != 1 {
		return "", 0, fmt.Errorf("%d runs named %s in %s, want 1", len(runs), name, dir)
	}
	return runs[0], code, nil
}

// backend starts weir's own on a free port of loopback. It ends when its standard input does.
func (b *bench) backend(ctx context.Context, workers int) (address string, stop func(), err error) {
	cmd := exec.CommandContext(ctx, b.weir, "backend", "--listen", "127.0.0.1:0", "--workers",
		fmt.Sprint(workers),
		"--service-time", b.service.String(), "--backlog", fmt.Sprint(b.backlog))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("%s: %w; `make build` makes it", b.weir, err)
	}
	stop = func() { _ = stdin.Close(); _ = cmd.Wait() }
	lines := bufio.NewReader(stdout)
	first, err := lines.ReadString('\n')
	_, after, found := strings.Cut(first, `"address":"`)
	address, _, _ = strings.Cut(after, `"`)
	if err != nil || !found {
		stop()
		return "", nil, fmt.Errorf("the backend said %q: %w", first, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return address, stop, nil
}

// told is what is read of report.json.
type told struct {
	InvalidReasons []string `json:"invalid_reasons"`
	Assertions     []struct{ Measured, Reason string }
}

func read(run string) (t told) {
	text, err := os.ReadFile(filepath.Join(run, "report.json"))
	if err == nil {
		err = json.Unmarshal(text, &t)
	}
	if err != nil {
		t.InvalidReasons = []string{err.Error()}
	}
	return t
}

func reason(run string) string { return strings.Join(read(run).InvalidReasons, "; ") }

func measured(run string) string {
	for _, a := range read(run).Assertions {
		return a.Measured
	}
	return "nothing"
}
