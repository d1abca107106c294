package probe

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Backlog is what a process' command line says of the backlog that it asks listen() for. What it got is
// Listener.Limit.
type Backlog struct {
	N  uint64 `json:"n"`
	By string `json:"by"` // what says so: "--backlog", "Gunicorn's default"
	// an option says it. A default holds where no file or environment says otherwise
	Sure bool `json:"sure,omitempty"`
}

// server is a program whose way to ask for a backlog is known.
type server struct {
	program, name string
	options       []string // beside --backlog, which means the same everywhere
	byDefault     uint64   // 0: not known, or never clamped
}

var knownServers = []server{
	// gunicorn/config.py, class Backlog
	{program: "gunicorn", name: "Gunicorn", byDefault: 2048},
	{program: "uvicorn", name: "Uvicorn", byDefault: 2048}, // uvicorn/config.py, class Config
	// it asks for 100, and does not start where that would be clamped
	{program: "uwsgi", name: "uWSGI", options: []string{"--listen", "-l"}},
	// unicorn/socket_helper.rb, DEFAULTS
	{program: "unicorn", name: "Unicorn", byDefault: 1024},
	// puma/binder.rb, add_tcp_listener
	{program: "puma", name: "Puma", byDefault: 1024},
	// src/os/unix/ngx_linux_config.h, NGX_LISTEN_BACKLOG
	{program: "nginx", name: "NGINX", byDefault: 511},
	// sapi/fpm/fpm/fpm_sockets.h, FPM_BACKLOG_DEFAULT
	{program: "php-fpm", name: "PHP-FPM", byDefault: 511},
}

// backlogOf reads a command line; nil where it says nothing. The last option counts, as servers have it. A
// process that has put a title in the arguments' place ("gunicorn: master [app]") has a single one with the
// title's words.
func backlogOf(args []string) *Backlog {
	if len(args) == 1 {
		args = strings.Fields(args[0])
	}
	s := knownServer(args)
	for i := len(args) - 1; i > 0; i-- {
		for _, option := range append([]string{"--backlog"}, s.options...) {
			value, ok := strings.CutPrefix(args[i], option+"=")
			if args[i] == option && i+1 < len(args) {
				value, ok = args[i+1], true
			}
			if n, err := strconv.ParseUint(value, 10, 31); ok && err == nil && n > 0 {
				return &Backlog{N: n, By: option, Sure: true}
			}
		}
	}
	if s.byDefault == 0 {
		return nil
	}
	return &Backlog{N: s.byDefault, By: s.name + "'s default"}
}

// knownServer finds the program in its own name or, where an interpreter runs it, in that of its script or
// module.
func knownServer(args []string) server {
	for i, arg := range args {
		if i > 0 && strings.HasPrefix(arg, "-") {
			continue // python3 -m uvicorn
		}
		for _, s := range knownServers {
			if rest, ok := strings.CutPrefix(path.Base(arg), s.program); ok &&
				(rest == "" || strings.ContainsAny(rest[:1], ":_0123456789")) {
				return s // php-fpm8.2, unicorn_rails, "nginx: master process"
			}
		}
		if i > 0 || !strings.HasPrefix(path.Base(arg), "python") &&
			!strings.HasPrefix(path.Base(arg), "ruby") {
			break
		}
	}
	return server{}
}

// Asked is what the processes that hold the listener ask listen() for, and what says so; nil where nothing
// does. A default that does not explain the limit is none: something else is configured.
func (d Discovery) Asked(l Listener) *Backlog {
	var byDefault *Backlog
	for _, s := range d.Servers {
		if !slices.Contains(s.Inodes, l.Inode) {
			continue
		}
		for _, p := range append([]Process{s.Process}, s.Workers...) {
			switch b := p.Backlog; {
			case b == nil:
			case b.Sure:
				return b
			case d.Somaxconn != nil && min(b.N, *d.Somaxconn) == uint64(l.Limit):
				byDefault = b
			}
		}
	}
	return byDefault
}

func (b Backlog) String() string {
	if b.Sure {
		return fmt.Sprintf("asked %d (%s)", b.N, b.By)
	}
	return fmt.Sprintf("asked %d (%s unless configured)", b.N, b.By)
}
