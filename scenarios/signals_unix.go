//go:build !windows

package scenarios

import "syscall"

const (
	sigStop = syscall.SIGSTOP
	sigCont = syscall.SIGCONT
)

// signalGroup reaches all processes of a group.
func signalGroup(leader int, sig syscall.Signal) error { return syscall.Kill(-leader, sig) }
