package probe

import (
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestWatchesInLoop: Go's own listeners are in its epoll instance, a bare socket is in none.
func TestWatchesInLoop(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() { _, _ = ln.Accept() }()
	fd, port, err := listenTCP(1)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for at, want := range map[uint16]bool{uint16(ln.Addr().(*net.TCPAddr).Port): true, port: false} {
		d, err := Discover(Config{Ports: []uint16{at}})
		if err != nil || len(d.Servers) != 1 || d.Servers[0].EventLoop != want {
			t.Errorf("port %d, want an event loop %v: %+v, %v", at, want, d, err)
		}
	}
}

// TestWaits: a thread that goes to sleep is seen to.
func TestWaits(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p := Process{Pid: unix.Gettid()} // /proc has threads too, only does not list them
	before, err := p.Waits()
	if err != nil {
		t.Fatal(err)
	}
	const naps = 5
	for range naps {
		ts := unix.NsecToTimespec(int64(time.Millisecond))
		_ = unix.Nanosleep(&ts, nil)
	}
	if after, err := p.Waits(); err != nil || after < before+naps {
		t.Errorf("%d, then %d, %v", before, after, err)
	}
	if _, err := (Process{Pid: os.Getpid() + 1<<30}).Waits(); err == nil {
		t.Error("a process that is not there waits")
	}
}
