package gate

import (
	"testing"

	"weir/report/result"
)

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

// Health checks are told apart by when they were sent; that nobody checked is not zero, and a check that took no time is none.
func TestHealthPhases(t *testing.T) {
	a := &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{
		{Name: "proxy", Health: &result.Health{
			Before: result.HealthCounts{OK: 3, P50: ptr(.002), Max: ptr(.004)}, During: result.HealthCounts{Slow: 1, Failed: 7, P50: ptr(.4), Max: ptr(.4)}, After: result.HealthCounts{Failed: 2},
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
