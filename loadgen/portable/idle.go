package portable

import (
	"sync"
	"time"
)

// idle keeps connections between requests, last in first out: the one used last is the likeliest to be
// alive, and the surplus ages at the front. Whether one is still open is not looked at: the request
// that finds it closed says so, as a proxy's would.
type idle struct {
	timeout time.Duration // a connection idle for longer is closed; 0: none is
	most    int           // how many are kept, those used last; 0: all
	leave   func(*conn)   // closes one

	mu    sync.Mutex
	conns []*conn // by when they were used
}

func (i *idle) put(c *conn) {
	c.since = time.Now()
	i.mu.Lock()
	i.conns = append(i.conns, c)
	surplus := i.cut(c.since)
	i.mu.Unlock()
	i.endAll(surplus)
}

// take returns the connection used last, or nil.
func (i *idle) take() (c *conn) {
	i.mu.Lock()
	surplus := i.cut(time.Now())
	if last := len(i.conns) - 1; last >= 0 {
		c = i.conns[last]
		i.conns[last] = nil
		i.conns = i.conns[:last]
	}
	i.mu.Unlock()
	i.endAll(surplus)
	return c
}

// cut takes away those that were idle for too long or are too many, which are at the front.
func (i *idle) cut(now time.Time) []*conn {
	n := 0
	if i.most > 0 {
		n = max(0, len(i.conns)-i.most)
	}
	for i.timeout > 0 && n < len(i.conns) && now.Sub(i.conns[n].since) > i.timeout {
		n++
	}
	surplus := i.conns[:n]
	i.conns = i.conns[n:]
	return surplus
}

func (i *idle) end() {
	i.endAll(i.conns)
	i.conns = nil
}

func (i *idle) endAll(conns []*conn) {
	for _, c := range conns {
		i.leave(c)
	}
	clear(conns)
}
