// Package lab is a private laboratory: hosts with an address, sysctls, ports and processes of their own,
// joined by virtual cables, on one machine and without root. An experiment in it cannot change the machine:
// it has a user, mount, PID and network namespace of its own, and the kernel tears all of them down with the
// last process in them. So nothing has to be cleaned up, not even after kill -9, but the control group of a
// host with a CPU quota: Enter removes that, of a lab that was killed with it the next Enter.
//
// The program starts itself again inside the namespaces:
//
//	outside   Enter    maps the user, forwards signals, waits
//	PID 1     Enter    mounts a fresh /proc, reaps orphans, waits
//	PID 2     Inside   the program proper: it calls New and runs the experiment
//
// PID 1 is a process apart because only a process that starts nothing else may reap whatever comes:
// wait(-1) in a program that uses os/exec steals exit statuses from exec.Cmd.Wait. It also spares the
// program PID 1's exceptions (signals without a handler are dropped, a crash takes no default action).
//
// The lab is not a sandbox: the user's files are visible and writable as ever, and a process inside has
// the user's rights to them. It is not a network emulator either: the cables neither delay nor lose.
package lab

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// HostSpec describes a host before it exists.
type HostSpec struct {
	Name string // lower case letters, digits and "-", at most 12; unique in the lab
	// by sysctl(8)'s names: net.ipv4.tcp_abort_on_overflow. Only net.* belongs to a host
	Sysctls map[string]string

	// What its processes have of the machine, from which they are not apart otherwise.
	CPUQuota float64 // processors, at most, of all its processes together, by a control group; 0: no quota
	Hogs     int     // busy processes that they share one processor with; 0: none, and every processor
}

// ErrNoQuota is in the error of a host whose CPUQuota cannot be had.
var ErrNoQuota = errors.New("lab: no control group with a CPU quota can be made here: run as root, " +
	"or have the cpu controller delegated (systemd-run --user --scope -p Delegate=yes)")

// SysctlError is a sysctl that could not be read or set on a host. Where the kernel does not have it, it
// wraps fs.ErrNotExist.
type SysctlError struct {
	Host, Name string
	Err        error
	Near       string // a name that the kernel has, where it does not have this one
}

func (e *SysctlError) Error() string {
	if e.Near != "" {
		return fmt.Sprintf("lab: this kernel has no sysctl %s for a network namespace (host %s); did you mean %s?", e.Name, e.Host, e.Near)
	}
	return fmt.Sprintf("lab: sysctl %s on %s: %v", e.Name, e.Host, e.Err)
}

func (e *SysctlError) Unwrap() error { return e.Err }

// maxHosts keeps the mesh, n·(n−1)/2 cables, small, and the last byte of an address within its bounds.
const maxHosts = 32

var (
	// hostName leaves room for the "to-" of an interface's name, which may have 15 bytes (IFNAMSIZ).
	hostName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,11}$`)
	// sysctlName admits net.* alone: everything else is the machine's, not the host's.
	sysctlName = regexp.MustCompile(`^net(\.[A-Za-z0-9_-]+)+$`)
)

func validate(hosts []HostSpec) error {
	if len(hosts) == 0 || len(hosts) > maxHosts {
		return fmt.Errorf("lab: %d hosts: give 1 to %d", len(hosts), maxHosts)
	}
	seen := map[string]bool{}
	for _, h := range hosts {
		if !hostName.MatchString(h.Name) {
			return fmt.Errorf("lab: host name %q: use up to 12 lower case letters, digits and \"-\", a letter first", h.Name)
		}
		if seen[h.Name] {
			return fmt.Errorf("lab: two hosts are named %q", h.Name)
		}
		seen[h.Name] = true
		if !(h.CPUQuota >= 0 && h.CPUQuota <= 1024) || h.Hogs < 0 || h.Hogs > 64 {
			return fmt.Errorf("lab: host %s: a CPU quota of %v and %d hogs: give 0 to 1024 processors, and 0 to 64 hogs", h.Name, h.CPUQuota, h.Hogs)
		}
		for name, value := range h.Sysctls {
			if err := validateSysctl(name, value); err != nil {
				return &SysctlError{Host: h.Name, Name: name, Err: err}
			}
		}
	}
	return nil
}

func validateSysctl(name, value string) error {
	switch {
	case !sysctlName.MatchString(name):
		return errors.New("only names like net.ipv4.tcp_syncookies belong to a host; all others are the machine's")
	case strings.TrimSpace(value) == "" || len(value) > 256 || strings.ContainsAny(value, "\n\x00"):
		return fmt.Errorf("value %q: give one non-empty line of at most 256 bytes", value)
	}
	return nil
}

// Option changes how a lab is entered.
type Option int

// HostUser is the Option to stay the machine's own root, for one who is: without it even root is only root of
// the lab, which guards the machine from mistakes.
const HostUser Option = 1
