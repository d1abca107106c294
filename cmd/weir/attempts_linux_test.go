package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/epoll"
	"weir/loadgen/plan"
	"weir/loadgen/portable"
	"weir/scenarios/lab/labtest"
)

// TestNoHiddenRetries counts attempts at a real NGINX, in its own log, against requests that were due: while
// it resets connections instead of answering, and closes kept ones right when they are used again.
func TestNoHiddenRetries(t *testing.T) {
	path := nginxPath(t)
	for name, open := range map[string]func(loadgen.Target) (loadgen.Engine, error){
		"epoll":    func(t loadgen.Target) (loadgen.Engine, error) { return epoll.New(t) },
		"portable": func(t loadgen.Target) (loadgen.Engine, error) { return portable.New(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startUnkind(t, path)
			engine, err := open(loadgen.Target{
				URL: "http://" + server.listen + "/", Connections: loadgen.Reuse, Timeout: 10 * time.Second,
				Requests: []loadgen.Request{{Weight: 3, URI: "/ok/{{seq}}"}, {URI: "/reset/{{seq}}"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			p := plan.Plan{Stages: []plan.Stage{{From: 200, To: 200, Duration: 2 * time.Second}},
				Arrival: plan.Poisson, Seed: 1}
			var rec attempts
			if err := engine.Run(t.Context(), time.Now(), 50*time.Millisecond, p, &rec); err != nil {
				t.Fatal(err)
			}
			if len(rec.all) != p.Count() {
				t.Errorf("%d results for %d requests", len(rec.all), p.Count())
			}
			seen, connections := server.stop(t)
			rec.check(t, seen, connections)
		})
	}
}

// attempts collects results.
type attempts struct {
	mu  sync.Mutex
	all []loadgen.Result
}

func (a *attempts) Record(r loadgen.Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, r)
}

// check holds the results against how often the server saw each request, and on how many connections.
func (a *attempts) check(t *testing.T, seen map[int]int, connections int) {
	t.Helper()
	outcomes, opened := map[loadgen.Outcome]int{}, 0
	for _, r := range a.all {
		outcomes[r.Outcome]++
		if r.Connected > 0 {
			opened++
		}
		want := 1
		if r.Outcome == loadgen.ReusedClosed {
			want = 0
		}
		// A request may come in the instant in which the server closes for its own reasons: it is reset
		// unread.
		unread := r.Reused && r.Outcome == loadgen.ResetBeforeResponse && seen[r.Seq] == 0
		if seen[r.Seq] != want && !unread {
			t.Errorf("request %d is %s (reused: %v), the server saw it %d times", r.Seq, r.Outcome, r.Reused,
				seen[r.Seq])
		}
	}
	if opened != connections {
		t.Errorf("the server saw %d connections, the results have %d", connections, opened)
	}
	for _, o := range []loadgen.Outcome{loadgen.OK, loadgen.ResetBeforeResponse, loadgen.ReusedClosed} {
		if outcomes[o] == 0 {
			t.Errorf("no request was %s: %v", o, outcomes)
		}
	}
	if n := outcomes[loadgen.OK] + outcomes[loadgen.ResetBeforeResponse] +
		outcomes[loadgen.ReusedClosed]; n != len(a.all) {
		t.Errorf("other outcomes than were provoked: %v", outcomes)
	}
}

// unkind is an NGINX that answers below /ok/, resets below /reset/ and keeps no connection for long.
type unkind struct {
	listen, log string
	cmd         *exec.Cmd
	said        bytes.Buffer
}

func startUnkind(t *testing.T, path string) *unkind {
	t.Helper()
	dir := t.TempDir()
	u := &unkind{listen: labtest.FreeAddress(t), log: filepath.Join(dir, "access.log")}
	var temporary strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temporary, "%s_temp_path %s;\n", kind, filepath.Join(dir, kind))
	}
	// reset_timedout_connection also has 444 reset (ngx_http_core_module). The readiness check has a path of
	// its own.
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	text := fmt.Sprintf(`%[5]s daemon off; worker_processes 1; pid %[1]s/pid;
events { worker_connections 4096; }
http {
  %[2]s
  log_format seen '$connection $uri';
  access_log %[3]s seen;
  keepalive_timeout 4ms; reset_timedout_connection on;
  server {
    listen %[4]s;
    location /ready { access_log off; return 204; }
    location /ok/ { return 200 ok; }
    location /reset/ { return 444; }
  }
}
`, dir, temporary.String(), u.log, u.listen, user)
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	u.cmd = exec.Command(path, "-e", filepath.Join(dir, "error.log"), "-p", dir, "-c", conf)
	u.cmd.Stderr = &u.said
	if err := u.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if u.cmd.ProcessState == nil {
			_ = u.cmd.Process.Kill()
			_ = u.cmd.Wait()
		}
	})
	labtest.AwaitHTTP(t, "http://"+u.listen+"/ready")
	return u
}

// stop ends the server, so that its log is whole, and returns how often it saw each request and how many
// connections had any.
func (u *unkind) stop(t *testing.T) (seen map[int]int, connections int) {
	t.Helper()
	if err := u.cmd.Process.Signal(os.Interrupt); err != nil { // a fast end, as by TERM
		t.Fatal(err)
	}
	if err := u.cmd.Wait(); err != nil {
		t.Fatalf("nginx: %v: %s", err, u.said.String())
	}
	text, err := os.ReadFile(u.log)
	if err != nil {
		t.Fatal(err)
	}
	seen, carried := map[int]int{}, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		connection, uri, _ := strings.Cut(strings.TrimSpace(line), " ")
		seq, err := strconv.Atoi(uri[strings.LastIndexByte(uri, '/')+1:])
		if err != nil {
			t.Fatalf("%q in the log: %v", line, err)
		}
		seen[seq]++
		carried[connection] = true
	}
	return seen, len(carried)
}
