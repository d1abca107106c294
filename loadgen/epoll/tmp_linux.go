package epoll

import "golang.org/x/sys/unix"

func unread(fd int) bool {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	return err == nil && (info.State == 7 || info.Unacked > 0)
}
