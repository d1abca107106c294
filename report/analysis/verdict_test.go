package analysis

import (
	"slices"
	"testing"

	"weir/report/result"
)

// TestVerdictKeepsAll: what two lanes have to say leaves room for how the run ended, which stands before the
// causes.
func TestVerdictKeepsAll(t *testing.T) {
	a := &result.Analysis{Ended: result.Ending{How: "cut short"},
		InvalidReasons: []result.Finding{{Code: "x"}}, Agreement: &result.Interval{Ratio: 1, Low: 1, High: 1}}
	for _, name := range []string{"direct", "proxy"} {
		a.Lanes = append(a.Lanes, result.Lane{Name: name,
			Recovery: &result.Recovery{Text: result.Finding{Code: "recovery_unknown"}}})
	}
	found := verdict(a)
	var codes []result.Code
	for _, f := range found {
		codes = append(codes, f.Code)
	}
	want := []result.Code{"invalid", "onset_unknown", "onset_unknown", "ended_early", "cause", "cause",
		"proxy_over_direct", "recovery_unknown", "recovery_unknown", "capacity_unknown"}
	if !slices.Equal(codes, want) || found[1].Lane != "direct" || found[8].Lane != "proxy" {
		t.Errorf("%v, want %v", found, want)
	}
}

// TestVerdictOfABracket: what was seen to lie between two rates is not told as an estimate, and the workers'
// own rate is.
func TestVerdictOfABracket(t *testing.T) {
	busy := 39.2
	l := result.Lane{Name: "direct", OverflowOnset: &result.Onset{RPS: 49, Low: 35.3, High: 49,
		Method: "first trial with an overflow"},
		CrossChecks: result.CrossChecks{Busy: result.Estimate{Value: &busy}}}
	a := &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{l},
		OnsetOverCapacity: map[string]result.Interval{"direct": {Ratio: 1.225, Low: .883, High: 1.225}}}
	f := verdict(a)[0]
	if f.Code != "onset_between" || f.Lane != "direct" || f.Args["low"] != 35.3 || f.Args["high"] != 49. ||
		f.Args["share_low"] != .883 || *f.Args["busy"].(*float64) != busy {
		t.Errorf("%+v", f)
	}
}
