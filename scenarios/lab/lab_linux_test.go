package lab

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func newLab(t *testing.T, hosts ...HostSpec) *Lab {
	t.Helper()
	if len(hosts) == 0 {
		hosts = []HostSpec{{Name: "client"}, {Name: "proxy"}, {Name: "backend"}}
	}
	l, err := New(hosts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestHostsReachEachOther(t *testing.T) {
	if !inLab(t) {
		return
	}
	l := newLab(t)
	names := []string{"client", "proxy", "backend"}
	for _, server := range names {
		var ln net.Listener
		err := l.Host(server).Do(func() (err error) {
			ln, err = net.Listen("tcp", net.JoinHostPort(l.Host(server).Addr().String(), "8000"))
			return err
		})
		if err != nil {
			t.Fatalf("listen on %s: %v", server, err) // the same port in all: each has its own
		}
		t.Cleanup(func() { ln.Close() })
		for _, client := range names {
			began := time.Now()
			var conn net.Conn
			err := l.Host(client).Do(func() (err error) {
				conn, err = net.DialTimeout("tcp", ln.Addr().String(), 5*time.Second)
				return err
			})
			if err != nil {
				t.Fatalf("%s to %s: %v", client, server, err)
			}
			if took := time.Since(began); took > 900*time.Millisecond {
				t.Errorf("%s to %s took %v: a SYN was lost", client, server, took)
			}
			if got, want := conn.LocalAddr().(*net.TCPAddr).IP.String(),
				l.Host(client).Addr().String(); got != want {
				t.Errorf("%s comes to %s from %s, want %s", client, server, got, want)
			}
			conn.Close()
		}
	}
}

func TestHostsHaveTheirOwnSysctls(t *testing.T) {
	const abort, absent = "net.ipv4.tcp_abort_on_overflow", "net.ipv4.tcp_no_such_setting"
	path := "/proc/sys/net/ipv4/tcp_abort_on_overflow"
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !inLab(t) {
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("the machine's %s went from %q to %q", abort, before, after)
		}
		return
	}
	l := newLab(t,
		HostSpec{Name: "client", Sysctls: map[string]string{"net.core.somaxconn": "77"}},
		HostSpec{Name: "proxy"},
		HostSpec{Name: "backend", Sysctls: map[string]string{abort: "1", "net.core.somaxconn": "33"}})
	for host, want := range map[string]string{"client": "0", "proxy": "0", "backend": "1"} {
		if got, err := l.Host(host).Sysctl(abort); got != want || err != nil {
			t.Errorf("%s on %s: %q, %v; want %q", abort, host, got, err, want)
		}
	}
	for host, want := range map[string]string{"client": "77", "backend": "33"} {
		if got, _ := l.Host(host).Sysctl("net.core.somaxconn"); got != want {
			t.Errorf("somaxconn on %s: %q, want %q", host, got, want)
		}
	}
	if _, err := l.Host("proxy").Sysctl(absent); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read of an absent sysctl: %v", err)
	}
	if err := l.Host("proxy").SetSysctl("kernel.hostname", "mine"); err == nil ||
		!strings.Contains(err.Error(), "the machine's") {
		t.Errorf("a sysctl of the machine's: %v", err)
	}
}

// A misspelt sysctl is no experiment, and the error says what was meant.
func TestNewRefusesAnAbsentSysctl(t *testing.T) {
	if !inLab(t) {
		return
	}
	_, err := New([]HostSpec{{Name: "a"},
		{Name: "b", Sysctls: map[string]string{"net.ipv4.tcp_syn_retrys": "3"}}})
	bad, ok := errors.AsType[*SysctlError](err)
	if !ok || !errors.Is(err, fs.ErrNotExist) || bad.Host != "b" || bad.Near != "net.ipv4.tcp_syn_retries" ||
		!strings.Contains(err.Error(), "did you mean net.ipv4.tcp_syn_retries?") {
		t.Errorf("got %v", err)
	}
	newLab(t) // what failed left nothing that a next one would trip over
}

func TestNewRefusesABadValue(t *testing.T) {
	if !inLab(t) {
		return
	}
	_, err := New([]HostSpec{{Name: "a", Sysctls: map[string]string{"net.ipv4.tcp_syn_retries": "many"}}})
	bad, ok := errors.AsType[*SysctlError](err)
	if !ok || !errors.Is(err, syscall.EINVAL) || bad.Host != "a" || !strings.Contains(err.Error(), `"many"`) {
		t.Errorf("got %v", err)
	}
	newLab(t) // what failed left nothing that a next one would trip over
}

// One port and one destination are enough for a host: the kernel refuses the second connection while the
// first is in TIME_WAIT, but another host is not concerned.
func TestTimeWaitAndPortsAreSeparate(t *testing.T) {
	if !inLab(t) {
		return
	}
	one := map[string]string{"net.ipv4.ip_local_port_range": "40000 40000", "net.ipv4.tcp_tw_reuse": "0"}
	l := newLab(t, HostSpec{Name: "client", Sysctls: one}, HostSpec{Name: "proxy", Sysctls: one},
		HostSpec{Name: "backend"})
	var ln net.Listener
	if err := l.Host("backend").Do(func() (err error) {
		ln, err = net.Listen("tcp", "10.77.0.3:8000")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1)) // the client closes first and keeps the TIME_WAIT
			c.Close()
		}
	}()
	once := func(host string) error {
		return l.Host(host).Do(func() error {
			c, err := net.DialTimeout("tcp", "10.77.0.3:8000", 3*time.Second)
			if err != nil {
				return err
			}
			defer c.Close()
			if err := c.(*net.TCPConn).CloseWrite(); err != nil {
				return err
			}
			_, _ = c.Read(make([]byte, 1)) // the server's FIN
			return nil
		})
	}
	if err := once("client"); err != nil {
		t.Fatal(err)
	}
	if err := once("client"); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("the client's only port is in TIME_WAIT, yet: %v", err)
	}
	if err := once("proxy"); err != nil {
		t.Errorf("the proxy has a port of its own, yet: %v", err)
	}
}

func TestDoNestsAndReturns(t *testing.T) {
	if !inLab(t) {
		return
	}
	l := newLab(t)
	where := func() string { s, _ := os.Readlink(ownNamespace); return s }
	outer := where()
	boom := errors.New("boom")
	err := l.Host("proxy").Do(func() error {
		proxy := where()
		if err := l.Host("backend").Do(func() error {
			if here := where(); here == proxy || here == outer {
				t.Error("backend is not a namespace of its own")
			}
			return nil
		}); err != nil {
			return err
		}
		if where() != proxy || proxy == outer {
			t.Error("a nested Do did not come back to its caller's host")
		}
		return boom
	})
	if err != boom || where() != outer {
		t.Errorf("Do: %v, in %s, want %s", err, where(), outer)
	}
	var byPath [2]string
	for i, h := range []string{"proxy", "backend"} {
		byPath[i], err = os.Readlink(l.Host(h).NetNS())
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Host(h).Do(func() error {
			if where() != byPath[i] {
				t.Errorf("NetNS of %s is %s, Do runs in %s", h, byPath[i], where())
			}
			return nil
		})
	}
	if byPath[0] == byPath[1] || l.Host("nobody") != nil {
		t.Error("hosts are mixed up")
	}
}

func TestDirIsPrivateAndEmpty(t *testing.T) {
	if !inLab(t) {
		return
	}
	l := newLab(t)
	if entries, err := os.ReadDir(l.Dir()); err != nil || len(entries) != 0 {
		t.Fatalf("%s: %v, %v", l.Dir(), entries, err)
	}
	file := filepath.Join(l.Dir(), "nginx", "nginx.conf")
	if err := errors.Join(os.Mkdir(filepath.Dir(file), 0o755),
		os.WriteFile(file, []byte("x"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Close: %v", err)
	}
}

func TestCloseEndsProcesses(t *testing.T) {
	if !inLab(t) {
		return
	}
	l := newLab(t)
	running, waited := self("sleep"), self("nap")
	if err := errors.Join(l.Host("backend").Start(running), l.Host("proxy").Start(waited)); err != nil {
		t.Fatal(err)
	}
	if err := waited.Wait(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("Close took %v for a process that heeds SIGTERM", took)
	}
	_ = running.Wait() // the lab did not take the exit status away
	if running.ProcessState == nil ||
		running.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("ended by %v, want SIGTERM", running.ProcessState)
	}
	if err := l.Host("backend").Start(self("nap")); err == nil {
		t.Error("a closed lab started a process")
	}
	if err := l.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestStartRunsInTheHost(t *testing.T) {
	if !inLab(t) {
		return
	}
	l := newLab(t)
	for _, host := range []string{"client", "backend"} {
		var out strings.Builder
		cmd := self("where")
		cmd.Stdout = &out
		if err := errors.Join(l.Host(host).Start(cmd), cmd.Wait()); err != nil {
			t.Fatal(err)
		}
		if want, _ := os.Readlink(l.Host(host).NetNS()); strings.TrimSpace(out.String()) != want {
			t.Errorf("a process on %s is in %q, want %s", host, &out, want)
		}
	}
}

// refusedAtOnce dials a closed port: the RST comes back at once if a new cable carries its first packets.
func refusedAtOnce(t *testing.T, from, to *Host) {
	t.Helper()
	began := time.Now()
	err := from.Do(func() error {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(to.Addr().String(), "9"), 3*time.Second)
		if err == nil {
			c.Close()
		}
		return err
	})
	if took := time.Since(began); !errors.Is(err, syscall.ECONNREFUSED) || took > 900*time.Millisecond {
		t.Errorf("%s to %s: %v after %v, want a refusal at once", from.Name(), to.Name(), err, took)
	}
}

func TestTenLabsInARow(t *testing.T) {
	if !inLab(t) {
		return
	}
	descriptors := func() []string {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range entries {
			link, _ := os.Readlink("/proc/self/fd/" + e.Name())
			if strings.HasPrefix(link, "net:") || strings.HasPrefix(link, "socket:") {
				all = append(all, link)
			}
		}
		slices.Sort(all)
		return all
	}
	before := descriptors()
	for range 10 {
		l, err := New([]HostSpec{{Name: "client"}, {Name: "proxy"}, {Name: "backend"}})
		if err != nil {
			t.Fatal(err)
		}
		refusedAtOnce(t, l.Host("client"), l.Host("proxy"))
		refusedAtOnce(t, l.Host("backend"), l.Host("client"))
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if after := descriptors(); !slices.Equal(before, after) {
		t.Errorf("descriptors before %v, after %v", before, after)
	}
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if strings.HasPrefix(link.Name, "to-") {
			t.Errorf("%s is left", link.Name)
		}
	}
}
