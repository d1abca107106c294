package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

const testWorkers = 3

// preforkUntilEOF is a pre-forking server: a master that listens, and workers that have the socket too.
// Beside them a program runs that merely inherited it.
func preforkUntilEOF() error {
	fd, port, err := listenTCP(9)
	if err != nil {
		return err
	}
	socket := os.NewFile(uintptr(fd), "listener")
	for i := range testWorkers + 1 {
		cmd := exec.Command(os.Args[0], "worker", fmt.Sprint(i))
		if i == testWorkers {
			cmd = exec.Command("sleep", "60")
		}
		cmd.Env = append(os.Environ(), childEnv+"=worker")
		cmd.ExtraFiles = []*os.File{socket}
		cmd.Stdin = os.Stdin
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			return err
		}
	}
	fmt.Println(port)
	return untilEOF()
}

func TestDiscoverPrefork(t *testing.T) {
	pid, port := startRole(t, "prefork", nil)
	var d Discovery
	for range 100 { // a child is of another program until it has called exec
		var err error
		if d, err = Discover(Config{Ports: []uint16{port}}); err != nil {
			t.Fatal(err)
		}
		if len(d.Servers) == 2 && len(d.Servers[0].Workers) == testWorkers {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if len(d.Listeners) != 1 || d.Listeners[0].Limit != 9 || len(d.Servers) != 2 ||
		len(d.Servers[0].Workers) != testWorkers {
		t.Fatalf("%+v", d)
	}
	master := d.Servers[0]
	want := fmt.Sprintf("pid %d %s: master + %d workers share inode %d", pid, master.Name, testWorkers,
		d.Listeners[0].Inode)
	if master.Pid != pid || master.String() != want {
		t.Errorf("%q, want %q", master, want)
	}
	if n, text := d.Offer(); n != 0 || !strings.Contains(text, "inherited it") ||
		!strings.Contains(text, want) {
		t.Errorf("%d workers are offered beside an heir: %s", n, text)
	}
	if w := master.Workers[0]; w.Parent != pid || w.Threads == 0 ||
		!strings.HasSuffix(w.Command, " worker 0") {
		t.Errorf("a worker: %+v", w)
	}
	if other := d.Servers[1]; other.Name != "sleep" || other.Parent != pid ||
		!strings.Contains(other.String(), "one process of 1 thread holds inode") {
		t.Errorf("the heir: %v", other)
	}
	if ours := namespaceOf("/proc/self/ns/net"); !d.OwnNetNS || d.NetNS != ours || master.NetNS != ours ||
		ours == 0 {
		t.Errorf("namespace %d, own %v, the master's %d, ours %d", d.NetNS, d.OwnNetNS, master.NetNS, ours)
	}
}

func TestDiscoverElsewhere(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	setSysctl(t, "net.core.somaxconn", "7") // of the namespace here; the child's is the host's
	fd, port, err := listenTCP(2048)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	d, err := Discover(Config{Ports: []uint16{port}})
	if err != nil || len(d.Listeners) != 1 ||
		!strings.HasPrefix(d.Clamp(d.Listeners[0]), "has 7 = net.core.somaxconn") {
		t.Fatalf("%+v, %v", d, err)
	}
	if n, text := d.Offer(); n != 0 || !strings.Contains(text, "one process of") {
		t.Errorf("%d workers: %s", n, text)
	}

	pid, port := startListener(t, unix.CLONE_NEWNET)
	d, err = Discover(Config{Pid: pid, Ports: []uint16{port}})
	if err != nil || len(d.Servers) != 1 || d.Servers[0].Pid != pid || d.OwnNetNS || d.NetNS == 0 ||
		d.Servers[0].NetNS != d.NetNS {
		t.Errorf("%+v, %v", d, err)
	}
	if clamp := d.Clamp(d.Listeners[0]); !strings.Contains(clamp, "has 7, less than") {
		t.Errorf("%q", clamp)
	}
	if d, err := Discover(Config{Ports: []uint16{port}}); err != nil || len(d.Listeners) != 0 ||
		len(d.Servers) != 0 {
		t.Errorf("found in the wrong namespace: %+v, %v", d, err)
	}
}

func TestDiscoverUnixSocket(t *testing.T) {
	dir := labtest.ShortDir(t)
	path := filepath.Join(dir, "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	d, err := Discover(Config{UnixPaths: []string{path}})
	if err != nil || len(d.Servers) != 1 || d.Servers[0].Pid != os.Getpid() || d.Clamp(d.Listeners[0]) == "" {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := Discover(Config{}); err == nil {
		t.Error("nothing was named, and found")
	}
}

// TestDiscoverUnprivileged: another user's processes are counted, not left out in silence.
func TestDiscoverUnprivileged(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs another user's process: run as root")
	}
	fd, port, err := listenTCP(3)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestDiscoverAsNobody$", "-test.v")
	cmd.Env = append(os.Environ(), fmt.Sprintf("WEIR_PROBE_TEST_PORT=%d", port))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Dir = "/"
	out, err := cmd.CombinedOutput()
	if errors.Is(err, os.ErrPermission) {
		t.Skipf("NOT TESTED: the test binary may not be run by another user: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestDiscoverAsNobody") {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestDiscoverAsNobody is its other half.
func TestDiscoverAsNobody(t *testing.T) {
	var port uint16
	if _, err := fmt.Sscan(os.Getenv("WEIR_PROBE_TEST_PORT"), &port); err != nil {
		t.Skip("runs from TestDiscoverUnprivileged")
	}
	d, err := Discover(Config{Ports: []uint16{port}})
	if err != nil || len(d.Listeners) != 1 || len(d.Servers) != 0 || d.Barred == 0 || d.Looked == 0 {
		t.Fatalf("%+v, %v", d, err)
	}
	n, text := d.Offer()
	if n != 0 || !strings.Contains(text, "could not be looked into") {
		t.Errorf("%d: %s", n, text)
	}
	p := open(t, Config{Ports: []uint16{port}})
	s := p.ReadAll(time.Now())
	if _, ok := s.Counters["sched.listener.run_delay_ns"]; ok ||
		!slices.ContainsFunc(s.Errors, func(e SourceError) bool {
			return e.Source == "schedstat" && strings.Contains(e.Text, "could not be looked into")
		}) {
		t.Errorf("%+v", s)
	}
	if _, ok := s.Gauges["ports.used"]; !ok {
		t.Errorf("what needs no privilege is missing: %+v", s)
	}
	t.Log(text)
}

const gunicornApp = `
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
`

// TestDiscoverGunicorn asks a real pre-forking server, where one is installed.
func TestDiscoverGunicorn(t *testing.T) {
	gunicorn, err := exec.LookPath("gunicorn")
	if err != nil {
		t.Skip("NOT TESTED: gunicorn is not installed")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "probeapp.py"), []byte(gunicornApp), 0o644); err != nil {
		t.Fatal(err)
	}
	fd, port, err := listenTCP(1) // a port that is free
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	cmd := exec.CommandContext(t.Context(), gunicorn, "-w", "4", "--backlog", "33", "-b",
		fmt.Sprintf("127.0.0.1:%d", port), "probeapp:app")
	cmd.Dir = dir
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var d Discovery
	n, text := 0, ""
	for end := time.Now().Add(20 * time.Second); n != 4 &&
		time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if d, err = Discover(Config{Ports: []uint16{port}}); err != nil {
			t.Fatal(err)
		}
		n, text = d.Offer()
	}
	if n != 4 || len(d.Servers) != 1 || d.Servers[0].Pid != cmd.Process.Pid || d.Listeners[0].Limit != 33 ||
		!strings.Contains(d.Servers[0].Command, "probeapp:app") {
		t.Fatalf("%q: %+v", text, d)
	}
	want := fmt.Sprintf("pid %d gunicorn: master + 4 workers share inode %d", cmd.Process.Pid,
		d.Listeners[0].Inode)
	if got := d.Servers[0].String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if asked := d.Asked(d.Listeners[0]); asked == nil || *asked != (Backlog{33, "--backlog", true}) {
		t.Errorf("asked for %v", asked)
	}
	p := open(t, Config{Ports: []uint16{port}})
	s := p.ReadAll(time.Now())
	if s.Gauges["sched.listener.processes"] != 5 || s.Gauges["sched.listener.threads"] < 5 {
		t.Errorf("%v", s.Gauges)
	}
	t.Log(text)
}

// TestDiscoverGroup: servers that nobody forked together have each a socket of their own at one port.
func TestDiscoverGroup(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("NOT TESTED: python3 is not installed")
	}
	const server = `import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen(5)
print(s.getsockname()[1], flush=True)
sys.stdin.read()`
	port := uint16(0)
	for range testWorkers {
		cmd := exec.CommandContext(t.Context(), python, "-c", server, fmt.Sprint(port))
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { stdin.Close(); cmd.Wait() })
		if _, err := fmt.Fscan(stdout, &port); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Discover(Config{Ports: []uint16{port}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(d) // as it crosses to whoever looks from another machine
	var crossed Discovery
	if err := errors.Join(err, json.Unmarshal(text, &crossed)); err != nil {
		t.Fatal(err)
	}
	if n, _ := crossed.Offer(); n != testWorkers {
		t.Errorf("%d are counted in %s", n, text)
	}
	if n, text := d.Offer(); n != testWorkers ||
		!strings.Contains(text, fmt.Sprintf("SO_REUSEPORT group at 127.0.0.1:%d", port)) {
		t.Errorf("%d: %s", n, text)
	}
}
