package stop

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"weir/loadgen"
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
		rec, end := w.Trial(discard{}, epoch, start, steady(100, 10*time.Second))
		shard := loadgen.ShardOf(rec)
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
			due := time.Duration(seq) * 5 * ms
			if !o.ended(seq) && at-due > 300*ms {
				closed++
			}
		}
		if at%(75*ms) == 0 {
			o.sweep(at, 0, func() bool { open++; return false })
		}
	}
	if open+closed != late || open == 0 || closed == 0 || o.undone != 0 || o.seq != -1 {
		t.Errorf("%d counted while they were open and %d when they ended, of %d; %d not ended", open, closed, late, o.undone)
	}
}

// TestSweepSeesWhatWaits: a result that a shard still holds has ended.
func TestSweepSeesWhatWaits(t *testing.T) {
	w, alarms := watch(t, "latency.p99 > 100ms")
	r := &recorder{Watcher: w, next: discard{}, trial: w.newTrial(0, steady(1000, 30*ms))}
	s := r.Shard()
	for i := range 30 { // the first is handed over at once, the others wait for more
		s.Record(loadgen.Result{Seq: i, Due: time.Duration(i) * ms, Done: time.Duration(i)*ms + us, Outcome: loadgen.OK})
	}
	r.sweep(time.Second)
	r.sweep(2 * time.Second)
	if w.requests != 30 || len(*alarms) > 0 {
		t.Errorf("%d seen, %v", w.requests, *alarms)
	}
}

// TestStalledWatcher: what nobody could read while nothing ran is not overdue.
func TestStalledWatcher(t *testing.T) {
	w, alarms := watch(t, "latency.p99 > 100ms")
	p := steady(1000, time.Second)
	r := &recorder{Watcher: w, next: discard{}, trial: w.newTrial(0, p)}
	r.sweep(20 * ms)
	r.sweep(900 * ms) // 800 are too old by the clock, and their answers wait in the kernel
	for seq, due := range p.Due() {
		if due < 900*ms {
			r.Record(loadgen.Result{Seq: seq, Due: due, Done: due + ms, Outcome: loadgen.OK})
		}
	}
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

func TestSet(t *testing.T) {
	var s set
	in := map[int]bool{}
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 100_000 {
		if m := n + r.IntN(5000); !in[m] {
			in[m] = true
			s.add(m)
		}
		if s.take(n) != in[n] {
			t.Fatalf("%d in the set: %v", n, in[n])
		}
	}
	if len(s.words) > 1000 {
		t.Errorf("%d words are kept of what was taken", len(s.words))
	}
}
