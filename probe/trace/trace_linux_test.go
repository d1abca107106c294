//go:build amd64 || arm64

package trace

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// open traces a port of this thread's namespace. Where the kernel does not let us, the test is skipped; what
// the refusal says is TestRefused's. A kernel that describes itself and makes the maps has everything that
// the programs take.
func open(t testing.TB, port int) *Tracer {
	t.Helper()
	info, err := os.Stat("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := Open(Config{NetNS: uint32(info.Sys().(*syscall.Stat_t).Ino), Ports: []uint16{uint16(port)}})
	if errors.Is(err, unix.EPERM) || errors.Is(err, ErrUnsupported) && !able() {
		t.Skip("NOT TESTED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// able tells whether the kernel has BTF and lets us make a map.
func able() bool {
	_, err := os.Stat("/sys/kernel/btf/vmlinux")
	m, refused := ebpf.NewMap(&ebpf.MapSpec{Name: "weir_test", Type: ebpf.Array, KeySize: 4, ValueSize: 4,
		MaxEntries: 1})
	if refused == nil {
		m.Close()
	}
	return err == nil && refused == nil
}

// TestWrongProgramIsAnError: that the kernel finds a program wrong is our mistake, and no property of the
// kernel.
func TestWrongProgramIsAnError(t *testing.T) {
	if !able() {
		t.Skip("NOT TESTED: the kernel makes no map for us, or has no BTF")
	}
	tr := &Tracer{}
	defer tr.Close()
	err := tr.attach("sys_exit", asm.Instructions{asm.BuiltinFunc(1 << 20).Call(), asm.Mov.Imm(asm.R0, 0),
		asm.Return()})
	if errors.Is(err, unix.EPERM) {
		t.Skip("NOT TESTED: ", err)
	}
	if err = explain(err); !errors.Is(err, unix.EINVAL) || errors.Is(err, ErrUnsupported) {
		t.Errorf("a program that calls what does not exist: %v", err)
	}
}

// inNamespace runs the rest of the test on a thread in a network namespace of its own, which ends with the
// test.
func inNamespace(t testing.TB) {
	t.Helper()
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skip("NOT TESTED: a network namespace needs root: ", err)
	}
	if err := labtest.LoopbackUp(); err != nil {
		t.Fatal(err)
	}
}

// listen opens a listener with room for so many connections and one more, and returns it with its port.
func listen(t testing.TB, backlog int) (fd, port int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}),
		unix.Listen(fd, backlog)); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, name.(*unix.SockaddrInet4).Port
}

// dial connects without waiting for the connection and returns the socket.
func dial(t testing.TB, port int) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}); err != nil &&
		err != unix.EINPROGRESS {
		t.Fatal(err)
	}
	return fd
}

// send waits for the handshake and sends a byte.
func send(t *testing.T, fd int) {
	t.Helper()
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 2000); n != 1 {
		t.Fatal("a handshake does not end: ", err)
	}
	if _, err := unix.Write(fd, []byte("x")); err != nil {
		t.Fatal(err)
	}
}

func counted(t *testing.T, tr *Tracer) Snapshot {
	t.Helper()
	s, err := tr.Read()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTimesTheAcceptQueue(t *testing.T) {
	inNamespace(t)
	ln, port := listen(t, 16)
	_, other := listen(t, 16)
	dial(t, port) // before there is anyone to see it
	tr := open(t, port)
	dial(t, other)
	const wait = 50 * time.Millisecond
	for range 3 {
		dial(t, port)
	}
	began := time.Now()
	time.Sleep(wait)
	for range 4 {
		if _, _, err := unix.Accept4(ln, unix.SOCK_CLOEXEC); err != nil {
			t.Fatal(err)
		}
	}
	longest := time.Since(began) + wait // dialing took less than that
	s := counted(t, tr)
	if s.Accepted != 3 || s.Unaccounted != 1 {
		t.Fatalf("%d connections were timed and %d were not, want 3 and 1: %+v", s.Accepted, s.Unaccounted, s)
	}
	for b, n := range s.Waits {
		if b.To() <= wait || b.From() > longest {
			t.Errorf("%d connections waited %v to %v, want %v to %v", n, b.From(), b.To(), wait, longest)
		}
	}
	if mean := s.WaitSum / 3; mean < wait || mean > longest {
		t.Errorf("they waited %v in the mean, want %v to %v", mean, wait, longest)
	}
}

func TestNamesResets(t *testing.T) {
	inNamespace(t)
	if err := os.WriteFile("/proc/sys/net/ipv4/tcp_abort_on_overflow", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	ln, port := listen(t, 1)
	// Handshakes end when data comes, so that one can be under way beside a queue that fills up (tcp(7)).
	if err := unix.SetsockoptInt(ln, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 10); err != nil {
		t.Fatal(err)
	}
	tr := open(t, port)
	first, second := dial(t, port), dial(t, port)
	send(t, first)
	third := dial(t, port)
	send(t, second) // the queue's last place
	send(t, third)
	wantResets(t, tr, Reset{Listener, "INVALID_SYN"}) // the kernel's name for it, misleading as it is

	accepted, _, err := unix.Accept4(ln, unix.SOCK_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(accepted) // with a byte unread
	wantResets(t, tr, Reset{Connection, "TCP_ABORT_ON_CLOSE"})
	unix.Close(ln) // with a connection in its queue
	dial(t, port)
	wantResets(t, tr, Reset{NoSocket, "NO_SOCKET"})
	if s := counted(t, tr); s.ReceivedRST != 0 {
		t.Errorf("%d RSTs were received at the listener's port, want 0: the clients have other ports",
			s.ReceivedRST)
	}
}

// wantResets wants at least one RST of a kind. A kernel before 6.10 gives no reason.
func wantResets(t *testing.T, tr *Tracer, want Reset) {
	t.Helper()
	if len(tr.reasons) == 0 {
		want.Reason = ""
	}
	if s := counted(t, tr); s.SentRST[want] == 0 {
		t.Errorf("no RST of the kind %+v was counted: %+v", want, s.SentRST)
	}
}

func TestCountsReceivedResets(t *testing.T) {
	inNamespace(t)
	ln, port := listen(t, 4)
	tr := open(t, port)
	fd := dial(t, port)
	if _, _, err := unix.Accept4(ln, unix.SOCK_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	if s := counted(t, tr); s.ReceivedRST != 1 {
		t.Errorf("%d received RSTs, want 1", s.ReceivedRST)
	}
}

// A user who may load nothing must be told what it takes. In a user namespace everyone is such a user.
func TestRefused(t *testing.T) {
	if !labtest.InChild(t, unix.CLONE_NEWUSER) {
		return
	}
	_, err := Open(Config{NetNS: 1, Ports: []uint16{9}})
	if !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), "CAP_BPF") {
		t.Errorf("the refusal does not say what it takes: %v", err)
	}
}

func BenchmarkSystemCall(b *testing.B) {
	call := func(b *testing.B) {
		for b.Loop() {
			unix.Getppid()
		}
	}
	b.Run("untraced", call)
	open(b, 9)
	b.Run("traced", call)
}
