package server

import (
	"net"
	"sync"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/loadgen/portable"
)

// outcomes counts what a load brought.
type outcomes struct {
	mu     sync.Mutex
	counts map[loadgen.Outcome]int
	reused int
	took   []time.Duration
}

func (o *outcomes) Record(r loadgen.Result) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts[r.Outcome]++
	o.took = append(o.took, r.Done-r.Sent)
	if r.Reused {
		o.reused++
	}
}

// offer sends so many requests at a rate to a script of PHP-FPM's by FastCGI.
func offer(t *testing.T, s *Server, uri string, n, rate int, change func(*loadgen.Target)) *outcomes {
	t.Helper()
	network, address := s.address()
	target := loadgen.Target{
		URL: "fcgi://localhost" + uri, Network: network, Address: address,
		ConnectTimeout: 5 * time.Second, Timeout: 20 * time.Second,
	}
	if change != nil {
		change(&target)
	}
	e, err := portable.New(target)
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Plan{Stages: []plan.Stage{{From: float64(rate), To: float64(rate),
		Duration: time.Duration(n) * time.Second / time.Duration(rate)}}}
	o := &outcomes{counts: map[loadgen.Outcome]int{}}
	if err := e.Run(t.Context(), time.Now(), 0, p, o); err != nil {
		t.Fatal(err)
	}
	return o
}

// PHP-FPM is loaded without NGINX, over TCP and a unix socket; whatever it can do to a request has its
// outcome.
func TestPHPFPMByFastCGI(t *testing.T) {
	i := installed(t, "php-fpm")
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			s := start(t, i, Spec{Listen: network, Workers: 2, Backlog: 16,
				Paths: map[string]time.Duration{"/payment": 200 * time.Millisecond}})
			if err := s.WaitReady(t.Context()); err != nil {
				t.Fatal(err)
			}
			if o := offer(t, s, s.Script(), 20, 200, nil); o.counts[loadgen.OK] != 20 {
				t.Errorf("alone: %v", o.counts)
			}
			if o := offer(t, s, s.Script()+"/payment", 1, 10, nil); o.counts[loadgen.OK] != 1 ||
				o.took[0] < 200*time.Millisecond {
				t.Errorf("/payment: %v after %v, want 200 ms", o.counts, o.took)
			}
			if o := offer(t, s, "/nowhere.php", 2, 10, nil); o.counts[loadgen.HTTP4xx] != 2 {
				t.Errorf("a script that is not there: %v", o.counts)
			}
			kept := offer(t, s, s.Script(), 10, 20, func(t *loadgen.Target) { t.Connections = loadgen.Reuse })
			if kept.counts[loadgen.OK] != 10 || kept.reused == 0 {
				t.Errorf("kept connections: %v, %d reused", kept.counts, kept.reused)
			}
		})
	}
}

// A full queue of a unix socket refuses at once; a child that works for longer than it may is killed, and its
// connection closed or reset without an answer.
func TestPHPFPMOverloadedAndKilled(t *testing.T) {
	i := installed(t, "php-fpm")
	s := start(t, i, Spec{Listen: "unix", Workers: 1, Backlog: 2, ServiceTime: 10 * time.Second,
		Timeout: time.Second})
	if err := s.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := offer(t, s, s.Script(), 8, 100, func(t *loadgen.Target) { t.Timeout = 3 * time.Second })
	if o.counts[loadgen.QueueFull] < 3 || o.counts[loadgen.OK] != 0 {
		t.Errorf("%v, want most of 8 requests to find the queue full", o.counts)
	}
	if o.counts[loadgen.ClosedBeforeResponse]+o.counts[loadgen.ResetBeforeResponse] == 0 {
		t.Errorf("%v, want a request whose child was killed", o.counts)
	}
	if c, err := net.Dial("unix", s.Listen[len("unix:"):]); err != nil {
		t.Errorf("it does not listen any more: %v", err)
	} else {
		c.Close()
	}
}
