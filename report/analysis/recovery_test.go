package analysis

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/capacity"
	"weir/report/result"
	"weir/report/runfile"
)

// aftermath is a load on a simulated server, 2 workers × 50 ms, and what a few requests meet before and after it.
type aftermath struct {
	backlog  int
	rate     float64       // of the load, for 3 s
	timeout  time.Duration // of a request
	observed time.Duration
	sample   func(*probe.Sample, time.Duration) // what else the kernel says, so long after the load
	slow     time.Duration                      // what each answer after the load takes longer
}

func (m aftermath) record(t *testing.T) []byte {
	const begin, length, few = 2 * time.Second, 3 * time.Second, 8.
	steady := func(rate float64, d time.Duration) plan.Plan {
		return plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: d}}, Arrival: plan.Constant}
	}
	trials := []runfile.Trial{
		{Index: 1, Role: runfile.Baseline, Start: 500 * ms, Rate: few, Plan: steady(few, time.Second)},
		{Index: 0, Start: begin, Rate: m.rate, Plan: steady(m.rate, length)},
		{Index: 2, Role: runfile.Recovery, Start: begin + length + 50*ms, Rate: few, Plan: steady(few, m.observed)},
	}
	var buf bytes.Buffer
	rec, err := runfile.NewRecorder(runfile.NewWriter(&buf), runfile.Header{
		Version: "test", Name: "test", Epoch: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), TrialsTotal: 1,
		Environment: map[string]string{}, Capacity: runfile.Capacity{Workers: 2, ServiceTime: 50 * ms, ServiceTimeSource: "stated"},
		Lanes: []runfile.Lane{{Name: "direct", Mode: runfile.Loss, ConnectTimeout: 900 * ms, Timeout: m.timeout, Deadline: 950 * ms, Listener: listenerAddr, ListenerHost: backendHost}},
	})
	check(t, err)
	var arrivals []time.Duration
	var of []int
	for i := range trials {
		trials[i].Lane, trials[i].Due = "direct", trials[i].Plan.Count()
		check(t, rec.Write(&trials[i]))
		for _, at := range trials[i].Plan.Due() {
			arrivals, of = append(arrivals, trials[i].Start+at), append(of, i)
		}
	}
	sim, err := capacity.System{
		Servers: 2, Slots: m.backlog + 1, Patience: 900 * ms, Service: func(int) time.Duration { return 50 * ms },
	}.Run(func(yield func(time.Duration) bool) {
		for _, at := range arrivals {
			if !yield(at) {
				return
			}
		}
	})
	check(t, err)
	end := begin + length + 50*ms + m.observed
	ends := map[int]time.Duration{}
	for seq, o := range sim.Outcomes {
		r := loadgen.Result{Seq: seq, Due: arrivals[seq], Sent: arrivals[seq], Connected: o.Queued, Done: o.Done, Status: 200, Outcome: loadgen.OK}
		if of[seq] == 2 {
			r.Done += m.slow
		}
		switch {
		case !o.Connected:
			r.Done, r.Outcome, r.Status, r.Connected = r.Sent+900*ms, loadgen.ConnectTimeout, 0, 0
		case r.Done-r.Sent > m.timeout:
			r.Done, r.Outcome, r.Status = r.Sent+m.timeout, loadgen.ResponseTimeout, 0
		}
		rec.Results(trials[of[seq]].Index).Record(r)
		ends[of[seq]] = max(ends[of[seq]], r.Done)
	}
	for at := time.Duration(0); at < end; at += 10 * ms {
		n := 0
		for _, x := range sim.Overflows {
			if x <= at {
				n++
			}
		}
		drops := uint32(n)
		s := probe.Sample{
			Host: backendHost, At: at, Counters: map[string]uint64{"TcpExtListenOverflows": uint64(n), "TcpExtListenDrops": uint64(n)},
			Listeners: []probe.Listener{{Addr: listenerAddr, Cookie: 1, Depth: depthAt(&sim, at), Limit: uint32(m.backlog), Drops: &drops}},
		}
		if m.sample != nil && at > begin+length {
			m.sample(&s, at-begin-length)
		}
		check(t, rec.Write(&runfile.Sample{Sample: s}))
	}
	for i, tr := range trials {
		check(t, rec.Write(&runfile.TrialEnd{Index: tr.Index, End: ends[i], Drained: true, DrainedAt: ends[i] + 20*ms, Generator: runfile.Generator{CPU: ms, Wall: time.Second, CPUs: 2}}))
	}
	check(t, rec.Close(runfile.Complete))
	return buf.Bytes()
}

// TestRecovery: a queue that empties, one that holds dead work, one that something else keeps full, and a server
// that stays slow: each named, and none for another.
func TestRecovery(t *testing.T) {
	shallow := aftermath{backlog: 16, rate: 60, timeout: 10 * time.Second, observed: 3 * time.Second}
	deep := aftermath{backlog: 400, rate: 200, timeout: time.Second, observed: 4 * time.Second}
	for name, c := range map[string]struct {
		m    aftermath
		code string
		arg  string // that its sentence names
	}{
		"queue empties": {shallow, "recovered", "back"},
		"dead work":     {deep, "dead_work", "left"},
		"dead work that ends": {func() aftermath {
			m := deep
			m.observed = 15 * time.Second
			return m
		}(), "recovered", "dead"},
		"retry storm": {func() aftermath {
			m := shallow
			m.slow = time.Second
			m.sample = func(s *probe.Sample, since time.Duration) {
				s.Counters["TcpExtListenOverflows"] += uint64(since / (50 * ms))
				more := *s.Listeners[0].Drops + uint32(since/(50*ms))
				s.Listeners[0].Drops, s.Listeners[0].Depth = &more, 17
			}
			return m
		}(), "retry_storm", "n"},
		"stays slow": {func() aftermath {
			m := shallow
			m.slow = 200 * ms
			return m
		}(), "not_recovered", "limit"},
	} {
		a := analyze(t, c.m.record(t))
		r := a.Lanes[0].Recovery
		if r == nil || r.Code != c.code || r.Text.Code != result.Code("recovery_"+c.code) || r.Text.Args[c.arg] == nil {
			t.Errorf("%s: %+v, want %s with %q", name, r, c.code, c.arg)
			continue
		}
		if !slices.ContainsFunc(a.Verdict, func(f result.Finding) bool { return f.Code == r.Text.Code && f.Lane == "direct" }) {
			t.Errorf("%s: the verdict does not tell: %v", name, a.Verdict)
		}
		if q := a.Lanes[0].Reconciliation; q.Overflows > q.ClientFailures+1 { // one in the lead between
			t.Errorf("%s: what overflowed afterwards is counted as the load's: %+v", name, q)
		}
		if len(a.Lanes[0].Trials) != 1 || a.Lanes[0].Offered != uint64(3*c.m.rate) {
			t.Errorf("%s: the observation's requests are among the load's: %d trials, %d offered", name, len(a.Lanes[0].Trials), a.Lanes[0].Offered)
		}
	}
}

func TestRecoveryTimes(t *testing.T) {
	a := analyze(t, aftermath{backlog: 16, rate: 60, timeout: 10 * time.Second, observed: 3 * time.Second}.record(t))
	l := a.Lanes[0]
	r := l.Recovery
	// 17 places ÷ 40/s, and the observation's own while they last
	if r.QueueEmptyS == nil || *r.QueueEmptyS < 0.35 || *r.QueueEmptyS > 0.75 || r.LatencyS == nil || *r.LatencyS < 0.3 || *r.LatencyS > 0.8 {
		t.Errorf("queue empty after %v s, latency back after %v s, want some 0.5 s", r.QueueEmptyS, r.LatencyS)
	}
	if r.BaselineS == nil || *r.BaselineS < .049 || *r.BaselineS > .052 || *r.DeadWorkS != 0 {
		t.Errorf("%+v, want a baseline of 50 ms and no dead work", r)
	}
	if q := l.Reconciliation; q.Ratio == nil || *q.Ratio != 1 {
		t.Errorf("the observation's overflows are among the load's: %+v", q)
	}
}
