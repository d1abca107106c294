package analysis

import (
	"math"
	"testing"
	"time"

	"weir/report/result"

	"weir/loadgen/plan"
	"weir/report/runfile"
	"weir/report/world"
)

// TestQuantileIntervals has ANALYSIS' golden ranks: of n = 1000 values 1 ms apart the p99 lies between the
// 983rd and the 997th, read from the record's histogram or from a trial's own; of 300 there is no p99.
func TestQuantileIntervals(t *testing.T) {
	for _, c := range []struct {
		n, low, high int
		of           func(*result.Quantiles) (*float64, *result.Bounds)
	}{
		{10, 2, 9, func(q *result.Quantiles) (*float64, *result.Bounds) { return q.P50, q.P50Interval }},
		{100, 40, 61, func(q *result.Quantiles) (*float64, *result.Bounds) { return q.P50, q.P50Interval }},
		{1000, 983, 997, func(q *result.Quantiles) (*float64, *result.Bounds) {
			return q.P99,
				q.P99Interval
		}},
		{10_000, 9880, 9920, func(q *result.Quantiles) (*float64, *result.Bounds) {
			return q.P99,
				q.P99Interval
		}},
		{300, 0, 0, func(q *result.Quantiles) (*float64, *result.Bounds) { return q.P99, q.P99Interval }},
	} {
		h := runfile.NewHistogram()
		var all result.Latencies
		for i := 1; i <= c.n; i++ {
			if err := h.RecordValue(int64(i) * int64(time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			all = append(all, result.LatencyCount{High: time.Duration(i) * time.Millisecond, N: 1})
		}
		for from, q := range map[string]result.Quantiles{"record": quantiles(h),
			"trial": QuantilesOf(Merge(all[c.n/2:], all[:c.n/2]))} {
			value, b := c.of(&q)
			if c.low == 0 {
				if value != nil || b != nil {
					t.Errorf("%s: of %d there is a p99 %v %v", from, c.n, value, b)
				}
				continue
			}
			near := func(got float64, rank int) bool { return math.Abs(got/float64(rank)*1000-1) < 2.1e-3 }
			if value == nil || b == nil || !near(b.Low, c.low) || !near(b.High, c.high) || b.Low > *value ||
				b.High < *value {
				t.Errorf("%s: n %d: %v %+v, want [%d, %d] ms", from, c.n, value, b, c.low, c.high)
			}
		}
	}
	if q := QuantilesOf(nil); q.P50 != nil || q.Max != nil || q.Count != 0 {
		t.Errorf("%+v of nothing", q)
	}
}

// TestTrialLatencies: the trials' own add up to the lane's.
func TestTrialLatencies(t *testing.T) {
	a := analyze(t, record(t, world.Demo()))
	l := &a.Lanes[0]
	var all []result.Latencies
	for _, trial := range l.Trials {
		if trial.Latency.Count == 0 || trial.Latency.P50 == nil {
			t.Fatalf("trial %d has no latency", trial.Index)
		}
		all = append(all, trial.Latencies)
	}
	q := QuantilesOf(Merge(all...))
	if q.Count != l.Latency.Count || *q.P50 != *l.Latency.P50 || *q.P99 != *l.Latency.P99 ||
		*q.Max != *l.Latency.Max {
		t.Errorf("%+v of the trials, %+v of the lane", q, l.Latency)
	}
	if *q.P50Interval != *l.Latency.P50Interval {
		t.Errorf("%+v of the trials, %+v of the lane", q.P50Interval, l.Latency.P50Interval)
	}
	if l.Plateau == nil || l.PlateauBounds == nil || l.PlateauBounds.Low > *l.Plateau ||
		l.PlateauBounds.High < *l.Plateau {
		t.Errorf("plateau %v %v", l.Plateau, l.PlateauBounds)
	}
}

// TestPlateauByHand: 8 workers and 17 places; of 1000 requests in 10 s half fail: (500 − 17 − 8/2·½) ÷ 10 =
// 48.1 req/s.
func TestPlateauByHand(t *testing.T) {
	overloaded := func(bad uint64) *trial {
		x := &trial{Trial: runfile.Trial{Rate: 100,
			Plan: plan.Plan{Stages: []plan.Stage{{Duration: 10 * time.Second, From: 100, To: 100}}}}}
		x.figures = figures{due: 1000, bad: bad, complete: true}
		return x
	}
	l := &lane{slots: 17}
	if got := l.served(overloaded(500), 8); got == nil || math.Abs(*got-48.1) > 1e-9 {
		t.Errorf("served %v, want 48.1", got)
	}
	cut, ramp := overloaded(900), overloaded(900)
	cut.figures.complete, ramp.Rate = false, 0
	for _, x := range []*trial{cut, ramp, overloaded(50)} {
		if got := l.served(x, 8); got != nil {
			t.Errorf("%+v shows a plateau, %v", x.figures, *got)
		}
	}
	var trials []result.Trial
	for _, rate := range []float64{46, 50, 48, 47, 49} {
		trials = append(trials, result.Trial{Served: &rate})
	}
	if median, bounds := plateau(trials); *median != 48 || bounds != nil {
		t.Errorf("%v %v of five", *median, bounds)
	}
	sixth := 51.
	if median, bounds := plateau(append(trials, result.Trial{},
		result.Trial{Served: &sixth})); *median != 48.5 || *bounds != (result.Bounds{Low: 46, High: 51}) {
		t.Errorf("%v %v of six", *median, bounds)
	}
}
