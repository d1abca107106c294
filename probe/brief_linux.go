package probe

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Calls that the scheduler is not told of. What Go takes for a call that may block costs it a hand-over of
// the processor after 20 µs, to a thread that must be woken for it and then finds nothing to do: at 100
// readings a second that was more than the readings. These take 5 to 50 µs, wait for nothing, and are made
// only by the fast sources; a walk through a large table must not hold up the collector so.

// preadBriefly reads from the file's beginning.
func preadBriefly(fd int, b []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_PREAD64, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0, 0, 0)
		if errno != unix.EINTR {
			return result(n, errno)
		}
	}
}

// sendBriefly sends to the kernel's end of a netlink socket, which answers within the call.
func sendBriefly(fd int, b []byte) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return result(n, errno)
}

// receiveBriefly takes what is there; EAGAIN if nothing is.
func receiveBriefly(fd int, b []byte) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return result(n, errno)
}

func result(n uintptr, errno unix.Errno) (int, error) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
