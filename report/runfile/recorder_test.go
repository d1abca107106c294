package runfile

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/loadgen"
)

func hdrOf(t *testing.T, low, high int64, digits int) string {
	t.Helper()
	h := hdr.New(low, high, digits)
	check(t, h.RecordValue(low))
	b, err := h.EncodeV2()
	check(t, err)
	return string(b)
}

// TestEncoder: the library reads what we encode as what it would have counted itself, and writes it alike.
func TestEncoder(t *testing.T) {
	var e histogramEncoder
	random := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 300; n += 7 {
		want := NewHistogram()
		values := make([]int64, n)
		for i := range values {
			values[i] = int64(math.Exp(random.Float64() * math.Log(float64(histogramHighest))))
			if i%3 == 1 {
				values[i] = values[i-1] + 512 // a neighbour, most often
			}
			check(t, want.RecordValue(min(values[i], histogramHighest)))
		}
		got, err := e.encode(values)
		check(t, err)
		h, err := hdr.Decode([]byte(got))
		check(t, err)
		if !h.Equals(want) {
			t.Fatalf("%d values come back as others", n)
		}
		merged := NewHistogram()
		check(t, MergeHistogram(merged, got))
		check(t, MergeHistogram(merged, encodeTheirs(t, want)))
		want2 := want.Clone()
		want2.Merge(want)
		if !merged.Equals(want2) {
			t.Fatalf("%d values merge into others", n)
		}
		if theirs, ours := inflate(t, encodeTheirs(t, want)), inflate(t, got); !bytes.Equal(theirs, ours) {
			t.Fatalf("%d values: % x\nthe library: % x", n, ours, theirs)
		}
	}
}

func encodeTheirs(t *testing.T, h *hdr.Histogram) string {
	b, err := h.EncodeV2()
	check(t, err)
	return string(b)
}

func inflate(t *testing.T, encoded string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(encoded)
	check(t, err)
	z, err := zlib.NewReader(bytes.NewReader(b[8:]))
	check(t, err)
	out, err := io.ReadAll(z)
	check(t, err)
	return out
}

// TestConcurrentResults: nothing is lost or counted twice, however many senders record.
func TestConcurrentResults(t *testing.T) {
	var buf bytes.Buffer
	rec, err := NewRecorder(NewWriter(&buf), testHeader())
	check(t, err)
	check(t, rec.Write(testTrial(0)))
	const senders, each = 8, 20_000
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for i := range each {
				due := time.Second + time.Duration(i)*50*time.Microsecond
				rec.Results(0).Record(loadgen.Result{Seq: i, Due: due, Sent: due, Done: due + 300*ms,
					Outcome: loadgen.ConnectTimeout})
			}
		})
	}
	wg.Wait()
	check(t, rec.Write(&TrialEnd{Index: 0, End: 3 * time.Second}))
	afterEnd := bytes.Clone(buf.Bytes())
	check(t, rec.Close("complete"))
	recs, r := read(afterEnd)
	check(t, r.Err())
	var due, done, sent uint64
	bins := map[time.Duration]bool{}
	for _, b := range only[*Bin](recs) {
		due += b.Due[loadgen.ConnectTimeout]
		done += b.Done[loadgen.ConnectTimeout]
		sent += b.Sent
		if len(b.Due) > 0 {
			bins[b.At] = true
		}
	}
	if due != senders*each || done != due || sent != due {
		t.Errorf("due %d, done %d, sent %d when the trial ended, want %d", due, done, sent, senders*each)
	}
	if n := len(only[*Failure](recs)); n != 2*len(bins) {
		t.Errorf("%d examples, want 2 of each of %d bins", n, len(bins))
	}
}

// TestKilledRunHasWhatWasFlushed: results reach the file while the trial still runs.
func TestKilledRunHasWhatWasFlushed(t *testing.T) {
	var buf lockedBuffer
	rec, err := NewRecorder(NewWriter(&buf), testHeader())
	check(t, err)
	check(t, rec.Write(testTrial(0)))
	rec.Results(0).Record(loadgen.Result{Due: time.Second, Sent: time.Second, Done: time.Second,
		Outcome: loadgen.OK})
	deadline := time.Now().Add(10 * time.Second)
	for {
		recs, r := read(buf.bytes())
		check(t, r.Err())
		if len(only[*Bin](recs)) == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the bin is not in the file after 10 s")
		}
		time.Sleep(20 * ms)
	}
	check(t, rec.Close("interrupted"))
}

func TestRecorderKeepsTheFirstError(t *testing.T) {
	full := errors.New("no space left on device")
	rec, err := NewRecorder(NewWriter(&failing{after: 2, err: full}), testHeader())
	check(t, err)
	check(t, rec.Write(testTrial(0)))
	rec.Results(0).Record(loadgen.Result{Due: time.Second, Done: time.Second, Outcome: loadgen.OK})
	if err := rec.Write(&TrialEnd{Index: 0}); !errors.Is(err, full) {
		t.Errorf("TrialEnd: %v", err)
	}
	if err := rec.Close("complete"); !errors.Is(err, full) || !errors.Is(rec.Err(), full) {
		t.Errorf("Close: %v, Err: %v", err, rec.Err())
	}
}

func TestStrayResult(t *testing.T) {
	rec, err := NewRecorder(NewWriter(io.Discard), testHeader())
	check(t, err)
	rec.Results(3).Record(loadgen.Result{Outcome: loadgen.OK})
	if rec.Close("complete") == nil {
		t.Error("a result of no trial was lost without an error")
	}
	if err := rec.Write(&Trial{Lane: "nowhere"}); err == nil {
		t.Error("a trial of a lane that the header has not")
	}
}

func BenchmarkRecorderResult(b *testing.B) {
	rec, err := NewRecorder(NewWriter(io.Discard), testHeader())
	check(b, err)
	check(b, rec.Write(testTrial(0)))
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			due := time.Duration(i) * 10 * time.Microsecond
			rec.Results(0).Record(loadgen.Result{Seq: i, Due: due, Sent: due + 50*time.Microsecond,
				Done: due + 20*ms, Outcome: loadgen.OK})
		}
	})
	check(b, rec.Write(&TrialEnd{Index: 0}))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "results/s")
	check(b, rec.Close("complete"))
}

// BenchmarkReader reads a trial of ten thousand bins.
func BenchmarkReader(b *testing.B) {
	var buf bytes.Buffer
	w := NewWriter(&buf)
	rec, err := NewRecorder(w, testHeader())
	check(b, err)
	check(b, rec.Write(testTrial(0)))
	for i := range 100_000 {
		due := time.Duration(i) * 10 * ms
		rec.Results(0).Record(loadgen.Result{Seq: i, Due: due, Sent: due + ms, Done: due + 20*ms,
			Outcome: loadgen.OK})
	}
	check(b, rec.Close("complete"))
	b.SetBytes(int64(buf.Len()))
	for b.Loop() {
		h := NewHistogram()
		r := NewReader(bytes.NewReader(buf.Bytes()), "x")
		for r.Scan() {
			if bin, ok := r.Record().(*Bin); ok {
				check(b, MergeHistogram(h, bin.Latency))
			}
		}
		check(b, r.Err())
	}
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.buf.Bytes())
}

type failing struct {
	after int
	err   error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, f.err
	}
	return len(p), nil
}
