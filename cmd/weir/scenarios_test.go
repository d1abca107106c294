package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"weir/report"
	"weir/report/result"
	"weir/scenarios/catalogue"
	"weir/scenarios/lab"
)

// cheap are the scenarios that every test run makes. WEIR_SCENARIOS names others, by commas, or is all.
var cheap = []string{"somaxconn-clamp", "worker-connections", "keepalive-half", "buffering-off"}

// A scenario's verdict follows from what is measured: with its key setting turned round another one comes
// out, and one that the scenario names where it says what the flip gives. A scenario that says the same
// whatever it finds, or nothing, is a defect.
func TestFlippedSettingGivesAnotherVerdict(t *testing.T) {
	names := cheap
	if list := os.Getenv("WEIR_SCENARIOS"); list == "all" {
		names = catalogue.Names()
	} else if list != "" {
		names = strings.Split(list, ",")
	}
	weir := shipped(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			straight := verdictsOf(t, weir, name, catalogue.Options{Quick: true})
			flipped := verdictsOf(t, weir, name, catalogue.Options{Quick: true, Flip: true})
			for i, row := range straight {
				if row.Outcome == report.ClaimUndecided {
					t.Errorf("the claim %s is %s", row.Scenario, row.Outcome)
				}
				other := flipped[i].Said()
				if other == row.Said() || !slices.ContainsFunc(catalogue.Answers(),
					func(a string) bool { return strings.HasPrefix(other, a) }) {
					t.Errorf("%s: %q with the key setting as it is, %q with it turned round: %s",
						row.Scenario, row.Said(), other, flipped[i].Shows)
				}
				if gives := gives(t, name); !strings.HasPrefix(other, gives) {
					t.Errorf("%s: %q with the key setting turned round, and flip.gives is %q", row.Scenario,
						other, gives)
				}
			}
		})
	}
}

func gives(t *testing.T, name string) string {
	t.Helper()
	all, err := catalogue.Open(name, catalogue.Options{Flip: true})
	if err != nil {
		t.Fatal(err)
	}
	return all[0].Gives
}

// verdictsOf runs every variant of a scenario and judges its claims. That a busy machine makes a run INVALID
// is no matter here: it is the assertions that are under test, and these count outcomes.
func verdictsOf(t *testing.T, weir, name string, opt catalogue.Options) (rows []report.Claim) {
	t.Helper()
	all, err := catalogue.Open(name, opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range (experiment{name, all}).split() {
		done := map[string]variantRun{}
		for _, v := range e.variants {
			a := runOnce(t, weir, name, v.Variant, opt)
			a.Valid = true
			done[v.Variant] = variantRun{a: a}
		}
		row := claim(e, done)
		t.Logf("flip %v: %s: %s: %s\n%s", opt.Flip, row.Scenario, row.Said(), row.Shows,
			strings.Join(row.Numbers, "\n"))
		rows = append(rows, row)
	}
	return rows
}

func runOnce(t *testing.T, weir, name, variant string, opt catalogue.Options) *result.Analysis {
	t.Helper()
	dir := t.TempDir()
	args := []string{"reproduce", name, "--quiet", "--out-dir", dir}
	if variant != "" {
		args = append(args, "--variant", variant)
	}
	if opt.Quick {
		args = append(args, "--quick")
	}
	if opt.Flip {
		args = append(args, "--flip")
	}
	cmd := exec.Command(weir, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	err := cmd.Run()
	exit, _ := errors.AsType[*exec.ExitError](err)
	ended, missing := takeResult(dir)
	noQuota := strings.Contains(ended.NotInstalled, lab.ErrNoQuota.Error()) // which no package brings
	if ended.NotInstalled != "" && (os.Getenv("CI") == "" || noQuota) {
		t.Skipf("NOT TESTED: %s", ended.NotInstalled)
	}
	if missing != nil || err != nil && (exit == nil || exit.ExitCode() != exitInvalid) {
		t.Fatalf("weir %s: %v, %v\n%s", strings.Join(args, " "), err, missing, errs.String())
	}
	a, err := analyze(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
