package compare

import (
	"strings"
	"testing"

	"weir/report/result"
	"weir/report/words"
)

// TestRoomForLateness: a tail has room for what the machines did, of which the generator's lateness is the
// witness; a median has room for the median of it, which is next to nothing.
func TestRoomForLateness(t *testing.T) {
	lane := func(scale, late float64) *result.Lane {
		l := both(7, server{20 * scale, .01, 1e9, "x"}, server{20, .01, 1e9, "x"}, 400, sixTimes...).Lanes[0]
		l.Latency = l.Trials[0].Latency
		l.SendLag = result.Quantiles{P50: ptr(70e-6), P99: ptr(late)}
		return &l
	}
	for _, c := range []struct {
		name  string
		late  float64 // s, at the 99th percentile
		apart bool    // half as much again is told from the same
	}{{"p50", 100e-6, true}, {"p50", 30e-3, true}, {"p90", 100e-6, true}, {"p90", 30e-3, false},
		{"p99", 100e-6, true}, {"p99", 30e-3, false}} {
		i, why := Latencies(lane(1, c.late), lane(1.5, c.late), c.name)
		if why.Code != "" || i.Ratio < 1.45 || i.Ratio > 1.55 || (i.Low > 1) != c.apart {
			t.Errorf("%s, 1 %% over %v s late: %+v %s", c.name, c.late, i, why)
		}
	}
	run := func(late float64) *result.Analysis {
		return &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"},
			Lanes: []result.Lane{*lane(1, late)}}
	}
	for late, want := range map[float64]int{100e-6: 0, 30e-3: 1} {
		a, b := run(100e-6), run(late)
		said := 0
		for _, d := range Arms(a, &a.Lanes[0], b, &b.Lanes[0]).Warnings {
			if d.Code == "send_lag" && strings.Contains(words.Of(d.Text), "B's 30.0 ms") {
				said++
			}
		}
		if said != want {
			t.Errorf("B's generator %v s late: said %d times", late, said)
		}
	}
}
