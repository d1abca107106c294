package probe

import (
	"context"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// TestRunSeesARealOverflow: Run, which spares itself the counters while nothing drops, has each overflow of
// the watched listener in the sample that has its drop.
func TestRunSeesARealOverflow(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	fd, port, err := listenTCP(0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	c, err := dial(port, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p := open(t, Config{Ports: []uint16{port}, NoSlow: true})
	waitFor(t, p, "a full queue", func(s Sample) bool { return s.Listeners[0].Depth == 1 })
	const samples, between = 60, 3 // knocks after every third sample
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	knocks, spared, apart, n := uint64(0), 0, 0, 0
	p.Run(ctx, time.Now(), 5*time.Millisecond, func(s Sample) {
		if len(s.Errors) > 0 || len(s.Listeners) != 1 || s.Listeners[0].Drops == nil {
			t.Fatalf("%+v", s)
		}
		drops, overflows := uint64(*s.Listeners[0].Drops), s.Counters["TcpExtListenOverflows"]
		if drops != overflows || drops != knocks {
			t.Logf("sample %d: %d drops and %d overflows (counters %d µs old) after %d knocks", n, drops,
				overflows, s.Gauges[CountersAge], knocks)
			apart++
		}
		if _, old := s.Gauges[CountersAge]; old {
			spared++
		}
		if n++; n == samples {
			cancel()
		} else if n%between == 0 {
			for range 2 {
				if err := knock(port); err != nil {
					t.Fatal(err)
				}
				knocks++
			}
		}
	})
	// A packet that the kernel leaves to another thread may come while a sample is taken, or after it. Of
	// three samples one has a drop; the others do with what that one read, unless they are 50 ms late.
	if n != samples || spared == 0 || apart > 2 {
		t.Errorf("%d samples, of which %d had counters from before, and in %d drops, overflows and knocks are not the same", n, spared, apart)
	}
	waitFor(t, p, "every knock", func(s Sample) bool {
		return uint64(*s.Listeners[0].Drops) == knocks && s.Counters["TcpExtListenOverflows"] == knocks
	})
}
