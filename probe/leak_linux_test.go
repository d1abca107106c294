package probe

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestLeaksNothing reads some thousand times, walks the tables for every fiftieth reading, and restarts the
// listener now and then: descriptors, goroutines and memory stay what they were after the first thousand.
// An hour at 100 Hz is
//
//	WEIR_PROBE_READINGS=360000 go test -run LeaksNothing -timeout 1h ./probe
func TestLeaksNothing(t *testing.T) {
	readings := 5000
	if testing.Short() {
		readings = 2000
	}
	if n, err := strconv.Atoi(os.Getenv("WEIR_PROBE_READINGS")); err == nil {
		readings = n
	}
	fd, port, err := listenTCP(5)
	if err != nil {
		t.Fatal(err)
	}
	p := open(t, Config{Ports: []uint16{port}, UnixPaths: []string{"/nowhere"}})
	epoch := time.Now()
	var ledger Ledger
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
			ledger.Add(s)
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
	if own := ledger.Attribution().Own; len(own) != 1 || own[0].Restarts != 2+(readings-1000)/500 {
		t.Errorf("%+v", own)
	}
	t.Logf("after 1000 readings %+v, after %d %+v; %.0f µs a reading", before, readings, after, float64(time.Since(epoch).Microseconds())/float64(readings))
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
