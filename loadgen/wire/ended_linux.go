package wire

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// unacknowledged reports whether the peer's kernel acknowledged nothing of the n bytes written last. Before
// Linux 4.19, which cannot tell, it says no.
//
// All that was written is sent or not yet sent. Of what is acknowledged, one is the SYN
// (net/ipv4/tcp_input.c, tcp_snd_una_update). An RST leaves these counts as they were, unlike tcpi_unacked.
func unacknowledged(fd, n int) bool {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || info.Bytes_sent == 0 {
		return false
	}
	written := int64(info.Bytes_sent-info.Bytes_retrans) + int64(info.Notsent_bytes)
	return written-(int64(info.Bytes_acked)-1) >= int64(n)
}

// Unread is how many bytes have come on a connection that nobody has read. A connection that carries no
// request and has any, a 408 of a server that is tired of waiting, say, is not used again: the next request
// must not take them for its answer (RFC 9112 section 9.2).
func Unread(fd int) int {
	// FIONREAD's is an int; it counts no FIN and, unlike a recv, leaves a pending error where it is
	var n int32
	if _, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCINQ,
		uintptr(unsafe.Pointer(&n))); errno != 0 {
		return 0
	}
	return int(n)
}

// PeerClosed reports whether the peer has ended its side of a connection that we have not closed. Unlike
// a recv with MSG_PEEK this sees a FIN behind bytes that nobody read, and leaves a pending error where it is.
func PeerClosed(fd int) bool {
	// POLLHUP and POLLERR, always told, are an RST (net/ipv4/tcp.c, tcp_poll; net/unix/af_unix.c, unix_poll).
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(p, 0)
	return err == nil && n == 1 && p[0].Revents&unix.POLLNVAL == 0
}
