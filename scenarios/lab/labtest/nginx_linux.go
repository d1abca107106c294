package labtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// NGINX is the path of the installed one. Distributions keep it in sbin, which ordinary users do not have on
// their PATH.
func NGINX(t testing.TB) string {
	t.Helper()
	return Program(t, "nginx", "/usr/sbin/nginx")
}

// RunNGINX runs NGINX in a folder until the test ends, and returns once it listens on the unix socket
// front.sock there. The text is what its http block says besides; DIR in it stands for the folder.
func RunNGINX(t testing.TB, dir, text string) (socket string) {
	t.Helper()
	path, socket, conf := NGINX(t), filepath.Join(dir, "front.sock"), filepath.Join(dir, "nginx.conf")
	text = `daemon off; pid DIR/pid; error_log DIR/error.log info; worker_processes 2; events { worker_connections 64; }
http {
  client_body_temp_path DIR/b; proxy_temp_path DIR/p; fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;
` + text + `
}`
	if user := RunAs(); user != "" {
		text = "user " + user + ";" + text
	}
	if err := os.WriteFile(conf, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-p", dir, "-c", conf)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	var out strings.Builder
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	AwaitListener(t, "unix", socket)
	return socket
}
