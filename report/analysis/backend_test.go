package analysis

import (
	"testing"
	"time"

	"weir/report/result"

	"weir/probe"
	"weir/report/world"
)

// Of 400 requests over kept connections 20 were opened, and 4 workers waited for a processor for a tenth of
// their time.
func TestBackendOfALane(t *testing.T) {
	w := world.Demo()
	w.Workers, w.Rates, w.Length = 4, []float64{100, 100}, 2*time.Second
	w.Sample = func(s *probe.Sample) {
		s.Counters["TcpPassiveOpens"] = 1000 + uint64(s.At/(200*ms))
		s.Counters["sched.listener.cpu_ns"] = uint64(s.At / 10)
		s.Counters["sched.listener.run_delay_ns"] = uint64(4 * s.At / 10)
	}
	a := analyze(t, record(t, w))
	b := a.Lanes[0].Backend
	if a.Lanes[0].Sent != 400 || b.Connections == nil || b.PerRequest == nil || b.CPU == nil ||
		b.Starved == nil {
		t.Fatalf("%d sent, %+v", a.Lanes[0].Sent, b)
	}
	if *b.Connections < 18 || *b.Connections > 30 || *b.PerRequest != float64(*b.Connections)/400 {
		t.Errorf("%d connections, %v a request", *b.Connections, *b.PerRequest)
	}
	if *b.CPU < 1e-3 || *b.CPU > 1.5e-3 { // 4 s or a little more, by 10, by 400
		t.Errorf("%v s of a processor a request", *b.CPU)
	}
	near(t, "starved", *b.Starved, .1, .01)

	w.Sample = func(s *probe.Sample) { delete(s.Counters, "TcpPassiveOpens") } // a kernel that was not asked
	if b := analyze(t, record(t, w)).Lanes[0].Backend; b != (result.Backend{}) {
		t.Errorf("%+v of counters that nobody read", b)
	}
}
