package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/words"
	"weir/scenarios/catalogue"
)

// brief cuts a scenario's short form down to seconds, where a load of 1.2 s alone does not. It is too little
// for a verdict, and enough for each of its servers, events and checks to do what it does, and for each
// assertion to have something to measure.
var brief = map[string][]string{
	"backlog-overflow":  {"load.trials=4", "load.trial_duration=500ms"},
	"undersized-pool":   {"load.trials=4", "load.trial_duration=600ms"},
	"least-conn":        {"load.trials=4", "load.trial_duration=600ms"},
	"keepalive-missing": {"load.trial_duration=1600ms"}, // processor time is read twice a second
	"cpu-quota":         {"load.trial_duration=1600ms"},
	"cpu-steal":         {"load.trial_duration=1600ms"},
	"gc-pause":          {`events=[{at: 200ms, do: pause, host: backend, for: 800ms}]`},
	"log-messages":      {},
	"worker-timeout":    {"load.rate=6"},
	"gunicorn-timeout":  {"load.rate=6", "backend.service_time=1200ms"},
	"buffering-off":     {`events=[{at: 0s, do: read-slowly, host: proxy, path: /export, clients: 8, bytes_per_second: 65536, for: 1s}]`},
	"incident":          {"load.rate=30", "backend.service_time=800ms"},
	"incident-fixed":    {"backend.service_time=800ms"},
	"incident-live":     {"backend.service_time=800ms", "load.trial_duration=2500ms"},
}

// briefly is the text of a scenario with its event within so short a load, and what else has to be set.
func briefly(t *testing.T, name string) (file string, set []string) {
	t.Helper()
	text, err := catalogue.Source(name)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("{at: 5s, do: swap"), []byte("{at: 500ms, do: swap"))
	text = bytes.ReplaceAll(text, []byte("{at: 1s, do: kill"), []byte("{at: 500ms, do: kill"))
	file = filepath.Join(t.TempDir(), name+".yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	set = []string{"load.connect_timeout=900ms", "load.timeout=2s", "load.drain=1s",
		"load.trial_duration=1200ms"}
	return file, append(set, brief[name]...)
}

// briefRun is one variant, and how its run ended.
type briefRun struct {
	a       *result.Analysis
	skipped string
	err     error
}

// Each scenario, in each of its variants, can be run with what is installed: it leaves a record that can be
// read, and there is something measured for each of its assertions. What it says is no matter here: the runs
// are too short for that, and disturb each other.
func TestEveryScenarioRuns(t *testing.T) {
	weir, began := shipped(t), time.Now()
	var mu sync.Mutex
	runs := map[string]map[string]briefRun{}
	var labs errgroup.Group
	labs.SetLimit(4)
	for _, name := range catalogue.Names() {
		file, set := briefly(t, name)
		opt := catalogue.Options{Quick: true, Set: set}
		all, err := catalogue.Open(file, opt)
		if err != nil {
			t.Fatal(err)
		}
		runs[name] = map[string]briefRun{}
		for _, v := range all {
			out := t.TempDir()
			labs.Go(func() error {
				r := runBriefly(weir, file, out, v.Variant, opt)
				mu.Lock()
				defer mu.Unlock()
				runs[name][v.Variant] = r
				return nil
			})
		}
	}
	_ = labs.Wait() // each run has its own error
	t.Logf("all of them took %v", time.Since(began).Round(time.Second))
	for _, name := range catalogue.Names() {
		t.Run(name, func(t *testing.T) {
			faults, skipped := briefFaults(t, name, runs[name])
			if len(faults) > 0 { // a busy machine may starve a probe: now with the machine to itself
				t.Logf("again, because: %s", strings.Join(faults, "\n"))
				file, set := briefly(t, name)
				for v := range runs[name] {
					runs[name][v] = runBriefly(weir, file, t.TempDir(), v,
						catalogue.Options{Quick: true, Set: set})
				}
				faults, skipped = briefFaults(t, name, runs[name])
			}
			if len(faults) > 0 {
				t.Error(strings.Join(faults, "\n"))
			}
			for _, why := range skipped {
				t.Skipf("NOT TESTED: %s", why)
			}
		})
	}
}

func runBriefly(weir, file, out, variant string, opt catalogue.Options) (r briefRun) {
	args := []string{"reproduce", file, "--quick", "--quiet", "--out-dir", out}
	if variant != "" {
		args = append(args, "--variant", variant)
	}
	for _, set := range opt.Set {
		args = append(args, "--set="+set)
	}
	cmd := exec.Command(weir, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	err := cmd.Run()
	exit, _ := errors.AsType[*exec.ExitError](err)
	ended, missing := takeResult(out)
	switch {
	case ended.NotInstalled != "":
		return briefRun{skipped: ended.NotInstalled}
	case missing != nil || err != nil && (exit == nil || exit.ExitCode() != exitInvalid):
		return briefRun{err: fmt.Errorf("%w, %w: %s", err, missing, errs.String())}
	}
	r.a, r.err = analyze(out)
	return r
}

// hasValue reports whether there is a value, or there may be none in so short a run: an onset takes failures
// at some rates and none at others, a quantile of failures takes failures, a p99 hundreds of requests, a
// quotient something to divide by.
func hasValue(r gate.Result) bool {
	return r.Value != nil || r.Reason.Code == "division_by_0" ||
		strings.Contains(words.Of(r.Reason), " are too few for a p") ||
		strings.Contains(r.Expr, "onset.rate") || strings.Contains(r.Expr, "fail_latency.")
}

// briefFaults are what is wrong with a scenario's runs, and why some were not made, by variant.
func briefFaults(t *testing.T, name string, runs map[string]briefRun) (faults []string,
	skipped map[string]string) {
	t.Helper()
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	all, err := catalogue.Open(name, catalogue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	skipped = map[string]string{}
	for _, v := range all {
		r := runs[v.Variant]
		switch noQuota := strings.Contains(r.skipped, "no control group with a CPU quota"); {
		case r.err != nil:
			fault("%s: %v", v.ID(), r.err)
			return faults, skipped
		case r.skipped != "":
			skipped[v.Variant] = r.skipped
			// CI has had all that `make deps` installs
			if !noQuota && (os.Getenv("CI") != "" || !strings.Contains(r.skipped, "install ")) {
				fault("%s: skipped: %s", v.ID(), r.skipped)
			}
			continue
		case missingProxy(r.a) != "" && os.Getenv("CI") == "":
			skipped[v.Variant] = missingProxy(r.a)
			continue
		case r.a.Ended.How != "complete" || len(r.a.Lanes) != len(v.Lanes) || r.a.Lanes[0].Offered == 0:
			fault("%s: ended %v, %d lanes of %d, warnings %v", v.ID(), r.a.Ended, len(r.a.Lanes),
				len(v.Lanes), r.a.Warnings)
			return faults, skipped
		}
		r.a.Valid = true // a busy machine is no matter here
	}
	for _, e := range (experiment{name, all}).split() {
		list, err := conditions(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, verdict := range list {
			for _, c := range verdict {
				of := c.run
				if e.variants[0].Each {
					of = e.variants[0].Variant
				}
				if skipped[of] == "" && skipped[c.against] == "" {
					for _, r := range gate.Evaluate(runs[of].a, runs[c.against].a, c.asserts) {
						if !hasValue(r) {
							fault("%s: %s was not measured: %s", of, r.Expr, r.Reason)
						}
					}
				}
			}
		}
	}
	return faults, skipped
}
