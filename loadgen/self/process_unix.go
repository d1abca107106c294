//go:build unix

package self

import (
	"fmt"
	"syscall"
	"time"
)

// cpuTime returns the process's user and system time, getrusage(2).
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// RaiseFileLimit raises the soft limit of open files (RLIMIT_NOFILE) to the hard one and returns the
// limit that is in force afterwards, also when raising failed. Each request in flight needs a file.
// Children started later inherit the raised limit.
func RaiseFileLimit() (limit uint64, err error) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 0, fmt.Errorf("reading the limit of open files: %w", err)
	}
	if r.Cur >= r.Max {
		return uint64(r.Cur), nil
	}
	raised := syscall.Rlimit{Cur: r.Max, Max: r.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err != nil {
		return uint64(r.Cur), fmt.Errorf("raising the limit of open files from %d to %d: %w; try ulimit -n",
			r.Cur, r.Max, err)
	}
	return uint64(raised.Cur), nil
}
