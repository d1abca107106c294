package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/probe"
	"weir/report/result"
	"weir/scenarios/lab/labtest"
	"weir/scenarios/nginx"
)

// TestOwnServers is what most users do: Gunicorn and NGINX that weir did not start, on this machine's own
// network, and a run at both.
func TestOwnServers(t *testing.T) {
	weir := shipped(t)
	runTogether(t)
	backend := startGunicorn(t, 4, 20*time.Millisecond, 32)
	proxy := startNGINX(t, backend)
	awaitWorkers(t, backend, 4)
	out := t.TempDir()

	cmd := exec.Command(weir, "run", "--quiet", "--out", out, "--name", "own",
		"--direct", "http://"+backend+"/", "--proxy", "http://"+proxy.Listen+"/", // the workers are counted
		"--connect-timeout", "300ms", "--proxy-connect-timeout", "300ms", "--trial-duration", "800ms",
		"--nginx-error-log", proxy.ErrorLog(), "--nginx-access-log", proxy.AccessLog())
	text, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil &&
		!(errors.As(err, &exit) && exit.ExitCode() == exitInvalid) {
		t.Fatalf("weir run: %v\n%s", err, text)
	}
	t.Logf("\n%s", text)

	a := readReport(t, out)
	if !strings.Contains(a.Environment["backend"], "gunicorn") ||
		!strings.Contains(a.Environment["proxy"], "nginx") {
		t.Errorf("the servers were not recognised: %v", a.Environment)
	}
	if a.Capacity.Workers != 4 || !strings.HasPrefix(a.Capacity.WorkersEvidence, "4 processes `") {
		t.Errorf("%d workers, %s", a.Capacity.Workers, a.Capacity.WorkersEvidence)
	}
	if a.Capacity.ServiceTime == nil || *a.Capacity.ServiceTime < 0.02 || *a.Capacity.ServiceTime > 0.03 {
		t.Errorf("service time %v s, want 0.02 to 0.03 measured at low load", a.Capacity.ServiceTime)
	}
	for _, lane := range a.Lanes {
		if lane.BacklogLimit == nil || *lane.BacklogLimit != 32 {
			t.Errorf("%s: backlog limit %v, want the listener's 32", lane.Name, lane.BacklogLimit)
		}
		// which of them depends on how busy the machine is
		if lane.Overflows == nil || *lane.Overflows == 0 ||
			!strings.HasSuffix(string(lane.Cause.Code), "_overflow") {
			t.Errorf("%s: cause %s with %v overflows, want an overflow", lane.Name, lane.Cause.Code,
				lane.Overflows)
		}
		// The client does not see a worker's own close and accept, which makes the ratio small; other tests
		// at its side make single requests slower than those that keep a worker busy, which makes it large. A
		// run that says itself that it was invalid is not held to it.
		if onset, ok := a.OnsetOverCapacity[lane.Name]; a.Valid && (!ok || onset.Ratio < 0.8 ||
			onset.Ratio > 1.3) {
			t.Errorf("%s: onset ÷ capacity is %+v (%s), want 0.8 to 1.3", lane.Name, onset, lane.NoOnset)
		}
	}
	i := slices.IndexFunc(a.Lanes, func(l result.Lane) bool { return l.Name == "proxy" })
	if i < 0 {
		t.Fatal("there is no proxy lane")
	}
	if classes := a.Lanes[i].LogClasses; len(classes) == 0 {
		t.Error("NGINX's logs left nothing in the report")
	}
}

func startGunicorn(t *testing.T, workers int, service time.Duration, backlog int) (address string) {
	t.Helper()
	path := labtest.Program(t, "gunicorn")
	dir := t.TempDir()
	app := fmt.Sprintf(`import time
def app(environ, start_response):
    time.sleep(%v)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
`, service.Seconds())
	if err := os.WriteFile(filepath.Join(dir, "app.py"), []byte(app), 0o600); err != nil {
		t.Fatal(err)
	}
	address = labtest.FreeAddress(t)
	var log bytes.Buffer
	cmd := exec.Command(path, "--workers", fmt.Sprint(workers), "--backlog", fmt.Sprint(backlog), "--bind",
		address, "--chdir", dir, "app:app")
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it stops its workers
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("gunicorn said:\n%s", log.String())
		}
	})
	labtest.AwaitHTTP(t, "http://"+address)
	return address
}

// awaitWorkers waits until the server has forked all its workers: it answers as soon as it has one.
func awaitWorkers(t *testing.T, address string, workers int) {
	t.Helper()
	at := netip.MustParseAddrPort(address)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		d, err := probe.Discover(probe.Config{Ports: []uint16{at.Port()}})
		if n, text := d.Offer(); n == workers {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("%d workers, want %d: %s (%v)", n, workers, text, err)
		}
	}
}

func startNGINX(t *testing.T, upstream string) *nginx.Server {
	t.Helper()
	return runNGINX(t, nginxPath(t), nginx.Config{
		Dir: t.TempDir(), Listen: labtest.FreeAddress(t), Upstreams: []string{upstream},
		Directives: map[string]string{"proxy_connect_timeout": "300ms"},
	})
}

// nginxPath is the installed NGINX's.
func nginxPath(t *testing.T) string {
	t.Helper()
	labtest.NotQuick(t)
	path, _, err := nginx.Find(t.Context(), "")
	if err != nil {
		labtest.Missing(t, err)
	}
	return path
}

// runNGINX starts an NGINX, waits until it answers, and stops it at the test's end.
func runNGINX(t *testing.T, path string, c nginx.Config) *nginx.Server {
	t.Helper()
	c.RunAs = labtest.RunAs()
	s, err := nginx.Start(path, c, (*exec.Cmd).Start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() })
	if err := s.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// readReport reads the report of the only run below a folder.
func readReport(t *testing.T, out string) *result.Analysis {
	t.Helper()
	reports, err := filepath.Glob(filepath.Join(out, "*", "report.json"))
	if err != nil || len(reports) != 1 {
		t.Fatalf("%d reports below %s, want 1 (%v)", len(reports), out, err)
	}
	text, err := os.ReadFile(reports[0])
	if err != nil {
		t.Fatal(err)
	}
	var a result.Analysis
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return &a
}
