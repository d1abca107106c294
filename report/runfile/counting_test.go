package runfile

import (
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"weir/loadgen"
)

// TestShards: what threads record side by side, each to a shard of its own, adds up, whenever it is written.
func TestShards(t *testing.T) {
	var buf lockedBuffer
	rec, err := NewRecorder(NewWriter(&buf), testHeader())
	check(t, err)
	check(t, rec.Write(testTrial(0)))
	const threads, each = 3, 30_000
	var wg sync.WaitGroup
	for range threads {
		shard := loadgen.ShardOf(rec.Results(0))
		wg.Go(func() {
			for i := range each {
				due := time.Second + time.Duration(i)*100*time.Microsecond
				shard.Record(loadgen.Result{
					Seq: i, Due: due, Sent: due + ms, Connected: due + 2*ms, Done: due + 30*ms,
					Outcome:    loadgen.OK,
					SYNRetrans: i % 3, Closed: []loadgen.Closer{"", loadgen.ByPeer, loadgen.ByUs,
						loadgen.ByUs}[i%4],
				})
				if i%5_000 == 0 {
					rec.read(true) // as the ticker does, at any moment
				}
			}
		})
	}
	wg.Wait()
	check(t, rec.Write(&TrialEnd{Index: 0, End: 5 * time.Second}))
	check(t, rec.Close("complete"))

	recs, r := read(buf.bytes())
	check(t, r.Err())
	var sum Bin
	latency, fromSent := NewHistogram(), NewHistogram()
	connects := map[int]Connects{}
	for _, b := range only[*Bin](recs) {
		sum.Sent, sum.Opened, sum.PeerClosed, sum.WeClosed = sum.Sent+b.Sent, sum.Opened+b.Opened,
			sum.PeerClosed+b.PeerClosed, sum.WeClosed+b.WeClosed
		sum.SYNRetrans += b.SYNRetrans
		check(t, MergeHistogram(latency, b.Latency))
		check(t, MergeHistogram(fromSent, b.FromSent))
		for _, c := range b.Connects {
			connects[c.Lost] = Connects{Lost: c.Lost, Count: connects[c.Lost].Count + c.Count,
				Sum: connects[c.Lost].Sum + c.Sum}
		}
	}
	const n = threads * each
	if sum.Sent != n || sum.Opened != n || sum.PeerClosed != n/4 || sum.WeClosed != n/2 ||
		sum.SYNRetrans != n {
		t.Errorf("sent %d, opened %d, closed by the peer %d and by us %d, lost SYNs %d, of %d", sum.Sent,
			sum.Opened, sum.PeerClosed, sum.WeClosed, sum.SYNRetrans, n)
	}
	if latency.TotalCount() != n || fromSent.TotalCount() != n || latency.Min() < int64(29*ms) ||
		fromSent.Max() > int64(30*ms) {
		t.Errorf("%d latencies from %d, %d times from sending up to %d", latency.TotalCount(), latency.Min(),
			fromSent.TotalCount(), fromSent.Max())
	}
	for lost := 1; lost < 3; lost++ {
		if c := connects[lost]; c.Count != n/3 || c.Sum != n/3*ms {
			t.Errorf("%d handshakes with %d lost SYNs took %v, want %d and %v", c.Count, lost, c.Sum, n/3,
				n/3*ms)
		}
	}
	if len(connects) != 2 {
		t.Errorf("%v", connects)
	}
}

// TestDeparted: who closed idle connections is told with the trial, where connections can be idle.
func TestDeparted(t *testing.T) {
	for _, use := range []loadgen.Connections{loadgen.New, loadgen.Reuse} {
		var buf lockedBuffer
		header := testHeader()
		header.Lanes[0].Connections = use
		rec, err := NewRecorder(NewWriter(&buf), header)
		check(t, err)
		check(t, rec.Write(testTrial(0)))
		results := rec.Results(0)
		shard := loadgen.ShardOf(results)
		for i := range 10 {
			loadgen.Depart(results, loadgen.Departure{Closed: loadgen.ByUs, Unread: i % 2})
			loadgen.Depart(shard, loadgen.Departure{Closed: loadgen.ByPeer, Unread: max(0, i-7)})
		}
		check(t, rec.Write(&TrialEnd{Index: 0, End: 5 * time.Second}))
		check(t, rec.Close("complete"))
		recs, r := read(buf.bytes())
		check(t, r.Err())
		got := only[*TrialEnd](recs)[0].Departed
		want := Closings{PeerClosed: 10, WeClosed: 10, PeerUnread: 2, WeUnread: 5}
		if use == loadgen.New && got != nil || use == loadgen.Reuse && (got == nil || *got != want) {
			t.Errorf("%s: %+v, want %+v", use, got, want)
		}
	}
}

// TestUnanswered: connect timeouts are added up by how many SYNs had no answer, where that is known.
func TestUnanswered(t *testing.T) {
	var buf lockedBuffer
	rec, err := NewRecorder(NewWriter(&buf), testHeader())
	check(t, err)
	check(t, rec.Write(testTrial(0)))
	for i := range 9 {
		rec.Results(0).Record(loadgen.Result{Due: time.Second, Sent: time.Second, Done: 3 * time.Second,
			Outcome: loadgen.ConnectTimeout, LocalPort: 40000 * (i / 4), SYNRetrans: i / 8, Unread: i % 2})
	}
	check(t, rec.Write(&TrialEnd{Index: 0, End: 5 * time.Second}))
	check(t, rec.Close("complete"))
	recs, r := read(buf.bytes())
	check(t, r.Err())
	var got []Connects
	for _, b := range only[*Bin](recs) {
		got = append(got, b.Unanswered...)
	}
	if want := []Connects{{Lost: 1, Count: 4, Sum: 8 * time.Second},
		{Lost: 2, Count: 1, Sum: 2 * time.Second}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func BenchmarkShard(b *testing.B) {
	rec, err := NewRecorder(NewWriter(io.Discard), testHeader())
	check(b, err)
	check(b, rec.Write(testTrial(0)))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		shard := loadgen.ShardOf(rec.Results(0))
		for i := 0; pb.Next(); i++ {
			due := time.Duration(i) * 10 * time.Microsecond
			shard.Record(loadgen.Result{Seq: i, Due: due, Sent: due + 50*time.Microsecond, Done: due + 20*ms,
				Outcome: loadgen.OK})
		}
	})
	check(b, rec.Write(&TrialEnd{Index: 0}))
	check(b, rec.Close("complete"))
}

// BenchmarkMerge adds up the histograms of a trial's bins.
func BenchmarkMerge(b *testing.B) {
	values := make([]int64, 10_000)
	for i := range values {
		values[i] = int64(ms) + int64(i*i)
	}
	encoded, err := new(histogramEncoder).encode(values)
	check(b, err)
	into := NewHistogram()
	b.ReportAllocs()
	for b.Loop() {
		check(b, MergeHistogram(into, encoded))
	}
}
