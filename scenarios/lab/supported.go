package lab

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// settings are what administrators and distributions forbid unprivileged namespaces with, as paths
// below /proc/sys, the value that forbids, and how to allow them again.
var settings = []struct{ path, forbids, name, allow string }{
	{"/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces=0",
		"sysctl -w user.max_user_namespaces=10000"},
	{"/proc/sys/user/max_net_namespaces", "0", "user.max_net_namespaces=0",
		"sysctl -w user.max_net_namespaces=10000"},
	{"/proc/sys/user/max_pid_namespaces", "0", "user.max_pid_namespaces=0",
		"sysctl -w user.max_pid_namespaces=10000"},
	{"/proc/sys/user/max_mnt_namespaces", "0", "user.max_mnt_namespaces=0",
		"sysctl -w user.max_mnt_namespaces=10000"},
	// Debian's and Ubuntu's kernels before 2021.
	{"/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=0",
		"sysctl -w kernel.unprivileged_userns_clone=1"},
	// Ubuntu since 23.10: a process without an AppArmor profile gets no rights in its new namespace.
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
		"kernel.apparmor_restrict_unprivileged_userns=1",
		"sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
}

// explain says why namespaces were refused and how to allow them. read gives a file's text and whether
// it is there. The errno alone is not enough: EPERM is what every one of these answers.
func explain(err error, read func(path string) (string, bool)) error {
	var why []string
	for _, s := range settings {
		if text, ok := read(s.path); ok && strings.TrimSpace(text) == s.forbids {
			why = append(why, fmt.Sprintf("%s forbids it; allow it with `%s` as root", s.name, s.allow))
		}
	}
	if status, ok := read("/proc/self/status"); len(why) == 0 && ok {
		switch {
		case errors.Is(err, syscall.EINVAL):
			why = append(why, "the kernel seems to be built without user namespaces (CONFIG_USER_NS)")
		case errors.Is(err, syscall.ENOSPC):
			why = append(why, "a limit on the number of namespaces is reached; see /proc/sys/user/max_*_namespaces")
		case errors.Is(err, syscall.EPERM) && statusField(status, "Seccomp") == "2":
			why = append(why, "a seccomp filter is in force, as in a container; start the container with "+
				"`--security-opt seccomp=unconfined --security-opt apparmor=unconfined`, or with `--privileged`, or run outside it")
		}
	}
	if len(why) == 0 {
		why = append(why, "no setting that is known to forbid it was found; a security module or a chroot may; root may be allowed to")
	}
	return fmt.Errorf("lab: private namespaces are refused: %w: %s", err, strings.Join(why, "; "))
}

// statusField returns a field of /proc/self/status, "" where there is none.
func statusField(status, name string) string {
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
