package stop

import (
	"math"
	"sync"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
)

const (
	us = time.Microsecond
	ms = time.Millisecond
)

func done(at time.Duration, o loadgen.Outcome) loadgen.Result {
	return loadgen.Result{Due: at, Done: at, Outcome: o}
}

// watch returns a watcher that keeps its alarms, and the count of a trial whose plan nobody asks.
func watch(t testing.TB, texts ...string) (*Watcher, *count.Counter, *[]Alarm) {
	var rules []Rule
	for _, text := range texts {
		rules = append(rules, must(t, text))
	}
	var alarms []Alarm
	w, c := Watch(rules, func(a Alarm) { alarms = append(alarms, a) }), count.New(0)
	t.Cleanup(w.Trial(c, time.Now(), time.Hour, plan.Plan{}))
	return w, c, &alarms
}

func TestAlarm(t *testing.T) {
	_, c, alarms := watch(t, "latency > 1h", "failures.shed > 5%", "failures > 5%")
	for i := range 100 {
		c.Record(done(time.Duration(i)*ms, loadgen.OK))
		c.Record(done(time.Duration(i)*ms, loadgen.Canceled))
	}
	c.Read()
	for i := range 100 {
		c.Record(done(time.Second+time.Duration(i)*ms, loadgen.ConnectRefused))
		c.Read()
	}
	if len(*alarms) != 1 {
		t.Fatalf("alarms %v", *alarms)
	}
	// Failures count as slow, and the rule on latency allows the fewest.
	a := (*alarms)[0]
	n := uint64(math.Ceil(math.Log(1e8*.02) / math.Ln2))
	at := time.Second + time.Duration(n-1)*ms
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
		_, c, alarms := watch(t, texts...)
		for i := range 1000 {
			c.Record(done(time.Duration(i), loadgen.Shed))
			c.Read()
		}
		if len(*alarms) != 1 || (*alarms)[0].Rule != want {
			t.Errorf("%v: %v, want %s", texts, *alarms, want)
		}
	}
}

// A window begins where the trouble does: what was seen before S left zero is not part of the share.
func TestWindowBeginsAtZero(t *testing.T) {
	_, c, alarms := watch(t, "failures > 10%")
	n := time.Duration(0)
	give := func(count int, o loadgen.Outcome) {
		for range count {
			c.Record(done(n, o))
			c.Read()
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

// TestThreadsTogether: shards and a thread without one, at once, while somebody reads: all of it is seen, and the alarm
// comes once. Run it with -race.
func TestThreadsTogether(t *testing.T) {
	const threads, good, bad = 4, 3200, 320
	w, c, alarms := watch(t, "failures > 5%")
	record := func(n int, from time.Duration, o loadgen.Outcome) {
		var wait sync.WaitGroup
		for i := range threads {
			r := loadgen.Recorder(c) // one thread without a shard
			if i > 0 {
				r = loadgen.ShardOf(c)
			}
			wait.Go(func() {
				for i := range n {
					r.Record(done(from+time.Duration(i)*us, o))
				}
			})
		}
		c.Read()
		wait.Wait()
		c.Read()
	}
	record(good, 0, loadgen.OK)
	if len(*alarms) != 0 || w.requests != threads*good {
		t.Fatalf("%v after %d good requests", *alarms, w.requests)
	}
	record(bad, time.Second, loadgen.ConnectTimeout)
	if len(*alarms) != 1 || (*alarms)[0].Of < 24 || (*alarms)[0].Of > threads*bad {
		t.Fatalf("%+v", *alarms)
	}
}
