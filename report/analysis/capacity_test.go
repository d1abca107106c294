package analysis

import (
	"testing"
	"time"

	"weir/report/runfile"
	"weir/report/world"
)

// TestServiceTimeOfSingleRequests: without stamps the capacity rests on the median of single requests, and
// its interval on their 10th and 21st of 30.
func TestServiceTimeOfSingleRequests(t *testing.T) {
	w := world.Demo()
	w.Stamps = false
	w.Header = func(h *runfile.Header) {
		h.Capacity.ServiceTimeSource = "client median"
		for i := range 30 { // 20.0 to 22.9 ms, not in order
			h.Capacity.ServiceTimes = append(h.Capacity.ServiceTimes, 20*ms+time.Duration(i*7%30)*ms/10)
		}
	}
	c := analyze(t, record(t, w)).Capacity
	near := func(what string, got *float64, want float64) {
		if got == nil || *got < want*0.9999 || *got > want*1.0001 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	near("service time", c.ServiceTime, 0.0215)
	near("its low end", c.ServiceTimeLow, 0.0209)
	near("its high end", c.ServiceTimeHigh, 0.0220)
	near("capacity", c.Computed, 8/0.0215)
	near("its low end", c.Low, 8/0.0220)
	if c.ServiceTimeCount != 30 || c.NominalServiceTime != nil {
		t.Errorf("count %d, nominal %v, want 30 and none", c.ServiceTimeCount, c.NominalServiceTime)
	}
}
