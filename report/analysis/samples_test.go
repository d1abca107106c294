package analysis

import (
	"math"
	"testing"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/runfile"
)

// overflowing returns samples whose counter of connections is its own time in milliseconds.
func overflowing(at ...time.Duration) []sample {
	var s []sample
	for _, a := range at {
		x := sample{at: a, counted: a, counters: make(counters, len(kept))}
		x.counters[passiveOpens] = probe.Reading{Value: uint64(a / ms), Known: true}
		s = append(s, x)
	}
	return s
}

// TestCover: a trial is charged with what happened from the last reading before it to the first after it had
// drained, and never with the next trial's overflows.
func TestCover(t *testing.T) {
	l := &lane{Lane: runfile.Lane{ListenerHost: "b"}}
	ran := func(start, end, drained, until time.Duration) *trial {
		return &trial{
			Trial: runfile.Trial{Start: start}, lane: l, until: until,
			end: &runfile.TrialEnd{End: end, DrainedAt: drained},
		}
	}
	for name, c := range map[string]struct {
		t    *trial
		at   []time.Duration
		want int64 // ms; -1: not known
	}{
		"edges": {ran(100*ms, 200*ms, 250*ms, forever),
			[]time.Duration{50 * ms, 100 * ms, 150 * ms, 250 * ms, 300 * ms}, 150},
		"between the samples": {ran(110*ms, 200*ms, 220*ms, forever),
			[]time.Duration{50 * ms, 100 * ms, 150 * ms, 250 * ms, 300 * ms}, 150},
		"none before": {ran(100*ms, 200*ms, 250*ms, forever),
			[]time.Duration{101 * ms, 300 * ms}, -1},
		"none after": {ran(100*ms, 200*ms, 250*ms, forever), []time.Duration{50 * ms, 199 * ms},
			-1},
		"last one before the next": {ran(100*ms, 200*ms, 250*ms, 260*ms),
			[]time.Duration{100 * ms, 210 * ms, 270 * ms}, 110},
		"only one of the next": {ran(100*ms, 200*ms, 250*ms, 260*ms),
			[]time.Duration{100 * ms, 190 * ms, 270 * ms}, -1},
		"no sample": {ran(100*ms, 200*ms, 250*ms, forever), nil, -1},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run{samples: map[string][]sample{"b": overflowing(c.at...)}}
			got := int64(-1)
			if d := r.cover(c.t).delta(passiveOpens); d != nil {
				got = int64(*d)
			}
			if got != c.want {
				t.Errorf("%d connections, want %d", got, c.want)
			}
		})
	}
}

// TestCoverOfOldCounters: a sample whose counters are from before the trial's end does not end the trial, so
// that its last connections are counted, and counted for it; unless the next trial begins before they are
// read again.
func TestCoverOfOldCounters(t *testing.T) {
	const age = 40 * ms
	for name, c := range map[string]struct {
		until time.Duration
		want  int64 // ms: the counter shows the time it was read
	}{
		"time to read them": {forever, 250 - 100},
		"no time":           {245 * ms, 200 - 100},
	} {
		l := loader{run: &run{samples: map[string][]sample{}}}
		for at, read := time.Duration(0), time.Duration(0); at <= 300*ms; at += 10 * ms {
			rec := probe.Sample{Host: "b", At: at, Counters: map[string]uint64{}, Gauges: map[string]uint64{}}
			if at-read <= age && at > 0 {
				rec.Gauges[probe.CountersAge] = uint64((at - read).Microseconds())
			} else {
				read = at
			}
			rec.Counters[kept[passiveOpens]] = uint64(read / ms)
			check(t, l.sample(&rec))
		}
		tr := &trial{
			Trial: runfile.Trial{Start: 105 * ms}, lane: &lane{Lane: runfile.Lane{ListenerHost: "b"}},
			until: c.until,
			end:   &runfile.TrialEnd{End: 200 * ms, DrainedAt: 215 * ms},
		}
		if d := l.run.cover(tr).delta(passiveOpens); d == nil || int64(*d) != c.want {
			t.Errorf("%s: %d connections, want %d", name, value(d), c.want)
		}
	}
}

func TestDeltaOfAResetCounter(t *testing.T) {
	w := window(overflowing(200*ms, 100*ms))
	if d := w.delta(passiveOpens); d != nil {
		t.Errorf("a counter that fell grew by %d", *d)
	}
	if d := w.delta(listenDrops); d != nil {
		t.Errorf("an absent counter grew by %d", *d)
	}
}

// TestFull: a queue of N holds N+1, and is full only then.
func TestFull(t *testing.T) {
	for depth, want := range map[uint32]bool{15: false, 16: false, 17: true} {
		var account probe.Account
		account.Add(probe.Sample{Listeners: []probe.Listener{{Addr: "a", Depth: depth, Limit: 16}}})
		q := window{{listeners: []probe.State{account.State("a")}}}.queue("a")
		if q.full != want || *q.depth != depth || q.slots != 17 {
			t.Errorf("depth %d of 16: %+v", depth, q)
		}
	}
}

// TestStampsAreThoseUnderLoad: what a worker needs at rest, before and between the trials, does not count.
func TestStampsAreThoseUnderLoad(t *testing.T) {
	stamp := func(at, each time.Duration) runfile.Service {
		return runfile.Service{At: at, Count: 10, Sum: 10 * each, SumSq: 10 * each.Seconds() * each.Seconds()}
	}
	l := &lane{}
	one := uint64(1)
	full := &trial{Trial: runfile.Trial{Start: 2 * time.Second}, lane: l, until: 4 * time.Second,
		figures: figures{overflows: &one}}
	full.Plan.Stages = []plan.Stage{{From: 1, To: 1, Duration: time.Second}}
	idle := &trial{Trial: runfile.Trial{Start: 4 * time.Second}, lane: l, until: forever}
	idle.Plan.Stages = []plan.Stage{{From: 1, To: 1, Duration: time.Second}}
	r := &run{
		header: &runfile.Header{Capacity: runfile.Capacity{Workers: 4, ServiceTime: 10 * ms}},
		trials: []*trial{full, idle},
		services: []runfile.Service{
			stamp(time.Second, 50*ms), stamp(2500*ms, 20*ms), stamp(3500*ms, 70*ms), stamp(4500*ms, 30*ms),
		},
	}
	if c := r.capacity(); math.Abs(c.rate-4/.02) > 1e-9 || c.count != 10 || c.nominal != .01 {
		t.Errorf("%+v, want 4 ÷ 20 ms", c)
	}
	full.figures.overflows = nil
	if c := r.capacity(); math.Abs(c.rate-4/.025) > 1e-9 || c.source != result.StampedIdle {
		t.Errorf("%+v, want 4 ÷ 25 ms, and a word on it", c)
	}
}

// TestReconcileLoss: agreement is of the whole and of the trials.
func TestReconcileLoss(t *testing.T) {
	for name, c := range map[string]struct {
		overflows, failures []uint64
		want                result.Reconciled
	}{
		"exact":                 {[]uint64{0, 50, 100}, []uint64{0, 50, 100}, "agree"},
		"two percent":           {[]uint64{100, 101}, []uint64{100, 100}, "agree"},
		"too many":              {[]uint64{104, 104}, []uint64{100, 100}, "disagree"},
		"too few":               {[]uint64{96, 96}, []uint64{100, 100}, "disagree"},
		"only in sum":           {[]uint64{150, 50}, []uint64{100, 100}, "disagree"},
		"too many, each by two": {[]uint64{12, 12, 12}, []uint64{10, 10, 10}, "disagree"},
		"nothing":               {[]uint64{0}, []uint64{0}, "nothing to reconcile"},
		"overflows alone":       {[]uint64{10}, []uint64{0}, "disagree"},
		"failures alone":        {[]uint64{0}, []uint64{10}, "disagree"},
		"one packet of a few":   {[]uint64{2, 100}, []uint64{1, 100}, "agree"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &lane{Lane: runfile.Lane{Mode: runfile.Loss}}
			for i := range c.overflows {
				l.trials = append(l.trials, &trial{lane: l, figures: figures{
					complete: true, overflows: &c.overflows[i],
					outcomes: map[loadgen.Outcome]uint64{loadgen.OK: 7,
						loadgen.ConnectTimeout: c.failures[i]},
				}})
			}
			r := &run{header: &runfile.Header{}, lanes: []*lane{l}, trials: l.trials}
			got := r.reconcile(l, serverCapacity{}).Verdict
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestOver: the quotient of two intervals holds every quotient of their points.
func TestOver(t *testing.T) {
	iv := over(&result.Onset{RPS: 100, Low: 90, High: 120}, 50, 40, 60)
	if iv.Ratio != 2 || iv.Low != 90./60 || iv.High != 120./40 {
		t.Errorf("%+v", iv)
	}
}
