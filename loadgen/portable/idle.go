package portable

import (
	"net"
	"sync"
)

// conn is an open connection and what must be remembered from one request to the next.
type conn struct {
	net.Conn  // TLS, or socket itself
	socket    interruptible
	localPort int
}

// idle keeps connections between requests, last in first out: the one used last is the likeliest to be
// alive, and the surplus ages. Whether one is still open is not looked at: the request that finds it
// closed says so, as a proxy's would.
type idle struct {
	mu    sync.Mutex
	conns []*conn
}

func (i *idle) put(c *conn) {
	i.mu.Lock()
	i.conns = append(i.conns, c)
	i.mu.Unlock()
}

func (i *idle) take() *conn {
	i.mu.Lock()
	defer i.mu.Unlock()
	last := len(i.conns) - 1
	if last < 0 {
		return nil
	}
	c := i.conns[last]
	i.conns[last] = nil
	i.conns = i.conns[:last]
	return c
}

func (i *idle) close() {
	for c := i.take(); c != nil; c = i.take() {
		c.Close()
	}
}
