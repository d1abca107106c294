package backend

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Under saturation the stamps must explain the plateau: completed/s × mean busy period = workers.
func TestStampsExplainThePlateau(t *testing.T) {
	const workers, warmup, window = 4, 300 * time.Millisecond, 2 * time.Second
	var stamps buffer
	s, stop := start(t, Config{Workers: workers, Backlog: 64, ServiceTime: 10 * time.Millisecond}, &stamps)
	var completed, counting atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 12 * workers { // the queue is never empty, not even where clients wait for a processor
		clients.Go(func() {
			for ctx.Err() == nil {
				if _, err := ask("tcp", s.Addr(), get); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
				completed.Add(counting.Load())
			}
		})
	}
	time.Sleep(warmup)
	count0, busy0 := stamps.sum(t)
	counting.Store(1)
	began := time.Now()
	time.Sleep(window)
	counting.Store(0)
	took := time.Since(began)
	count1, busy1 := stamps.sum(t)
	cancel()
	clients.Wait()
	stop()
	mean := (busy1 - busy0).Seconds() / float64(count1-count0)
	rate := float64(completed.Load()) / took.Seconds()
	ratio := rate * mean / workers
	t.Logf("%.1f/s × %.3f ms ÷ %d = %.4f", rate, mean*1e3, workers, ratio)
	if ratio < 0.97 || ratio > 1.03 {
		t.Errorf("the stamps explain %.4f of the plateau, want 0.97 to 1.03", ratio)
	}
}

// Idle time is nobody's busy period.
func TestStampsLeaveWaitingOut(t *testing.T) {
	var stamps buffer
	s, stop := start(t, Config{Workers: 1, Backlog: 8, ServiceTime: 10 * time.Millisecond}, &stamps)
	for range 3 {
		if _, err := ask("tcp", s.Addr(), get); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	stop()
	count, busy := stamps.sum(t)
	if count != 3 || busy < 30*time.Millisecond || busy > 200*time.Millisecond {
		t.Errorf("%d periods of %v in all, want 3 of some 30 ms", count, busy)
	}
}

// A worker that computes uses a processor for its service time; one that sleeps does not.
func TestComputingTakesAProcessor(t *testing.T) {
	const service = 30 * time.Millisecond
	used := func(compute bool) time.Duration {
		s, stop := start(t, Config{Workers: 1, ServiceTime: service, Compute: compute, Backlog: 8}, nil)
		defer stop()
		before := processorTime(t)
		for range 10 {
			if answer, err := ask("tcp", s.Addr(), get); err != nil ||
				!strings.HasPrefix(answer, "HTTP/1.1 200 ") {
				t.Fatalf("%q, %v", answer, err)
			}
		}
		return processorTime(t) - before
	}
	if slept, computed := used(false), used(true); computed < 10*service || slept > computed/2 {
		t.Errorf("10 × %v took %v of a processor, and asleep %v", service, computed, slept)
	}
	if _, err := Listen(Config{Address: "127.0.0.1:0", Workers: 1, Kind: Async, Compute: true}); err == nil {
		t.Error("an async worker computes")
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// buffer is where stamps go in these tests.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) sum(t *testing.T) (count uint64, busy time.Duration) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	err := ReadStamps(bytes.NewReader(b.b.Bytes()), func(s Stamp) {
		count += s.Count
		busy += time.Duration(s.SumNS)
	})
	if err != nil {
		t.Fatal(err)
	}
	return count, busy
}
