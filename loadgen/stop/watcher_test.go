package stop

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"weir/loadgen"
)

const us = time.Microsecond

// counter counts what it is given, in shards of its own.
type counter struct {
	all    atomic.Int64
	shards atomic.Int64
}

func (c *counter) Record(loadgen.Result) { c.all.Add(1) }
func (c *counter) Shard() loadgen.Recorder {
	c.shards.Add(1)
	return c
}

func done(at time.Duration, o loadgen.Outcome) loadgen.Result {
	return loadgen.Result{Due: at, Done: at, Outcome: o}
}

// watch returns a watcher that keeps its alarms.
func watch(t testing.TB, texts ...string) (*Watcher, *[]Alarm) {
	var rules []Rule
	for _, text := range texts {
		rules = append(rules, must(t, text))
	}
	var alarms []Alarm
	return Watch(rules, func(a Alarm) { alarms = append(alarms, a) }), &alarms
}

func TestAlarm(t *testing.T) {
	w, alarms := watch(t, "latency > 1h", "failures.shed > 5%", "failures > 5%")
	var next counter
	rec := w.Recorder(&next)
	for i := range 100 {
		rec.Record(done(time.Duration(i)*time.Millisecond, loadgen.OK))
		rec.Record(done(time.Duration(i)*time.Millisecond, loadgen.Canceled))
	}
	for i := range 100 {
		rec.Record(done(time.Second+time.Duration(i)*time.Millisecond, loadgen.ConnectRefused))
	}
	if len(*alarms) != 1 || next.all.Load() != 300 {
		t.Fatalf("alarms %v; %d of 300 results came through", *alarms, next.all.Load())
	}
	// Failures count as slow, and the rule on latency allows the fewest.
	a := (*alarms)[0]
	n := uint64(math.Ceil(math.Log(1e8*.02) / math.Ln2))
	at := time.Second + time.Duration(n-1)*time.Millisecond
	if a.Rule != "latency > 1h" || a.Requests != 100+n || a.At != at || a.Since != time.Second || a.Of != n || a.Bad != n || a.Share != 1 ||
		a.Text != "latency > 1h: 21 of the 21 requests done from 1.00 s to 1.02 s took longer than 1h0m0s or failed, 100 %, where 1 % are allowed" {
		t.Errorf("%+v, want after %d bad requests, at %v", a, n, at)
	}
}

// The first rule to be broken gives the alarm, wherever it stands; of two at once, the first.
func TestFirstRule(t *testing.T) {
	for want, texts := range map[string][]string{
		"failures > 1%":      {"failures > 50%", "failures > 1%", "failures.shed > 1%"},
		"failures.shed > 1%": {"failures.http_500 > 1%", "failures.shed > 1%", "failures > 1%"},
	} {
		w, alarms := watch(t, texts...)
		rec := w.Recorder(discard{})
		for i := range 1000 {
			rec.Record(done(time.Duration(i), loadgen.Shed))
		}
		if len(*alarms) != 1 || (*alarms)[0].Rule != want {
			t.Errorf("%v: %v, want %s", texts, *alarms, want)
		}
	}
}

// A window begins where the trouble does: what was seen before S left zero is not part of the share.
func TestWindowBeginsAtZero(t *testing.T) {
	w, alarms := watch(t, "failures > 10%")
	rec := w.Recorder(discard{})
	n := time.Duration(0)
	give := func(count int, o loadgen.Outcome) {
		for range count {
			rec.Record(done(n, o))
			n++
		}
	}
	give(3, loadgen.HTTP500)
	give(50, loadgen.OK)
	begin := n
	for range 200 {
		give(1, loadgen.HTTP500)
		give(1, loadgen.OK)
	}
	a := (*alarms)[0]
	if a.Since != begin || a.Of != uint64(a.At-begin)+1 || a.Bad != (a.Of+1)/2 || a.Requests != a.Of+53 {
		t.Errorf("%+v, want it to begin at %d", a, begin)
	}
}

// A shard hands over full batches, and what waits when time has passed; next sees all of it at once.
func TestShardHandsOver(t *testing.T) {
	for name, c := range map[string]struct {
		every time.Duration
		want  uint64 // looked at of 50
	}{"the first, and a batch": {us, 1 + batch}, "each": {handOver, 50}, "each fifth": {handOver / 5, 46}} {
		w, _ := watch(t, "failures > 5%")
		var next counter
		s := w.Recorder(&next).(loadgen.Sharded).Shard()
		if next.shards.Load() != 1 {
			t.Fatal("next was not asked for a shard")
		}
		for i := range 50 {
			s.Record(done(time.Second+time.Duration(i)*c.every, loadgen.OK))
			if next.all.Load() != int64(i+1) {
				t.Fatal("next waits")
			}
		}
		if w.requests != c.want {
			t.Errorf("%s: %d of 50 results were looked at, want %d", name, w.requests, c.want)
		}
	}
}

// Shards of both kinds of recorder, at once: everything is passed on, the alarm comes once, and no later
// than a batch from each thread after the trouble. Run it with -race.
func TestShardsTogether(t *testing.T) {
	const threads, good, bad = 4, 3200, 320
	w, alarms := watch(t, "failures > 5%")
	var next counter
	rec := w.Recorder(&next)
	record := func(n int, from time.Duration, o loadgen.Outcome) {
		var wait sync.WaitGroup
		for i := range threads {
			r := rec // one thread without a shard
			if i > 0 {
				r = loadgen.ShardOf(rec)
			}
			wait.Go(func() {
				for i := range n {
					r.Record(done(from+time.Duration(i)*us, o))
				}
			})
		}
		wait.Wait()
	}
	record(good, 0, loadgen.OK)
	if len(*alarms) != 0 || w.requests != threads*good {
		t.Fatalf("%v after %d good requests", *alarms, w.requests)
	}
	record(bad, time.Second, loadgen.ConnectTimeout)
	if len(*alarms) != 1 || next.all.Load() != threads*(good+bad) {
		t.Fatalf("%v, %d results came through", *alarms, next.all.Load())
	}
	if a := (*alarms)[0]; a.Of != 24 || a.Requests != threads*good+24 || a.At > time.Second+2*batch*us {
		t.Errorf("%+v, want it after 24 failures", a)
	}
}

// The alarm may wait for threads that are still recording.
func TestAlarmMayWait(t *testing.T) {
	var rec loadgen.Recorder
	called := 0
	w := Watch([]Rule{must(t, "failures > 5%")}, func(Alarm) {
		called++
		finished := make(chan struct{})
		go func() { rec.Record(done(0, loadgen.Shed)); close(finished) }()
		select {
		case <-finished:
		case <-time.After(5 * time.Second):
			t.Error("a thread that records waits for the alarm")
		}
	})
	rec = w.Recorder(discard{})
	for range 100 {
		rec.Record(done(0, loadgen.Shed))
	}
	if called != 1 {
		t.Errorf("%d alarms", called)
	}
}

func TestRecordDoesNotAllocate(t *testing.T) {
	w, _ := watch(t, "failures > 5%", "latency.p99.9 > 1s", "failures.shed > 1%")
	rec := w.Recorder(discard{})
	for _, r := range []loadgen.Recorder{rec, loadgen.ShardOf(rec)} {
		at := time.Duration(0)
		if n := testing.AllocsPerRun(1000, func() { at += us; r.Record(done(at, loadgen.OK)) }); n != 0 {
			t.Errorf("%T: %v allocations a result", r, n)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	for name, shard := range map[string]func(loadgen.Recorder) loadgen.Recorder{
		"shards": loadgen.ShardOf, "one": func(r loadgen.Recorder) loadgen.Recorder { return r },
	} {
		b.Run(name, func(b *testing.B) {
			w, _ := watch(b, "failures > 5%", "latency.p99.9 > 1s", "failures.connect_timeout > 1%")
			rec := w.Recorder(discard{})
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				r := shard(rec)
				for at := time.Duration(0); pb.Next(); at += 20 * us {
					r.Record(done(at, loadgen.OK))
				}
			})
		})
	}
}

// What is not for the rules reaches next all the same.
func TestDeparturesPass(t *testing.T) {
	w, _ := watch(t, "failures > 5%")
	next := &gone{}
	loadgen.Depart(w.Recorder(next), loadgen.Departure{})
	loadgen.Depart(w.Recorder(next).(loadgen.Sharded).Shard(), loadgen.Departure{})
	loadgen.Depart(discard{}, loadgen.Departure{}) // nobody to take it
	if next.n != 2 {
		t.Errorf("%d departures, want 2", next.n)
	}
}

// gone counts departures.
type gone struct{ n int }

func (*gone) Record(loadgen.Result)      {}
func (g *gone) Depart(loadgen.Departure) { g.n++ }
