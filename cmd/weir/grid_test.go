package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"weir/report/analysis"
)

// gridAtOnce labs run side by side: each is idle most of the time, and the test would else take ten minutes.
const gridAtOnce = 3

// TestGrid is the experiment that weir exists for, over a grid of workers, service times and backlogs: the
// onset of failures is the capacity that workers ÷ busy period predicts, on both lanes, and directly every
// overflow is one failed request. It runs the program as it is shipped, without the race detector.
func TestGrid(t *testing.T) {
	weir := shipped(t)
	slots := make(chan struct{}, gridAtOnce)
	for _, workers := range []int{4, 8} {
		for _, service := range []time.Duration{10 * time.Millisecond, 20 * time.Millisecond} {
			for _, backlog := range []int{8, 64} {
				t.Run(fmt.Sprintf("W=%d,S=%v,B=%d", workers, service, backlog), func(t *testing.T) {
					t.Parallel()
					slots <- struct{}{}
					defer func() { <-slots }()
					checkGridPoint(t, reproduce(t, weir, gridScenario(workers, service, backlog)))
				})
			}
		}
	}
}

// gridScenario has shorter trials and a shorter connect timeout than the catalogue's, which changes neither
// onset nor accounting: a trial must outlast the filling of the queue, and the timeout must stay below 1 s.
func gridScenario(workers int, service time.Duration, backlog int) string {
	trial := time.Second
	if backlog > 16 {
		trial = 1500 * time.Millisecond
	}
	return fmt.Sprintf(`name: grid
lanes: [direct, proxy]
backend: {workers: %d, service_time: %v, backlog: %d}
nginx: {location: {proxy_connect_timeout: 300ms}}
load: {from: 0.6, to: 1.6, trials: 15, trial_duration: %v, arrival: constant, connect_timeout: 300ms, timeout: 5s}
`, workers, service, backlog, trial)
}

func checkGridPoint(t *testing.T, a *analysis.Analysis) {
	t.Helper()
	if !a.Valid {
		t.Logf("INVALID, as a run beside others may be; what is asserted holds all the same: %v", a.InvalidReasons)
	}
	if len(a.Lanes) != 2 {
		t.Fatalf("%d lanes, want direct and proxy; warnings: %v", len(a.Lanes), a.Warnings)
	}
	for _, lane := range a.Lanes {
		onset, ok := a.OnsetOverCapacity[lane.Name]
		if !ok {
			t.Errorf("%s: no onset: %s", lane.Name, lane.NoOnset)
			continue
		}
		t.Logf("%s: onset ÷ capacity %.4f [%.4f, %.4f], overflows %d, failures %d, level %d",
			lane.Name, onset.Ratio, onset.Low, onset.High, lane.Reconciliation.Overflows, lane.Reconciliation.ClientFailures, lane.Cause.EvidenceLevel)
		if onset.Ratio < 0.95 || onset.Ratio > 1.05 {
			t.Errorf("%s: onset ÷ capacity is %.4f, want 0.95 to 1.05", lane.Name, onset.Ratio)
		}
		if lane.Name != "direct" {
			continue
		}
		if r := lane.Reconciliation.Ratio; r == nil || *r < 0.98 || *r > 1.02 {
			t.Errorf("direct: overflows ÷ failures is %v of %+v, want 0.98 to 1.02", r, lane.Reconciliation)
		}
	}
}

// shipped builds weir as `make build` does.
func shipped(t *testing.T) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "weir")
	build := exec.Command("go", "build", "-trimpath", "-o", exe, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return exe
}

// reproduce runs a scenario in a lab and returns its report.
func reproduce(t *testing.T, weir, scenario string) *analysis.Analysis {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "scenario.yaml")
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(weir, "reproduce", "--quiet", "--out", filepath.Join(dir, "runs"), file)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !(errors.As(err, &exit) && exit.ExitCode() == exitInvalid) {
		t.Fatalf("weir reproduce: %v\n%s%s", err, out.String(), errs.String())
	}
	return readReport(t, filepath.Join(dir, "runs"))
}
