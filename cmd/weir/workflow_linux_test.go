package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"weir/scenarios/lab/labtest"
)

// workflow is what the example uses of GitHub's format; anything else in it is a mistake.
type workflow struct {
	Name        string            `yaml:"name"`
	On          map[string]any    `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]struct {
		RunsOn  string            `yaml:"runs-on"`
		Timeout int               `yaml:"timeout-minutes"`
		Env     map[string]string `yaml:"env"`
		Steps   []workflowStep    `yaml:"steps"`
	} `yaml:"jobs"`
}

type workflowStep struct {
	Name string            `yaml:"name"`
	If   string            `yaml:"if"`
	Uses string            `yaml:"uses"`
	With map[string]string `yaml:"with"`
	Run  string            `yaml:"run"`
}

// TestWorkflow runs the example's steps as GitHub's runner does, but for the build and for what is GitHub's
// own, and finds what it keeps.
func TestWorkflow(t *testing.T) {
	weir := shipped(t)
	runTogether(t)
	text, err := os.ReadFile("../../.github/workflows/performance-gate.yml")
	if err != nil {
		t.Fatal(err)
	}
	var w workflow
	if err := yaml.UnmarshalWithOptions(text, &w, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	job, found := w.Jobs["gate"]
	if !found || job.RunsOn == "" || w.On["pull_request"] != nil || len(w.On) != 2 ||
		w.Permissions["contents"] != "read" {
		t.Fatalf("%+v", w)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(weir, filepath.Join(dir, "bin", "weir")); err != nil {
		t.Fatal(err)
	}
	summary := filepath.Join(dir, "summary.md")
	env := append(os.Environ(), "ADDRESS="+labtest.FreeAddress(t), "GITHUB_STEP_SUMMARY="+summary,
		"GITHUB_ACTIONS=true")
	var kept []string
	ran := 0
	for _, step := range job.Steps {
		switch {
		case strings.HasPrefix(step.Uses, "actions/upload-artifact@"):
			kept = strings.Fields(step.With["path"])
		case step.Run == "", step.Run == "make build":
		default:
			ran++
			runStep(t, dir, env, step)
			if strings.Contains(step.Run, "--assertions") { // the same run, held against more than it can do
				judge := workflowStep{Name: "the gate can fail",
					Run: "bin/weir gate \"$(ls -d weir-runs/* | tail -1)\" --assert 'onset.rate / capacity.computed >= 1.6'"}
				exit, failed := errors.AsType[*exec.ExitError](shell(t, dir, env, judge))
				if !failed || exit.ExitCode() != exitFailed && exit.ExitCode() != exitInvalid {
					t.Errorf("%s: %v", judge.Name, exit)
				}
			}
		}
	}
	if ran != 2 || len(kept) != 3 {
		t.Errorf("%d steps ran and %v is kept: the example has changed, and this test has to", ran, kept)
	}
	for _, pattern := range append(kept, "summary.md", "weir-runs/*/report.html") {
		if files, err := filepath.Glob(filepath.Join(dir, pattern)); err != nil || len(files) == 0 {
			t.Errorf("%s was not made", pattern)
		}
	}
	if said, err := os.ReadFile(summary); err != nil || !strings.HasPrefix(string(said), "### weir gate: ") {
		t.Errorf("the job's summary is %q, %v", said, err)
	}
}

// runStep runs a step with the runner's own shell line. The gate has to pass, for the backend does what is
// asserted; only of an INVALID run, on a machine too busy to send on time, it may not. What fails or is
// inconclusive is run once more, as a busy machine may make the backend slow too: twice it is no accident.
func runStep(t *testing.T, dir string, env []string, step workflowStep) {
	t.Helper()
	err := shell(t, dir, env, step)
	exit, failed := errors.AsType[*exec.ExitError](err)
	if failed && strings.Contains(step.Run, "--assertions") {
		if code := exit.ExitCode(); code == exitFailed || code == exitInconclusive {
			err = shell(t, dir, env, step)
			exit, failed = errors.AsType[*exec.ExitError](err)
		}
		if failed && exit.ExitCode() == exitInvalid {
			return
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", step.Name, err)
	}
}

// shell runs the lines of a step. What they start in the background ends with the test.
func shell(t *testing.T, dir string, env []string, step workflowStep) error {
	t.Helper()
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, env, 2*time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.CombinedOutput()
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	t.Logf("%s\n%s", step.Name, out)
	return err
}
