package analysis

import (
	"strings"
	"testing"

	"weir/report/result"
)

// TestVerdictKeepsAll: what two lanes have to say leaves room for how the run ended, which stands before the causes.
func TestVerdictKeepsAll(t *testing.T) {
	a := &result.Analysis{Ended: result.Ending{How: "cut short"}, InvalidReasons: []result.Finding{{Code: "x"}}, Agreement: &result.Interval{Ratio: 1, Low: 1, High: 1}}
	for _, name := range []string{"direct", "proxy"} {
		a.Lanes = append(a.Lanes, result.Lane{Name: name, Recovery: &result.Recovery{Text: "Did not recover."}})
	}
	said := verdict(a)
	if len(said) != 10 || !strings.HasPrefix(said[0], "INVALID") || !strings.Contains(said[3], "did not end by itself (cut short)") || !strings.HasPrefix(said[9], "The capacity is not known") {
		t.Errorf("%d: %q", len(said), said)
	}
}

// TestVerdictOfABracket: what was seen to lie between two rates is not told as an estimate, and the workers' own rate is.
func TestVerdictOfABracket(t *testing.T) {
	busy := 39.2
	l := result.Lane{Name: "direct", OverflowOnset: &result.Onset{RPS: 49, Low: 35.3, High: 49, Method: "first trial with an overflow"}, CrossChecks: result.CrossChecks{Busy: result.Estimate{Value: &busy}}}
	a := &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{l}, OnsetOverCapacity: map[string]result.Interval{"direct": {Ratio: 1.225, Low: .883, High: 1.225}}}
	want := "direct: the accept queue overflowed first at a rate between 35.3 and 49 req/s, 0.883 to 1.225 of the computed capacity (first trial with an overflow). While the queue filled the workers took 39.2 req/s."
	if said := verdict(a); said[0] != want {
		t.Errorf("%q", said[0])
	}
}
