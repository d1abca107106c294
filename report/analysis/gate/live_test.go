package gate

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/analysis"
	"weir/report/result"
	"weir/report/runfile"
)

// story is a run of two trials of 2 s, with what befalls it, in order of time.
type story struct {
	plan   plan.Plan
	starts []time.Duration
	events []storyEvent
}

type storyEvent struct {
	at     time.Duration
	trial  int
	result *loadgen.Result
	sample *probe.Sample
}

// steady offers so many requests a second for so long.
func steady(rate float64, lasts time.Duration) plan.Plan {
	return plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: lasts}}, Arrival: plan.Constant}
}

// tell makes a story up. Some requests fail, some are slow, and the queue overflows now and then.
func tell(seed uint64) story {
	rng := rand.New(rand.NewPCG(seed, 7))
	s := story{plan: steady(100, 2*time.Second), starts: []time.Duration{530 * ms, 5 * time.Second}}
	share, overflow := []float64{0, .02, .06, .3}[rng.IntN(4)], []float64{0, .01, .1}[rng.IntN(3)]
	for i, start := range s.starts {
		for seq, due := range s.plan.Due() {
			r := loadgen.Result{Seq: seq, Due: start + due, Sent: start + due, Status: 200,
				Outcome: loadgen.OK, Done: start + due + time.Duration(10+rng.IntN(40))*ms}
			if rng.Float64() < share {
				r.Outcome, r.Status, r.Done = loadgen.ConnectTimeout, 0, r.Sent+900*ms
			}
			if rng.IntN(300) == 0 {
				r.Done += 980 * ms
			}
			s.events = append(s.events, storyEvent{at: r.Done, trial: i, result: &r})
		}
	}
	overflows := uint64(0)
	for at := time.Duration(0); at < 9*time.Second; at += 20 * ms {
		depth := uint32(rng.IntN(10))
		if rng.Float64() < overflow &&
			slices.ContainsFunc(s.starts, func(start time.Duration) bool {
				return at > start+40*ms &&
					at < start+2*time.Second
			}) {
			overflows += uint64(1 + rng.IntN(3))
			depth = 17
		}
		drops := uint32(overflows)
		s.events = append(s.events, storyEvent{at: at, sample: &probe.Sample{Host: "b", At: at, Took: ms,
			Counters: map[string]uint64{probe.ListenOverflows: overflows + uint64(at/time.Second),
				probe.ListenDrops: overflows},
			Listeners: []probe.Listener{{Addr: "10.0.0.3:80", Cookie: 1, Depth: depth, Limit: 16,
				Drops: &drops}}}})
	}
	slices.SortStableFunc(s.events, func(a, b storyEvent) int { return int(a.at - b.at) })
	return s
}

// lane is that of stories, with trials of so many requests.
func lane(trials ...PlannedTrial) []PlannedLane {
	return []PlannedLane{{Name: "direct", Loss: true, Listener: "10.0.0.3:80", ListenerHost: "b",
		Trials: trials}}
}

var twoTrials = lane(PlannedTrial{Rate: 100, Due: 200, Duration: 2 * time.Second},
	PlannedTrial{Rate: 100, Due: 200, Duration: 2 * time.Second})

// play records the story and shows it to the assertions that say abort; stops: what ends the load ends the
// story.
func (s story) play(t testing.TB, stops bool, asserts ...Assertion) (a *result.Analysis, stopped *Stopped) {
	t.Helper()
	var buf bytes.Buffer
	rec, err := runfile.NewRecorder(runfile.NewWriter(&buf),
		runfile.Header{Name: "test", Epoch: time.Unix(0, 0).UTC(), TrialsTotal: 2,
			Lanes: []runfile.Lane{{Name: "direct", Mode: runfile.Loss, ConnectTimeout: 900 * ms,
				Deadline: 950 * ms, Listener: "10.0.0.3:80", ListenerHost: "b"}}})
	check(t, err)
	now, last := time.Duration(0), probe.Sample{}
	live := NewLive(nil, asserts, twoTrials, func() time.Duration { return now },
		func(s *Stopped) { stopped = s })
	live.every = 0
	running, results, seen, nextRead := -1, (*count.Counter)(nil), map[int]bool{}, time.Duration(0)
	end := func(at time.Duration) {
		check(t, rec.Write(&runfile.TrialEnd{Index: running, End: at, Drained: true, DrainedAt: at,
			Generator: runfile.Generator{CPU: ms, Wall: time.Second, CPUs: 2}}))
		live.TrialEnd()
		running = -1
	}
	for _, e := range s.events {
		now = e.at
		for i, start := range s.starts {
			if running == i && now > start+3900*ms {
				end(now)
			}
			if running < 0 && !seen[i] && now >= start-10*ms {
				running, seen[i] = i, true
				check(t, rec.Write(&runfile.Trial{Index: i, Lane: "direct", Rate: 100, Start: start,
					Due: s.plan.Count(), Plan: s.plan}))
				results = rec.Results(i)
				live.Trial("direct", start, s.plan)
				live.Watch(results)
			}
		}
		for ; nextRead <= now && results != nil; nextRead += 100 * ms {
			results.Read()
		}
		if stops && stopped != nil {
			break
		}
		switch {
		case e.sample != nil:
			check(t, rec.Write(&runfile.Sample{Sample: *e.sample}))
			live.Sample(*e.sample)
			last = *e.sample
		case e.trial == running:
			results.Record(*e.result)
		}
	}
	reason := runfile.Complete
	if stops && stopped != nil {
		reason = runfile.Aborted + ": " + stopped.Error()
		for _, e := range s.events { // what was on its way is canceled, what was not yet due is not recorded
			if e.result != nil && e.trial == running && e.at >= now && e.result.Due <= now {
				r := *e.result
				r.Outcome, r.Done = loadgen.Canceled, now
				results.Record(r)
			}
		}
	}
	if running >= 0 {
		end(now)
	}
	last.At = now + 20*ms // the probe reads once more
	check(t, rec.Write(&runfile.Sample{Sample: last}))
	check(t, rec.Close(reason))
	a, err = analysis.Analyze(runfile.NewReader(&buf, "run.ndjson"))
	check(t, err)
	a.Valid = true // its generator is not what is looked at
	return a, stopped
}

// TestLiveIsCertain: what ended a run, or would have, is what the whole run is judged to be; and the record
// of the run that was ended says the same.
func TestLiveIsCertain(t *testing.T) {
	exprs := []string{
		"outcome.connect_timeout.count <= 12", "late.count == 0", "bad.count < 20", "overflows == 0",
		"direct.overflows in 0..10",
		"listen_drops < 5", "listener_drops <= 3", "max_recv_q <= 16", "latency.max < 900ms",
		"overflows == 0 over 500ms", "overflows <= 4 over 1s", "overflows == 0 over 2s",
		"bad.count <= 3 over 300ms", "max_recv_q < 17 over 200ms",
	}
	fired, missed := map[string]int{}, map[string]int{}
	for seed := range uint64(12) {
		s := tell(seed)
		for _, expr := range exprs {
			a := parse(t, expr+" abort")
			run, stopped := s.play(t, false, a)
			verdict := Evaluate(run, nil, []Assertion{a})[0]
			switch {
			case stopped != nil && verdict.Result != Fail:
				t.Errorf("seed %d, %s: %v, and the whole run says %+v", seed, expr, stopped, verdict)
			case stopped == nil && verdict.Result == Fail:
				missed[expr]++
				continue
			case stopped == nil:
				continue
			}
			fired[expr]++
			if seed%2 > 0 { // they take their time
				continue
			}
			cut, again := s.play(t, true, a)
			if verdict := Evaluate(cut, nil, []Assertion{a})[0]; again == nil || verdict.Result != Fail ||
				!strings.Contains(cut.Ended.Why, expr) {
				t.Errorf("seed %d, %s: %v ended the run, and its record says %+v, %s", seed, expr, again,
					verdict, cut.Ended)
			}
		}
	}
	t.Logf("ended early %v, found only at the end %v", fired, missed)
	for _, expr := range exprs {
		if fired[expr] == 0 || missed[expr] > 0 {
			t.Errorf("%s: ended %d runs, missed %d", expr, fired[expr], missed[expr])
		}
	}
}

// watchdog is a Live that a test feeds by hand.
type watchdog struct {
	*Live
	*count.Counter
	now     time.Duration
	stopped *Stopped
}

// watching begins a trial of 100 requests a second, at 0, under some expressions of --abort-if.
func watching(t testing.TB, lasts time.Duration, exprs ...string) *watchdog {
	t.Helper()
	w, p := &watchdog{Counter: count.New(950 * ms)}, steady(100, lasts)
	var rules []Assertion
	for _, expr := range exprs {
		a, err := ParseAbort(expr)
		check(t, err)
		rules = append(rules, a)
	}
	w.Live = NewLive(rules, nil, lane(PlannedTrial{Rate: 100, Due: uint64(p.Count()), Duration: lasts}),
		func() time.Duration { return w.now }, func(s *Stopped) {
			if w.stopped != nil {
				t.Errorf("stopped twice: %v", s)
			}
			w.stopped = s
		})
	w.every = 0
	w.Live.Trial("direct", 0, p)
	w.Live.Watch(w.Counter)
	return w
}

// give lets a request end.
func (w *watchdog) give(r loadgen.Result) {
	w.now, r.Sent = r.Done, r.Due
	w.Record(r)
	w.look()
}

// look is what happens a hundred times a second.
func (w *watchdog) look() {
	w.Read()
	w.Live.look()
}

// ok is the n-th request, due every 10 ms, answered so long after that.
func ok(n int, took time.Duration) loadgen.Result {
	due := time.Duration(n) * 10 * ms
	return loadgen.Result{Seq: n, Due: due, Done: due + took, Outcome: loadgen.OK}
}

// TestAbortIf: a share ends the load soon after it is clearly beyond its limit, and not before.
func TestAbortIf(t *testing.T) {
	for _, c := range []struct {
		expr      string
		bad       loadgen.Outcome // of every second request from the 500th on
		took      time.Duration   // those
		early     int             // requests at which nothing may have ended the load
		most      int             // by which it has to be ended; 0: never
		says      string
		otherwise string
	}{
		{expr: "bad.rate > 5%", bad: loadgen.HTTP503, took: ms, early: 520, most: 560,
			says: "26 of the 51 requests that ended from 5.00 s to 5.50 s (51.0 %)"},
		{expr: "failed.rate > 5%", bad: loadgen.HTTP503, took: ms, early: 520, most: 560, says: "(51.0 %)"},
		{expr: "late.rate > 5%", bad: loadgen.OK, took: time.Second, early: 520, most: 660,
			says: "requests that ended"},
		{expr: "failed.rate > 5%", bad: loadgen.OK, took: time.Second},
		{expr: "outcome.ok.rate < 95%", bad: loadgen.HTTP503, took: ms, early: 520, most: 560,
			says: "(51.0 %)"},
		{expr: "outcome.http_503.rate > 5%", bad: loadgen.HTTP503, took: ms, early: 520, most: 560,
			says: "(51.0 %)"},
		{expr: "outcome.http_502.rate > 5%", bad: loadgen.HTTP503, took: ms},
		{expr: "bad.rate > 60%", bad: loadgen.HTTP503, took: ms},
		{expr: "latency.p95 > 500ms", bad: loadgen.HTTP503, took: ms, early: 520, most: 560,
			says: "(51.0 %)"},
		{expr: "latency.p95 > 500ms", bad: loadgen.OK, took: 600 * ms, early: 520, most: 620,
			says: "requests that ended"},
		{expr: "latency.p95 > 700ms", bad: loadgen.OK, took: 600 * ms},
		{expr: "bad.rate > 5% over 1s", bad: loadgen.HTTP503, took: ms, early: 520, most: 580,
			says: "of the 100 requests due in the 1s from 4."},
		{expr: "latency.p99 > 500ms over 1s", bad: loadgen.OK, took: 600 * ms, early: 510, most: 620,
			says: "of the 100 requests due in the 1s from"},
		{expr: "bad.rate > 60% over 1s", bad: loadgen.HTTP503, took: ms},
		{expr: "bad.count > 20", bad: loadgen.HTTP503, took: ms, early: 539, most: 545,
			says: "it is 21 after 5.40 s"},
		{expr: "bad.count > 20 over 1s", bad: loadgen.HTTP503, took: ms, early: 539, most: 545,
			says: "it is 21 in the 1s from 4.5 s on"},
		{expr: "bad.count > 60 over 1s", bad: loadgen.HTTP503, took: ms},
		{expr: "latency.max > 500ms", bad: loadgen.OK, took: 600 * ms, early: 559, most: 562,
			says: "it is 600 ms after 5.60 s"},
		{expr: "direct.shed > 0", bad: loadgen.Shed, most: 502, early: 499, says: "it is 1 after"},
	} {
		w := watching(t, 20*time.Second, c.expr)
		results := make([]loadgen.Result, 2000)
		for n := range results {
			r := &results[n]
			r.Due, r.Outcome = time.Duration(n)*10*ms, loadgen.OK
			if r.Done = r.Due + ms; n >= 500 && n%2 == 0 {
				r.Done, r.Outcome = r.Due+c.took, c.bad
			}
		}
		slices.SortStableFunc(results, func(a, b loadgen.Result) int { return int(a.Done - b.Done) })
		ended := 0
		for _, r := range results {
			if w.give(r); w.stopped != nil {
				ended = int(w.now / (10 * ms))
				break
			}
		}
		switch {
		case (ended > 0) != (c.most > 0) || ended > c.most || ended > 0 && ended < c.early:
			t.Errorf("%s: ended by request %d (%v), want %d to %d", c.expr, ended, w.stopped, c.early, c.most)
		case ended > 0 && (!strings.Contains(w.stopped.Error(), c.says) ||
			!strings.HasPrefix(w.stopped.Error(), "direct: "+c.expr+": ")):
			t.Errorf("%s: %v, want %q", c.expr, w.stopped, c.says)
		}
	}
}

// TestSilentServer: a percentile does not wait until the first requests are given up, counts each that is too
// old once, and takes nothing for old that it could not have read.
func TestSilentServer(t *testing.T) {
	for _, expr := range []string{"latency.p99 > 500ms", "latency.p99 > 500ms over 1s"} {
		w := watching(t, 10*time.Second, "failed.rate > 5%", expr)
		for n := range 100 { // the first second is answered
			w.give(ok(n, 5*ms))
		}
		for w.now = time.Second; w.now < 4*time.Second && w.stopped == nil; w.now += 100 * ms {
			w.look()
		}
		if w.stopped == nil || w.stopped.Expr != expr || w.now < 1600*ms || w.now > 2200*ms {
			t.Errorf("%s: %v at %v", expr, w.stopped, w.now)
		}
	}
	// Of these two of five are slow: as many as may be, unless some are counted as open and again when they
	// end.
	w := watching(t, 20*time.Second, "latency.p50 > 300ms")
	var results []loadgen.Result
	for n := range 2000 {
		results = append(results, ok(n, []time.Duration{5 * ms, 900 * ms, 5 * ms, 900 * ms, 5 * ms}[n%5]))
	}
	slices.SortStableFunc(results, func(a, b loadgen.Result) int { return int(a.Done - b.Done) })
	for _, r := range results {
		w.give(r)
	}
	if r := w.rules[0]; w.stopped != nil || r.overdue.open > 0 || r.share.Of > 2000 {
		t.Errorf("%v, %+v", w.stopped, r.share)
	}
}

// TestStalledWatcher: what nobody could read while nothing ran is not overdue.
func TestStalledWatcher(t *testing.T) {
	w := watching(t, 10*time.Second, "latency.p99 > 100ms")
	w.now = 20 * ms
	w.look()
	w.now = 900 * ms // by the clock 80 are too old, and their answers wait in the kernel
	w.Live.look()
	for n := range 90 {
		w.Record(ok(n, ms))
	}
	w.now = 925 * ms
	if w.look(); w.stopped != nil {
		t.Error(w.stopped)
	}
	w.now = 2200 * ms // 1.2 s later nothing came of the last hundred
	w.look()
	w.now = 2300 * ms
	if w.look(); w.stopped == nil {
		t.Error("a hundred open requests end no load")
	}
}

// TestLiveFollowsAReopenedListener: the old socket's drops stay, the new one's count from 0, and what others
// overflow meanwhile is not the lane's.
func TestLiveFollowsAReopenedListener(t *testing.T) {
	w := watching(t, 10*time.Second, "overflows > 8")
	own := func(cookie uint64, drops uint32) []probe.Listener {
		return []probe.Listener{{Addr: "10.0.0.3:80", Cookie: cookie, Limit: 16, Drops: &drops}}
	}
	for i, s := range []struct {
		overflows uint64
		listeners []probe.Listener
		failed    bool
		ended     bool
	}{
		{100, nil, true, false}, {100, own(1, 50), false, false}, {105, own(1, 55), false, false},
		{125, nil, false, false},
		{128, own(2, 3), false, false}, {128, nil, true, false}, {148, own(2, 4), false, true},
	} {
		x := probe.Sample{Host: "b", At: time.Duration(i) * 20 * ms,
			Counters: map[string]uint64{probe.ListenOverflows: s.overflows}, Listeners: s.listeners}
		if s.failed {
			x.Errors = []probe.SourceError{{Source: "inet_diag", Text: "timeout"}}
		}
		w.Live.Sample(x)
		if (w.stopped != nil) != s.ended {
			t.Errorf("sample %d: %v, want ended %v", i, w.stopped, s.ended)
		}
	}
	if w.stopped != nil && !strings.Contains(w.stopped.Text, "it is 9 after 0.12 s") {
		t.Error(w.stopped)
	}
}

// TestLiveCountsAll: from many threads at once nothing is lost, and the load is ended once. Run it with
// -race.
func TestLiveCountsAll(t *testing.T) {
	const threads, each = 4, 2000
	var stopped []*Stopped
	live := NewLive(nil, []Assertion{parse(t, "bad.count < 8000 abort")},
		lane(PlannedTrial{Rate: 8000, Due: 8000, Duration: time.Second}),
		func() time.Duration { return 0 }, func(s *Stopped) { stopped = append(stopped, s) })
	live.every = 0
	live.Trial("direct", 0, steady(threads*each, time.Second))
	c := count.New(0)
	live.Watch(c)
	var wait sync.WaitGroup
	for range threads {
		shard := loadgen.ShardOf(c)
		wait.Go(func() {
			for i := range each {
				shard.Record(loadgen.Result{Due: time.Duration(i) * time.Millisecond / 2,
					Outcome: loadgen.HTTP500})
				if i%500 == 0 {
					c.Read()
				}
			}
		})
	}
	wait.Wait()
	c.Read()
	if len(stopped) != 1 || !stopped[0].Assert ||
		!strings.Contains(stopped[0].Error(),
			`the assertion "bad.count < 8000 abort" can no longer pass: it is 8,000`) {
		t.Errorf("%v", stopped)
	}
}

// TestNothingAborts: without an expression nothing is watched, and what cannot be decided while a run goes on
// is refused before it.
func TestNothingAborts(t *testing.T) {
	if NewLive(nil, []Assertion{parse(t, "bad.rate < 5%")}, twoTrials, nil, nil) != nil {
		t.Error("an assertion without abort watches the run")
	}
	for expr, want := range map[string]string{
		"latency.p99 < 1s abort":                    "abort goes with what only grows",
		"bad.rate < 50% abort":                      "end the load with --abort-if",
		"bad.count / direct.failed.count < 1 abort": "no ratio",
		"bad.count > 5 abort":                       "cannot fail before the end",
		"bad.count < 50 abort":                      "", "max_recv_q < 5 abort": "",
		"overflows == 0 over 1s abort": "",
	} {
		err := CheckPlan([]Assertion{parse(t, expr)}, steps(6, nil))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", expr, err)
		}
	}
}

// TestParseAbort: --abort-if has the metrics of assertions; its old words are answered with the new
// expression.
func TestParseAbort(t *testing.T) {
	for expr, want := range map[string]string{
		"bad.rate > 5% over 10s @99": "", "failed.rate > 5%": "",
		"direct.outcome.connect_timeout.rate > 1%": "", "latency.p95 > 500ms": "", "latency.p99.9 > 2s": "",
		"outcome.ok.rate < 90%": "", "overflows > 100": "", "overflows != 0": "",
		"max_recv_q >= 10 over 1s": "", "shed > 0": "", "bad.rate > 0.001%": "",
		"failures > 5%":                 "write 'failed.rate > 5%'",
		" failures>5% ":                 "write 'failed.rate >5%'",
		"failures.connect_timeout > 1%": "write 'outcome.connect_timeout.rate > 1%'",
		"latency > 500ms":               "write 'latency.p99 > 500ms'",
		"failures.timeout > 5%":         "did you mean outcome.connect_timeout.rate or outcome.response_timeout.rate?",
		"latancy.p99 > 5ms":             "did you mean latency.p99?",
		"bad.rate > 5":                  "5 has no unit: write 5%",
		"bad.rate > 0%":                 "allow from 0.001%",
		"bad.rate > 100%":               "allow from",
		"bad.rate == 5%":                "asks for <, <=, > or >=",
		"latency.p95 < 1s":              "asks for > or >=",
		"overflows < 5":                 "only grows during a run: ask for > or >=",
		"onset.rate > 5/s":              "onset.rate is not known while a run goes on",
		"fail_latency.p99 > 1s":         "is not known while a run goes on",
		"bad.rate / failed.rate > 1":    "one metric, no ratio",
		"baseline.bad.rate > 1%":        "no baseline",
		"bad.rate > 5% abort":           "leave it out",
		"bad.rate > 5% @99":             "add over DURATION",
	} {
		_, err := ParseAbort(expr)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %v, want %q", expr, err, want)
		}
	}
	for expr, want := range map[string]string{
		"bad.rate > 5% over 1s": "", "bad.rate > 5% over 3s": "no trial lasts 3s",
		"bad.rate > 5% over 250ms": "not whole bins", "overflows > 3": "",
	} {
		a, err := ParseAbort(expr)
		check(t, err)
		if err := CheckAbort([]Assertion{a}, steps(6, nil)); (err == nil) != (want == "") ||
			err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", expr, err)
		}
	}
	blind, err := ParseAbort("overflows > 3")
	check(t, err)
	if err := CheckAbort([]Assertion{blind},
		steps(1, func(l *PlannedLane) { l.Listener = "" })); err == nil ||
		!strings.Contains(err.Error(), "no listener is watched") {
		t.Error(err)
	}
}
