package gate

import (
	"testing"

	"weir/report/analysis"
)

// What was logged is counted by class and source; a log that was not followed is not a log without lines.
func TestEvents(t *testing.T) {
	a := &analysis.Analysis{Valid: true, Ended: "complete", Lanes: []analysis.Lane{
		{Name: "proxy", LogClasses: []analysis.LogClass{
			{Source: "nginx.error", Class: "unix_queue_full", Count: 7},
			{Source: "nginx.access", Class: "502/502/connect", Count: 7},
			{Source: "nginx.access", Class: "200/200/response/retried", Count: 3},
			{Source: "nginx.access", Class: "502/502/connect/retried", Count: 2},
			{Source: "health", Class: "slow", Count: 4},
			{Source: "scenario", Class: "read_timeout", Count: 9},
		}},
		{Name: "direct"},
	}}
	for expr, want := range map[string]Verdict{
		"proxy.log.unix_queue_full.count == 7": Pass,
		"proxy.log.read_timeout.count == 0":    Pass,
		"proxy.log.retried.count == 5":         Pass,
		"proxy.health.slow.count == 4":         Pass,
		"proxy.health.ok.count > 0":            Fail,
		"direct.log.unix_queue_full.count < 9": Inconclusive,
		"direct.health.failed.count == 0":      Inconclusive,
	} {
		if r := only(t, expr, a, nil); r.Result != want {
			t.Errorf("%s: %+v, want %s", expr, r, want)
		}
	}
}
