package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Server is a running server.
type Server struct {
	Installed
	Spec
	cmd    *exec.Cmd
	exited chan struct{} // closed when the server's first process has ended, as end says
	end    error
}

// Launch is what starts a server: files to write and a command to run. It touches nothing.
type Launch struct {
	Files map[string]string // by path below the Spec's Dir
	Args  []string
	Env   []string // the whole environment
}

// Launch lays a server out.
func (i Installed) Launch(s Spec) (Launch, error) {
	s, err := s.withDefaults()
	if err != nil {
		return Launch{}, err
	}
	return Launch{Files: i.files(s), Args: i.args(s), Env: []string{
		"PATH=" + os.Getenv("PATH") + ":/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + s.Dir, "TMPDIR=" + s.Dir,
		"LANG=C.UTF-8",
		"PYTHONDONTWRITEBYTECODE=1", serviceTimesVariable + "=" + s.serviceTimes(),
	}}, nil
}

// Start writes the files and starts the server by run, which decides in which network namespace. It returns
// at once; WaitReady tells when the server serves.
func (i Installed) Start(spec Spec, run func(*exec.Cmd) error) (*Server, error) {
	launch, err := i.Launch(spec)
	if err != nil {
		return nil, err
	}
	spec, _ = spec.withDefaults() // Launch has checked it
	s := &Server{Installed: i, Spec: spec, exited: make(chan struct{})}
	if err := writeFiles(spec.Dir, launch.Files); err != nil {
		return nil, fmt.Errorf("%s: %w", i.Name, err)
	}
	log, err := os.Create(s.Log())
	if err != nil {
		return nil, fmt.Errorf("%s: its log: %w", i.Name, err)
	}
	defer log.Close() // the server has it then
	s.cmd = exec.Command(i.Path, launch.Args...)
	s.cmd.Dir, s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = spec.Dir, launch.Env, log, log
	s.cmd.SysProcAttr = ownGroup()
	if err := run(s.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", i.Path, err)
	}
	go func() {
		s.end = s.cmd.Wait()
		close(s.exited)
	}()
	return s, nil
}

func writeFiles(dir string, files map[string]string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make its folder: %w", err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write its configuration: %w", err)
		}
	}
	return nil
}

// Log is the file that has what the server says.
func (s *Server) Log() string { return filepath.Join(s.Dir, "server.log") }

// Pid is the server's first process, which the others are children of.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// readyLimit is how long a server may take to serve. An application server on a busy machine reads many files
// first.
const readyLimit = 30 * time.Second

// WaitReady waits until the server answers on its health path and all its workers are there.
func (s *Server) WaitReady(ctx context.Context) error { return s.wait(ctx, s.check) }

// steady is for how long a server's workers have to stay the same ones to be taken for its workers: those
// that fail when they load the application are there for a moment too, and their master makes new ones.
const steady = time.Second

// WaitUp waits until the server listens and its workers are there, and stay, without a request: under load
// that would wait behind the load's.
func (s *Server) WaitUp(ctx context.Context) error {
	var workers []int
	var since time.Time
	return s.wait(ctx, func(context.Context) error {
		now, err := s.WorkerPids()
		slices.Sort(now)
		switch {
		case err != nil:
			return err
		case !s.listens():
			return errors.New("nobody listens")
		case len(now) != s.Workers:
			workers = nil
			return s.fewer(now)
		case !slices.Equal(now, workers):
			workers, since = now, time.Now()
		}
		if time.Since(since) < steady {
			return errors.New("its workers come and go")
		}
		return nil
	})
}

// wait checks the server until it is as it should be, has ended, or the time is over.
func (s *Server) wait(ctx context.Context, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	for {
		err := errors.New("it has ended") // another server may have its address, and answer
		if !s.ended() {
			err = check(ctx)
		}
		if err == nil && !s.ended() {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("%s ended before it served: %v; it said: %s", s.Name, s.end, s.Complaint())
		case <-ctx.Done():
			return fmt.Errorf("%s did not serve on %s: %w; it said: %s", s.Name, s.Listen,
				errors.Join(ctx.Err(), err), s.Complaint())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) ended() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

func (s *Server) check(ctx context.Context) error {
	if err := s.ask(ctx, readyPath); err != nil {
		return err
	}
	workers, err := s.WorkerPids()
	if err == nil && len(workers) != s.Workers {
		err = s.fewer(workers)
	}
	return err
}

func (s *Server) fewer(workers []int) error {
	return fmt.Errorf("%d workers are there, %d were asked for", len(workers), s.Workers)
}

// Stop asks the server to leave, ends it after two seconds, and with it whatever it has left behind.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(2 * time.Second):
	}
	endGroup(s.Pid())
	select {
	case <-s.exited:
		return nil
	case <-time.After(5 * time.Second):
		return fmt.Errorf("%s: process %d did not end when it was killed", s.Name, s.Pid())
	}
}

// Wait returns when the server's first process has ended, and how it did.
func (s *Server) Wait() error {
	<-s.exited
	return s.end
}

// Complaint is the end of what the server said, for an error message.
func (s *Server) Complaint() string {
	const most = 600
	text, _ := os.ReadFile(s.Log())
	text = text[max(0, len(text)-most):]
	return strings.Join(strings.Fields(strings.ToValidUTF8(string(text), "")), " ")
}
