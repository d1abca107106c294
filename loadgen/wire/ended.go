package wire

import "syscall"

// Stale reports whether a request on a reused connection, of whose response no byte came, found that the
// server had closed the connection before it got the request: the keep-alive race, as against a server
// that had the request and left it. Where it says no, the request ended as on a new connection.
//
//	ended  the errno of the write that failed, else of the read; 0 for a read that found the end
//	taken  how many bytes of the request the kernel took
//
// What a client sees over TCP on Linux 6.18, by what the server did (the tests play all of it):
//
//	closed before our request           write succeeds, read finds the end; nothing is acknowledged
//	the same, and the request is large  write fails late, with EPIPE; nothing is acknowledged
//	RST before our request              write fails with ECONNRESET and takes nothing
//	FIN and then RST before it          write fails with EPIPE and takes nothing
//	read our request, then closed       read finds the end; it is acknowledged
//	had it unread, then closed or RST   read fails with ECONNRESET
//	had it unread, then FIN, then RST   read finds the end; it is acknowledged
//
// A FIN acknowledges what the server's kernel has, so after one TCP_INFO knows. An RST is not looked at for
// that (net/ipv4/tcp_input.c, tcp_validate_incoming): after one alone that may have crossed with the request
// nobody knows, and it keeps its own name. An RST that comes after a FIN makes a write fail with EPIPE
// (tcp_reset). A unix socket takes nothing once its peer has closed, so what it took, the peer had.
func Stale(fd int, network string, ended syscall.Errno, taken int) bool {
	switch ended {
	case syscall.ECONNRESET:
		return taken == 0
	case syscall.EPIPE, 0:
		return taken == 0 || network != "unix" && unacknowledged(fd, taken)
	}
	return false
}
