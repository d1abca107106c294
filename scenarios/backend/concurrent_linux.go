package backend

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// concurrent is a worker that has several connections at once. It accepts only while it has room for one
// more, so that beyond that the kernel's queue fills as it does with real servers; Go's poller waits for the
// connections, and not for the listener.
type concurrent struct {
	*pool
	room    chan struct{} // one for each connection
	threads chan struct{} // one for each request that is worked on

	mu   sync.Mutex
	open map[*os.File]struct{}
	done sync.WaitGroup
}

func newConcurrent(p *pool) *concurrent {
	slots := Slots(p.config.Kind, p.config.Threads, p.config.Connections)
	return &concurrent{
		pool: p, room: make(chan struct{}, p.config.Connections), threads: make(chan struct{}, slots),
		open: map[*os.File]struct{}{},
	}
}

// run accepts until the pool stops.
func (c *concurrent) run() error {
	runtime.LockOSThread()
	wait, err := newWait(c.fd, c.stop)
	if err != nil {
		return err
	}
	defer unix.Close(wait)
	defer c.done.Wait()
	for {
		select {
		case c.room <- struct{}{}:
		case <-c.ending:
			return nil
		}
		fd, err := c.accept(wait)
		if fd < 0 {
			return err
		}
		conn := os.NewFile(uintptr(fd), "connection")
		c.add(conn)
		c.done.Go(func() {
			c.serve(conn)
			c.remove(conn)
			<-c.room
		})
	}
}

// accept waits for a connection; -1 without an error means that the pool stops.
func (c *concurrent) accept(wait int) (int, error) {
	for {
		c.standStill()
		fd, _, err := unix.Accept4(c.fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		switch {
		case c.stopping.Load():
			if err == nil {
				_ = unix.Close(fd)
			}
			return -1, nil
		case err == nil:
			return fd, nil
		case errors.Is(err, unix.EAGAIN):
			if err := await(wait); err != nil {
				return -1, err
			}
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
		default:
			return -1, fmt.Errorf("backend: accept: %w; raise `ulimit -n` or use fewer connections", err)
		}
	}
}

// serve handles a connection's requests, one after the other.
func (c *concurrent) serve(conn *os.File) {
	in := stream{conn: conn}
	for first := true; ; first = false {
		_ = conn.SetDeadline(time.Now().Add(c.config.ReadTimeout))
		if !first {
			_ = conn.SetReadDeadline(time.Now().Add(c.config.KeepAlive))
		}
		if c.stopping.Load() {
			return
		}
		req, status, err := in.next()
		switch {
		case err != nil:
			return
		case status != 0:
			_, _ = conn.Write(response(status, 0, false))
			in.linger()
			return
		}
		if !c.answer(conn, req) {
			return
		}
	}
}

// answer works on one request, on a thread, and says whether the connection is kept.
func (c *concurrent) answer(conn *os.File, req request) (kept bool) {
	select {
	case c.threads <- struct{}{}:
	case <-c.ending:
		return false
	}
	began := time.Now()
	route := c.routes.of(req.path)
	defer func() {
		if <-c.threads; route.stamped && !c.stopping.Load() {
			c.busy.add(time.Since(began))
		}
	}()
	ending := route.ending(c.dice)
	select {
	case <-time.After(c.dice.draw(route.service)):
	case <-c.ending:
		return false
	}
	c.standStill()
	kept = c.config.KeepAlive > 0 && !req.close && ending == wholly
	answer := route.answer
	if kept {
		answer = route.kept
	}
	if bytes.Equal(req.method, []byte(http.MethodHead)) {
		answer = answer[:headEnd(answer, 0)]
	}
	_ = conn.SetDeadline(time.Now().Add(c.config.ReadTimeout))
	if c.stopping.Load() { // interrupt may have come before the deadline
		return false
	}
	_, err := conn.Write(ending.text(answer))
	return kept && err == nil
}

func (c *concurrent) add(conn *os.File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[conn] = struct{}{}
}

func (c *concurrent) remove(conn *os.File) {
	c.mu.Lock()
	delete(c.open, conn)
	c.mu.Unlock()
	_ = conn.Close()
}

// interrupt ends every read and write in progress.
func (c *concurrent) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		_ = conn.SetDeadline(time.Unix(1, 0))
	}
}
