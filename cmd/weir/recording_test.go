package main

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"weir/report/result"

	"github.com/google/go-cmp/cmp"

	"weir/loadgen"
	"weir/report/analysis"
	"weir/report/analysis/gate"
	"weir/report/runfile"
	"weir/scenarios"
)

// TestOptionsAreOnRecord: how the generator was set is read from the record as it was given, so that two runs
// that differ in it are not taken for alike.
func TestOptionsAreOnRecord(t *testing.T) {
	target, err := loadgen.Target{
		URL: "http://a.test/", Network: "unix", Address: "/run/app.sock", Connections: loadgen.Reuse,
		Close:                 loadgen.Reset,
		RequestsPerConnection: 100, IdleTimeout: time.Minute, MaxIdle: 32, MaxBody: 4096, RequestIDs: true,
		Insecure:    true,
		WakeQuantum: 200 * time.Microsecond,
		Requests:    []loadgen.Request{{}, {Method: "POST"}}, Timeout: 3 * time.Second, MaxInFlight: 77,
	}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	s := &scenarios.Setup{}
	s.Lanes = []scenarios.Lane{{Name: "direct", Mode: runfile.Loss, Target: target}}
	s.Lanes[0].Target.LocalAddrs = []netip.Addr{netip.MustParseAddr("10.0.0.8"), netip.MustParseAddr("::1")}
	var file bytes.Buffer
	rec, err := runfile.NewRecorder(runfile.NewWriter(&file), s.Header())
	if err == nil {
		err = rec.Close(runfile.Complete)
	}
	if err != nil {
		t.Fatal(err)
	}
	a, err := analysis.Analyze(runfile.NewReader(&file, "run.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	want := &result.Options{
		Close: "rst", RequestsPerConnection: 100, IdleTimeout: 60, MaxIdle: 32,
		LocalAddrs: []string{"10.0.0.8", "::1"},
		Address:    "/run/app.sock", MaxBody: 4096, RequestIDs: true, Insecure: true, Requests: 2,
	}
	l := a.Lanes[0]
	if diff := cmp.Diff(want, l.Options); diff != "" || l.Timeout != 3 || l.MaxInFlight != 77 ||
		l.Connections.Use != "reuse" {
		t.Errorf("timeout %v, %d in flight, %s; (-want +got)\n%s", l.Timeout, l.MaxInFlight,
			l.Connections.Use, diff)
	}
	for _, e := range []string{"epoll", "portable"} {
		s.Lanes = append(s.Lanes, scenarios.Lane{EngineName: e, Target: target})
	}
	lanes := s.Header().Lanes
	if on, off := lanes[1].Options.WakeQuantum, lanes[2].Options.WakeQuantum; on != 200*time.Microsecond ||
		off != 0 {
		t.Errorf("the wake quantum is %v, and that of an engine without one %v", on, off)
	}
}

// TestObservationBreaksNoRule: after an overload the first requests fail, which is what an observation is
// there to see.
func TestObservationBreaksNoRule(t *testing.T) {
	rule, err := gate.ParseAbort("bad.count > 0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scenarios.Setup{}
	s.Lanes = []scenarios.Lane{{Name: "direct"}}
	for role, want := range map[string]bool{"": true, runfile.Recovery: false} {
		rec, err := runfile.NewRecorder(runfile.NewWriter(&bytes.Buffer{}), s.Header())
		if err != nil {
			t.Fatal(err)
		}
		stopped := false
		live := gate.NewLive([]gate.Assertion{rule}, nil, plannedLanes(s), func() time.Duration { return 0 },
			func(*gate.Stopped) { stopped = true })
		r := recording{rec, newProgress(&bytes.Buffer{}, true, s), live}
		if err := r.Write(&runfile.Trial{Lane: "direct", Role: role}); err != nil {
			t.Fatal(err)
		}
		results := r.Results(0)
		results.Record(loadgen.Result{Outcome: loadgen.HTTP503})
		results.Read()
		if stopped != want {
			t.Errorf("a failure of a trial with the role %q ends the load: %v", role, stopped)
		}
	}
}
