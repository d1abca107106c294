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

const ms = time.Millisecond

func steady(rate float64, d time.Duration) plan.Plan {
	return plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: d}}}
}

// TestOpenRequestsCount: of a server that has stopped answering the alarm comes when enough requests are older than the
// rule allows, not when the first are given up, half a minute later.
func TestOpenRequestsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, alarms := watch(t, "failures > 5%", "latency.p99 > 500ms")
		epoch := time.Now()
		const start = 250 * ms
		results := count.New(0)
		end := w.Trial(results, epoch, start, steady(100, 10*time.Second))
		shard := results.Shard()
		for i := range 100 { // the first second is answered
			time.Sleep(time.Until(epoch.Add(start + time.Duration(i)*10*ms + 20*ms)))
			shard.Record(loadgen.Result{Seq: i, Due: start + time.Duration(i)*10*ms, Done: time.Since(epoch), Outcome: loadgen.OK})
		}
		time.Sleep(3 * time.Second)
		end()
		if len(*alarms) != 1 {
			t.Fatalf("%v", *alarms)
		}
		// 21 bad ones are an alarm at 1 %: see TestAlarm. The 21st is due 1.2 s after the start.
		a := (*alarms)[0]
		if at := start + 1200*ms + 500*ms; a.Rule != "latency.p99 > 500ms" || a.Bad != 21 || a.At < at || a.At > at+250*ms || a.Requests != 121 {
			t.Errorf("%+v, want it at %v", a, at)
		}
	})
}

// TestOpenRequestsCountOnce: the rule comes to as many as if it had waited for the end of each, whenever it looks.
func TestOpenRequestsCountOnce(t *testing.T) {
	w, _ := watch(t, "latency.p50 > 300ms")
	p := steady(200, 2*time.Second)
	ends := map[time.Duration][]int{} // by millisecond
	r := rand.New(rand.NewPCG(1, 2))
	late := 0
	for seq, due := range p.Due() {
		took := time.Duration(r.IntN(290)) * ms
		if r.IntN(4) == 0 {
			took, late = time.Duration(310+r.IntN(500))*ms, late+1
		}
		at := (due + took).Truncate(ms)
		ends[at] = append(ends[at], seq)
	}
	o := w.newTrial(0, p).overdue[0]
	open, closed := 0, 0
	for at := time.Duration(0); at < 4*time.Second; at += ms {
		for _, seq := range ends[at] {
			due, bad := time.Duration(seq)*5*ms, uint64(0)
			if at-due > 300*ms {
				bad = 1
			}
			closed += int(bad - o.ended(due.Truncate(count.Width), 1, bad))
		}
		if at%(75*ms) == 0 {
			open += int(o.sweep(at, 0))
		}
	}
	if open+closed != late || open < late/4 || closed == 0 || o.open != 0 || o.more || len(o.bins) > 1 {
		t.Errorf("%d counted while they were open and %d when they ended, of %d; %d not ended, %d bins kept", open, closed, late, o.open, len(o.bins))
	}
}

// TestOpenAmongOthers: of requests that are due in one bin some stay open, and whichever of the others ends, and how,
// each of them counts once.
func TestOpenAmongOthers(t *testing.T) {
	w, _ := watch(t, "latency.p50 > 300ms")
	o := w.newTrial(0, steady(100, 100*ms)).overdue[0] // ten, 10 ms apart
	sum := uint64(0)
	step := func(now time.Duration, all, bad, want uint64) {
		t.Helper()
		sum += bad - o.ended(0, all, bad)
		o.sweep(now, 0) // what was too old at the sweep before counts, so that two make one
		o.looked = now
		if sum += o.sweep(now, 0); sum != want {
			t.Errorf("at %v %d are bad, want %d", now, sum, want)
		}
	}
	step(305*ms, 0, 0, 1) // the first is too old
	step(345*ms, 5, 0, 1) // five ended well: those that came later, as far as anybody knows
	step(355*ms, 1, 1, 1) // one ended badly: that one
	step(395*ms, 0, 0, 5) // ten came and six ended
	step(500*ms, 4, 4, 5) // late
	if o.open != 0 || len(o.bins) != 0 {
		t.Errorf("%d are open", o.open)
	}
}

// TestLookSeesWhatEnded: a result that nobody has looked at yet has ended.
func TestLookSeesWhatEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, alarms := watch(t, "latency.p99 > 100ms")
		results := count.New(0)
		end := w.Trial(results, time.Now().Add(-time.Second), 0, steady(1000, 30*ms)) // all of it was due long ago
		s := results.Shard()
		for i := range 30 {
			s.Record(loadgen.Result{Seq: i, Due: time.Duration(i) * ms, Done: time.Duration(i)*ms + us, Outcome: loadgen.OK})
		}
		time.Sleep(3 * lookEvery)
		end()
		if w.requests != 30 || len(*alarms) > 0 {
			t.Errorf("%d seen, %v", w.requests, *alarms)
		}
	})
}

// TestStalledWatcher: what nobody could read while nothing ran is not overdue.
func TestStalledWatcher(t *testing.T) {
	w, alarms := watch(t, "latency.p99 > 100ms")
	p := steady(1000, time.Second)
	r, results := w.newTrial(0, p), count.New(0)
	results.Watch(r.take)
	r.sweep(20 * ms)
	r.sweep(900 * ms) // 800 are too old by the clock, and their answers wait in the kernel
	for seq, due := range p.Due() {
		if due < 900*ms {
			results.Record(loadgen.Result{Seq: seq, Due: due, Done: due + ms, Outcome: loadgen.OK})
		}
	}
	results.Read()
	r.sweep(925 * ms)
	if len(*alarms) > 0 {
		t.Errorf("%v", *alarms)
	}
	r.sweep(1200 * ms) // 1100 ms later nothing came of the last hundred
	r.sweep(1300 * ms)
	if len(*alarms) != 1 {
		t.Errorf("%v", *alarms)
	}
}
