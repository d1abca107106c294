package analysis

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/probe/nginxlog"
	"weir/report/runfile"
	"weir/report/words"
	"weir/report/world"
)

// bothLanes is the whole demo: the same trials through a proxy, whose clients see 504.
func bothLanes() world.World {
	w := world.Demo()
	w.Lanes = []string{"direct", "proxy"}
	w.Event = func(lane string, r loadgen.Result) (e runfile.Event) {
		if lane == "proxy" && r.Outcome == loadgen.HTTP504 {
			e = runfile.Event{Host: "proxy", Source: "nginx.error", Class: nginxlog.ConnectTimeout, Count: 1,
				Text: "upstream timed out"}
		}
		return e
	}
	return w
}

// TestMeasuringRun: the experiment that this program is made for gets back what was put in.
func TestMeasuringRun(t *testing.T) {
	a := analyze(t, record(t, bothLanes()))
	if !a.Valid || a.Ended.How != "complete" {
		t.Errorf("valid %v %v, ended %v", a.Valid, a.InvalidReasons, a.Ended)
	}
	near(t, "capacity", *a.Capacity.Computed, 400, 1e-6)
	near(t, "nominal service time", *a.Capacity.NominalServiceTime, .019375, 1e-9)
	near(t, "agreement", a.Agreement.Ratio, 1, .001)
	saw := map[string]string{"direct": "connect_timeout", "proxy": "http_504"}
	for _, l := range a.Lanes {
		for _, o := range []*result.Onset{l.ErrorOnset, l.OverflowOnset} {
			near(t, l.Name+" onset", o.RPS, 400, .02)
			if !(o.Low < 400 && o.High > 400 && o.Method == "hinge" && o.AtS != nil) {
				t.Errorf("%s: onset %+v does not hold 400", l.Name, o)
			}
		}
		near(t, l.Name+" onset over capacity", a.OnsetOverCapacity[l.Name].Ratio, 1, .02)
		r := l.Reconciliation
		if r.Ratio == nil || *r.Ratio != 1 || r.Verdict != result.Agree {
			t.Errorf("%s: reconciliation %+v", l.Name, r)
		}
		c := l.Cause
		if c.Code != "worker_bound_overflow" || c.EvidenceLevel != 2 || c.EvidenceName != "accounting" ||
			!strings.Contains(c.Text.Text, saw[l.Name]) {
			t.Errorf("%s: cause %+v", l.Name, c)
		}
		if *l.MaxRecvQ != 17 || *l.BacklogLimit != 16 || *l.Overflows != *l.ListenerDrops ||
			*l.Overflows == 0 {
			t.Errorf("%s: Recv-Q %d of %d, %d overflows, %d drops", l.Name, *l.MaxRecvQ, *l.BacklogLimit,
				*l.Overflows, *l.ListenerDrops)
		}
		if n := l.Outcomes["ok"] + l.Outcomes[saw[l.Name]]; n != l.Offered || l.Sent != l.Offered ||
			len(l.Outcomes) != 2 {
			t.Errorf("%s: offered %d, sent %d, outcomes %v", l.Name, l.Offered, l.Sent, l.Outcomes)
		}
		checkTrials(t, &l)
		checkTimeline(t, &l)
	}
	if n := len(a.Verdict); n < 3 || n > maxVerdict {
		t.Errorf("%d sentences: %q", n, a.Verdict)
	}
	if c := a.Lanes[1].LogClasses; len(c) != 1 || c[0].Count != a.Lanes[1].Outcomes["http_504"] ||
		a.Lanes[0].LogClasses != nil {
		t.Errorf("log classes %v, and %v on the direct lane", c, a.Lanes[0].LogClasses)
	}
}

func checkTrials(t *testing.T, l *result.Lane) {
	t.Helper()
	if len(l.Trials) != 15 {
		t.Fatalf("%s: %d trials", l.Name, len(l.Trials))
	}
	for _, tr := range l.Trials {
		if !tr.Complete || !tr.Drained || tr.Overflows == nil || *tr.Overflows != tr.Bad ||
			tr.Due != uint64(math.Ceil(tr.Rate*2-1e-6)) {
			t.Errorf("%s: trial %+v", l.Name, tr)
		}
		if !(tr.GoodLow <= tr.Goodput && tr.Goodput <= tr.GoodHigh) ||
			math.Abs(*tr.Expected-float64(tr.Bad)) > 8 {
			t.Errorf("%s at %.4g req/s: goodput %.4g in [%.4g, %.4g], bad %d, expected %.3g", l.Name, tr.Rate,
				tr.Goodput, tr.GoodLow, tr.GoodHigh, tr.Bad, *tr.Expected)
		}
	}
	near(t, "plateau", *l.Plateau, 400, 0.01) // without what the queue took in, 17 requests in two seconds
}

func checkTimeline(t *testing.T, l *result.Lane) {
	t.Helper()
	tl := l.Timeline
	n := len(tl.AtS)
	if n == 0 || len(tl.Offered) != n || len(tl.Goodput) != n || len(tl.RecvQ) != n ||
		len(tl.Overflows) != n || len(tl.Replayed) != n {
		t.Fatalf("%s: slices of different lengths", l.Name)
	}
	var offered float64
	var overflows, replayed uint64
	for i := range n {
		offered += tl.Offered[i] * tl.BinS
		overflows += value(tl.Overflows[i])
		replayed += value(tl.Replayed[i])
	}
	near(t, "offered in the timeline", offered, float64(l.Offered), 1e-9)
	if overflows != *l.Overflows || replayed != *l.Overflows {
		t.Errorf("%s: the timeline has %d overflows and replays %d, of %d", l.Name, overflows, replayed,
			*l.Overflows)
	}
	var codes []string
	for _, m := range tl.Marks {
		codes = append(codes, m.Code)
	}
	slices.Sort(codes[1:]) // the rest lies within two bins
	want := []string{"load_passes_capacity", "first_error", "first_overflow", "predicted_fill"}
	if !slices.Equal(codes, want) {
		t.Errorf("%s: marks %v, want %v", l.Name, codes, want)
	}
	if !slices.IsSorted(tl.AtS) {
		t.Errorf("%s: the timeline runs backwards", l.Name)
	}
}

// TestDeterministic: the same run recorded twice differs in when bins were flushed, not in what it shows.
func TestDeterministic(t *testing.T) {
	w := bothLanes()
	w.Rates = w.Rates[5:]
	one, other := record(t, w), record(t, w)
	a := marshal(t, analyze(t, one))
	for _, record := range [][]byte{one, other} {
		if b := marshal(t, analyze(t, record)); !bytes.Equal(a, b) {
			t.Fatal("two analyses of one run differ")
		}
	}
}

func TestNoOverload(t *testing.T) {
	w := world.Demo()
	w.Rates = world.Steps(200, 380, 8)
	a := analyze(t, record(t, w))
	l := a.Lanes[0]
	if l.ErrorOnset != nil || l.OverflowOnset != nil || l.NoOnset.Code != "no_onsets" ||
		!strings.Contains(words.Of(l.NoOnset), "380.0 req/s") {
		t.Errorf("onsets %v, %v: %q", l.ErrorOnset, l.OverflowOnset, words.Of(l.NoOnset))
	}
	if l.Cause.Code != "none" || l.Cause.EvidenceLevel != 0 || l.Cause.EvidenceName != "none" {
		t.Errorf("cause %+v", l.Cause)
	}
	if l.Reconciliation.Verdict != result.NothingToReconcile {
		t.Errorf("reconciliation %+v", l.Reconciliation)
	}
	if len(a.OnsetOverCapacity) != 0 {
		t.Errorf("a ratio of no onset: %v", a.OnsetOverCapacity)
	}
}

// TestRetrialMode: the SYNs are sent again, so hardly anything fails and the counter shows what happened.
func TestRetrialMode(t *testing.T) {
	w := world.Demo()
	w.Mode, w.Retry = "retrial", []time.Duration{300 * ms, 600 * ms}
	w.Rates = w.Rates[4:10]
	a := analyze(t, record(t, w))
	l := a.Lanes[0]
	if l.ErrorOnset != nil || l.OverflowOnset == nil || l.OverflowOnset.Method != result.FirstTrial {
		t.Fatalf("onsets %v, %+v", l.ErrorOnset, l.OverflowOnset)
	}
	if o := l.OverflowOnset; !(o.Low < 400 && o.RPS > 400 && o.RPS < 1.1*400) {
		t.Errorf("onset %+v", o)
	}
	if v := l.Reconciliation.Verdict; v == result.Agree || v == result.Disagree {
		t.Errorf("trials too short for the steady state were judged: %q", v)
	}
	if l.Cause.EvidenceLevel > 1 {
		t.Errorf("evidence level %d without accounting", l.Cause.EvidenceLevel)
	}
}

// TestForeignOverflows: another listener of the namespace overflows all the time, before the load and during
// it. That is not this listener's, which its own drops prove.
func TestForeignOverflows(t *testing.T) {
	w := world.Demo()
	w.Sample = func(s *probe.Sample) { s.Counters["TcpExtListenOverflows"] += uint64(s.At / (50 * ms)) }
	a := analyze(t, record(t, w))
	l := a.Lanes[0]
	if !a.Valid || *l.Overflows != *l.ListenerDrops || *l.Reconciliation.Ratio != 1 ||
		l.Cause.Code != "worker_bound_overflow" || l.Cause.EvidenceLevel != 2 {
		t.Errorf("valid %v, %d overflows of %d drops, %+v, %+v", a.Valid, *l.Overflows, *l.ListenerDrops,
			l.Reconciliation, l.Cause)
	}
	near(t, "overflow onset", l.OverflowOnset.RPS, 400, .02)

	// Below capacity there is none of its own, and so no onset.
	w.Rates = []float64{240, 260, 280, 300, 310, 320, 330}
	a = analyze(t, record(t, w))
	if l := a.Lanes[0]; !a.Valid || l.OverflowOnset != nil || *l.Overflows != 0 ||
		!strings.Contains(l.Cause.Text.Text, "another listener's") {
		t.Errorf("valid %v, onset %+v, %d overflows, %+v", a.Valid, l.OverflowOnset, *l.Overflows, l.Cause)
	}
}

// TestProxyRetries: the SYNs that were dropped were the proxy's, which sends them again; the client only sees
// late answers.
func TestProxyRetries(t *testing.T) {
	w := world.Demo()
	w.Lanes, w.Mode, w.Deadline = []string{"proxy"}, "retrial", 250*ms
	w.Retry = []time.Duration{300 * ms, 600 * ms}
	w.Result = func(_ string, r *loadgen.Result) { r.SYNRetrans = 0 }
	l := analyze(t, record(t, w)).Lanes[0]
	if c := l.Cause; c.Code != "worker_bound_overflow" || c.EvidenceLevel > 1 || l.Late == 0 {
		t.Errorf("%d late, %+v", l.Late, c)
	}
}

// TestStages: the stage that overflowed is known, and the one before; nothing finer.
func TestStages(t *testing.T) {
	w := world.Demo()
	w.Rates, w.Plans = nil, []plan.Plan{{Stages: []plan.Stage{{From: 200, To: 200, Duration: 4 * time.Second},
		{From: 600, To: 600, Duration: 4 * time.Second}}, Arrival: plan.Constant}}
	o := analyze(t, record(t, w)).Lanes[0].OverflowOnset
	if o == nil || o.Low != 200-17/4.0 || o.High != 600 || o.Method != result.FirstStage {
		t.Errorf("onset %+v, want 195.75 to 600", o)
	}
}

func TestRamp(t *testing.T) {
	w := world.Demo()
	w.Rates, w.Plans = nil, []plan.Plan{{Stages: []plan.Stage{{From: 300, To: 500,
		Duration: 10 * time.Second}}, Arrival: plan.Constant}}
	a := analyze(t, record(t, w))
	l := a.Lanes[0]
	o := l.OverflowOnset
	if l.ErrorOnset != nil || o == nil || o.Method != result.Ramp || o.How.Args["bias"] == nil {
		t.Fatalf("onsets %v, %+v", l.ErrorOnset, o)
	}
	near(t, "corrected onset", o.RPS, 400, .01)
	near(t, "uncorrected bound", o.High, 400+math.Sqrt(2*20*17), .01)
}

func TestInterrupted(t *testing.T) {
	w := world.Demo()
	w.Stop, w.Reason = 7, "interrupted"
	a := analyze(t, record(t, w))
	if a.Ended.How != "interrupted" || !warned(a, "interrupted") || len(a.Lanes[0].Trials) != 7 {
		t.Errorf("ended %v with %d trials, warnings %v", a.Ended, len(a.Lanes[0].Trials), a.Warnings)
	}
	if a.Lanes[0].ErrorOnset != nil || a.Lanes[0].NoOnset.IsZero() {
		t.Errorf("onset %+v, %v", a.Lanes[0].ErrorOnset, a.Lanes[0].NoOnset)
	}
}

// TestCut: a record cut between any two lines is still reported on, with a warning.
func TestCut(t *testing.T) {
	w := world.Demo()
	w.Length, w.Rates, w.Every = 300*ms, world.Steps(300, 900, 6), 50*ms
	record := record(t, w)
	for cut := bytes.IndexByte(record, '\n') + 1; cut < len(record); cut += 997 {
		a := analyze(t, record[:cut])
		if a.Ended.How != "cut short" || !warned(a, "cut_short") {
			t.Fatalf("cut at %d of %d: ended %v, warnings %v", cut, len(record), a.Ended, a.Warnings)
		}
		marshal(t, a)
	}
}

// TestReusePort: an address with two sockets has two queues.
func TestReusePort(t *testing.T) {
	w := world.Demo()
	w.Rates = w.Rates[:2]
	w.Sample = func(s *probe.Sample) { s.Listeners = append(s.Listeners, s.Listeners[0]) }
	r, err := load(runfile.NewReader(bytes.NewReader(record(t, w)), "x"))
	check(t, err)
	r.measure()
	if n := r.lanes[0].slots; n != 34 {
		t.Errorf("%d places, want 34", n)
	}
}

func FuzzAnalyze(f *testing.F) {
	w := bothLanes()
	w.Length, w.Rates, w.Every = 100*ms, []float64{300, 900}, 200*ms
	f.Add(record(f, w))
	f.Fuzz(func(t *testing.T, record []byte) {
		a, err := Analyze(runfile.NewReader(bytes.NewReader(record), "x"))
		if err == nil {
			marshal(t, a)
		}
	})
}

func near(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if !(math.Abs(got/want-1) <= share) {
		t.Errorf("%s is %g, want %g within %g", what, got, want, share)
	}
}

func marshal(t testing.TB, a *result.Analysis) []byte {
	t.Helper()
	b, err := json.Marshal(a)
	check(t, err)
	return b
}

func warned(a *result.Analysis, code string) bool {
	return slices.ContainsFunc(a.Warnings, func(w result.Warning) bool { return w.Code == result.Code(code) })
}
