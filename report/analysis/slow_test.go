package analysis

import (
	"testing"
	"time"

	"weir/probe"
	"weir/report/runfile"
)

// slowly is a record of samples each 10 ms, on which the slow sources' readings of 0.2 s, 0.7 s and so on
// ride, each from half a second after it was begun to as long after the next.
func slowly(t *testing.T, gauges bool, counters func(at time.Duration) map[string]uint64) *run {
	t.Helper()
	const first, every, late, took = 200 * ms, 500 * ms, 500 * ms, 10 * ms
	l := loader{run: &run{samples: map[string][]sample{}, slow: map[string][]slowReading{}}}
	for at := time.Duration(0); at <= 5*time.Second; at += 10 * ms {
		rec := probe.Sample{Host: "b", At: at, Counters: map[string]uint64{}, Gauges: map[string]uint64{}}
		if read := (at-late-first)/every*every + first; at >= late+first {
			rec.Counters = counters(read)
			if gauges {
				rec.Gauges["slow.at_us"], rec.Gauges["slow.took_us"] = uint64(read/time.Microsecond),
					uint64(took/time.Microsecond)
			}
		}
		check(t, l.sample(&rec))
	}
	l.run.sort()
	return l.run
}

// TestSlowCountersAreOfTheirOwnTime: what slow sources read before a trial and after it is not the trial's,
// whichever samples it rides on.
func TestSlowCountersAreOfTheirOwnTime(t *testing.T) {
	const start, rest = time.Second, 3200 * ms
	within := func(at time.Duration) time.Duration { return min(max(at, start), rest) - start }
	r := slowly(t, true, func(at time.Duration) map[string]uint64 {
		return map[string]uint64{
			"sched.listener.cpu_ns":       uint64(within(at) / 10),
			"sched.listener.run_delay_ns": uint64(at - within(at)), // all of the time, but for the trial's
		}
	})
	r.header = &runfile.Header{Capacity: runfile.Capacity{Workers: 1}}
	l := &lane{Lane: runfile.Lane{ListenerHost: "b"}}
	trialOf := func(start, end, drained, until time.Duration) *trial {
		tr := &trial{Trial: runfile.Trial{Start: start}, lane: l, until: until,
			bins: map[time.Duration]*bin{}, end: &runfile.TrialEnd{End: end, DrainedAt: drained}}
		for at := start; at < rest; at += runfile.BinWidth {
			tr.bins[at] = &bin{sent: 10}
		}
		l.trials = []*trial{tr}
		return tr
	}

	first, last, ok := r.inside(trialOf(start, 3*time.Second, rest, 3300*ms))
	if !ok || first.from != 1200*ms || last.from != 2700*ms { // that of 3.2 s had not ended at 3.2 s
		t.Fatalf("readings of %v to %v, %v", first.from, last.from, ok)
	}
	if p := r.starvation(l); p == nil || p.Starved() != 0 {
		t.Errorf("the workers did not wait for a processor: %+v", p)
	}
	if per := r.processor(l); per == nil {
		t.Error("the processor time of a request is not known")
	} else {
		near(t, "processor time of a request", *per, 1e-3, 1e-9)
	}

	if first, last, ok := r.inside(trialOf(start, 3*time.Second, 4*time.Second, 2500*ms)); !ok ||
		first.from != 1200*ms || last.from != 2200*ms {
		t.Errorf("before the next trial began: readings of %v to %v, %v", first.from, last.from, ok)
	}
	trialOf(start, 1600*ms, 1700*ms, forever)
	if r.starvation(l) != nil || r.processor(l) != nil {
		t.Error("one reading is enough to tell what happened between two")
	}
}

// TestSlowReadings: each reading counts once, for when it was made; where a sample does not say when, for the
// sample's time.
func TestSlowReadings(t *testing.T) {
	some := func(time.Duration) map[string]uint64 { return map[string]uint64{"sched.listener.cpu_ns": 1} }
	if s := slowly(t, true, some).slow["b"]; len(s) != 9 || s[0].from != 200*ms || s[0].to != 210*ms {
		t.Errorf("%d readings, the first %+v", len(s), s[0])
	}
	if s := slowly(t, false, some).slow["b"]; len(s) != 431 || s[0].from != 700*ms {
		t.Errorf("of a record without times: %d readings, the first at %v", len(s), s[0].from)
	}
	moving := &run{slow: map[string][]slowReading{}} // with the offset of a far clock
	for _, at := range []uint64{500_000, 500_003, 499_990, 1_000_007, 1_000_000} {
		counters := make(counters, len(kept))
		counters[listenerCPU] = probe.Reading{Value: 1, Known: true}
		moving.readSlowly(&probe.Sample{Host: "b", Gauges: map[string]uint64{"slow.at_us": at}}, counters)
	}
	if s := moving.slow["b"]; len(s) != 2 || s[0].from != 500*ms {
		t.Errorf("two readings by a clock that is adjusted: %+v", s)
	}
	for name, c := range map[string]struct {
		gauges map[string]uint64
		want   int
	}{
		"before the epoch": {map[string]uint64{"slow.took_us": 9}, 1},
		"no time":          {map[string]uint64{"slow.at_us": 1 << 63, "slow.took_us": 9}, 0},
		"without end":      {map[string]uint64{"slow.at_us": 1, "slow.took_us": 1 << 63}, 0},
	} {
		r := &run{slow: map[string][]slowReading{}}
		counters := make(counters, len(kept))
		counters[listenerCPU] = probe.Reading{Value: 1, Known: true}
		r.readSlowly(&probe.Sample{Host: "b", At: time.Second, Gauges: c.gauges}, counters)
		if s := r.slow["b"]; len(s) != c.want || len(s) > 0 && s[0].to != 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
