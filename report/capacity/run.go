package capacity

import (
	"fmt"
	"math"
	"time"
)

const forever = time.Duration(math.MaxInt64)

// run is the state of one simulation.
type run struct {
	System
	Result
	idle    int    // servers with nothing to do; above 0 only while the queue is empty
	busy    events // when each other server is done
	queue   fifo   // the accept queue: requests by index
	retries events // SYNs to come
	started int    // requests taken into service so far
	err     error
}

// retriesUntil sends every SYN that is to be sent again up to and at the limit.
func (r *run) retriesUntil(limit time.Duration) {
	for len(r.retries) > 0 && r.retries[0].at <= limit {
		r.syn(r.retries.pop())
	}
}

// serveUntil ends every service that is done by the limit, and starts what waited for it.
func (r *run) serveUntil(limit time.Duration) {
	for len(r.busy) > 0 && r.busy[0].at <= limit {
		at := r.busy.pop().at
		r.idle++
		if r.queue.len() > 0 {
			r.start(r.queue.pop(), at)
		}
	}
}

// syn lets one SYN arrive: it is taken at once, queued, or dropped.
func (r *run) syn(e event) {
	r.serveUntil(e.at)
	o := &r.Outcomes[e.req]
	o.SYNs++
	if r.idle == 0 && r.queue.len() >= r.Slots {
		r.Overflows = append(r.Overflows, e.at)
		r.again(e)
		return
	}
	o.Connected, o.Queued = true, e.at
	if r.idle > 0 {
		r.start(e.req, e.at)
		return
	}
	r.queue.push(e.req)
	r.MaxDepth = max(r.MaxDepth, r.queue.len())
}

// again plans the next SYN of a request whose last one was dropped, or ends it.
func (r *run) again(e event) {
	o := &r.Outcomes[e.req]
	patience := r.Patience
	if r.Deadline > 0 && (patience == 0 || r.Deadline < patience) {
		patience = r.Deadline
	}
	if n := o.SYNs - 1; n < len(r.Retry) && (patience == 0 || r.Retry[n] < patience) {
		r.retries.push(event{o.Arrival + r.Retry[n], e.req})
		return
	}
	o.Done = max(e.at, o.Arrival+patience)
}

// start gives a request to an idle server.
func (r *run) start(req int, at time.Duration) {
	took := r.Service(r.started)
	if took < 0 && r.err == nil {
		r.err = fmt.Errorf("simulation: service time %d is %v: it must be 0 or more", r.started, took)
	}
	r.started++
	r.idle--
	if r.Slower != nil {
		took = time.Duration(float64(took) * r.Slower(r.Servers-r.idle))
	}
	o := &r.Outcomes[req]
	o.Start, o.Done = at, at+max(0, took)
	o.Served = r.Deadline == 0 || o.Done-o.Arrival <= r.Deadline
	r.busy.push(event{o.Done, req})
}

// fifo is a queue that reuses its memory: what was taken is dropped once it is half of the whole.
type fifo struct {
	items []int
	head  int
}

func (q *fifo) len() int { return len(q.items) - q.head }
func (q *fifo) push(i int) {
	if q.head > 64 && 2*q.head > len(q.items) {
		q.items = q.items[:copy(q.items, q.items[q.head:])]
		q.head = 0
	}
	q.items = append(q.items, i)
}
func (q *fifo) pop() int {
	q.head++
	return q.items[q.head-1]
}
