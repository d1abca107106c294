package probe

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// TestRunLeaksNothing lets the sampler run as it does in a run, slow sources and all, while the listener is
// restarted and connections come and go: descriptors, goroutines and memory stay what they were after the
// beginning. Here it takes seconds, at 1000 Hz; the hour at 100 Hz, after a minute, is
//
//	WEIR_PROBE_LEAK=1h go test -run RunLeaksNothing -timeout 2h ./probe
func TestRunLeaksNothing(t *testing.T) {
	labtest.NotQuick(t)
	warmUp, length, every := time.Second, 3*time.Second, time.Millisecond
	if d, err := time.ParseDuration(os.Getenv("WEIR_PROBE_LEAK")); err == nil {
		// What is kept for a while has its full size by then: the names of 66 listeners that are gone,
		// TIME_WAIT, threads.
		warmUp, length, every = time.Minute, d, 10*time.Millisecond
	}
	fd, port, err := listenTCP(5)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { unix.Close(fd) }()
	p := open(t, Config{Ports: []uint16{port}, UnixPaths: []string{"/nowhere"}})
	ctx, cancel := context.WithTimeout(t.Context(), warmUp+length)
	defer cancel()
	var (
		before, after held
		account       Account
		restarts      time.Duration
		readings      int
	)
	p.Run(ctx, time.Now(), every, func(s Sample) {
		if readings++; len(s.Listeners) != 1 || slices.ContainsFunc(s.Errors, SourceError.ofListeners) {
			t.Errorf("%+v", s) // a slow source may miss a listener that is replaced while it looks
			cancel()
		}
		account.Add(s)
		if s.At/(100*time.Millisecond) > restarts {
			restarts = s.At / (100 * time.Millisecond)
			if c, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
				c.Close()
			}
			unix.Close(fd)
			if fd, _, err = listenOn(port, 5); err != nil {
				t.Fatal(err)
			}
		}
		switch { // measured in here: the sampler is at work
		case before == held{} && s.At > warmUp:
			before = heldBy(t, p)
		case s.At > warmUp+length*9/10 && after == held{}:
			after = heldBy(t, p)
		}
	})
	if after == (held{}) {
		t.Fatalf("%d readings, and none at the end", readings)
	}
	if after.files > before.files || after.goroutines > before.goroutines ||
		after.heap > before.heap+256<<10 {
		t.Errorf("after %v %+v, after %v and %d readings %+v", warmUp, before, length, readings, after)
	}
	own := slices.Collect(account.Listeners())
	if least := int(length / (100 * time.Millisecond) / 4); len(own) != 1 || own[0].Restarts < least {
		t.Errorf("of %d restarts or more these were seen: %+v", least, own)
	}
	t.Logf("after %v %+v, after %v and %d readings %+v", warmUp, before, length, readings, after)
}

// heldBy is measured while no slow source has a file of /proc open.
func heldBy(t *testing.T, p *Probe) held {
	p.slow.reading.Lock()
	defer p.slow.reading.Unlock()
	return holdings(t)
}

// TestLeaksNothing reads some thousand times, walks the tables for every fiftieth reading, and restarts the
// listener now and then: descriptors, goroutines and memory stay what they were after the first thousand.
func TestLeaksNothing(t *testing.T) {
	labtest.NotQuick(t)
	readings := 3000
	fd, port, err := listenTCP(5)
	if err != nil {
		t.Fatal(err)
	}
	p := open(t, Config{Ports: []uint16{port}, UnixPaths: []string{"/nowhere"}})
	epoch := time.Now()
	var account Account
	read := func(n int) {
		for i := range n {
			if i%50 == 0 {
				p.slow.mu.Lock()
				p.slow.began = time.Time{}
				p.slow.mu.Unlock()
				p.slow.read()
			}
			if i%500 == 499 {
				unix.Close(fd)
				if fd, _, err = listenOn(port, 5); err != nil {
					t.Fatal(err)
				}
			}
			s := p.Read(epoch)
			if len(s.Errors) > 0 || len(s.Listeners) != 1 {
				t.Fatalf("%+v", s)
			}
			account.Add(s)
		}
	}
	defer func() { unix.Close(fd) }()
	read(1000)
	before := holdings(t)
	read(readings - 1000)
	after := holdings(t)
	if after.files > before.files || // fewer: what an earlier test left was closed meanwhile
		after.goroutines > before.goroutines || after.heap > before.heap+256<<10 {
		t.Errorf("after 1000 readings %+v, after %d %+v", before, readings, after)
	}
	if own := slices.Collect(account.Listeners()); len(own) != 1 || own[0].Restarts != 2+(readings-1000)/500 {
		t.Errorf("%+v", own)
	}
	t.Logf("after 1000 readings %+v, after %d %+v; %.0f µs a reading", before, readings, after,
		float64(time.Since(epoch).Microseconds())/float64(readings))
}

type held struct {
	files, goroutines int
	heap              uint64
}

func holdings(t *testing.T) held {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return held{len(files), runtime.NumGoroutine(), m.HeapAlloc}
}
