package epoll

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls of a request. None of them blocks, because the sockets do not, so they are made
// without telling Go's scheduler: that would cost as much as some of them do. An errno is returned as
// it is: wrapped in an error it would cost an allocation.

func openSocket(family int) (fd int, errno syscall.Errno) {
	r, _, errno := unix.RawSyscall(unix.SYS_SOCKET, uintptr(family),
		unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	return int(r), errno
}

func closeSocket(fd int) { unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

func bind(fd int, a *address) syscall.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)),
		uintptr(a.len))
	return errno
}

func connect(fd int, a *address) syscall.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)),
		uintptr(a.len))
	return errno
}

// send writes without the SIGPIPE that a closed connection would raise. b must not be empty.
func send(fd int, b []byte) (n int, errno syscall.Errno) {
	r, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])),
		uintptr(len(b)), unix.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), 0
}

// resetOnClose makes close(2) send an RST and keep nothing in TIME_WAIT (tcp(7), SO_LINGER).
func resetOnClose(fd int) {
	linger := unix.Linger{Onoff: 1}
	unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_LINGER,
		uintptr(unsafe.Pointer(&linger)), unsafe.Sizeof(linger), 0)
}

func setOption(fd, level, name int, value int32) {
	unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(&value)), unsafe.Sizeof(value), 0)
}

// option reads a socket option of at most size bytes.
func option(fd, level, name int, value unsafe.Pointer, size uint32) syscall.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(value), uintptr(unsafe.Pointer(&size)), 0)
	return errno
}

// pendingError returns how an attempt to connect failed, 0 if it did not, and clears it.
func pendingError(fd int) syscall.Errno {
	var value int32
	if errno := option(fd, unix.SOL_SOCKET, unix.SO_ERROR, unsafe.Pointer(&value),
		uint32(unsafe.Sizeof(value))); errno != 0 {
		return errno
	}
	return syscall.Errno(value)
}

// lostSYNs returns how many SYNs a socket that is connecting, or has just connected, sent again: all its
// retransmits are of SYNs (net/ipv4/tcp.c, tcp_get_info).
func lostSYNs(fd int) int {
	var info unix.TCPInfo
	// the rest is not asked for
	const size = unsafe.Offsetof(info.Total_retrans) + unsafe.Sizeof(info.Total_retrans)
	if option(fd, unix.IPPROTO_TCP, unix.TCP_INFO, unsafe.Pointer(&info), uint32(size)) != 0 {
		return 0
	}
	return int(info.Total_retrans)
}

// sharpen lets the thread run soon after the time it asked for. Its timer slack, 50 µs by default, is turned
// down to nothing (prctl(2), PR_SET_TIMERSLACK). And it asks for the shortest time slice: since Linux 6.12 a
// thread that wakes goes before one with a longer slice (kernel/sched/fair.c, PREEMPT_SHORT), which takes no
// privilege and no time away from anybody. Beside a program that never waits, on the same core, the greatest
// lag of 15,000 requests was 6 to 9 ms with it and 5 to 18 ms without. Where the kernel refuses, the lag
// shows it. blunt makes it a thread like others again.
func sharpen() (blunt func()) {
	set := func(slack uintptr, slice time.Duration) { // 0: the default
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, slack, 0, 0, 0)
		if attr, err := unix.SchedGetAttr(0, 0); err == nil { // its policy and its niceness stay as they are
			attr.Runtime = uint64(slice)
			_ = unix.SchedSetAttr(0, attr, 0)
		}
	}
	set(1, shortestSlice)
	return func() { set(0, 0) }
}

// shortestSlice is the least that the kernel grants (kernel/sched/syscalls.c, __setparam_fair).
const shortestSlice = 100 * time.Microsecond
