package main

import (
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/runfile"
	"weir/scenarios"
)

// The overflows of a namespace are those of all its listeners: the progress tells the lane's own, or says
// whose they are.
func TestProgressTellsOverflowsApart(t *testing.T) {
	listener := func(addr string, cookie uint64, drops uint32) probe.Listener {
		return probe.Listener{Addr: addr, Cookie: cookie, Limit: 16, Drops: &drops}
	}
	sample := func(overflows uint64, all ...probe.Listener) probe.Sample {
		return probe.Sample{Host: "b", Counters: map[string]uint64{"TcpExtListenOverflows": overflows},
			Listeners: all}
	}
	untold := probe.Listener{Addr: ":1", Limit: 16}
	for name, c := range map[string]struct {
		before, after probe.Sample
		want          string
	}{
		"another listener's": {sample(5, listener(":1", 1, 3), listener(":2", 2, 2)),
			sample(179, listener(":1", 1, 3), listener(":2", 2, 176)), "  overflows 0"},
		"its own": {sample(5, listener(":1", 1, 3)), sample(15, listener(":1", 1, 12)),
			"  overflows 9"},
		"opened anew": {sample(5, listener(":1", 1, 3)), sample(15, listener(":1", 7, 4)),
			"  overflows 4"},
		"wrapped": {sample(5, listener(":1", 1, 1<<32-1)), sample(15, listener(":1", 1, 1)),
			"  overflows 2"},
		"not told": {sample(5, untold), sample(15, untold), "  netns overflows 10"},
	} {
		var out strings.Builder
		setup := &scenarios.Setup{}
		setup.Lanes = []scenarios.Lane{{Name: "direct", Listener: ":1", ListenerHost: "b"}}
		p := newProgress(&out, true, setup)
		p.sample(c.before)
		p.trial(runfile.Trial{Lane: "direct"})
		p.sample(c.after)
		if got := p.kernel(0); !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: got %q, want it to end in %q", name, got, c.want)
		}
		p.close()
	}
}

// What was canceled because the run ended is no failure of the server's, and a single trial has a bar that
// moves.
func TestProgressOfAnEndedRun(t *testing.T) {
	var out strings.Builder
	one := runfile.Trial{Lane: "direct", Rate: 10,
		Plan: plan.Plan{Stages: []plan.Stage{{From: 10, To: 10, Duration: time.Minute}}}}
	setup := &scenarios.Setup{Name: "run"}
	setup.Lanes = []scenarios.Lane{{Name: "direct"}}
	setup.Trials = []runfile.Trial{one}
	p := newProgress(&out, false, setup)
	p.trial(one)
	results := count.New(0)
	results.Watch(p.counted)
	for _, o := range []loadgen.Outcome{loadgen.OK, loadgen.ConnectTimeout, loadgen.Canceled,
		loadgen.Canceled} {
		results.Record(loadgen.Result{Outcome: o})
	}
	results.Read()
	p.started = time.Now().Add(-33 * time.Second)
	if got, want := p.line(), "█████░░░░░ 1/1 direct"; !strings.HasPrefix(got, want) {
		t.Errorf("halfway: got %q, want it to begin with %q", got, want)
	}
	p.trialEnd()
	p.close()
	if want := "4 requests, 1 failed, 2 canceled as the run ended, "; !strings.Contains(out.String(), want) {
		t.Errorf("got %q, want %q in it", out.String(), want)
	}
}
