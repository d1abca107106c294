package report

import (
	"strings"
	"testing"

	"weir/loadgen"
	"weir/report/analysis"
)

// TestEveryOutcomeHasAColour: in both themes.
func TestEveryOutcomeHasAColour(t *testing.T) {
	css := string(asset("report.css"))
	for _, o := range loadgen.Outcomes() {
		if strings.Count(css, "--"+string(o)+":") != 2 || !strings.Contains(css, ".c-"+string(o)+" {") {
			t.Errorf("%s has no colour of its own in report.css", o)
		}
	}
}

func TestConnectionsInWords(t *testing.T) {
	n := ptr(uint64(3))
	for want, c := range map[string]analysis.Connections{
		"not counted":                                               {},
		"0 opened":                                                  {Opened: ptr(uint64(0))},
		"3 opened, 1 request each":                                  {Opened: n, PerOne: ptr(1.001)},
		"3 opened, 1.01 requests each":                              {Opened: n, PerOne: ptr(1.01)},
		"3 opened; reset by us (no TIME_WAIT)":                      {Opened: n, WeClosed: n},
		"3 opened; closed first by us (our TIME_WAIT)":              {Opened: n, WeClosed: n, TimeWait: ptr("us")},
		"3 opened; closed first by the server (its TIME_WAIT)":      {Opened: n, PeerClosed: n, TimeWait: ptr("peer")},
		"3 opened; closed first by either side (TIME_WAIT on both)": {Opened: n, PeerClosed: n, WeClosed: n, TimeWait: ptr("both")},
	} {
		if got := connections(nil, &analysis.Lane{Connections: c}).Main; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
