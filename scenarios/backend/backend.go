// Package backend is a server whose capacity is known: a pool of workers behind one listening socket. By
// default they are synchronous, as Gunicorn's sync worker, Unicorn or PHP-FPM have it: each accepts a
// connection, serves one request on it, closes it, and accepts again; the kernel's accept queue is the only
// queue there is. Threaded and async workers accept ahead, as far as they have room for connections, and may
// keep them.
//
// Its opinion: the backlog is exactly the one that was asked for, a worker is an operating system thread
// that makes its system calls itself (Go's poller would accept ahead of the workers and hide the queue),
// and what a worker's time really goes to is stamped, because no client can measure that.
//
// # The stamp
//
// A request's busy period lasts from the return of the accept(2) that gave its connection to the return of
// the worker's next accept(2), which either gives the next connection or says that none is waiting. Where
// one was waiting, periods follow each other without a gap, so over a saturated second the periods of W
// workers add up to W seconds: W ÷ mean period is the plateau by construction, system calls, timer slack
// and scheduling included. Where none was waiting, the wait for one is not counted. Only requests that were
// read whole and worked on are stamped: not the health check, a connection that sent none, or an error.
//
// Of threaded and async workers the slot is stamped that works on a request: from when it got it to when the
// answer was written. W workers of T threads do W·T ÷ mean; a threaded worker's queue for threads is not in
// it.
//
// It is not a web server: it has one answer for every path.
package backend

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Config describes a server. Zero values of the optional fields mean the default that they name.
type Config struct {
	Network string // "tcp" (default) or "unix"
	// "10.77.0.3:8000"; ":8000" is every IPv4 address; or a path that does not exist yet
	Address string
	Workers int // at least 1
	Backlog int // as given to listen(2): Backlog+1 connections fit; at most net.core.somaxconn
	// let the kernel cut a larger backlog down, as it does for other servers; else it is an error
	Clamp       bool
	ServiceTime time.Duration // what a worker sleeps for a request; may be 0
	Service     Service       // the same where it varies; ServiceTime counts where this is left out
	// Sync: the service time is spent computing, so much of a processor's time, not asleep
	Compute   bool
	Seed      uint64     // of everything random
	Endpoints []Endpoint // paths with service times and answers of their own
	Faults               // of the paths that are no endpoint

	Kind    string // Sync (default), Threaded or Async
	Threads int    // Threaded: requests that a worker works on at once; default 4
	// Threaded and Async: connections that a worker has at once; default 1000, Gunicorn's
	Connections int
	// Threaded and Async: how long an idle connection is kept; 0: each is closed after its answer
	KeepAlive time.Duration

	// the whole server stands still for PauseFor, as in a garbage collection, so often; 0: never
	PauseEvery time.Duration
	PauseFor   time.Duration
	// Sync: a worker that works for longer is killed and its connection closed without an answer; 0: never
	KillAfter time.Duration
	Restart   time.Duration // Sync: how long a killed worker is away

	HealthPath  string        // answered by the same workers without the service time; default "/health"
	Body        int           // bytes of the response's body
	ReadTimeout time.Duration // how long a silent client may hold a worker; default 5 s
}

const maxBody = 64 << 20

// What a worker has where nothing is said: a threaded one threads, a threaded or async one connections.
const (
	DefaultThreads     = 4
	DefaultConnections = 1000
)

// Slots is how many requests a worker of a kind works on at once; 0 threads or connections stand for the
// defaults.
func Slots(kind string, threads, connections int) int {
	threads, connections = cmp.Or(threads, DefaultThreads), cmp.Or(connections, DefaultConnections)
	switch kind {
	case Threaded:
		return min(threads, connections) // more connections than threads only wait
	case Async:
		return connections
	}
	return 1
}

// Kinds of workers.
const (
	Sync = "sync" // one connection, one request, as Gunicorn's sync worker, Unicorn and PHP-FPM
	// accepts ahead and works on as many requests as it has threads, as gthread and Puma
	Threaded = "threaded"
	Async    = "async" // works on all its connections at once, as gevent
)

func (c Config) withDefaults() (Config, error) {
	if c.Network == "" {
		c.Network = "tcp"
	}
	if c.HealthPath == "" {
		c.HealthPath = "/health"
	}
	if c.ReadTimeout == 0 {
		c.ReadTimeout = 5 * time.Second
	}
	if c.Service.shape == "" {
		c.Service = Constant(c.ServiceTime)
	}
	c.Kind = cmp.Or(c.Kind, Sync)
	if c.Kind != Sync {
		c.Threads, c.Connections = cmp.Or(c.Threads, DefaultThreads),
			cmp.Or(c.Connections, DefaultConnections)
	}
	switch {
	case c.Network != "tcp" && c.Network != "unix":
		return c, fmt.Errorf("backend: network %q: use tcp or unix", c.Network)
	case c.Address == "":
		return c, errors.New("backend: no address: give host:port or the path of a socket")
	case c.Workers < 1 || c.Workers > 4096:
		return c, fmt.Errorf("backend: %d workers: give 1 to 4096", c.Workers)
	case c.Backlog < 0:
		return c, fmt.Errorf("backend: backlog %d: give 0 or more", c.Backlog)
	case c.ServiceTime < 0 || c.ReadTimeout < 0:
		return c, fmt.Errorf("backend: service time %v, read timeout %v: give 0 or more", c.ServiceTime,
			c.ReadTimeout)
	case c.Body < 0 || c.Body > maxBody:
		return c, fmt.Errorf("backend: body of %d bytes: give 0 to %d", c.Body, maxBody)
	case !strings.HasPrefix(c.HealthPath, "/"):
		return c, fmt.Errorf("backend: health path %q: begin it with /", c.HealthPath)
	}
	return c, cmp.Or(c.checkKind(), c.checkTimes(), c.Faults.check())
}

func (c Config) checkKind() error {
	switch {
	case c.Kind != Sync && c.Kind != Threaded && c.Kind != Async:
		return fmt.Errorf("backend: kind %q: use %s, %s or %s", c.Kind, Sync, Threaded, Async)
	case c.Kind == Sync && (c.Threads != 0 || c.Connections != 0 || c.KeepAlive != 0):
		return errors.New("backend: a sync worker has no threads, no connections beside one, and keeps none alive")
	case c.Threads < 0 || c.Threads > 4096 || c.Connections < 0 || c.Connections > 65536:
		return fmt.Errorf("backend: %d threads, %d connections: give 1 to 4096 and 1 to 65536", c.Threads,
			c.Connections)
	case c.Kind != Sync && c.Compute:
		return errors.New("backend: only sync workers compute: the others share a thread")
	case c.Kind != Sync && c.KillAfter != 0:
		return errors.New("backend: only sync workers are killed: the others go on reporting that they live while requests wait")
	}
	return nil
}

func (c Config) checkTimes() error {
	for _, d := range []time.Duration{c.KeepAlive, c.PauseEvery, c.PauseFor, c.KillAfter, c.Restart} {
		if d < 0 {
			return fmt.Errorf("backend: time %v: none may be negative", d)
		}
	}
	if (c.PauseEvery > 0) != (c.PauseFor > 0) {
		return errors.New("backend: pauses need both, how often and for how long")
	}
	return nil
}

// response lays out a whole answer, so that a worker sends it with one write.
func response(status, body int, kept bool) []byte {
	connection := "close"
	if kept {
		connection = "keep-alive" // NGINX and HTTP/1.0 clients want it said
	}
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\nServer: weir\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n",
		status, http.StatusText(status), body, connection)
	return append([]byte(head), strings.Repeat("x", body)...)
}
