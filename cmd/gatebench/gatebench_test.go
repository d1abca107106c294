package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func defaults(t *testing.T) design {
	t.Helper()
	o, err := parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	return o.design
}

// TestSimulatedPower: on a quiet machine the design tells a lost worker of ten from none every time; what is
// told by latencies and shares of requests, with room for what lies between two runs, tells three.
func TestSimulatedPower(t *testing.T) {
	d := defaults(t)
	d.backlog = 16 // shorter to simulate
	const same, found = "0 of 4 (0 % [0.0, 49.0]), 0 of 4 (0 % [0.0, 49.0])", "     4 of 4 (100 %"
	for _, c := range []struct{ lost, finding int }{{1, 1}, {3, 1 + len(beside)}} {
		d.lost = c.lost
		var out bytes.Buffer
		if err := simulateAll(&out, d, noises[1:2], 4); err != nil {
			t.Fatal(err)
		}
		t.Log(out.String())
		if strings.Count(out.String(), same) != 1+len(beside) ||
			strings.Count(out.String(), same+found) < c.finding {
			t.Errorf("%d lost: want no finding of the same server, and %d of the other", c.lost, c.finding)
		}
	}
}

func TestConclude(t *testing.T) {
	counted := func(answers map[string]int, took time.Duration) *tally {
		var to tally
		for answer, n := range answers {
			for range n {
				to.add(answer, took)
			}
		}
		return &to
	}
	good, found := map[string]int{pass: 36, inconclusive: 3, invalid: 1},
		map[string]int{fail: 38, inconclusive: 2}
	for _, c := range []struct {
		same, lost map[string]int
		took       time.Duration
		want       string // "": kept
	}{
		{good, found, time.Second, ""},
		{map[string]int{pass: 39, fail: 1}, found, time.Second, "failed against itself"},
		{map[string]int{pass: 35, inconclusive: 3, invalid: 2}, found, time.Second, "inconclusive"},
		{good, map[string]int{fail: 37, inconclusive: 2, invalid: 1}, time.Second, "missed"},
		{good, found, 181 * time.Second, "too long"},
	} {
		var out bytes.Buffer
		err := conclude(&out, counted(c.same, c.took), counted(c.lost, c.took))
		if c.want == "" && err != nil ||
			c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v %v: %v", c.same, c.lost, err)
		}
		if c.want == "" && !strings.Contains(out.String(), "38 of 40 (95 % [83.5, 98.6])") {
			t.Error(out.String())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, args := range [][]string{{"--runs", "0"}, {"--lost", "10"}, {"--lost", "0"}, {"--nonsense"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
