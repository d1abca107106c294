package belief

import (
	"testing"
	"time"

	"weir/loadgen"
)

// TestRules breaks each rule by a little, and no other.
func TestRules(t *testing.T) {
	const s = time.Second
	fine := Facts{
		Due: 1000, Sent: 1000, Late: 5 * time.Millisecond, Bearable: Bearable(400, 20*time.Millisecond, 17),
		CPU: s, Wall: 2 * s, CPUs: 2, RunDelay: new(900 * time.Millisecond), LoopCPU: new(.89),
	}
	own := func(o loadgen.Outcome) func(*Facts) {
		return func(f *Facts) { f.Outcomes = map[loadgen.Outcome]uint64{o: 1} }
	}
	cases := map[Code]func(*Facts){
		"overflowed_before": func(f *Facts) { f.OverflowsBefore = 1 },
		"not_sent":          func(f *Facts) { f.Sent = 989 },
		// a quarter of 17 slots at 400/s is 10.6 ms
		"sent_late":       func(f *Facts) { f.Late = 11 * time.Millisecond },
		"requests_shed":   own(loadgen.Shed),
		"no_local_ports":  own(loadgen.NoLocalPort),
		"no_descriptors":  own(loadgen.NoFD),
		"processors_busy": func(f *Facts) { f.CPU = 3300 * time.Millisecond },
		"loop_busy":       func(f *Facts) { f.LoopCPU = new(.91) },
		"loop_waited":     func(f *Facts) { f.LoopDelay = new(.51) },
		"threads_waited":  func(f *Facts) { f.RunDelay = new(1100 * time.Millisecond) },
	}
	for _, r := range Rules() {
		change := cases[r.Code]
		if change == nil {
			t.Errorf("%s: no case breaks it", r.Code)
			continue
		}
		f := fine
		change(&f)
		found := Check(f)
		if len(found) != 1 || found[0].Code != r.Code || found[0].Advice == "" ||
			found[0].Measured == found[0].Limit {
			t.Errorf("%s: found %+v", r.Code, found)
		}
		if planned := Forecast(f); (len(planned) == 1) != (r.Planned != "") ||
			len(planned) > 0 && planned[0].Code != r.Planned {
			t.Errorf("%s: of a plan %+v, want %q", r.Code, planned, r.Planned)
		}
	}
	beside := fine
	// threads that send nothing waited, the event loops did not
	beside.RunDelay, beside.LoopDelay = new(1100*time.Millisecond), new(.1)
	for name, f := range map[string]Facts{"fine": fine, "beside event loops": beside, "nothing known": {}} {
		if found := Check(f); len(found) > 0 {
			t.Errorf("%s: found %+v", name, found)
		}
	}
}

func TestBearable(t *testing.T) {
	for _, c := range []struct {
		rate    float64
		service time.Duration
		slots   int
		want    time.Duration
	}{
		{0, 0, 0, MaxLag}, {400, 20 * time.Millisecond, 0, MaxLag},
		{400, time.Second, 0, 20 * time.Millisecond},
		{400, 20 * time.Millisecond, 17, 10625 * time.Microsecond},
	} {
		if got := Bearable(c.rate, c.service, c.slots); got != c.want {
			t.Errorf("at %g/s, %v, %d slots: %v, want %v", c.rate, c.service, c.slots, got, c.want)
		}
	}
}
