package scenarios

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"weir/report/runfile"
	"weir/scenarios/catalogue"
)

// server is what listens on a backend's host: the embedded pool or a real server.
type server struct {
	host    string
	network string // tcp or unix
	address string // host:port or the path of a socket, as the probe names its listener
	script  string // of a server that speaks FastCGI; "": it speaks HTTP

	mu     sync.Mutex
	pid    int // of the process group's leader
	exited chan struct{}
	wanted bool // its end is our doing

	start func(context.Context) error // again, after it has ended
	// a later start is under load, where a request would wait behind the load's
	begun bool
	died  chan string // why, where it ended by itself
}

// startServer starts the server of a backend in its host. A driver sets pid and exited in start, for which
// launched is there, and has what it cannot do said by an error that names the package to install.
func (b *labBuilder) startServer(ctx context.Context, host string) error {
	spec := b.scenario.Backends[host]
	if spec.Server == catalogue.None {
		return nil
	}
	s := &server{host: host, network: spec.Listen, address: b.address(host, backendPort),
		died: make(chan string, 16)}
	if s.network == "unix" {
		s.address = filepath.Join(b.lab.Dir(), host+".sock")
	}
	if err := b.prepare(ctx, s, spec); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	s.begun = true
	b.servers[host] = s
	b.onClose(func() error { return s.end(syscall.SIGTERM) })
	b.Watchers = append(b.Watchers, s.watch)
	return nil
}

// prepare gives the server its start.
func (b *labBuilder) prepare(ctx context.Context, s *server, spec catalogue.Backend) error {
	if spec.Server == catalogue.Embedded {
		b.embed(s, spec)
		return nil
	}
	return b.drive(ctx, s, spec)
}

// runs puts it into the record what serves on a host, after what served there before.
func (b *labBuilder) runs(host, what string) {
	if before := b.Environment[host]; before != "" && before != what {
		what = before + ", then " + what
	}
	b.Environment[host] = what
}

// swapped prepares another server for a backend's address, and returns what puts it there: the old one is
// asked to leave, and sysctls are set before the new one listens. What is not installed, and a sysctl that
// there is not, is told now, before the load.
func (b *labBuilder) swapped(ctx context.Context, e catalogue.Event) (func(context.Context) error, error) {
	s := b.servers[e.Host]
	before := s.start
	if err := b.prepare(ctx, s, e.Backend.Over(b.scenario.Backends[e.Host])); err != nil {
		return nil, err
	}
	if err := b.haveSysctls(e); err != nil {
		return nil, err
	}
	after := s.start
	s.start = before
	return func(ctx context.Context) error {
		if err := s.end(syscall.SIGTERM); err != nil {
			return err
		}
		if err := b.setSysctls(e); err != nil {
			return err
		}
		s.start = after
		return s.start(ctx)
	}, nil
}

// haveSysctls reports the first of an event's sysctls that this kernel does not have.
func (b *labBuilder) haveSysctls(e catalogue.Event) error {
	for name := range e.Sysctls {
		if _, err := b.lab.Host(e.Host).Sysctl(name); err != nil {
			return err
		}
	}
	return nil
}

func (b *labBuilder) setSysctls(e catalogue.Event) error {
	for name, value := range e.Sysctls {
		if err := b.lab.Host(e.Host).SetSysctl(name, value); err != nil {
			return err
		}
	}
	return nil
}

// authority is what a request's URL calls it.
func (s *server) authority() string {
	if s.network == "unix" {
		return "localhost"
	}
	return s.address
}

// launched notes a process that was started and has wait called on it; why tells what it said last.
func (s *server) launched(pid int, wait func() error, why func() string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	exited := make(chan struct{})
	s.pid, s.exited, s.wanted = pid, exited, false
	go func() {
		err := wait()
		s.mu.Lock()
		wanted := s.wanted
		s.mu.Unlock()
		close(exited)
		if !wanted {
			select {
			case s.died <- fmt.Sprintf("the server on %s ended by itself: %v %s", s.host, err, why()):
			default:
			}
		}
	}()
}

// watch puts it on record when the server ends by itself: the run goes on, and says so.
func (s *server) watch(ctx context.Context, epoch time.Time, rec Recorder) {
	for {
		select {
		case why := <-s.died:
			rec.Write(&runfile.Event{Host: s.host, At: time.Since(epoch), Source: runfile.FromRunner,
				Class: runfile.ServerEnded, Count: 1, Text: why})
		case <-ctx.Done():
			return
		}
	}
}

// signal reaches all of the server's processes.
func (s *server) signal(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pid == 0 {
		return fmt.Errorf("the server on %s does not run", s.host)
	}
	if err := signalGroup(s.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal the server on %s: %w", s.host, err)
	}
	return nil
}

// end asks the server to leave by a signal, then ends it; it is done when the server has ended.
func (s *server) end(by syscall.Signal) error {
	s.mu.Lock()
	s.wanted = true
	exited := s.exited
	s.mu.Unlock()
	if exited == nil {
		return nil
	}
	_ = s.signal(by)
	_ = s.signal(sigCont) // a stopped process takes no SIGTERM
	select {
	case <-exited:
		return nil
	case <-time.After(2 * time.Second):
	}
	_ = s.signal(syscall.SIGKILL)
	select {
	case <-exited:
		return nil
	case <-time.After(2 * time.Second):
		return fmt.Errorf("the server on %s did not end when it was killed", s.host)
	}
}
