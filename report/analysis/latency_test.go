package analysis

import (
	"math"
	"testing"
	"time"

	"weir/report/result"

	"weir/report/runfile"
	"weir/report/world"
)

// TestLatencyMapHoldsEveryRequest: its cells add up to the lane's requests, each in the row and the column of
// its trial.
func TestLatencyMapHoldsEveryRequest(t *testing.T) {
	l := analyze(t, record(t, world.Demo())).Lanes[0]
	m := l.LatencyMap
	var ok, failed uint64
	var slow float64
	for i := range m.OK {
		ok += m.OK[i]
		failed += m.Failed[i]
		if m.OK[i] > 0 {
			slow = max(slow, m.EdgesS[m.Row[i]+1])
		}
		if m.Failed[i] > 0 && (m.EdgesS[m.Row[i]] > .9+1e-9 || m.EdgesS[m.Row[i]+1] < .9) {
			t.Errorf("a connect timeout after 900 ms stands between %v and %v", m.EdgesS[m.Row[i]],
				m.EdgesS[m.Row[i]+1])
		}
		trial := l.Trials[m.Trial[m.Column[i]]]
		if at := m.AtS[m.Column[i]]; at < trial.Start-.1 || at > trial.Start+trial.Duration {
			t.Errorf("a column of trial %d begins at %v", trial.Index, at)
		}
	}
	if ok != l.Outcomes["ok"] || failed != l.FailLatency.Count || failed == 0 {
		t.Errorf("%d ok and %d failed in the map, want %d and %d", ok, failed, l.Outcomes["ok"],
			l.FailLatency.Count)
	}
	if slow < *l.Latency.Max || slow > *l.Latency.Max*1.3 {
		t.Errorf("the slowest row ends at %v, the longest latency is %v", slow, *l.Latency.Max)
	}
}

func TestLatencyRows(t *testing.T) {
	for ns := int64(4); ns < int64(time.Hour); ns += ns/7 + 1 {
		row := int(latencyRow(time.Duration(ns)))
		if rowEdge(row) > time.Duration(ns) || rowEdge(row+1) <= time.Duration(ns) {
			t.Fatalf("%d ns is in row %d, from %d to %d", ns, row, rowEdge(row), rowEdge(row+1))
		}
	}
}

// TestPercentilesEndWhereTheSampleDoes: a thousand values bear a p99 but no p99.9.
func TestPercentilesEndWhereTheSampleDoes(t *testing.T) {
	h := runfile.NewHistogram()
	for i := range 1000 {
		if err := h.RecordValue(int64(i+1) * int64(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	points := percentiles(h)
	last := points[len(points)-1]
	if last.OneIn < 100 || last.OneIn >= 1000 {
		t.Errorf("the curve of 1000 values ends at one in %v", last.OneIn)
	}
	near := func(got, want float64) bool { return math.Abs(got-want) <= .002*want }
	found := false
	for _, p := range points {
		if p.LowS > p.S || p.S > p.HighS {
			t.Errorf("one in %v: %v is not within [%v, %v]", p.OneIn, p.S, p.LowS, p.HighS)
		}
		if p.OneIn == 100 { // ANALYSIS: n = 1000, p99 → the 983rd and the 997th
			found = true
			if !near(p.S, .990) || !near(p.LowS, .983) || !near(p.HighS, .997) {
				t.Errorf("p99 is %v [%v, %v], want 0.990 [0.983, 0.997]", p.S, p.LowS, p.HighS)
			}
		}
	}
	if !found || len(percentiles(runfile.NewHistogram())) != 0 {
		t.Error("no p99, or a curve of nothing")
	}
}

func TestGuides(t *testing.T) {
	w := world.Demo()
	w.Mode = "retrial"
	w.Header = func(h *runfile.Header) {
		h.Environment["client: net.ipv4.tcp_syn_linear_timeouts"] = "4"
		h.Lanes[0].ConnectTimeout = 4500 * time.Millisecond
	}
	w.Rates, w.Length = []float64{200, 500}, time.Second
	l := analyze(t, record(t, w)).Lanes[0]
	want := []result.Guide{{S: .02, Code: "service_time"}, {S: .02 + 17./400, Code: "full_queue"},
		{S: 1, Code: "syn_retransmit"}, {S: 2, Code: "syn_retransmit"},
		{S: 3, Code: "syn_retransmit"}, {S: 4, Code: "syn_retransmit"}, {S: 4.5, Code: "connect_timeout"}}
	if len(l.Guides) != len(want) {
		t.Fatalf("guides %v", l.Guides)
	}
	for i, g := range l.Guides {
		if g.Code != want[i].Code || math.Abs(g.S-want[i].S) > .05*want[i].S {
			t.Errorf("guide %+v, want about %+v", g, want[i])
		}
	}
}

// TestLongRunsHaveWiderColumns, so that the page of a long run stays small.
func TestLongRunsHaveWiderColumns(t *testing.T) {
	w := world.Demo()
	w.Rates, w.Length = []float64{20}, 2*time.Minute
	m := analyze(t, record(t, w)).Lanes[0].LatencyMap
	if len(m.AtS) > maxColumns || len(m.AtS) < maxColumns/3 {
		t.Errorf("%d columns of %v s", len(m.AtS), m.BinS)
	}
}
