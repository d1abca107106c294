package count

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"weir/loadgen"
)

const ms = time.Millisecond

func ExampleCounter() {
	c := New(50 * time.Millisecond)
	c.Watch(func(r *Reading) {
		for _, b := range r.Bins {
			fmt.Printf("%v: %d ended, %d failed, %d late, %d bad\n", b.At, b.Ended(), b.Failed(), b.Late,
				b.Bad())
		}
	})
	thread := loadgen.ShardOf(c) // what an engine asks for
	thread.Record(loadgen.Result{Due: 10 * ms, Sent: 10 * ms, Done: 30 * ms, Outcome: loadgen.OK})
	thread.Record(loadgen.Result{Due: 20 * ms, Sent: 20 * ms, Done: 90 * ms, Outcome: loadgen.OK})
	thread.Record(loadgen.Result{Due: 30 * ms, Sent: 30 * ms, Done: 40 * ms, Outcome: loadgen.HTTP502})
	thread.Record(loadgen.Result{Due: 40 * ms, Done: 50 * ms, Outcome: loadgen.Canceled})
	c.Read()
	// Output:
	// 0s: 3 ended, 1 failed, 1 late, 2 bad
}

// TestThreads: what threads record side by side adds up, however often it is read, and by whom.
func TestThreads(t *testing.T) {
	const threads, each = 4, 50_000
	c := New(0)
	var ended, sent, done uint64
	var latencies int
	c.Watch(func(r *Reading) {
		for i, b := range r.Bins {
			if i > 0 && b.At <= r.Bins[i-1].At || b.At%Width != 0 {
				t.Errorf("the bin at %v is out of order", b.At)
			}
			ended += b.Ended()
			sent += b.Sent
			done += b.Done()[loadgen.OK]
			latencies += len(b.Latency)
		}
	})
	var wait sync.WaitGroup
	for i := range threads {
		r := loadgen.Recorder(c)
		if i > 0 {
			r = loadgen.ShardOf(c)
		}
		wait.Go(func() {
			for i := range each {
				due := time.Duration(i) * 20 * time.Microsecond
				r.Record(loadgen.Result{Due: due, Sent: due + 1, Done: due + 30*ms, Outcome: loadgen.OK})
				if i%5_000 == 0 {
					c.Read()
				}
			}
		})
	}
	wait.Wait()
	c.Read()
	if n := uint64(threads * each); ended != n || sent != n || done != n || latencies != int(n) {
		t.Errorf("%d ended, %d sent, %d done, %d latencies of %d", ended, sent, done, latencies, n)
	}
}

// TestMerge: bins of the same time add up, and an empty one is as new.
func TestMerge(t *testing.T) {
	var bins []*Bin
	for _, r := range []loadgen.Result{
		{Due: 210 * ms, Sent: 211 * ms, Connected: 1300 * ms, Done: 1320 * ms, Outcome: loadgen.OK,
			SYNRetrans: 1, Closed: loadgen.ByUs},
		{Due: 220 * ms, Sent: 220 * ms, Done: 900 * ms, Outcome: loadgen.ConnectTimeout, LocalPort: 4711,
			SYNRetrans: 2, Closed: loadgen.ByPeer, Unread: 3},
	} {
		c := New(time.Second)
		c.Watch(func(r *Reading) {
			for _, b := range r.Bins {
				if b.At == 200*ms {
					var kept Bin
					kept.Merge(b)
					bins = append(bins, &kept)
				}
			}
		})
		c.Record(r)
		c.Read()
	}
	sum := bins[0]
	sum.Merge(bins[1])
	if sum.Ended() != 2 || sum.Failed() != 1 || sum.Late != 1 || sum.Bad() != 2 ||
		sum.Of(loadgen.ConnectTimeout) != 1 || sum.SYNRetrans != 3 || sum.Opened != 1 {
		t.Errorf("%+v", sum)
	}
	if len(sum.Connects) != 1 || sum.Connects[0].Lost != 1 || len(sum.Unanswered) != 1 ||
		sum.Unanswered[0].Lost != 3 || sum.WeClosed != 1 || sum.PeerUnread != 1 {
		t.Errorf("%+v", sum)
	}
	if len(sum.Latency) != 1 || len(sum.FailLatency) != 1 || len(sum.Lag) != 2 || sum.Lag[0] != int64(ms) {
		t.Errorf("%+v", sum)
	}
	if sum.Empty(); sum.Ended() != 0 || sum.Late != 0 || len(sum.Latency) != 0 || cap(sum.Latency) == 0 {
		t.Errorf("an empty bin: %+v", sum)
	}
}

// TestExamplesAreFew: of many failures a few are kept whole, of each kind and tenth of a second.
func TestExamplesAreFew(t *testing.T) {
	c, kept := New(0), map[loadgen.Outcome]int{}
	c.Watch(func(r *Reading) {
		for _, f := range r.Failures {
			kept[f.Outcome]++
		}
	})
	for i := range 100 {
		at := time.Duration(i) * 2 * ms // two tenths of a second
		c.Record(loadgen.Result{Due: at, Sent: at, Done: at, Outcome: loadgen.HTTP502})
		c.Record(loadgen.Result{Due: at, Sent: at, Done: at, Outcome: loadgen.ConnectReset})
		if i%10 == 0 {
			c.Read()
		}
	}
	c.Read()
	if kept[loadgen.HTTP502] != 4 || kept[loadgen.ConnectReset] != 4 {
		t.Errorf("%v, want 4 of each", kept)
	}
}

// TestNothingAllocatedPerResult: once a trial runs steadily, counting takes no memory.
func TestNothingAllocatedPerResult(t *testing.T) {
	c := New(time.Second)
	thread := loadgen.ShardOf(c)
	seq := 0
	record := func() {
		for range 1000 {
			at := time.Second + time.Duration(seq)*20*time.Microsecond
			thread.Record(loadgen.Result{Seq: seq, Due: at, Sent: at, Done: at + ms, Outcome: loadgen.OK})
			seq++
		}
	}
	for range 6 { // two sets of bins find their size
		for range 40 {
			record()
		}
		c.Read()
	}
	if n := testing.AllocsPerRun(20, record); n > 8 { // a map of bins may grow
		t.Errorf("%v allocations for 1,000 results", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	c := New(time.Second)
	stop := make(chan struct{})
	go func() {
		for tick := time.NewTicker(100 * ms); ; {
			select {
			case <-tick.C:
				c.Read()
			case <-stop:
				return
			}
		}
	}()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r := loadgen.ShardOf(c)
		for at := time.Duration(0); pb.Next(); at += 20 * time.Microsecond {
			r.Record(loadgen.Result{Due: at, Sent: at, Connected: at + 1, FirstByte: at + ms, Done: at + ms,
				Outcome: loadgen.OK})
		}
	})
	close(stop)
}
