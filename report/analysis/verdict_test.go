package analysis

import (
	"strings"
	"testing"
)

// TestVerdictKeepsAll: what two lanes have to say leaves room for how the run ended, which stands before the causes.
func TestVerdictKeepsAll(t *testing.T) {
	a := &Analysis{Ended: "cut short", InvalidReasons: []string{"x"}, Agreement: &Interval{Ratio: 1, Low: 1, High: 1}}
	for _, name := range []string{"direct", "proxy"} {
		a.Lanes = append(a.Lanes, Lane{Name: name, Recovery: &Recovery{Text: "Did not recover."}})
	}
	said := verdict(a)
	if len(said) != 10 || !strings.HasPrefix(said[0], "INVALID") || !strings.Contains(said[3], "did not end by itself (cut short)") || !strings.HasPrefix(said[9], "The capacity is not known") {
		t.Errorf("%d: %q", len(said), said)
	}
}
