package lab

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// namespaces of a lab. The mount namespace is unshared by the child, because Go then also makes all
// mounts private: what the lab mounts must not propagate to the machine, where root's mounts are shared.
const namespaces = syscall.CLONE_NEWPID | syscall.CLONE_NEWNET

// attempts are the ways to get namespaces, the best first. A user namespace guards even root from
// touching the machine's own sysctls and interfaces by mistake; root goes without one where those are
// switched off, or where it asks to stay the host's user.
func attempts(hostUser bool) []*syscall.SysProcAttr {
	root := os.Geteuid() == 0
	var all []*syscall.SysProcAttr
	uids, gids := identity("/proc/self/uid_map"), identity("/proc/self/gid_map")
	if !root {
		// One mapping is all that an ordinary user may write (user_namespaces(7)). Files that the lab
		// writes are the user's outside, whichever number the user has inside; 0 keeps the rights in the
		// namespace over execve.
		uids = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		gids = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	if !root || !hostUser {
		all = append(all, &syscall.SysProcAttr{
			Cloneflags:  namespaces | syscall.CLONE_NEWUSER,
			UidMappings: uids, GidMappings: gids, GidMappingsEnableSetgroups: root && maySetgroups(),
		})
	}
	if root {
		all = append(all, &syscall.SysProcAttr{Cloneflags: namespaces})
	}
	for _, a := range all {
		a.Unshareflags = syscall.CLONE_NEWNS
		// The child dies with the thread that made it, and all of the lab with the child.
		a.Pdeathsig = syscall.SIGKILL
		// A process group of its own, so that a terminal's Ctrl-C comes once: to us, who forward it.
		a.Setpgid = true
	}
	return all
}

// identity maps every id that this process knows to itself, as root needs it: to work on files of
// others, and to start servers that drop to an account of their own.
func identity(path string) []syscall.SysProcIDMap {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var maps []syscall.SysProcIDMap
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line) // inside, outside, count
		if len(f) != 3 {
			continue
		}
		first, err1 := strconv.Atoi(f[0])
		count, err2 := strconv.Atoi(f[2])
		if err1 == nil && err2 == nil {
			maps = append(maps, syscall.SysProcIDMap{ContainerID: first, HostID: first, Size: count})
		}
	}
	return maps
}

// maySetgroups is false for root of a namespace that an ordinary user made; such a root cannot allow it to
// the namespaces below either (user_namespaces(7)).
func maySetgroups() bool {
	text, err := os.ReadFile("/proc/self/setgroups")
	return err == nil && strings.TrimSpace(string(text)) == "allow"
}

// Supported tells whether this user may make a lab here: nil, or an error that names what forbids it and
// how to allow it. It asks the kernel by trying, which takes a few milliseconds; settings only explain.
func Supported() error {
	if isInit() {
		return nil // the caller is on its way in
	}
	_, err := usable(attempts(false))
	return err
}

// usable returns the first attempt that the kernel grants.
func usable(attempts []*syscall.SysProcAttr) (*syscall.SysProcAttr, error) {
	var first error
	for _, a := range attempts {
		err := try(a)
		if err == nil {
			return a, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, explain(first, func(path string) (string, bool) {
		text, err := os.ReadFile(path)
		return string(text), err == nil
	})
}

// try makes the namespaces for a process that cannot be executed: a path through a file. When execve
// is what fails, everything before it was granted.
func try(a *syscall.SysProcAttr) error {
	_, err := syscall.ForkExec("/proc/self/exe/x", []string{"x"}, &syscall.ProcAttr{Sys: a})
	if errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	return err
}
