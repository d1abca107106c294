package analysis

import (
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/probe"
	"weir/probe/nginxlog"
	"weir/report/runfile"
)

// TestSwap: between two servers of a scenario more requests are refused than the first one's queue lost before. The lane's
// cause is the queue all the same, and the gap has a class of its own; a listener that nobody saw come back is no gap.
func TestSwap(t *testing.T) {
	const from, to = 1500 * ms, 2500 * ms
	for _, c := range []struct {
		lane      string
		back      bool // the second server is seen
		code      string
		class, of string // of the most frequent failures, and their cause
	}{
		{"direct", true, workerBound, "swap", swapped},
		{"proxy", true, workerBound, "swap", swapped},
		{"direct", false, "not_listening", "refused", "not_listening"},
		{"proxy", false, "not_listening", "proxy", "not_listening"},
	} {
		w := demo()
		w.lanes, w.rates = []string{c.lane}, []float64{500}
		in := func(at time.Duration) bool { return at >= from && at < to }
		w.result = func(lane string, r *loadgen.Result) {
			if !in(r.Due) {
				return
			}
			r.Outcome, r.Status, r.Done = loadgen.ConnectRefused, 0, r.Sent+ms
			if lane == "proxy" {
				r.Outcome, r.Status = loadgen.HTTP502, 502
			}
		}
		told := false
		w.event = func(_ string, r loadgen.Result) (e runfile.Event) {
			switch {
			case !told && in(r.Due):
				told = true
				e = runfile.Event{Host: backendHost, Source: "scenario", Class: "swap", Count: 1}
			case r.Outcome == loadgen.HTTP502:
				e = runfile.Event{Host: "proxy", Source: "nginx.error", Class: nginxlog.ConnectRefused, Count: 1}
			case r.Outcome == loadgen.HTTP504:
				e = runfile.Event{Host: "proxy", Source: "nginx.error", Class: nginxlog.ConnectTimeout, Count: 1}
			}
			return e
		}
		base := uint32(0)
		w.sample = func(s *probe.Sample) {
			switch drops := *s.Listeners[0].Drops; {
			case s.At < from:
				base = drops
			case s.At < to || !c.back:
				s.Listeners = nil
			default:
				drops -= base
				s.Listeners[0].Cookie, s.Listeners[0].Drops = 2, &drops
			}
		}
		l := analyze(t, w.record(t)).Lanes[0]
		first := l.Causes[0]
		if l.Cause.Code != c.code || first.Class != c.class || first.Cause.Code != c.of {
			t.Errorf("%s, back %v: %s, and of the most frequent class %s: %s\n%s", c.lane, c.back, l.Cause.Code, first.Class, first.Cause.Code, l.Cause.Text)
		}
		if c.back && !strings.Contains(first.Cause.Text, "from 1.5 s to 2.5 s") {
			t.Errorf("%s: %s", c.lane, first.Cause.Text)
		}
	}
}
