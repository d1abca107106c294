package probe

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// The tests overflow real queues, each in a user and network namespace of its own, so that counters
// start at zero, sysctls may be set, and the machine is left alone.

const childEnv = "WEIR_PROBE_TEST_CHILD" // what a re-executed test binary is to be

var roles = map[string]func() error{"listen": listenUntilEOF, "prefork": preforkUntilEOF, "worker": untilEOF,
	"starve": starveUntilEOF, "chroot": listenInChroot}

func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv(childEnv)]; ok {
		if err := role(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// listenUntilEOF is the other process: it listens with a backlog of 7, says where, and waits.
func listenUntilEOF() error {
	if err := labtest.LoopbackUp(); err != nil {
		return err
	}
	fd, port, err := listenTCP(7)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	fmt.Println(port)
	return untilEOF()
}

func untilEOF() error {
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// startListener starts that process in namespaces of its own and returns its pid and port.
func startListener(t *testing.T, flags uintptr) (pid int, port uint16) {
	t.Helper()
	return startRole(t, "listen", labtest.Namespaces(flags))
}

func startRole(t *testing.T, role string, attr *syscall.SysProcAttr) (pid int, port uint16) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+role)
	cmd.SysProcAttr = attr
	cmd.Stderr = os.Stderr
	runtime.LockOSThread() // Pdeathsig counts from the thread, and a test may end threads
	t.Cleanup(runtime.UnlockOSThread)
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
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(line, &port); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid, port
}

// listenTCP listens on a free loopback port and never accepts.
func listenTCP(backlog int, options ...func(fd int) error) (fd int, port uint16, err error) {
	return listenOn(0, backlog, options...)
}

// listenOn listens on a loopback port that is given, even if connections of it are left.
func listenOn(at uint16, backlog int, options ...func(fd int) error) (fd int, port uint16, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, 0, err
	}
	if at != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return 0, 0, err
		}
	}
	for _, option := range options {
		if err := option(fd); err != nil {
			return 0, 0, err
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: int(at), Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, 0, err
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return 0, 0, err
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return 0, 0, err
	}
	return fd, uint16(sa.(*unix.SockaddrInet4).Port), nil
}

// dial connects or fails within the time given.
func dial(port uint16, timeout time.Duration) (net.Conn, error) {
	return net.DialTimeout("tcp4", fmt.Sprintf("127.0.0.1:%d", port), timeout)
}

func setSysctl(t *testing.T, name, value string) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/"+strings.ReplaceAll(name, ".", "/"), []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}

// waitFor reads until the sample is as wished, for at most five seconds.
func waitFor(t *testing.T, p *Probe, what string, ok func(Sample) bool) Sample {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s := p.Read(time.Now())
		if len(s.Errors) > 0 {
			t.Fatalf("%v", s.Errors)
		}
		if ok(s) {
			return s
		}
		if time.Now().After(end) {
			t.Fatalf("%s: not seen; last sample: %+v", what, s)
		}
	}
}

func open(t *testing.T, cfg Config) *Probe {
	t.Helper()
	p, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}
