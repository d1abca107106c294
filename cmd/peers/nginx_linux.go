package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// server is the NGINX that all generators load. Everything of it is in one folder, it includes nothing of
// the system's, and it is ended by its process.
type server struct {
	cmd     *exec.Cmd
	url     string
	version string
}

// configuration: one worker, no log, an answer that costs next to nothing, and connections that are never
// closed for having been used enough. "user root" because only one user exists in the namespace.
func configuration(dir, address string) string {
	text := `user root;
worker_processes 1;
daemon off;
pid "DIR/nginx.pid";
error_log "DIR/error.log" error;
worker_rlimit_nofile 20000;
events { worker_connections 16384; }
http {
  client_body_temp_path "DIR/client_body";
  proxy_temp_path "DIR/proxy";
  fastcgi_temp_path "DIR/fastcgi";
  uwsgi_temp_path "DIR/uwsgi";
  scgi_temp_path "DIR/scgi";
  access_log off;
  default_type text/plain;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  server {
    listen ADDRESS backlog=65535;
    location / { return 200 "ok"; }
  }
}
`
	return strings.NewReplacer("DIR", dir, "ADDRESS", address).Replace(text)
}

// startServer returns when NGINX serves.
func startServer(dir string, core int) (*server, error) {
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx" // ordinary users do not have it on their PATH
	}
	said, err := exec.Command(path, "-v").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("nginx is not installed: apt-get install nginx: %w", err)
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	conf, log := filepath.Join(dir, "nginx.conf"), filepath.Join(dir, "error.log")
	if err := os.WriteFile(conf, []byte(configuration(dir, address)), 0o644); err != nil {
		return nil, err
	}
	_, version, _ := strings.Cut(strings.TrimSpace(string(said)), ": ")
	s := &server{cmd: exec.Command(path, "-e", log, "-p", dir, "-c", conf), url: "http://" + address + "/", version: version}
	if err := startOn(core, s.cmd); err != nil {
		return nil, err
	}
	if err := s.ready(); err != nil {
		s.stop()
		text, _ := os.ReadFile(log)
		return nil, fmt.Errorf("nginx: %w: %s", err, lastLine(string(text)))
	}
	return s, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (s *server) ready() error {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	var err error
	for range 250 {
		var resp *http.Response
		if resp, err = client.Get(s.url); err == nil {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, 100))
			_ = resp.Body.Close()
			if string(body) == "ok" {
				return nil
			}
			return errors.New("another server has its address")
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

// stop ends NGINX: its master ends the worker.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(3*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	_ = s.cmd.Wait()
}
