package self

import (
	"math"
	"syscall"
	"time"
)

// cpuTime returns the process's user and kernel time, GetProcessTimes.
func cpuTime() time.Duration {
	process, err := syscall.GetCurrentProcess()
	if err != nil {
		return 0
	}
	var created, exited, kernel, user syscall.Filetime
	if syscall.GetProcessTimes(process, &created, &exited, &kernel, &user) != nil {
		return 0
	}
	return span(kernel) + span(user)
}

// span reads a Filetime that is a duration, in units of 100 ns, and not a date.
func span(f syscall.Filetime) time.Duration {
	return time.Duration(int64(f.HighDateTime)<<32|int64(f.LowDateTime)) * 100
}

// RaiseFileLimit has nothing to raise: Windows sets no number on a process's handles.
func RaiseFileLimit() (limit uint64, err error) { return math.MaxUint64, nil }
