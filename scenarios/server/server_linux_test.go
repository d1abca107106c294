package server

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/scenarios/lab/labtest"
)

// must are the servers that `make deps` installs: where everything is to be tested, their absence is a
// failure.
var must = []string{"gunicorn", "gunicorn-gthread", "gunicorn-gevent", "gunicorn-django", "unicorn", "puma",
	"uwsgi", "php-fpm"}

func installed(t *testing.T, name string) Installed {
	t.Helper()
	labtest.NotQuick(t)
	d, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	i, err := d.Find(t.Context())
	if missing := (*NotInstalledError)(nil); errors.As(err, &missing) {
		if !slices.Contains(must, name) {
			t.Skipf("NOT TESTED: %v", err)
		}
		labtest.Missing(t, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s %s at %s", name, i.Version, i.Path)
	return i
}

func start(t *testing.T, i Installed, s Spec) *Server {
	t.Helper()
	dir := labtest.ShortDir(t)
	s.Dir = dir
	if s.Listen == "unix" {
		s.Listen = "unix:" + dir + "/s"
	} else {
		s.Listen = labtest.FreeAddress(t)
	}
	s.RunAs = labtest.RunAs()
	server, err := i.Start(s, (*exec.Cmd).Start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Stop()
		if t.Failed() {
			t.Logf("its log ends in: %s", server.Complaint())
		}
	})
	return server
}

// Each server that is installed serves with as many workers as were asked for, over TCP and a unix socket,
// and leaves nothing behind.
func TestServers(t *testing.T) {
	for _, name := range Names() {
		for _, network := range []string{"tcp", "unix"} {
			if network == "unix" && strings.HasPrefix(name, "gunicorn-") {
				continue // Gunicorn's master binds, whatever its workers are
			}
			t.Run(name+" "+network, func(t *testing.T) {
				t.Parallel()
				i := installed(t, name)
				s := start(t, i, Spec{
					Listen: network, Workers: 2, Threads: 2, Backlog: 7, Timeout: 30 * time.Second,
					ServiceTime: 100 * time.Millisecond,
					Paths:       map[string]time.Duration{"/payment": 300 * time.Millisecond},
				})
				if err := s.WaitReady(t.Context()); err != nil {
					t.Fatal(err)
				}
				workers, err := s.WorkerPids()
				if err != nil || len(workers) != 2 {
					t.Fatalf("workers %v, %v; want 2", workers, err)
				}
				if network == "tcp" {
					checkBacklog(t, s, 7)
				}
				checkServiceTime(t, s, "/cart", 100*time.Millisecond)
				checkServiceTime(t, s, "/payment", 300*time.Millisecond)
				began := time.Now()
				if err := s.Stop(); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took > 8*time.Second {
					t.Errorf("it took %v to stop", took)
				}
				for _, pid := range append(workers, s.Pid()) {
					if alive(pid) {
						t.Errorf("process %d is still there", pid)
					}
				}
				if c, err := s.dial(t.Context()); err == nil {
					c.Close()
					t.Error("it still listens")
				}
			})
		}
	}
}

// checkServiceTime checks that a request takes as long as was asked for, or longer: the machine may be busy.
func checkServiceTime(t *testing.T, s *Server, path string, want time.Duration) {
	t.Helper()
	began := time.Now()
	err := s.ask(t.Context(), path)
	if took := time.Since(began); err != nil || took < want {
		t.Errorf("%s took %v, want %v or more; %v", path, took, want, err)
	}
}

// alive gives a killed process a moment to be collected by its new parent.
func alive(pid int) bool {
	for range 100 {
		if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) || zombie(pid) {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
}

func zombie(pid int) bool {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && strings.Contains(string(text), ") Z ")
}

func TestMissingServerSaysHowToInstall(t *testing.T) {
	d := phpFPM
	d.programs = []string{"/nonexistent/php-fpm", "/nonexistent/php-fpm[0-9]*"}
	_, err := d.Find(t.Context())
	if missing := (*NotInstalledError)(nil); !errors.As(err, &missing) ||
		!strings.Contains(err.Error(), "apt-get install --no-install-recommends php-fpm") {
		t.Errorf("the error is %v", err)
	}
	d, _ = Lookup("gunicorn")
	d.modules = []string{"no_such_module_of_python"}
	if lookPath(d.programs) == "" {
		t.Skip("NOT TESTED: gunicorn is not installed")
	}
	if _, err := d.Find(t.Context()); !errors.As(err, new(*NotInstalledError)) {
		t.Errorf("without a module the error is %v", err)
	}
}

// Nothing that a specification has may mean something in a configuration file.
func TestSpecsThatAreRefused(t *testing.T) {
	good := Spec{Dir: "/d", Listen: "127.0.0.1:1", Workers: 1}
	if _, err := good.withDefaults(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Spec){
		"folder":       func(s *Spec) { s.Dir = `/d"x` },
		"address":      func(s *Spec) { s.Listen = "unix:/a\nlisten.backlog = 1" },
		"workers":      func(s *Spec) { s.Workers = 0 },
		"service time": func(s *Spec) { s.ServiceTime = -1 },
		"timeout":      func(s *Spec) { s.Timeout = 1500 * time.Millisecond },
		"path":         func(s *Spec) { s.Paths = map[string]time.Duration{"/'": 0} },
		"user":         func(s *Spec) { s.RunAs = "a;b" },
	} {
		s := good
		spoil(&s)
		if _, err := s.withDefaults(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", want, err)
		}
	}
}

// That a server is up is seen without a request, also when its only worker has none to spare; one that fails
// as soon as it loads its application never is, although its workers are there for a moment.
func TestWaitUpMakesNoRequest(t *testing.T) {
	i := installed(t, "gunicorn")
	s := start(t, i, Spec{Workers: 1, ServiceTime: 20 * time.Second})
	if err := s.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	busy, err := s.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	if _, err := busy.Write([]byte("GET /cart HTTP/1.0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitUp(t.Context()); err != nil {
		t.Errorf("a server that is busy: %v", err)
	}
	failing := start(t, unlucky(i), Spec{Workers: 1})
	if err := failing.WaitUp(t.Context()); err == nil || !strings.Contains(err.Error(), "out of luck") {
		t.Errorf("of a server that fails to start the error is %v, want its own complaint", err)
	}
	if s := start(t, i, Spec{Workers: 1, Listen: "unix"}); s.WaitUp(t.Context()) != nil || !s.listens() {
		t.Error("on a unix socket it is not seen")
	}
}

// unlucky is Gunicorn with an application that cannot be loaded.
func unlucky(i Installed) Installed {
	files := i.files
	i.files = func(s Spec) map[string]string {
		f := files(s)
		f["app.py"] = "raise RuntimeError('out of luck')\n"
		return f
	}
	return i
}

func TestConfigurationErrorIsReported(t *testing.T) {
	i := installed(t, "gunicorn")
	s := start(t, unlucky(i), Spec{Workers: 1})
	if err := s.WaitReady(t.Context()); err == nil || !strings.Contains(err.Error(), "out of luck") {
		t.Errorf("the error is %v, want the server's own complaint", err)
	}
}
