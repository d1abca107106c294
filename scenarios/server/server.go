// Package server drives real application servers: it finds them, writes their configuration and a little
// application that sleeps, starts them, waits until every worker is there, and stops them. It believes that a
// driver is data: a row says which program, which files and which arguments follow from a Spec; how a process
// is started, watched and ended is the same for all of them.
//
// It is not a manager of servers. It configures one for an experiment, in a folder of its own, and never
// touches a server or a file that it did not make.
package server

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Spec is what an experiment asks of a server. Which of the numbers a server heeds, its driver says.
type Spec struct {
	Dir         string                   // of its own: configuration, application, log, pid
	Listen      string                   // "10.77.0.3:8000", or "unix:/path"
	Workers     int                      // processes
	Threads     int                      // a worker's; 0: 1
	Connections int                      // that a gevent worker serves at once; 0: 1000, Gunicorn's default
	Backlog     int                      // for listen(2)
	ServiceTime time.Duration            // what a request for a path that Paths does not have sleeps
	Paths       map[string]time.Duration // service times by path; /health is 0 where it is not among them
	// after which a worker that is still busy is killed, whole seconds; 0: the server's default
	Timeout time.Duration
	// where the server asks for a user; needed where one uid is mapped. Empty: left out
	RunAs string
}

// readyPath is answered without the service time.
const readyPath = "/health"

// filled puts the defaults where nothing is said.
func (s Spec) filled() Spec {
	s.Threads, s.Backlog, s.Connections = max(s.Threads, 1), max(s.Backlog, 1), cmp.Or(s.Connections, 1000)
	return s
}

func (s Spec) withDefaults() (Spec, error) {
	s = s.filled()
	switch {
	case s.Dir == "" || !filepath.IsAbs(s.Dir) || strings.ContainsAny(s.Dir, "\"'\\\n ;#$"):
		return s, fmt.Errorf("server: folder %q: give an absolute path without spaces and quotes", s.Dir)
	case !listenText.MatchString(s.Listen):
		return s, fmt.Errorf("server: address %q: give host:port or unix:/path", s.Listen)
	case s.Workers < 1 || s.Workers > 1024 || s.Threads > 1024 || s.Connections < 1 || s.Connections > 65535:
		return s, fmt.Errorf("server: %d workers, %d threads, %d connections: give at least 1 and at most 1024, 1024, 65535", s.Workers, s.Threads, s.Connections)
	case s.ServiceTime < 0 || s.ServiceTime > time.Hour:
		return s, fmt.Errorf("server: service time %v: give 0 to 1h", s.ServiceTime)
	case !userText.MatchString(s.RunAs):
		return s, fmt.Errorf("server: user %q: give a name", s.RunAs)
	case s.Timeout < 0 || s.Timeout%time.Second != 0:
		return s, fmt.Errorf("server: timeout %v: these servers take whole seconds", s.Timeout)
	}
	for path, d := range s.Paths {
		if !pathText.MatchString(path) || d < 0 || d > time.Hour {
			return s, fmt.Errorf("server: path %q with %v: begin it with /, use letters, digits and ._-/, and give 0 to 1h", path, d)
		}
	}
	return s, nil
}

// What goes into configuration files is kept to characters that mean nothing in them.
var (
	listenText = regexp.MustCompile(`^([A-Za-z0-9.:\[\]-]+:[0-9]+|unix:/[A-Za-z0-9._/+-]+)$`)
	pathText   = regexp.MustCompile(`^/[A-Za-z0-9._/-]*$`)
	userText   = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)
)

// address is where the server is dialled.
func (s Spec) address() (network, address string) {
	if path, ok := strings.CutPrefix(s.Listen, "unix:"); ok {
		return "unix", path
	}
	return "tcp", s.Listen
}

// Protocols that servers speak to their proxy.
const (
	HTTP    = "http"
	FastCGI = "fastcgi"
)

// Driver is one kind of server.
type Driver struct {
	Name     string
	Protocol string // HTTP or FastCGI
	packages string // Debian's
	programs []string
	version  []string // arguments that make it print its version
	pattern  *regexp.Regexp
	modules  []string                     // Python's, that the program's own interpreter must have
	files    func(Spec) map[string]string // by path below Dir
	args     func(Spec) []string

	// Which of a Spec's numbers its workers have. Where they have neither, each serves one request at a time.
	Threads, Connections bool
}

// Install is the line that installs the server.
func (d Driver) Install() string { return "apt-get install --no-install-recommends " + d.packages }

// Slots is how many requests one worker serves at once.
func (d Driver) Slots(s Spec) int {
	s = s.filled()
	switch {
	case d.Threads && d.Connections: // it accepts no more than it may have connections
		return min(s.Threads, s.Connections)
	case d.Threads:
		return s.Threads
	case d.Connections:
		return s.Connections
	}
	return 1
}

// drivers is filled by the files of the servers, in the order in which they are listed.
func drivers() []Driver {
	return slices.Concat(gunicorns, []Driver{unicorn, puma, uwsgi, phpFPM})
}

// Names lists the drivers.
func Names() (names []string) {
	for _, d := range drivers() {
		names = append(names, d.Name)
	}
	return names
}

// ErrUnknown is in the error of a name that no driver has.
var ErrUnknown = errors.New("unknown server")

// Lookup returns a driver by its name.
func Lookup(name string) (Driver, error) {
	for _, d := range drivers() {
		if d.Name == name {
			return d, nil
		}
	}
	return Driver{}, fmt.Errorf("%w %q; there are: %s", ErrUnknown, name, strings.Join(Names(), ", "))
}
