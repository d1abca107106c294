package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// TestAnotherNamespace reads a process's namespace through its pid and through a path, and finds its
// own threads where they were.
func TestAnotherNamespace(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	pid, port := startListener(t, unix.CLONE_NEWNET)
	before := threadNamespaces(t)
	for i := range 20 {
		for _, cfg := range []Config{
			{Host: "theirs", Pid: pid, Ports: []uint16{port}},
			{Host: "theirs", NetNS: fmt.Sprintf("/proc/%d/ns/net", pid), Ports: []uint16{port}},
		} {
			p := open(t, cfg)
			s := p.Read(time.Now())
			if len(s.Errors) != 0 || len(s.Listeners) != 1 || s.Listeners[0].Limit != 7 {
				t.Fatalf("round %d, %+v: %+v", i, cfg, s)
			}
			if _, ok := s.Counters["TcpExtListenOverflows"]; !ok || s.Counters["TcpActiveOpens"] != 0 {
				t.Fatalf("counters are not theirs: %v", s.Counters)
			}
		}
	}
	for ns := range threadNamespaces(t) {
		if !before[ns] {
			t.Errorf("a thread stayed in %s", ns)
		}
	}

	// Settings are of the namespace too.
	setSysctl(t, "net.core.somaxconn", "77")
	ours, theirs := Sysctls(Config{}), Sysctls(Config{Pid: pid})
	if ours["net.core.somaxconn"] != "77" || theirs["net.core.somaxconn"] == "77" ||
		theirs["net.core.somaxconn"] == "" {
		t.Errorf("somaxconn ours %q, theirs %q", ours["net.core.somaxconn"], theirs["net.core.somaxconn"])
	}
	if got := ours["net.ipv4.ip_local_port_range"]; len(strings.Split(got, " ")) != 2 {
		t.Errorf("ip_local_port_range %q", got)
	}
	for name := range ours {
		if _, err := os.Stat("/proc/sys/" + strings.ReplaceAll(name, ".", "/")); err != nil {
			t.Errorf("%s has a value but no file: %v", name, err)
		}
	}
}

// TestNamespaceThatMayNotBeEntered looks from inside a user namespace at the namespace outside: its
// counters are for everyone, its listeners are not.
func TestNamespaceThatMayNotBeEntered(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	outside := os.Getppid()
	p := open(t, Config{Pid: outside, Ports: []uint16{80}, UnixPaths: []string{"/x"}})
	s := p.Read(time.Now())
	if len(s.Counters) < 20 {
		t.Errorf("counters: %v", s.Counters)
	}
	if len(s.Errors) != 2 || s.Errors[0].Source != "inet_diag" || s.Errors[1].Source != "unix_diag" {
		t.Fatalf("errors: %v", s.Errors)
	}
	for _, want := range []string{fmt.Sprintf("pid %d", outside), "CAP_SYS_ADMIN", "nsenter"} {
		if !strings.Contains(s.Errors[0].Text, want) {
			t.Errorf("%q does not say %q", s.Errors[0].Text, want)
		}
	}
	if got := Sysctls(Config{Pid: outside}); len(got) != 0 {
		t.Errorf("settings of a namespace that may not be entered: %v", got)
	}
	if _, err := Open(Config{NetNS: fmt.Sprintf("/proc/%d/ns/net", outside)}); !errors.Is(err,
		os.ErrPermission) {
		t.Errorf("by path: %v, want a permission error", err)
	}
	if _, err := Open(Config{Pid: 1 << 22}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such process: %v, want a not-exist error", err)
	}
}

// TestNoWayBack enters a namespace from one that the process may not enter again: the thread that went
// must end, or some later goroutine would run on it in the wrong namespace.
func TestNoWayBack(t *testing.T) {
	if !labtest.InChild(t, unix.CLONE_NEWUSER) {
		return
	}
	for _, cfg := range []Config{{Pid: os.Getpid()}, {NetNS: "/proc/self/ns/net"}} {
		open(t, cfg) // where one is already nothing need be allowed
	}
	pid, port := startListener(t, unix.CLONE_NEWNET)
	for range 3 {
		p := open(t, Config{Pid: pid, Ports: []uint16{port}})
		if s := p.Read(time.Now()); len(s.Errors) != 0 || len(s.Listeners) != 1 {
			t.Fatalf("%+v", s)
		}
	}
	for end := time.Now().Add(5 * time.Second); len(threadNamespaces(t)) > 1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("threads are left in %v", threadNamespaces(t))
		}
	}
}

// TestOwnNamespace is what an ordinary user has on any machine.
func TestOwnNamespace(t *testing.T) {
	fd, port, err := listenTCP(5)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for _, cfg := range []Config{{}, {Pid: os.Getpid()}, {NetNS: "/proc/self/ns/net"}} {
		cfg.Ports = []uint16{port, 1} // two: compared here, not by the kernel
		s := open(t, cfg).Read(time.Now())
		if len(s.Errors) != 0 || len(s.Listeners) != 1 || s.Listeners[0].Limit != 5 ||
			s.Listeners[0].Depth != 0 {
			t.Errorf("%+v: %+v", cfg, s)
		}
		if _, ok := s.Gauges["sockstat.TCP.tw"]; !ok {
			t.Errorf("gauges: %v", s.Gauges)
		}
		if _, ok := s.Counters["stat.cpu.steal"]; !ok {
			t.Errorf("no steal: %v", s.Counters)
		}
	}
}

// TestReusePortMembersApart: each has a queue of its own. IPv6 is asked too.
func TestReusePortMembersApart(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	reuse := func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }
	const port = 8000
	for i, sa := range []unix.Sockaddr{
		&unix.SockaddrInet4{Port: port}, &unix.SockaddrInet4{Port: port},
		&unix.SockaddrInet6{Port: port, Addr: [16]byte{15: 1}},
	} {
		family := unix.AF_INET
		if i == 2 {
			family = unix.AF_INET6
		}
		fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if i == 2 && errors.Is(err, unix.EAFNOSUPPORT) {
			t.Skip("NOT TESTED: this kernel has no IPv6")
		}
		if err := errors.Join(err, reuse(fd), unix.Bind(fd, sa), unix.Listen(fd, 10+i)); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
	}
	s := open(t, Config{Ports: []uint16{port}}).Read(time.Now())
	if len(s.Listeners) != 3 || len(s.Errors) != 0 {
		t.Fatalf("%+v", s)
	}
	a, b, six := s.Listeners[0], s.Listeners[1], s.Listeners[2]
	if a.Addr != "0.0.0.0:8000" || b.Addr != a.Addr || a.Cookie >= b.Cookie || a.Limit+b.Limit != 21 ||
		a.Inode == b.Inode {
		t.Errorf("two members: %+v %+v", a, b)
	}
	if six.Addr != "[::1]:8000" || six.Limit != 12 {
		t.Errorf("IPv6: %+v", six)
	}
}

func threadNamespaces(t *testing.T) map[string]bool {
	t.Helper()
	links, err := filepath.Glob("/proc/self/task/*/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	for _, l := range links {
		if ns, err := os.Readlink(l); err == nil { // a thread may end meanwhile
			all[ns] = true
		}
	}
	return all
}

// TestQueueOfANamespaceThatMayNotBeEntered: what is in /proc for everyone tells of the listener there that it
// is, and what waits in its queue.
func TestQueueOfANamespaceThatMayNotBeEntered(t *testing.T) {
	const portOutside = "WEIR_PROBE_TEST_PORT"
	if os.Getenv(portOutside) == "" { // outside; the child looks at us
		fd, port, err := listenTCP(7)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		for range 3 {
			c, err := dial(port, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
		}
		t.Setenv(portOutside, strconv.Itoa(int(port)))
	}
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	at, err := strconv.ParseUint(os.Getenv(portOutside), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	for port, want := range map[uint16][2]uint64{uint16(at): {1, 3}, 1: {0, 0}} {
		s := open(t, Config{Pid: os.Getppid(), Ports: []uint16{port}}).Read(time.Now())
		depth, known := s.Gauges["listen.depth"]
		if got := [2]uint64{s.Gauges["listen.sockets"], depth}; got != want || known != (want[0] > 0) ||
			len(s.Errors) != 1 || !s.Errors[0].Lost {
			t.Errorf("port %d: %v, want %v; %v", port, got, want, s.Errors)
		}
	}
}

// TestLostSourcesAreToldAgain: a run whose first reading was another's still has what could not be opened in
// its record.
func TestLostSourcesAreToldAgain(t *testing.T) {
	p := &Probe{sources: []Source{&fake{}},
		lost: []SourceError{{Source: "inet_diag", Text: "no", Lost: true}}}
	p.failed = p.lost
	p.Read(time.Now())
	var told []int
	ctx, cancel := context.WithCancel(t.Context())
	p.Run(ctx, time.Now(), time.Millisecond, func(s Sample) {
		if told = append(told, len(s.Errors)); len(told) == 3 {
			cancel()
		}
	})
	if !slices.Equal(told, []int{1, 0, 0}) {
		t.Errorf("errors in the first samples of a run: %v, want one in the first", told)
	}
}
