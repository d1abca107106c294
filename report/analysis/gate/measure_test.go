package gate

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"weir/report/result"
)

// TestDropsOfAUnixLane: a unix socket has no overflows that the kernel counts, but its namespace's drops are
// known all the same; where one trial's are not, there may be more.
func TestDropsOfAUnixLane(t *testing.T) {
	none := uint64(0)
	drops := func(trials ...result.Trial) interval {
		l := &result.Lane{Listener: "/run/app.sock", ListenDrops: &none, Trials: trials}
		return counter(func(l *result.Lane) *uint64 { return l.ListenDrops },
			func(t result.Trial) *uint64 { return t.ListenDrops })(scope{lane: l})
	}
	read := result.Trial{ListenDrops: &none}
	if i := drops(read, read); i.low != 0 || i.high != 0 || !i.known() {
		t.Errorf("%+v, want exactly 0", i)
	}
	if i := drops(read, result.Trial{}); !math.IsInf(i.high, 1) {
		t.Errorf("%+v, want 0 or more: one trial was not read", i)
	}
}

// How long a queue took to overflow and to empty: of one that did neither while it was watched, the least
// that it takes is known.
func TestFilling(t *testing.T) {
	filled := result.Lane{Name: "direct", Overflows: ptr(uint64(9)), BacklogLimit: ptr(uint32(16)),
		MaxOpen: 160,
		Trials: []result.Trial{{Start: 1, Duration: 2, DrainedAfter: ptr(.5)},
			{Start: 5, Duration: 2, DrainedAfter: ptr(3.)}},
		Timeline: result.Timeline{Marks: []result.Mark{{AtS: 5.25, Code: "first_overflow"}}},
	}
	never := result.Lane{Name: "proxy", Overflows: ptr(uint64(0)), BacklogLimit: ptr(uint32(16)),
		Trials: []result.Trial{{Start: 1, Duration: 2}}}
	a := &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"},
		Lanes: []result.Lane{filled, never, {Name: "blind"}}}
	for expr, want := range map[string]Verdict{
		"direct.filled.time in 0.249s..0.251s":       Pass,
		"direct.drained.time == 3s":                  Pass,
		"direct.in_flight.max == 160":                Pass,
		"proxy.filled.time > 1s":                     Pass,
		"proxy.filled.time < 9s":                     Inconclusive,
		"proxy.filled.time < 1s":                     Fail,
		"proxy.filled.time / direct.filled.time > 7": Pass,
		"proxy.drained.time < 9s":                    Inconclusive,
		"blind.filled.time > 1s":                     Inconclusive,
		"blind.drained.time < 1s":                    Inconclusive,
	} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
}

// searchRun is one that found these bounds for its strictest goal; the tolerant one's are 10 req/s higher.
func searchRun(low, high *float64, reason result.Finding) *result.Analysis {
	a := shareRun(0, 1000)
	goals := []result.SearchGoal{{Lower: low, Upper: high, Regular: reason.IsZero(), Reason: reason},
		{LossRatio: .005, Regular: true}}
	if low != nil && high != nil {
		goals[1].Lower, goals[1].Upper, goals[1].Lasting = ptr(*low+10), ptr(*high+10), ptr(*low+9)
	}
	if low != nil {
		goals[0].Lasting = ptr(*low - 1)
	}
	a.Lanes[0].Search = &result.Search{Goals: goals}
	return a
}

// TestSearch: what held passes, what did not fails, and what lies between them, or was not found, is
// inconclusive.
func TestSearch(t *testing.T) {
	found, half := searchRun(ptr(98.), ptr(100.), result.Finding{}),
		searchRun(ptr(98.), nil, result.Finding{Code: "search_budget",
			Args: result.Args{"budget": 3 * time.Minute}})
	for _, c := range []struct {
		run  *result.Analysis
		expr string
		want Verdict
		says string
	}{
		{found, "search.rate >= 97/s", Pass, "98.0 req/s [97.0, 100]"},
		// it held for a trial, with the help of the queue
		{found, "search.rate >= 98/s", Inconclusive, "98.0 req/s [97.0, 100]"},
		{found, "search.rate > 100/s", Fail, "98.0 req/s [97.0, 100]"},
		{found, "search.rate / capacity.computed in 0.9..1.1", Pass, "0.980 [0.970, 1.000]"},
		{found, "search.rate / baseline.search.rate >= 0.95", Pass, "1.000 [0.970, 1.031]"},
		{found, "search.rate / baseline.search.rate >= 1", Inconclusive, "1.000 [0.970, 1.031]"},
		{found, "search.lower.rate >= 97", Pass, "98.0 req/s [97.0, 98.0]"},
		{found, "search.lower.rate >= 98", Inconclusive, "98.0 req/s [97.0, 98.0]"},
		{found, "search.upper.rate <= 99", Fail, "100 req/s"},
		{found, "search.tolerant.rate >= 107", Pass, "108 req/s [107, 110]"},
		{found, "search.tolerant.upper.rate == 110", Pass, "110 req/s"},
		{half, "search.rate >= 97", Pass, "98.0 req/s [97.0, ∞]"}, // it held, however far the search came
		{half, "search.rate >= 99", Inconclusive, "budget of 180 s was spent"},
		{half, "search.upper.rate >= 99", Inconclusive, "The budget"},
		{searchRun(nil, ptr(50.), result.Finding{Code: "search_no_lower"}), "search.rate >= 60", Fail,
			"0 req/s to 50.0 req/s"},
		{searchRun(nil, nil, result.Finding{Code: "search_ended"}), "search.rate >= 60", Inconclusive,
			"The run ended before"},
		{shareRun(0, 1000), "search.rate >= 60", Inconclusive, "The run was no search"},
	} {
		c.run.Capacity.Computed = ptr(100.)
		if r := only(t, c.expr, c.run, found); r.Result != c.want ||
			!strings.Contains(r.Measured+"; "+reason(r), c.says) {
			t.Errorf("%s: %s, %s; %s; want %s, %q", c.expr, r.Result, r.Measured, reason(r), c.want, c.says)
		}
	}
}

// What was logged is counted by class and source; a log that was not followed is not a log without lines.
func TestEvents(t *testing.T) {
	a := &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{
		{Name: "proxy", LogClasses: []result.LogClass{
			{Source: "nginx.error", Class: "unix_queue_full", Count: 7},
			{Source: "nginx.access", Class: "502/502/connect", Count: 7},
			{Source: "nginx.access", Class: "200/200/response/retried", Count: 3},
			{Source: "nginx.access", Class: "502/502/connect/retried", Count: 2},
			{Source: "health", Class: "slow", Count: 4},
			{Source: "scenario", Class: "read_timeout", Count: 9},
		}, ProxyLog: &result.ProxyLog{TriesPerRequest: ptr(1.5)}},
		{Name: "direct"},
	}}
	for expr, want := range map[string]Verdict{
		"proxy.log.unix_queue_full.count == 7": Pass,
		"proxy.log.read_timeout.count == 0":    Pass,
		"proxy.log.retried.count == 5":         Pass,
		"proxy.health.slow.count == 4":         Pass,
		"proxy.health.ok.count > 0":            Fail,
		"proxy.log.tries_per_request == 1.5":   Pass,
		"direct.log.tries_per_request >= 1":    Inconclusive,
		"direct.log.unix_queue_full.count < 9": Inconclusive,
		"direct.health.failed.count == 0":      Inconclusive,
	} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
}

// Health checks are told apart by when they were sent; that nobody checked is not zero, and a check that took
// no time is none.
func TestHealthPhases(t *testing.T) {
	a := &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{
		{Name: "proxy", Health: &result.Health{
			Before: result.HealthCounts{OK: 3, P50: ptr(.002), Max: ptr(.004)},
			During: result.HealthCounts{Slow: 1, Failed: 7, P50: ptr(.4), Max: ptr(.4)},
			After:  result.HealthCounts{Failed: 2},
		}},
		{Name: "direct"},
	}}
	for expr, want := range map[string]Verdict{
		"proxy.health.before.ok.count == 3":                                             Pass,
		"proxy.health.during.failed.count == 7":                                         Pass,
		"proxy.health.after.slow.count == 0":                                            Pass,
		"proxy.health.before.latency.max < 5ms":                                         Pass,
		"proxy.health.during.latency.p50 / proxy.health.before.latency.p50 in 199..201": Pass,
		"proxy.health.after.latency.p50 < 1s":                                           Inconclusive,
		"direct.health.during.failed.count == 0":                                        Inconclusive,
	} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
}

// TestPlateau is the analysis's own interval, or says why there is none.
func TestPlateau(t *testing.T) {
	l := result.Lane{Plateau: ptr(48.1), PlateauBounds: &result.Bounds{Low: 47, High: 49},
		BacklogLimit: ptr(uint32(16))}
	if got, want := plateau(scope{lane: &l}),
		(interval{value: 48.1, low: 47, high: 49}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	l.PlateauBounds = nil
	if got := plateau(scope{lane: &l}); got.absent.Code != "gate_plateau_of_few" {
		t.Errorf("%+v", got)
	}
	l.BacklogLimit = nil
	if got := plateau(scope{lane: &l}); got.absent.Code != "gate_plateau_without_backlog" {
		t.Errorf("%+v", got)
	}
}
