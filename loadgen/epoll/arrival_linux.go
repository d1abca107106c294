package epoll

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receiver reads, and says when the last of what it read had arrived: the kernel stamps what comes
// (SO_TIMESTAMPNS of socket(7); net/core/dev.c, net_timestamp_check) and tells it beside the bytes
// (net/ipv4/tcp.c, tcp_recv_timestamp). So a loop that has something else to do, or sleeps, does not make a
// server slower.
type receiver struct {
	wall
	buffer  []byte
	vector  unix.Iovec
	message unix.Msghdr
	control struct {
		header unix.Cmsghdr
		stamp  unix.Timespec
	}
}

func newReceiver(epoch time.Time, size int) *receiver {
	r := &receiver{wall: wall{epoch: epoch}, buffer: make([]byte, size)}
	r.vector.Base = &r.buffer[0]
	r.vector.SetLen(size)
	r.message.Iov, r.message.Control = &r.vector, (*byte)(unsafe.Pointer(&r.control))
	r.message.SetIovlen(1)
	r.now()
	return r
}

// stamped asks for the times at which what a socket receives arrives. As long as any socket in the system
// asks, the kernel reads a clock for each packet.
func stamped(fd int) { setOption(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) }

// keepStamping has one socket ask all the time, as long as a run takes: for each that was the only one, the
// kernel would change its own code to and fro (net/core/dev.c, net_enable_timestamp).
func keepStamping(family int) (stop func()) {
	if family == unix.AF_UNIX {
		return func() {}
	}
	fd, errno := openSocket(family)
	if errno != 0 {
		return func() {}
	}
	stamped(fd)
	return func() { closeSocket(fd) }
}

// receive returns what there is to read, which is good until the next call, and when that had arrived; told
// is whether that is the kernel's time, or that of reading, for the lack of one. Since is a time at which
// nothing of it can have been there.
func (r *receiver) receive(fd int, since time.Duration) (b []byte, at time.Duration, told bool,
	errno syscall.Errno) {
	r.message.SetControllen(int(unsafe.Sizeof(r.control)))
	n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.message)), 0)
	if errno != 0 {
		return nil, 0, false, errno
	}
	at = r.now()
	if h := r.control.header; r.message.Controllen > 0 && h.Level == unix.SOL_SOCKET &&
		h.Type == unix.SO_TIMESTAMPNS {
		if stamp, ok := r.offsetOf(r.control.stamp.Nano(), since, at); ok {
			return r.buffer[:n], stamp, true, 0
		}
	}
	return r.buffer[:n], at, false, 0
}

// wall converts times of the wall clock to offsets from an epoch, by the monotonic clock. The two differ by a
// constant, but for an instant in which the wall clock is set (kernel/time/timekeeping.c, wall_to_monotonic):
// both run at the speed that NTP gives them.
type wall struct {
	epoch  time.Time
	offset int64         // of the wall clock to the epoch's, ns
	steady time.Duration // since then it has been that, whenever it was looked at
}

// A look is two readings, one after the other, so that two looks may see a constant so far apart; and if the
// thread was not run between the two, farther, which does not happen to so many looks together.
const (
	same  = 2 * time.Microsecond
	looks = 3
)

// now tells the time, and looks whether the wall clock was set.
func (w *wall) now() time.Duration {
	var at time.Duration
	var offset int64
	for range looks {
		t := time.Now()
		at = t.Sub(w.epoch)
		offset = t.UnixNano() - int64(at)
		if d := time.Duration(offset - w.offset); -same <= d && d <= same {
			return at
		}
	}
	w.offset, w.steady = offset, at
	return at
}

// offsetOf converts a time between since and at, which is now's. It cannot where the clock may have been set
// between the two: it was not seen to be steady for as long.
func (w *wall) offsetOf(stamp int64, since, at time.Duration) (time.Duration, bool) {
	d := time.Duration(stamp - w.offset)
	return min(max(d, since), at), since >= w.steady && since-same <= d && d <= at+same
}
