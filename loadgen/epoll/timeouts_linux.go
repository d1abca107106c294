package epoll

import "time"

// timeouts is a queue of connections that may all take equally long over something. They are appended
// when it begins, so the first of them is the first to expire: a timer heap of equal timeouts is a list, and
// all it does takes constant time. A request is in two, the connect timeout's and the whole's, by two links.
type timeouts struct {
	after       time.Duration // it began; never: no limit
	link        int           // which of a connection's links
	front, back *conn
	len         int
}

type link struct {
	before, after *conn
	since         time.Duration
	in            bool
}

func (q *timeouts) push(c *conn, since time.Duration) {
	c.links[q.link] = link{before: q.back, since: since, in: true}
	if q.back == nil {
		q.front = c
	} else {
		q.back.links[q.link].after = c
	}
	q.back = c
	q.len++
}

// remove takes c out, if it is in.
func (q *timeouts) remove(c *conn) {
	at := c.links[q.link]
	if !at.in {
		return
	}
	if at.before == nil {
		q.front = at.after
	} else {
		at.before.links[q.link].after = at.after
	}
	if at.after == nil {
		q.back = at.before
	} else {
		at.after.links[q.link].before = at.before
	}
	c.links[q.link] = link{}
	q.len--
}

// next is when the first expires; never, if there is none.
func (q *timeouts) next() time.Duration {
	if q.front == nil || q.after == never {
		return never
	}
	return q.front.links[q.link].since + q.after
}

// over tells whether the time of c, which is in, is up.
func (q *timeouts) over(c *conn, at time.Duration) bool {
	return q.after != never && c.links[q.link].since+q.after <= at
}

// expired returns a connection whose time is up, nil if there is none.
func (q *timeouts) expired(at time.Duration) *conn {
	if q.next() > at {
		return nil
	}
	return q.front
}
