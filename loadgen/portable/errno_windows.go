package portable

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// posix translates Winsock's numbers to the names that the classification and the record use.
func posix(e syscall.Errno) syscall.Errno {
	switch e {
	case windows.WSAECONNREFUSED:
		return syscall.ECONNREFUSED
	case windows.WSAECONNRESET, windows.WSAECONNABORTED:
		return syscall.ECONNRESET
	case windows.WSAETIMEDOUT:
		return syscall.ETIMEDOUT
	case windows.WSAEADDRNOTAVAIL:
		return syscall.EADDRNOTAVAIL
	case windows.WSAEADDRINUSE:
		return syscall.EADDRINUSE
	case windows.WSAEMFILE:
		return syscall.EMFILE
	case windows.WSAENOBUFS:
		return syscall.ENOBUFS
	}
	return e
}
