package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// initMain is the lab's PID 1. It starts the program proper, reaps every orphan (children of daemons get
// PID 1 as their parent) and returns when the program has ended; the kernel then kills what is left.
//
// It must start its only child by hand: wait4(-1) would take any other child's status from its waiter.
func initMain(ctx context.Context, args []string) (int, error) {
	freshProc()
	// A background process group that a terminal with "stty tostop" would stop at its first line.
	signal.Ignore(syscall.SIGTTOU)
	forward := listen(ctx)
	defer forward.stop()
	_, outside, _ := strings.Cut(os.Getenv(marker), ":")
	if err := os.Setenv(marker, roleProgram+":"+outside); err != nil {
		return 0, fmt.Errorf("lab: PID 1: %w", err)
	}
	pid, err := syscall.ForkExec("/proc/self/exe", args, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2},
	})
	if err != nil {
		return 0, fmt.Errorf("lab: start the program as a child of PID 1: %w", err)
	}
	go forward.to(pid)
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 0, fmt.Errorf("lab: PID 1 waits: %w", err)
		case got == pid && (status.Exited() || status.Signaled()):
			return code(status), nil
		}
	}
}

// freshProc mounts a /proc that shows this PID namespace. In a container whose /proc is partly masked
// the kernel refuses (mount_too_revealing in fs/namespace.c). Then the old one stays, and what the lab
// itself needs still works: /proc/self, /proc/thread-self and /proc/sys/net follow the reader.
func freshProc() {
	_ = unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
}
