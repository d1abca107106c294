package main

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"weir/report/runfile"
)

// TestCompareScripts runs testdata/compare/*.txtar, whose working directories hold recorded runs: good, again
// (the same server once more), worse (one that takes a fifth less), late (an INVALID one) and cut (a killed
// one).
func TestCompareScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/compare",
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			return errors.Join(
				recordRun(filepath.Join(env.WorkDir, "good"), 200, 0, runfile.Complete),
				recordRun(filepath.Join(env.WorkDir, "again"), 200, 0, runfile.Complete),
				recordRun(filepath.Join(env.WorkDir, "worse"), 160, 0, runfile.Complete),
				recordRun(filepath.Join(env.WorkDir, "late"), 200, 80*time.Millisecond, runfile.Complete),
				recordRun(filepath.Join(env.WorkDir, "cut"), 200, 0, runfile.Interrupted))
		},
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": checkStatus,
			"follows": follows},
	})
}
