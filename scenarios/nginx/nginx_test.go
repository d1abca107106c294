package nginx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"weir/probe/nginxlog"
	"weir/probe/nginxstatus"
	"weir/scenarios/lab/labtest"
)

func installed(t *testing.T) string {
	t.Helper()
	labtest.NotQuick(t)
	path, version, err := Find(t.Context(), "")
	if errors.Is(err, ErrNotInstalled) {
		labtest.Missing(t, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("NGINX %s at %s", version, path)
	return path
}

func start(t *testing.T, c Config) *Server {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	c.RunAs = labtest.RunAs()
	if c.Listen == "" {
		c.Listen = labtest.FreeAddress(t)
	}
	s, err := Start(installed(t), c, (*exec.Cmd).Start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

func get(t *testing.T, address string) int {
	t.Helper()
	resp, err := http.Get("http://" + address + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestProxiesAndLogs(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	}))
	defer backend.Close()
	s := start(t, Config{
		Upstreams:  []string{strings.TrimPrefix(backend.URL, "http://")},
		Directives: map[string]string{"proxy_connect_timeout": "900ms"},
		Group:      map[string]string{"keepalive": "4"},
	})
	if err := s.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s.Listen); got != http.StatusTeapot {
		t.Errorf("status %d through the proxy, want the backend's 418", got)
	}
	backend.Close()
	if got := get(t, s.Listen); got != http.StatusBadGateway {
		t.Errorf("status %d with the backend gone, want 502", got)
	}
	wantLine(t, s.ErrorLog(), nginxlog.ParseError, "connect_refused")
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := net.DialTimeout("tcp", s.Listen, time.Second); err == nil {
		t.Error("NGINX still listens after Stop")
	}
	text, err := os.ReadFile(s.AccessLog())
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if _, ok := nginxlog.ParseAccess([]byte(line)); !ok {
			t.Errorf("line %d of our own access log format is not understood: %s", i+1, line)
		}
	}
}

func wantLine(t *testing.T, path string, parse func([]byte) (nginxlog.Line, bool), class string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if l, ok := parse([]byte(line)); ok && l.Class == class {
			return
		}
	}
	t.Errorf("no line of class %s in %s:\n%s", class, path, text)
}

// The standard library's FastCGI server judges what NGINX was told to send.
func TestFastCGI(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		_ = fcgi.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			env := fcgi.ProcessEnv(r)
			if r.Method != http.MethodGet || r.URL.RequestURI() != "/cart?q=1" ||
				env["SCRIPT_FILENAME"] != "/srv/index.php" || env["DOCUMENT_URI"] != "/cart" {
				http.Error(w, fmt.Sprint(r.Method, r.URL, env), http.StatusBadRequest)
				return
			}
			w.WriteHeader(http.StatusTeapot)
		}))
	}()
	s := start(t, Config{
		Upstreams: []string{l.Addr().String()}, Script: "/srv/index.php",
		Directives: map[string]string{"fastcgi_connect_timeout": "900ms"},
	})
	if err := s.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + s.Listen + "/cart?q=1")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusTeapot {
		t.Errorf("%s, %s", resp.Status, body)
	}
}

// TestStatus polls a real NGINX's stub_status on its socket.
func TestStatus(t *testing.T) {
	path := installed(t)
	c := Config{Dir: labtest.ShortDir(t), Upstreams: []string{"127.0.0.1:9"}, Status: true}
	if !HasStatus(t.Context(), path, c) {
		t.Skipf("NOT TESTED: %s was built without stub_status", path)
	}
	s := start(t, c)
	if err := s.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := nginxstatus.New("nginx", "unix:"+s.StatusSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	before := p.Read(t.Context(), time.Now())
	for range 3 {
		get(t, s.Listen)
	}
	after := p.Read(t.Context(), time.Now())
	if before.Status == nil || after.Status == nil {
		t.Fatalf("%s %s", before.Error, after.Error)
	}
	n := after.Status.Requests - before.Status.Requests
	if n != 4 || after.Status.Active < 1 { // three, and the poll itself
		t.Errorf("three requests and a poll are %d requests; %v", n, after)
	}
	c.Dir = strings.Repeat("x", maxSocketPath)
	if HasStatus(t.Context(), path, c) {
		t.Error("a socket with a name that no socket can have")
	}
}

func TestBadDirectiveIsReported(t *testing.T) {
	s := start(t, Config{Upstreams: []string{"127.0.0.1:9"},
		Directives: map[string]string{"proxy_connnect_timeout": "1s"}})
	err := s.WaitReady(t.Context())
	if err == nil || !strings.Contains(err.Error(), `unknown directive "proxy_connnect_timeout"`) {
		t.Errorf("the error is %v, want NGINX's own complaint", err)
	}
}

func TestAddressOfAnotherServer(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	s := start(t, Config{Listen: strings.TrimPrefix(other.URL, "http://"),
		Upstreams: []string{"127.0.0.1:9"}})
	if err := s.WaitReady(t.Context()); err == nil {
		t.Error("another server's answer was taken for NGINX being ready")
	}
}

func TestFindSaysHowToInstall(t *testing.T) {
	_, _, err := Find(context.Background(), "/nonexistent/nginx")
	if !errors.Is(err, ErrNotInstalled) || !strings.Contains(fmt.Sprint(err), "apt-get install") {
		t.Errorf("the error is %v", err)
	}
}
