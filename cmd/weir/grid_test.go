package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/report/result"
	"weir/scenarios/lab/labtest"
)

// together are the tests that load a server for half a minute. Three run side by side: each leaves the
// machine idle most of the time, and one after the other they would take ten minutes.
var together = make(chan struct{}, 3)

func runTogether(t *testing.T) {
	t.Parallel()
	together <- struct{}{}
	t.Cleanup(func() { <-together })
}

// TestGrid is the experiment that weir exists for, over a grid of workers, service times and backlogs: the
// onset of failures is the capacity that workers ÷ busy period predicts, on both lanes, and directly every
// overflow is one failed request.
func TestGrid(t *testing.T) {
	t.Parallel()
	weir := shipped(t)
	for _, workers := range []int{4, 8} {
		for _, service := range []time.Duration{10 * time.Millisecond, 20 * time.Millisecond} {
			for _, backlog := range []int{8, 64} {
				t.Run(fmt.Sprintf("W=%d,S=%v,B=%d", workers, service, backlog), func(t *testing.T) {
					runTogether(t)
					checkGridPoint(t, weir, gridScenario(workers, service, backlog))
				})
			}
		}
	}
}

// gridScenario has shorter trials and a shorter connect timeout than the catalogue's, which changes neither
// onset nor accounting: a trial must outlast the filling of the queue, and the timeout must stay below 1 s.
func gridScenario(workers int, service time.Duration, backlog int) string {
	trial := 800 * time.Millisecond
	if backlog > 16 {
		trial = 1300 * time.Millisecond
	}
	return fmt.Sprintf(`name: grid
lanes: [direct, proxy]
backend: {workers: %d, service_time: %v, backlog: %d}
nginx: {location: {proxy_connect_timeout: 300ms}}
load: {from: 0.6, to: 1.6, trials: 15, trial_duration: %v, arrival: constant, connect_timeout: 300ms, timeout: 5s}
`, workers, service, backlog, trial)
}

// gridTries is how often a grid point is run. A machine that is busy with other things makes a run INVALID,
// and what an INVALID run says is no verdict on the code.
const gridTries = 3

func checkGridPoint(t *testing.T, weir, scenario string) {
	t.Helper()
	for try := 1; ; try++ {
		a := reproduce(t, weir, scenario)
		wrong := gridFaults(t, a)
		if len(wrong) == 0 {
			return
		}
		if a.Valid || try == gridTries {
			t.Fatal(strings.Join(wrong, "\n"))
		}
		t.Logf("again, because the run is INVALID: %v", a.InvalidReasons)
	}
}

// gridFaults are the promises that a run at a grid point does not keep.
func gridFaults(t *testing.T, a *result.Analysis) (wrong []string) {
	t.Helper()
	fault := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if len(a.Lanes) != 2 {
		fault("%d lanes, want direct and proxy; warnings: %v", len(a.Lanes), a.Warnings)
	}
	for _, lane := range a.Lanes {
		onset, ok := a.OnsetOverCapacity[lane.Name]
		if !ok {
			fault("%s: no onset: %s", lane.Name, lane.NoOnset)
			continue
		}
		t.Logf("%s: onset ÷ capacity %.4f [%.4f, %.4f], overflows %d, failures %d, level %d",
			lane.Name, onset.Ratio, onset.Low, onset.High, lane.Reconciliation.Overflows,
			lane.Reconciliation.ClientFailures, lane.Cause.EvidenceLevel)
		if onset.Ratio < 0.95 || onset.Ratio > 1.05 {
			fault("%s: onset ÷ capacity is %.4f, want 0.95 to 1.05", lane.Name, onset.Ratio)
		}
		if r := lane.Reconciliation.Ratio; lane.Name == "direct" && (r == nil || *r < 0.98 || *r > 1.02) {
			fault("direct: %d overflows, %d failures, want a ratio of 0.98 to 1.02",
				lane.Reconciliation.Overflows, lane.Reconciliation.ClientFailures)
		}
	}
	return wrong
}

// shipped is the path of weir, which is this test binary under that name (see TestMain). A test that asks for
// it runs whole commands, and is not quick.
func shipped(t *testing.T) string {
	t.Helper()
	labtest.NotQuick(t)
	exe, err := exec.LookPath("weir")
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// reproduce runs a scenario in a lab and returns its report.
func reproduce(t *testing.T, weir, scenario string) *result.Analysis {
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
	if exit := (*exec.ExitError)(nil); err != nil &&
		!(errors.As(err, &exit) && exit.ExitCode() == exitInvalid) {
		t.Fatalf("weir reproduce: %v\n%s%s", err, out.String(), errs.String())
	}
	return readReport(t, filepath.Join(dir, "runs"))
}
