// Package backend is a server whose capacity is known: a pool of synchronous workers behind one listening
// socket, as Gunicorn's sync worker, Unicorn or PHP-FPM have it. Each worker accepts a connection, serves
// one request on it, closes it, and accepts again; the kernel's accept queue is the only queue there is.
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
// It is not a web server: it has one answer for every path.
package backend

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Config describes a server. Zero values of the optional fields mean the default that they name.
type Config struct {
	Network     string        // "tcp" (default) or "unix"
	Address     string        // "10.77.0.3:8000"; ":8000" is every IPv4 address; or a path that does not exist yet
	Workers     int           // at least 1
	Backlog     int           // as given to listen(2): Backlog+1 connections fit; at most net.core.somaxconn
	ServiceTime time.Duration // what a worker sleeps for a request; may be 0
	HealthPath  string        // answered by the same workers without the service time; default "/health"
	Body        int           // bytes of the response's body
	ReadTimeout time.Duration // how long a silent client may hold a worker; default 5 s
}

const maxBody = 64 << 20

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
		return c, fmt.Errorf("backend: service time %v, read timeout %v: give 0 or more", c.ServiceTime, c.ReadTimeout)
	case c.Body < 0 || c.Body > maxBody:
		return c, fmt.Errorf("backend: body of %d bytes: give 0 to %d", c.Body, maxBody)
	case !strings.HasPrefix(c.HealthPath, "/"):
		return c, fmt.Errorf("backend: health path %q: begin it with /", c.HealthPath)
	}
	return c, nil
}

// response lays out a whole answer, so that a worker sends it with one write.
func response(status int, body int) []byte {
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\nServer: weir\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
		status, http.StatusText(status), body)
	return append([]byte(head), strings.Repeat("x", body)...)
}
