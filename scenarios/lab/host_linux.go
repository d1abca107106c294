package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"weir/loadgen/spelling"
)

// Host is a network namespace with one address.
type Host struct {
	lab   *Lab
	name  string
	addr  netip.Addr
	netns int          // descriptor that keeps the namespace
	cpus  *unix.CPUSet // where its processes run; nil: everywhere
	quota *quota       // what they may run for; nil: no bound
}

const ownNamespace = "/proc/thread-self/ns/net"

// hostNamespace opens the caller's network namespace or a new one. The new one is made on a thread that
// ends with its goroutine, so that no other goroutine ever runs in it by accident.
func hostNamespace(callers bool) (fd int, err error) {
	if callers {
		return unix.Open(ownNamespace, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			fd, err = unix.Open(ownNamespace, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
	}()
	<-done
	return fd, err
}

// Name is the host's name.
func (h *Host) Name() string { return h.name }

// Addr is the host's address, which every host of the lab reaches.
func (h *Host) Addr() netip.Addr { return h.addr }

// NetNS is a path of the host's network namespace, good in this process until the lab is closed.
func (h *Host) NetNS() string { return fmt.Sprintf("/proc/self/fd/%d", h.netns) }

// Do runs f on a thread that is in the host's network namespace. Sockets that f opens stay in it for
// good; goroutines that f starts are not in it, so dial literal addresses (a name is looked up elsewhere).
func (h *Host) Do(f func() error) (err error) {
	runtime.LockOSThread()
	before, err := unix.Open(ownNamespace, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("lab: own network namespace: %w", err)
	}
	defer unix.Close(before)
	if err := unix.Setns(h.netns, unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("lab: enter %s: %w", h.name, err)
	}
	defer func() {
		if back := unix.Setns(before, unix.CLONE_NEWNET); back != nil {
			// The thread stays locked: it ends with this goroutine and serves no other.
			err = errors.Join(err, fmt.Errorf("lab: leave %s: %w", h.name, back))
			return
		}
		runtime.UnlockOSThread()
	}()
	return f()
}

// Sysctl reads a net.* sysctl of the host.
func (h *Host) Sysctl(name string) (string, error) {
	var text []byte
	err := validateSysctl(name, "read")
	if err == nil {
		err = h.Do(func() (err error) {
			text, err = os.ReadFile(sysctlPath(name))
			return err
		})
	}
	if err != nil {
		return "", h.sysctlError(name, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// SetSysctl writes a sysctl of the host's network namespace, named with dots. The error is a *SysctlError,
// which keeps the errno: ENOENT where the kernel has none of that name.
func (h *Host) SetSysctl(name, value string) error {
	err := validateSysctl(name, value)
	if err == nil {
		err = h.write(name, value)
	}
	if err != nil {
		return h.sysctlError(name, err)
	}
	return nil
}

func (h *Host) write(name, value string) error {
	return h.Do(func() error {
		f, err := os.OpenFile(sysctlPath(name), os.O_WRONLY, 0) // no O_CREATE: absence must be seen
		if err != nil {
			return err
		}
		_, err = f.WriteString(value)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("set to %q: %w", value, err)
		}
		return nil
	})
}

// sysctlPath is a file whose content depends on the network namespace of the thread that opens it
// (net_ctl_root_lookup in net/sysctl_net.c).
func sysctlPath(name string) string {
	return "/proc/sys/" + strings.ReplaceAll(name, ".", "/")
}

// sysctlError looks for what may have been meant where the kernel has none of that name.
func (h *Host) sysctlError(name string, err error) error {
	e := &SysctlError{Host: h.name, Name: name, Err: err}
	if errors.Is(err, fs.ErrNotExist) {
		_ = h.Do(func() error { // where the names cannot be listed, none is proposed
			e.Near = spelling.Nearest(name, sysctlNames())
			return nil
		})
	}
	return e
}

// sysctlNames lists the net.* sysctls of the namespace that the calling thread is in.
func sysctlNames() (names []string) {
	_ = filepath.WalkDir("/proc/sys/net", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.ReplaceAll(strings.TrimPrefix(path, "/proc/sys/"), "/", "."))
		}
		return nil
	})
	return names
}
