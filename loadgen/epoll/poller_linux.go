package epoll

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller is an epoll instance.
type poller struct {
	fd     int
	events []unix.EpollEvent
}

// batch bounds how many connections are dealt with before the clock is looked at for what is due.
const batch = 64

func newPoller() (poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return poller{}, fmt.Errorf("epoll_create1: %w", err)
	}
	return poller{fd: fd, events: make([]unix.EpollEvent, batch)}, nil
}

func (p poller) close() { closeSocket(p.fd) }

// add watches a connection for everything, edge-triggered: one call for its whole life.
func (p poller) add(c *conn) syscall.Errno { return p.control(unix.EPOLL_CTL_ADD, c) }

// rearm makes what a connection is ready for an event again.
func (p poller) rearm(c *conn) { p.control(unix.EPOLL_CTL_MOD, c) }

func (p poller) control(op uintptr, c *conn) syscall.Errno {
	event := unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET,
		Fd:     c.slot, Pad: c.generation,
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), op, uintptr(c.fd),
		uintptr(unsafe.Pointer(&event)), 0, 0)
	return errno
}

// brief is a wait of which Go's scheduler is not told. It would look every 20 µs whether to give our
// processor to another goroutine (runtime/proc.go, sysmon), at high rates only to be asked for it back at
// once, and that costs more CPU than the wait. Nothing else suffers: a signal, by which the runtime asks
// for the processor, ends the wait.
const brief = 100 * time.Microsecond

// wait returns the number of events, which are in p.events, after at most d.
func (p poller) wait(d time.Duration) (n int, errno syscall.Errno) {
	// struct __kernel_timespec, which is this one on every architecture.
	timeout := [2]int64{int64(max(0, d) / time.Second), int64(max(0, d) % time.Second)}
	var r uintptr
	if d > brief {
		r, _, errno = unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd),
			uintptr(unsafe.Pointer(&p.events[0])),
			uintptr(len(p.events)), uintptr(unsafe.Pointer(&timeout)), 0, 0)
	} else {
		r, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd),
			uintptr(unsafe.Pointer(&p.events[0])),
			uintptr(len(p.events)), uintptr(unsafe.Pointer(&timeout)), 0, 0)
	}
	if errno != 0 {
		return 0, errno
	}
	return int(r), 0
}
