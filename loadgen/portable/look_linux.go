package portable

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// receive reads, without waiting, at most so many bytes. With 0 it looks whether the connection has ended. It
// is final unless there is nothing to tell.
func receive(fd int, p []byte, most int) (n int, err error, final bool) {
	flags := unix.MSG_DONTWAIT
	if most == 0 {
		most, flags = 1, flags|unix.MSG_PEEK
	}
	n, _, err = unix.Recvfrom(fd, p[:min(len(p), most)], flags)
	switch {
	case err == unix.EAGAIN, err == nil && n > 0 &&
		flags&unix.MSG_PEEK != 0: // nothing; or what came too late
		return 0, nil, false
	case err != nil:
		return 0, os.NewSyscallError("recvfrom", err), true
	case n == 0:
		return 0, io.EOF, true
	}
	return n, nil, true
}

// send writes what can be written without waiting. How it fails, the next read says.
func send(fd int, p []byte) int {
	n, err := unix.SendmsgN(fd, p, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	if err != nil {
		return 0
	}
	return n
}
