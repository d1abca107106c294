package analysis

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"weir/report/runfile"
	"weir/report/words"
)

// TestDrift: a clock that is 50 ppm fast, compared by pings whose way there takes longer than the way back.
func TestDrift(t *testing.T) {
	for _, fast := range []float64{50, -300, 0} {
		var c clocks
		for i := range 60 {
			at := time.Duration(i) * time.Second
			rtt := time.Duration(1+i*7%5) * ms
			truth := -time.Hour - time.Duration(fast*1e-6*float64(at))
			wrong := rtt / 3 // all but the end of the interval
			offset := truth + wrong
			c.add(&runfile.Clock{Host: "remote", At: at, Method: "ping", Offset: offset, Early: &rtt,
				Late: rtt, PingOffset: &offset, PingRTT: &rtt})
		}
		got := c.report()
		d := got.Drift
		if d == nil || d.Low > fast || d.High < fast || d.High-d.Low > 100 || d.PPM <= d.Low ||
			d.PPM >= d.High {
			t.Errorf("%v ppm fast: %+v", fast, d)
		}
		if got.Estimates != 60 || *got.Early != .005 || got.Late != .005 ||
			math.Abs(got.Moved+59*fast*1e-6) > .005 {
			t.Errorf("%+v", got)
		}
	}
}

// TestDriftOfDisorder: a record may say anything, in any order.
func TestDriftOfDisorder(t *testing.T) {
	for _, ats := range [][]time.Duration{{}, {5}, {0, 9, 3}, {1e9, 0, 3e9, 1e9}, {0, 3e9, 0, 3e9}, {3e9, 0},
		{0, 0, 2e9, 0, 2e9}} {
		var c clocks
		for i, at := range ats {
			offset, rtt := time.Duration(i%2)*ms, time.Duration(len(ats)-i)
			c.add(&runfile.Clock{At: at, Method: "ping", PingOffset: &offset, PingRTT: &rtt})
		}
		if r := c.report(); r != nil && r.Drift != nil && (math.IsNaN(r.Drift.PPM) ||
			math.IsInf(r.Drift.PPM, 0)) {
			t.Errorf("%v: %+v", ats, r.Drift)
		}
	}
}

// TestClockOfARecord: estimates are kept in the record and come into the report as values and words.
func TestClockOfARecord(t *testing.T) {
	lines := bytes.SplitAfter(record(t, short()), []byte("\n"))
	estimate := func(at, offset int, more string) string {
		return fmt.Sprintf(`{"kind":"clock","host":"backend","at":%d,"method":"ping","offset":%d,"late":200000,"rtt":400000,"ahead":-2000000000%s}`+"\n", at, offset, more)
	}
	early := `,"early":200000`
	for name, test := range map[string]struct{ records, want string }{
		"pings": {estimate(0, 1e9, early+`,"ping_offset":1000000000,"ping_rtt":400000`) +
			estimate(2e9, 1e9+1000, early+`,"ping_offset":1000001000,"ping_rtt":400000`),
			"times are exact within 200 µs (shortest round trip 400 µs); its wall clock is 2.00 s behind ours; it drifts by -0.500 [-201, 200] ppm"},
		"no bound": {estimate(0, 1e9, early) + estimate(1, 1e9, ""),
			"times are as lines arrived, too late by an unknown delay; its wall clock is 2.00 s behind ours"},
	} {
		record := bytes.Join([][]byte{lines[0], []byte(test.records), bytes.Join(lines[1:], nil)}, nil)
		a := analyze(t, record)
		c := a.Hosts[0].Clock
		if c == nil || c.Estimates != 2 || (c.Early == nil) != (name == "no bound") || c.Ahead != -2 ||
			words.Of(c.Text) != test.want {
			t.Errorf("%s: %+v %q", name, c, words.Of(c.Text))
		}
	}
	if a := analyze(t, record(t, short())); a.Hosts[0].Clock != nil {
		t.Errorf("a clock of our own: %+v", a.Hosts[0].Clock)
	}
}
