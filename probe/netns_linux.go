package probe

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// inNamespaceOf calls do on a thread that is in the network namespace which cfg names. A descriptor or
// socket that is opened there stays in that namespace, wherever it is used later. An error means that
// do was not called.
func inNamespaceOf(cfg Config, do func()) error {
	path, whose := cfg.NetNS, cfg.NetNS
	if path == "" {
		path, whose = fmt.Sprintf("/proc/%d/ns/net", cfg.Pid), fmt.Sprintf("pid %d", cfg.Pid)
	}
	if cfg.NetNS == "" && cfg.Pid == 0 {
		runtime.LockOSThread() // so that all that do opens is of one namespace
		defer runtime.UnlockOSThread()
		do()
		return nil
	}
	ns, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the network namespace of %s does not exist (any more): %w", whose, err)
	}
	if err != nil {
		return entryError(whose, err)
	}
	defer ns.Close()
	result := make(chan error, 1)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if isCurrent(ns) {
		do()
		return nil
	}
	go func() { result <- enter(ns, do) }()
	if err := <-result; err != nil {
		return entryError(whose, err)
	}
	return nil
}

// enter takes the calling goroutine's thread into ns, calls do, and takes the thread back. If the way
// back is barred (it needs CAP_SYS_ADMIN over the old namespace too) the goroutine stays locked to the
// thread and takes it with it when it ends: no other goroutine may ever run on it.
func enter(ns *os.File, do func()) error {
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		// The main thread cannot end, and /proc/self is what it says. Hold it and take another.
		defer runtime.UnlockOSThread()
		result := make(chan error, 1)
		go func() { result <- enter(ns, do) }()
		return <-result
	}
	back, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer back.Close()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return os.NewSyscallError("setns", err)
	}
	do()
	if unix.Setns(int(back.Fd()), unix.CLONE_NEWNET) == nil {
		runtime.UnlockOSThread()
	}
	return nil
}

// isCurrent tells whether ns is the calling thread's namespace already; then nothing need be allowed.
func isCurrent(ns *os.File) bool {
	theirs, err := ns.Stat()
	if err != nil {
		return false
	}
	ours, err := os.Stat("/proc/thread-self/ns/net")
	return err == nil && os.SameFile(theirs, ours)
}

// entryError says what is missing when a namespace is closed to us (user_namespaces(7), setns(2)).
func entryError(whose string, err error) error {
	if !errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("entering the network namespace of %s: %w", whose, err)
	}
	return fmt.Errorf("entering the network namespace of %s needs CAP_SYS_ADMIN, here and in the user namespace that owns it: run weir as root, or inside (nsenter -n, docker exec): %w", whose, err)
}
