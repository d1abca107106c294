// Package nginx drives a real NGINX: finds it, writes its configuration, starts it, waits until it
// serves, follows its logs and stops it. It configures a proxy for an experiment; it is not a general
// manager of NGINX, and it never touches a server or a file that it did not make.
package nginx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// ErrNotInstalled is returned by Find where there is no NGINX.
var ErrNotInstalled = errors.New("nginx is not installed: `apt-get install nginx`, `dnf install nginx` or `apk add nginx`")

// places are looked at in turn. Distributions keep NGINX in sbin, which ordinary users do not have on their
// PATH.
var places = []string{"nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/nginx/sbin/nginx"}

// Find returns NGINX's path and version: of the given one, or where that is empty of the installed one.
func Find(ctx context.Context, given string) (path, version string, err error) {
	look := places
	if given != "" {
		look = []string{given}
	}
	for _, p := range look {
		if path, err = exec.LookPath(p); err == nil {
			break
		}
	}
	if err != nil && given != "" {
		return "", "", fmt.Errorf("%w (%s: %w)", ErrNotInstalled, given, err)
	}
	if err != nil {
		return "", "", ErrNotInstalled
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "-v").CombinedOutput()
	if err != nil {
		return "", "", fmt.Errorf("%s -v: %w: %s", path, err, firstLine(out))
	}
	m := versionText.FindSubmatch(out)
	if m == nil {
		return "", "", fmt.Errorf("%s -v: no version in %q", path, firstLine(out))
	}
	return path, string(m[1]), nil
}

// HasStatus reports whether an NGINX can serve its status in a folder: it was built with the module, and the
// folder's name is short enough for a socket.
func HasStatus(ctx context.Context, path string, c Config) bool {
	out, err := exec.CommandContext(ctx, path, "-V").CombinedOutput()
	return err == nil && bytes.Contains(out, []byte("--with-http_stub_status_module")) &&
		len(c.StatusSocket()) <= maxSocketPath
}

var versionText = regexp.MustCompile(`version: \S*?/?([0-9][0-9.]*)`)

// Server is a running NGINX.
type Server struct {
	Config
	cmd    *exec.Cmd
	exited chan struct{} // closed when NGINX has ended, as end says
	end    error
}

// Start writes the configuration and starts NGINX by run, which decides in which network namespace.
// It returns at once; WaitReady tells when NGINX serves.
func Start(path string, c Config, run func(*exec.Cmd) error) (*Server, error) {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("nginx: make its folder: %w", err)
	}
	if err := c.write(); err != nil {
		return nil, err
	}
	_ = os.Remove(c.StatusSocket()) // an NGINX that was killed leaves it, and its successor could not listen
	s := &Server{Config: c, exited: make(chan struct{})}
	// -e: before it has read its configuration NGINX would complain to the log path it was built with.
	s.cmd = exec.Command(path, "-e", c.ErrorLog(), "-p", c.Dir, "-c", c.file())
	s.cmd.SysProcAttr = &syscall.SysProcAttr{}
	if err := run(s.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	go func() {
		s.end = s.cmd.Wait()
		close(s.exited)
	}()
	return s, nil
}

// WaitReady polls NGINX itself, not its upstream, until it answers, within ten seconds.
func (s *Server) WaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		Proxy: nil}}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Listen+readyPath, nil)
		if err != nil {
			return fmt.Errorf("nginx: address %q: %w", s.Listen, err)
		}
		if resp, err := client.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusNoContent {
				return nil
			}
			return fmt.Errorf("nginx: %s answered %s to its readiness check; another server has this address",
				s.Listen, resp.Status)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("nginx ended before it served: %v; it said: %s", s.end, s.complaint())
		case <-ctx.Done():
			return fmt.Errorf("nginx did not serve on %s: %w; it said: %s", s.Listen, ctx.Err(),
				s.complaint())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c Config) file() string { return filepath.Join(c.Dir, "nginx.conf") }

func (c Config) write() error {
	if err := os.WriteFile(c.file(), []byte(c.text()), 0o644); err != nil {
		return fmt.Errorf("nginx: write its configuration: %w", err)
	}
	return nil
}

// Reload has NGINX read another configuration of the same folder. It comes into force some milliseconds
// later; what is under way is finished by the old one. A configuration that NGINX refuses is in its error
// log.
func (s *Server) Reload(c Config) error {
	if c.Dir != s.Dir {
		return fmt.Errorf("nginx: reload from %s: it runs in %s", c.Dir, s.Dir)
	}
	if err := c.write(); err != nil {
		return err
	}
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		return fmt.Errorf("nginx: reload: %w", err)
	}
	return nil
}

// Ended is closed when NGINX has ended; Why then tells how, and what it said last.
func (s *Server) Ended() <-chan struct{} { return s.exited }

// Why must not be called before NGINX has ended.
func (s *Server) Why() string { return fmt.Sprintf("%v; it said: %s", s.end, s.complaint()) }

// Pid is the master's, which leads its process group where it was started as the leader of one.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Stop asks NGINX to leave and ends it after two seconds.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(2 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
	return nil
}

// complaint is the last thing NGINX said about itself, for an error message.
func (s *Server) complaint() string {
	text, _ := os.ReadFile(s.ErrorLog())
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(lines[i], "[emerg]") || strings.Contains(lines[i], "[crit]") ||
			strings.Contains(lines[i], "[alert]") {
			return firstLine([]byte(lines[i]))
		}
	}
	return firstLine([]byte(lines[len(lines)-1]))
}

func firstLine(b []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(b), []byte("\n"))
	return string(line[:min(len(line), 300)])
}
