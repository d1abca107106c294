package probe

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// slowNow reads the slow sources now, however short ago they were read.
func slowNow(t *testing.T, p *Probe) Sample {
	t.Helper()
	p.slow.mu.Lock()
	p.slow.began = time.Time{}
	p.slow.mu.Unlock()
	s := p.ReadAll(time.Now().Add(-time.Minute))
	describe(t, s)
	if len(s.Errors) != 0 {
		t.Fatalf("%v", s.Errors)
	}
	return s
}

// TestConnectionsTowardsAPort: connects that are stuck, TIME_WAIT, and local ports until there is none left.
func TestConnectionsTowardsAPort(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	setSysctl(t, "net.ipv4.tcp_tw_reuse", "0")
	setSysctl(t, "net.ipv4.ip_local_port_range", "40000 40063")
	setSysctl(t, "net.ipv4.ip_local_reserved_ports", "40010,40020-40023")
	const free = 64 - 5
	ln, err := net.Listen("tcp4", "127.0.0.1:8000")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	p := open(t, Config{Ports: []uint16{8000}})
	check := func(synSent, timeWait, established, used, tuples uint64) {
		t.Helper()
		g := slowNow(t, p).Gauges
		got := [...]uint64{g["tcp.towards.syn_sent"], g["tcp.towards.time_wait"],
			g["tcp.towards.established"], g["ports.used"], g["ports.tuples"]}
		if want := [...]uint64{synSent, timeWait, established, used, tuples}; got != want ||
			g["ports.range"] != free {
			t.Errorf("SYN_SENT, TIME_WAIT, established, ports, tuples: %v of %d, want %v", got,
				g["ports.range"], want)
		}
		for state, n := range map[string]uint64{"syn-sent": synSent, "time-wait": timeWait,
			"established": established} {
			if lines, ok := ssCount(t, state); ok && uint64(lines) != n {
				t.Errorf("ss sees %d in %s, want %d", lines, state, n)
			}
		}
	}
	check(0, 0, 0, 0, 0)

	for range 20 { // the client closes first, so TIME_WAIT is on its side
		c, err := net.Dial("tcp4", "127.0.0.1:8000")
		if err != nil {
			t.Fatal(err)
		}
		s, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		s.Read(make([]byte, 1))
		s.Close()
	}
	check(0, 20, 0, 20, 1)

	var last error
	established := 0
	for range free {
		c, err := net.Dial("tcp4", "127.0.0.1:8000")
		if last = err; err != nil {
			break
		}
		defer c.Close()
		established++
	}
	if !errors.Is(last, unix.EADDRNOTAVAIL) || established != free-20 {
		t.Errorf("after %d connections: %v", established, last)
	}
	check(0, 20, free-20, free, 1)

	// Another destination port has all its local ports still. Its queue of one is filled, and then three
	// wait.
	fd, port, err := listenOn(8001, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	c, err := dial(port, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 3 {
		stuck, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(stuck)
		if err := unix.Connect(stuck, &unix.SockaddrInet4{Port: int(port),
			Addr: [4]byte{127, 0, 0, 1}}); !errors.Is(err, unix.EINPROGRESS) {
			t.Fatal(err)
		}
	}
	p2 := open(t, Config{Ports: []uint16{8000, port}}) // two: compared here
	if g := slowNow(t, p2).Gauges; g["tcp.towards.syn_sent"] != 3 ||
		g["tcp.towards.established"] != free-20+1 || g["ports.tuples"] != 2 || g["ports.used"] != free {
		t.Errorf("two ports: %v", g)
	}
}

func ssCount(t *testing.T, state string) (lines int, ok bool) {
	t.Helper()
	out, err := exec.Command("ss", "-tnH", "state", state, "dport = :8000").Output()
	if missing(t, err, "ss") {
		return 0, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(out), "\n"), true
}

// starveUntilEOF is a listener whose threads share one CPU.
func starveUntilEOF() error {
	fd, port, err := listenTCP(3)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var allowed, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return err
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if allowed.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	runtime.GOMAXPROCS(8)
	for range 4 {
		go func() {
			runtime.LockOSThread()
			unix.SchedSetaffinity(0, &one)
			for spins := new(atomic.Uint64); ; spins.Add(1) {
			}
		}()
	}
	fmt.Println(port)
	return untilEOF()
}

// TestRunDelay: four threads that share one CPU wait three seconds a second, and that is seen.
func TestRunDelay(t *testing.T) {
	_, port := startRole(t, "starve", nil)
	p := open(t, Config{Ports: []uint16{port}})
	before, start := slowNow(t, p), time.Now()
	time.Sleep(300 * time.Millisecond)
	after, wall := slowNow(t, p), time.Since(start)
	waited := time.Duration(after.Counters["sched.listener.run_delay_ns"] - before.Counters["sched.listener.run_delay_ns"])
	ran := time.Duration(after.Counters["sched.listener.cpu_ns"] - before.Counters["sched.listener.cpu_ns"])
	if g := after.Gauges; g["sched.listener.processes"] != 1 || g["sched.listener.threads"] < 5 ||
		waited < wall || ran == 0 || ran > 2*wall {
		t.Errorf("in %v ran %v, waited %v; %v", wall, ran, waited, g)
	}
	t.Logf("in %v four threads on one CPU ran %v and waited %v", wall, ran, waited)
	for _, name := range []string{"softnet.dropped", "softnet.time_squeeze"} {
		if _, ok := after.Counters[name]; !ok {
			t.Errorf("%s is absent", name)
		}
	}
}

// TestThrottling puts such a listener under a quota of a tenth of a CPU.
func TestThrottling(t *testing.T) {
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	dir := ""
	for _, m := range parseCgroupMounts(string(mountinfo)) {
		name, text := "cpu.cfs_quota_us", "10000"
		if m.v2 {
			name, text = "cpu.max", "10000 100000"
		}
		d := filepath.Join(m.dir, fmt.Sprintf("weir-probe-test-%d", os.Getpid()))
		if os.Mkdir(d, 0o755) != nil {
			continue
		}
		defer os.Remove(d)
		if os.WriteFile(filepath.Join(d, name), []byte(text), 0) == nil {
			dir = d
			break
		}
	}
	if dir == "" {
		t.Skip("NOT TESTED: no cgroup with a CPU quota can be made here")
	}
	pid, port := startRole(t, "starve", nil)
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), fmt.Append(nil, pid), 0); err != nil {
		t.Skipf("NOT TESTED: no process can be put into a cgroup here: %v", err)
	}
	defer os.WriteFile(filepath.Join(filepath.Dir(dir), "cgroup.procs"), fmt.Append(nil, pid), 0)
	p := open(t, Config{Ports: []uint16{port}})
	before := slowNow(t, p)
	time.Sleep(500 * time.Millisecond)
	after := slowNow(t, p)
	grew := func(name string) uint64 { return after.Counters[name] - before.Counters[name] }
	if grew("cgroup.cpu.nr_periods") < 2 || grew("cgroup.cpu.nr_throttled") < 2 ||
		grew("cgroup.cpu.throttled_us") < 100_000 {
		t.Errorf("%v", after.Counters)
	}
	t.Logf("%d of %d periods throttled, %v", grew("cgroup.cpu.nr_throttled"), grew("cgroup.cpu.nr_periods"),
		time.Duration(grew("cgroup.cpu.throttled_us"))*time.Microsecond)
}
