package stop

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
)

const us = time.Microsecond

func done(at time.Duration, o loadgen.Outcome) loadgen.Result {
	return loadgen.Result{Due: at, Done: at, Outcome: o}
}

// shown returns a count that somebody has to read, which a watcher looks at.
func shown(w *Watcher) *count.Counter {
	results := count.New(0)
	results.Watch(w.newTrial(0, plan.Plan{}).take)
	return results
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
	results := shown(w)
	for i := range 100 {
		results.Record(done(time.Duration(i)*time.Millisecond, loadgen.OK))
		results.Record(done(time.Duration(i)*time.Millisecond, loadgen.Canceled))
	}
	results.Read()
	for i := range 100 {
		results.Record(done(time.Second+time.Duration(i)*time.Millisecond, loadgen.ConnectRefused))
	}
	results.Read()
	if len(*alarms) != 1 {
		t.Fatalf("alarms %v", *alarms)
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
		results := shown(w)
		for i := range 1000 {
			results.Record(done(time.Duration(i), loadgen.Shed))
		}
		results.Read()
		if len(*alarms) != 1 || (*alarms)[0].Rule != want {
			t.Errorf("%v: %v, want %s", texts, *alarms, want)
		}
	}
}

// A window begins where the trouble does: what was seen before S left zero is not part of the share.
func TestWindowBeginsAtZero(t *testing.T) {
	w, alarms := watch(t, "failures > 10%")
	results := shown(w)
	n := time.Duration(0)
	give := func(count int, o loadgen.Outcome) {
		for range count {
			results.Record(done(n, o))
			n++
		}
		results.Read()
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

// What is recorded is looked at within a hundredth of a second, be it much or little, and nobody else has to read the count.
func TestLooksOften(t *testing.T) {
	for _, each := range []int{1, 12} {
		synctest.Test(t, func(t *testing.T) {
			w, alarms := watch(t, "failures > 5%")
			results := count.New(0)
			end := w.Trial(results, time.Now(), 0, plan.Plan{})
			defer end()
			shard := results.Shard()
			for i := range 24 / each {
				for range each {
					shard.Record(done(time.Duration(i)*time.Second, loadgen.HTTP503))
				}
				time.Sleep(lookEvery)
				synctest.Wait()
				w.mu.Lock()
				if w.requests != uint64((i+1)*each) {
					t.Errorf("%d of %d were looked at", w.requests, (i+1)*each)
				}
				w.mu.Unlock()
			}
			if len(*alarms) != 1 {
				t.Errorf("%v after 24 failures", *alarms)
			}
		})
	}
}

// Threads with a shard and one without, at once: the alarm comes once, after as many failures as of one thread. Run it
// with -race.
func TestShardsTogether(t *testing.T) {
	const threads, good, bad = 4, 3200, 320
	w, alarms := watch(t, "failures > 5%")
	results := shown(w)
	record := func(n int, from time.Duration, o loadgen.Outcome) {
		var wait sync.WaitGroup
		for i := range threads {
			r := loadgen.Recorder(results)
			if i > 0 {
				r = results.Shard()
			}
			wait.Go(func() {
				for i := range n {
					r.Record(done(from+time.Duration(i)*us, o))
					if i%100 == 0 {
						results.Read()
					}
				}
			})
		}
		wait.Wait()
		results.Read()
	}
	record(good, 0, loadgen.OK)
	if len(*alarms) != 0 || w.requests != threads*good {
		t.Fatalf("%v after %d good requests", *alarms, w.requests)
	}
	record(bad, time.Second, loadgen.ConnectTimeout)
	if len(*alarms) != 1 {
		t.Fatalf("%v", *alarms)
	}
	if a := (*alarms)[0]; a.Of != 24 || a.Requests != threads*good+24 || a.At > time.Second+bad*us {
		t.Errorf("%+v, want it after 24 failures", a)
	}
}

// The alarm may wait for threads that are still recording.
func TestAlarmMayWait(t *testing.T) {
	var results *count.Counter
	called := 0
	w := Watch([]Rule{must(t, "failures > 5%")}, func(Alarm) {
		called++
		finished := make(chan struct{})
		go func() { results.Record(done(0, loadgen.Shed)); close(finished) }()
		select {
		case <-finished:
		case <-time.After(5 * time.Second):
			t.Error("a thread that records waits for the alarm")
		}
	})
	results = shown(w)
	for range 100 {
		results.Record(done(0, loadgen.Shed))
	}
	results.Read()
	if called != 1 {
		t.Errorf("%d alarms", called)
	}
}

// BenchmarkTake looks at what a hundredth of a second brings at 50,000 requests a second.
func BenchmarkTake(b *testing.B) {
	w, _ := watch(b, "failures > 5%", "latency.p99.9 > 1s", "failures.connect_timeout > 1%")
	results := count.New(0)
	var delta *count.Reading
	results.Watch(func(d *count.Reading) { delta = d })
	for i := range 500 {
		results.Record(done(time.Duration(i)*20*us, loadgen.OK))
	}
	trial := w.newTrial(0, plan.Plan{})
	results.Watch(func(*count.Reading) {
		for b.Loop() {
			trial.take(delta)
		}
	})
	results.Read()
}
