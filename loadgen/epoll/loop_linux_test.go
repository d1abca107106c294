package epoll

import (
	"testing"
	"time"

	"weir/loadgen"
)

func TestTimeoutsExpireInOrder(t *testing.T) {
	q := timeouts{after: 10, link: 1}
	conns := make([]conn, 5)
	for i := range conns {
		conns[i].res.Sent = time.Duration(i)
		q.push(&conns[i])
	}
	for _, i := range []int{2, 0, 4, 2} { // the middle, the first, the last, and one that is out already
		q.remove(&conns[i])
	}
	if q.len != 2 || q.next() != 11 || q.expired(10) != nil || q.expired(11) != &conns[1] {
		t.Fatalf("%d left, the next at %v", q.len, q.next())
	}
	q.remove(&conns[1])
	q.push(&conns[0])
	if q.expired(99) != &conns[3] {
		t.Error("the order is not that of arrival")
	}
	q.remove(&conns[3])
	q.remove(&conns[0])
	if q.len != 0 || q.next() != never || q.expired(never-1) != nil || q.back != nil {
		t.Errorf("%+v", q)
	}
}

func TestShares(t *testing.T) {
	for of := 1; of < 5; of++ {
		sum := 0
		for i := range of {
			sum += share{i, of}.part(7)
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
