package gate

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
)

// TestOpenRequestsCountOnce: the rule comes to as many as if it had waited for the end of each, whenever it
// looks.
func TestOpenRequestsCountOnce(t *testing.T) {
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
	o := newOverdue(300*ms, 0, p)
	open, closed := 0, 0
	for at := time.Duration(0); at < 4*time.Second; at += ms {
		for _, seq := range ends[at] {
			due, bad := time.Duration(seq)*5*ms, uint64(0)
			if at-due > 300*ms {
				bad = 1
			}
			closed += int(bad - o.ended(endedIn(due, 1), bad))
		}
		if at%(75*ms) == 0 {
			open += sum(o.sweep(at))
		}
	}
	if open+closed != late || open < late/4 || closed == 0 || o.open != 0 || o.more || len(o.bins) > 1 {
		t.Errorf("%d counted while they were open and %d when they ended, of %d; %d not ended, %d bins kept",
			open, closed, late, o.open, len(o.bins))
	}
}

// TestOpenAmongOthers: of requests that are due in one bin some stay open, and whichever of the others ends,
// and how, each of them counts once.
func TestOpenAmongOthers(t *testing.T) {
	o := newOverdue(300*ms, 0, steady(100, 100*ms)) // ten, 10 ms apart
	counted := uint64(0)
	step := func(now time.Duration, all, bad, want uint64) {
		t.Helper()
		counted += bad - o.ended(endedIn(0, all), bad)
		o.sweep(now) // what was too old at the sweep before counts, so that two make one
		o.looked = now
		if counted += uint64(sum(o.sweep(now))); counted != want {
			t.Errorf("at %v %d are bad, want %d", now, counted, want)
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

// endedIn is a bin of a count in which so many requests ended well.
func endedIn(due time.Duration, n uint64) (bin *count.Bin) {
	c := count.New(0)
	c.Watch(func(r *count.Reading) {
		for _, b := range r.Bins {
			if b.Ended() > 0 {
				kept := *b
				bin = &kept
			}
		}
	})
	for range n {
		c.Record(loadgen.Result{Due: due, Done: due + 10*time.Second, Outcome: loadgen.OK})
	}
	if c.Read(); bin == nil {
		bin = &count.Bin{At: due.Truncate(count.Width)}
	}
	return bin
}

func sum(bins map[time.Duration]uint64) (n int) {
	for _, k := range bins {
		n += int(k)
	}
	return n
}

// TestLooksOften: what is recorded is looked at within a hundredth of a second, and nobody else has to read
// the count; a silent server is seen when the first requests are too old.
func TestLooksOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for expr, failing := range map[string]bool{"failed.rate > 5%": true, "latency.p99 > 500ms": false} {
			rule, err := ParseAbort(expr)
			check(t, err)
			began, stopped := time.Now(), atomic.Int64{}
			l := NewLive([]Assertion{rule}, nil, lane(), func() time.Duration { return time.Since(began) },
				func(*Stopped) { stopped.Store(int64(time.Since(began))) })
			c := count.New(0)
			l.Trial("direct", 0, steady(100, 10*time.Second))
			l.Watch(c)
			for failing && stopped.Load() == 0 {
				at := time.Since(began)
				c.Record(loadgen.Result{Due: at, Done: at, Outcome: loadgen.HTTP503})
				time.Sleep(10 * ms)
			}
			time.Sleep(2 * time.Second)
			l.TrialEnd()
			if want := map[bool]time.Duration{true: 240 * ms,
				false: 720 * ms}[failing]; time.Duration(stopped.Load()) < want-20*ms ||
				time.Duration(stopped.Load()) > want+50*ms {
				t.Errorf("%s: stopped at %v, want %v", expr, time.Duration(stopped.Load()), want)
			}
		}
	})
}

// TestTheSoonestRule: of several the one that the fewest requests decide ends the load; of two at once, the
// first.
func TestTheSoonestRule(t *testing.T) {
	for want, exprs := range map[string][]string{
		"failed.rate > 1%": {"failed.rate > 50%", "failed.rate > 1%", "outcome.shed.rate > 1%"},
		"outcome.shed.rate > 1%": {"outcome.http_500.rate > 1%", "outcome.shed.rate > 1%",
			"failed.rate > 1%"},
	} {
		w := watching(t, 20*time.Second, exprs...)
		for range 1000 {
			w.Record(loadgen.Result{Outcome: loadgen.Shed})
		}
		if w.Read(); w.stopped == nil || w.stopped.Expr != want {
			t.Errorf("%v: %v, want %s", exprs, w.stopped, want)
		}
	}
}

// BenchmarkSee looks at what a hundredth of a second brings at 50,000 requests a second.
func BenchmarkSee(b *testing.B) {
	w := watching(b, 20*time.Second, "failed.rate > 5%", "latency.p99.9 > 1s",
		"outcome.connect_timeout.rate > 1%")
	for i := range 500 {
		w.Record(loadgen.Result{Due: time.Duration(i) * 20 * time.Microsecond,
			Done: time.Duration(i) * 20 * time.Microsecond, Outcome: loadgen.OK})
	}
	t := w.running
	w.Counter.Watch(func(r *count.Reading) {
		for b.Loop() {
			w.decide(t, func(rule *rule) (string, uint64) { return rule.see(t, r) })
		}
	})
	w.Read()
}
