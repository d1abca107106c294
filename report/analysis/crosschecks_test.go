package analysis

import (
	"math"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/runfile"
	"weir/report/words"
	"weir/report/world"
)

// TestCrossChecks: on 8 workers × 20 ms, 400 req/s, knee and crossing lie between that and what the queue
// adds, 17 places ÷ 2 s, the workers' rate is found while the queue fills, and nothing is warned of.
func TestCrossChecks(t *testing.T) {
	a := analyze(t, record(t, world.Demo()))
	c := a.Lanes[0].CrossChecks
	if c.Knee == nil || *c.Knee < 396 || *c.Knee > 400+17/2.+8 {
		t.Errorf("knee %v", show(c.Knee))
	}
	if c.Crossing == nil || *c.Crossing < 382 || *c.Crossing > 412 {
		t.Errorf("0.5 %% failed from %v", show(c.Crossing))
	}
	if c.Fill == nil || *c.Fill != 8.5 {
		t.Errorf("C/T = %v, want 8.5", show(c.Fill))
	}
	if b := c.Busy; b.Value == nil || math.Abs(*b.Value-400) > 16 || b.Low == nil || *b.Low > 400 ||
		*b.High < 400 {
		t.Errorf("the workers took %v [%v, %v] req/s, want 400", show(b.Value), show(b.Low), show(b.High))
	}
	if warned(a, "cross_check") {
		t.Errorf("warned of %v", a.Warnings)
	}
}

func show(x *float64) any {
	if x == nil {
		return nil
	}
	return *x
}

// TestCrossCheckDoubts: requests that fail for another reason, below capacity, move the crossing away from
// the fitted onset.
func TestCrossCheckDoubts(t *testing.T) {
	w := world.Demo()
	w.Result = func(_ string, r *loadgen.Result) {
		if r.Due > 8*time.Second && r.Seq%50 == 0 && r.Outcome == loadgen.OK { // from the third trial on
			r.Status, r.Outcome = 500, loadgen.HTTP500
		}
	}
	a := analyze(t, record(t, w))
	if !warned(a, "cross_check") {
		t.Errorf("onset %+v, %v, warnings %v", a.Lanes[0].ErrorOnset, show(a.Lanes[0].CrossChecks.Crossing),
			a.Warnings)
	}
}

// TestBusyRateInRetrialMode: lost SYNs come again and hide the loss; how fast the workers are is told all the
// same, by steps, by one trial (without an interval) and by a ramp, and is not asked of a listener that is
// several sockets.
func TestBusyRateInRetrialMode(t *testing.T) {
	w := world.Demo()
	w.Sample = func(s *probe.Sample) {
		s.Listeners = append(s.Listeners, probe.Listener{Addr: world.Listener, Cookie: 2,
			Limit: uint32(w.Backlog)})
	}
	if b := analyze(t, record(t, w)).Lanes[0].CrossChecks.Busy; b.Value != nil {
		t.Errorf("of two sockets: %v", *b.Value)
	}
	ramp := plan.Plan{Stages: []plan.Stage{{From: 300, To: 500, Duration: 10 * time.Second}}}
	for name, c := range map[string]struct {
		change func(*world.World)
		bounds bool
	}{
		"steps":     {func(w *world.World) {}, true},
		"one trial": {func(w *world.World) { w.Rates = []float64{440} }, false},
		"a ramp":    {func(w *world.World) { w.Rates, w.Plans = nil, []plan.Plan{ramp} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.Demo()
			w.Mode, w.Retry, w.Every = runfile.Retrial, []time.Duration{time.Second, 3 * time.Second}, 10*ms
			c.change(&w)
			l := analyze(t, record(t, w)).Lanes[0]
			b := l.CrossChecks.Busy
			if b.Value == nil || math.Abs(*b.Value-400) > 20 || (b.Low != nil) != c.bounds {
				t.Errorf("%v [%v, %v], want 400", show(b.Value), show(b.Low), show(b.High))
			}
			if l.CrossChecks.Knee != nil || l.CrossChecks.Crossing != nil || l.ErrorOnset != nil ||
				!strings.Contains(words.Of(l.NoOnset), "retrial") {
				t.Errorf("%+v, %v", l.CrossChecks, l.NoOnset)
			}
		})
	}
}
