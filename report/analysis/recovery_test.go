package analysis

import (
	"slices"
	"testing"
	"time"

	"weir/loadgen"
	"weir/probe"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/world"
)

// aftermath is a load on a simulated server, 2 workers × 50 ms, and what a few requests meet before and after
// it.
type aftermath struct {
	backlog  int
	rate     float64       // of the load, for 3 s
	timeout  time.Duration // of a request
	observed time.Duration
	sample   func(*probe.Sample, time.Duration) // what else the kernel says, so long after the load
	slow     time.Duration                      // what each answer after the load takes longer
}

func (m aftermath) record(t *testing.T) []byte {
	t.Helper()
	w := world.Demo()
	w.Server = world.Server{Workers: 2, Service: world.Constant(50 * ms), Backlog: m.backlog}
	w.Rates, w.Length, w.After = []float64{m.rate}, 3*time.Second, m.observed
	w.Timeout, w.Deadline = m.timeout, 950*ms
	w.Stamps, w.Stated, w.Every = false, 0, 10*ms
	load := loadEnd{at: forever}
	w.Sample = func(s *probe.Sample) {
		if m.sample != nil && s.At > load.at {
			m.sample(s, s.At-load.at)
		}
	}
	w.Result = func(_ string, r *loadgen.Result) {
		if r.Due > load.at {
			r.Done += m.slow
		}
	}
	b, err := w.Through(func(rec *runfile.Recorder) world.Recorder { load.Recorder = rec; return &load })
	check(t, err)
	return b
}

// loadEnd sees when the load ends: its trial is announced before.
type loadEnd struct {
	world.Recorder
	at time.Duration
}

func (e *loadEnd) Write(rec runfile.Record) error {
	if t, ok := rec.(*runfile.Trial); ok && t.Role == "" {
		e.at = t.Start + t.Plan.Duration()
	}
	return e.Recorder.Write(rec)
}

// TestRecovery: a queue that empties, one that holds dead work, one that something else keeps full, and a
// server that stays slow: each named, and none for another.
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
		if r == nil || r.Code != c.code || r.Text.Code != result.Code("recovery_"+c.code) ||
			r.Text.Args[c.arg] == nil {
			t.Errorf("%s: %+v, want %s with %q", name, r, c.code, c.arg)
			continue
		}
		if !slices.ContainsFunc(a.Verdict, func(f result.Finding) bool {
			return f.Code == r.Text.Code &&
				f.Lane == "direct"
		}) {
			t.Errorf("%s: the verdict does not tell: %v", name, a.Verdict)
		}
		if q := a.Lanes[0].Reconciliation; q.Overflows > q.ClientFailures+1 { // one in the lead between
			t.Errorf("%s: what overflowed afterwards is counted as the load's: %+v", name, q)
		}
		if len(a.Lanes[0].Trials) != 1 || a.Lanes[0].Offered != uint64(3*c.m.rate) {
			t.Errorf("%s: the observation's requests are among the load's: %d trials, %d offered", name,
				len(a.Lanes[0].Trials), a.Lanes[0].Offered)
		}
	}
}

func TestRecoveryTimes(t *testing.T) {
	a := analyze(t, aftermath{backlog: 16, rate: 60, timeout: 10 * time.Second,
		observed: 3 * time.Second}.record(t))
	l := a.Lanes[0]
	r := l.Recovery
	// 17 places ÷ 40/s, and the observation's own while they last
	if r.QueueEmptyS == nil || *r.QueueEmptyS < 0.35 || *r.QueueEmptyS > 0.75 || r.LatencyS == nil ||
		*r.LatencyS < 0.3 || *r.LatencyS > 0.8 {
		t.Errorf("queue empty after %v s, latency back after %v s, want some 0.5 s", r.QueueEmptyS,
			r.LatencyS)
	}
	if r.BaselineS == nil || *r.BaselineS < .049 || *r.BaselineS > .052 || *r.DeadWorkS != 0 {
		t.Errorf("%+v, want a baseline of 50 ms and no dead work", r)
	}
	if q := l.Reconciliation; q.Ratio == nil || *q.Ratio != 1 {
		t.Errorf("the observation's overflows are among the load's: %+v", q)
	}
}
