package epoll

import (
	"bytes"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

var reply = []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

// quietServer answers each read with one response and, where that read asked for it, closes. It
// allocates nothing for it, so that what a test process allocates is the engine's.
func quietServer(t testing.TB, network, address string) net.Listener {
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	f, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	listener := int(f.Fd())
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err == nil {
		err = unix.SetNonblock(listener, true)
	}
	if err == nil {
		err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, listener,
			&unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(listener)})
	}
	if err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		serveQuietly(epoll, listener, &stop)
	}()
	t.Cleanup(func() {
		stop.Store(true)
		<-stopped
		unix.Close(epoll)
		f.Close()
		l.Close()
	})
	return l
}

func serveQuietly(epoll, listener int, stop *atomic.Bool) {
	p := poller{fd: epoll, events: make([]unix.EpollEvent, batch)}
	buffer := make([]byte, readBuffer)
	for !stop.Load() {
		n, _ := p.wait(20 * time.Millisecond)
		for _, event := range p.events[:n] {
			fd := int(event.Fd)
			if fd == listener {
				if c, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), 0, 0,
					unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0); errno == 0 {
					_ = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, int(c),
						&unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c)})
				}
				continue
			}
			n, errno := receive(fd, buffer)
			if n > 0 {
				send(fd, reply)
			}
			if errno != unix.EAGAIN && (n == 0 || bytes.Contains(buffer[:n], []byte("Connection: close"))) {
				closeSocket(fd)
			}
		}
	}
}

// receive reads. b must not be empty.
func receive(fd int, b []byte) (n int, errno syscall.Errno) {
	r, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])),
		uintptr(len(b)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), 0
}
