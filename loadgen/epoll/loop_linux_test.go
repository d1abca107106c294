package epoll

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"weir/loadgen"
)

func TestTimeoutsExpireInOrder(t *testing.T) {
	q := timeouts{after: 10, link: 1}
	conns := make([]conn, 5)
	for i := range conns {
		q.push(&conns[i], time.Duration(i))
	}
	for _, i := range []int{2, 0, 4, 2} { // the middle, the first, the last, and one that is out already
		q.remove(&conns[i])
	}
	if q.len != 2 || q.next() != 11 || q.expired(10) != nil || q.expired(11) != &conns[1] {
		t.Fatalf("%d left, the next at %v", q.len, q.next())
	}
	q.remove(&conns[1])
	q.push(&conns[0], 9)
	if q.expired(99) != &conns[3] {
		t.Error("the order is not that of arrival")
	}
	q.remove(&conns[3])
	q.remove(&conns[0])
	if q.len != 0 || q.next() != never || q.expired(never-1) != nil || q.back != nil {
		t.Errorf("%+v", q)
	}
}

// A request in flight costs a conn, a pointer to it and, where a line of its response came in two pieces,
// the first of them; the sockets are the kernel's.
func TestMemoryOfARequest(t *testing.T) {
	if size := unsafe.Sizeof(conn{}); size > 1024 {
		t.Errorf("%d bytes", size)
	} else {
		t.Logf("%d bytes", size)
	}
}

func TestShares(t *testing.T) {
	for of := 1; of < 5; of++ {
		sum := 0
		for i := range of {
			sum += shareOf(i, of, 1).part(7)
		}
		if sum != 7 {
			t.Errorf("the parts of 7 for %d loops add up to %d", of, sum)
		}
	}
	e := &Engine{target: loadgen.Target{MaxInFlight: 100}}
	if n := e.loopsFor(level(perLoop, time.Second)); n != 1 {
		t.Errorf("%d loops for what one can do", n)
	}
	e.loops, e.target.MaxInFlight = 8, 3
	if n := e.loopsFor(level(1, time.Second)); n != 3 {
		t.Errorf("%d loops share 3 requests in flight", n)
	}
}

// Places are taken and given back by all loops at once, and never are there more.
func TestPlaces(t *testing.T) {
	const limit, threads, times = 3, 4, 20_000
	p := newPlaces(limit)
	var inside, most atomic.Int64
	var working sync.WaitGroup
	for range threads {
		working.Go(func() {
			for range times {
				if p.take() {
					n := inside.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					inside.Add(-1)
					p.giveBack()
				}
			}
		})
	}
	working.Wait()
	if most.Load() > limit {
		t.Errorf("%d had one of %d places", most.Load(), limit)
	}
	for range limit {
		if p.full() || !p.take() {
			t.Fatal("a place was lost")
		}
	}
	if !p.full() || p.take() {
		t.Error("a place too many")
	}
}

func BenchmarkPlaces(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for p := shared; pb.Next(); {
			if p.take() {
				p.giveBack()
			}
		}
	})
}

var shared = newPlaces(1000)

// A copy of a closed socket, such as a child has between fork and exec, must not speak for the
// connection that has its slot now.
func TestEventsOfAClosedConnection(t *testing.T) {
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[1])
	l := newLoop(&Engine{target: loadgen.Target{MaxInFlight: 1, Timeout: time.Hour,
		ConnectTimeout: time.Hour}}, p, shareOf(0, 1, 1), time.Now())
	c := l.slot()
	c.fd, c.phase = pair[0], connecting
	if errno := p.add(c); errno != 0 {
		t.Fatal(errno)
	}
	child, err := unix.Dup(c.fd)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(child)
	closeSocket(c.fd)
	c.fd = -1
	c.generation++
	l.attend(0, 0) // waits
	l.attend(0, 0) // and looks at what came
	if c.phase != connecting {
		t.Error("the old connection's event was taken for the new one's")
	}
}

// Each loop gets as many requests of every kind as another, whatever the order in which these come.
func TestSharesHaveAllKinds(t *testing.T) {
	for _, c := range []struct{ of, cycle int }{{1, 1}, {2, 1}, {2, 2}, {2, 3}, {3, 3}, {4, 2}, {4, 4},
		{4, 6}, {6, 4}} {
		const rounds = 24
		got := make([]map[int]int, c.of)
		for index := range got {
			got[index] = map[int]int{}
			for i := range c.of * c.cycle * rounds {
				if shareOf(index, c.of, c.cycle).has(i) {
					got[index][i%c.cycle]++
				}
			}
		}
		for index, kinds := range got {
			for kind := range c.cycle {
				if kinds[kind] != rounds {
					t.Errorf("%d loops, a cycle of %d: loop %d has %v, want %d of each kind", c.of, c.cycle,
						index, kinds, rounds)
				}
			}
		}
	}
}
