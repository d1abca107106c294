package stop

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
)

func steady(rate float64, d time.Duration) plan.Plan {
	return plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: d}}}
}

// TestOpenRequestsCount: of a server that has stopped answering the alarm comes when enough requests are older than the
// rule allows, not when the first are given up, half a minute later.
func TestOpenRequestsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var alarms []Alarm
		w := Watch([]Rule{must(t, "failures > 5%"), must(t, "latency.p99 > 500ms")}, func(a Alarm) { alarms = append(alarms, a) })
		c, epoch := count.New(0), time.Now()
		const start = 250 * ms
		end := w.Trial(c, epoch, start, steady(100, 10*time.Second))
		defer end()
		shard := loadgen.ShardOf(c)
		for at := time.Duration(0); at < 4*time.Second; at += 10 * ms {
			if i := int((at - start - 20*ms) / (10 * ms)); at >= start+20*ms && i < 100 { // the first second is answered
				shard.Record(loadgen.Result{Seq: i, Due: start + time.Duration(i)*10*ms, Done: time.Since(epoch), Outcome: loadgen.OK})
			}
			if at%(100*ms) == 0 {
				c.Read()
			}
			time.Sleep(10 * ms)
		}
		if len(alarms) != 1 {
			t.Fatalf("%v", alarms)
		}
		// 21 bad ones are an alarm at 1 %: see TestAlarm. The 21st is due 1.2 s after the start; a tenth of a second has to
		// pass whole, and to be read twice.
		a := alarms[0]
		if at := start + 1200*ms + 500*ms; a.Rule != "latency.p99 > 500ms" || a.Bad < 21 || a.Bad > 35 || a.At < at-50*ms || a.At > at+350*ms || a.Requests != 100+a.Bad {
			t.Errorf("%+v, want it at %v", a, at)
		}
	})
}

// TestOpenRequestsCountOnce: the rule comes to as many as if it had waited for the end of each, whenever it looks.
func TestOpenRequestsCountOnce(t *testing.T) {
	w := Watch([]Rule{must(t, "latency.p50 > 300ms")}, func(Alarm) {})
	p := steady(200, 2*time.Second)
	ends := map[time.Duration][]loadgen.Result{} // by millisecond
	r := rand.New(rand.NewPCG(1, 2))
	late := uint64(0)
	for seq, due := range p.Due() {
		took := time.Duration(r.IntN(290)) * ms
		if r.IntN(4) == 0 {
			took, late = time.Duration(310+r.IntN(500))*ms, late+1
		}
		at := (due + took).Truncate(ms)
		ends[at] = append(ends[at], loadgen.Result{Seq: seq, Due: due, Done: due + took, Outcome: loadgen.OK})
	}
	tr := w.newTrial(0, p)
	defer tr.end()
	c := count.New(0)
	now, bad, open := time.Duration(0), uint64(0), uint64(0)
	c.Watch(func(r *count.Reading) {
		before := w.sums[0]
		w.sums[0].s, w.sums[0].threshold = 1, 1e9 // counts all, and never alarms
		w.judge(tr, r, now)
		bad += w.sums[0].bad - before.bad
		if len(r.Bins) == 0 {
			open += w.sums[0].bad - before.bad
		}
	})
	for now = 0; now < 4*time.Second; now += ms {
		for _, r := range ends[now] {
			c.Record(r)
		}
		if now%(75*ms) == 0 {
			c.Read()
		}
	}
	if bad != late || open == 0 || open == late || tr.overdue[0].open != 0 || tr.overdue[0].more {
		t.Errorf("%d bad, %d of them while they were open, of %d; %d not ended", bad, open, late, tr.overdue[0].open)
	}
}

// TestStalledReader: what nobody could read while nothing ran is not overdue.
func TestStalledReader(t *testing.T) {
	var alarms []Alarm
	w := Watch([]Rule{must(t, "latency.p99 > 100ms")}, func(a Alarm) { alarms = append(alarms, a) })
	p := steady(1000, time.Second)
	tr := w.newTrial(0, p)
	defer tr.end()
	c, now := count.New(0), time.Duration(0)
	c.Watch(func(r *count.Reading) {
		if a, broken := w.judge(tr, r, now); broken {
			w.alarm(a)
		}
	})
	read := func(at time.Duration) { now = at; c.Read() }
	read(20 * ms)
	read(900 * ms) // 800 are too old by the clock, and their answers wait in the kernel
	for seq, due := range p.Due() {
		if due < 900*ms {
			c.Record(loadgen.Result{Seq: seq, Due: due, Done: due + ms, Outcome: loadgen.OK})
		}
	}
	read(925 * ms)
	if len(alarms) > 0 {
		t.Errorf("%v", alarms)
	}
	read(1200 * ms) // later nothing came of the last hundred
	read(1300 * ms)
	if len(alarms) != 1 {
		t.Errorf("%v", alarms)
	}
}
