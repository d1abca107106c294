//go:build !windows

package portable

import "syscall"

// posix returns e: everywhere but on Windows the kernel speaks it already.
func posix(e syscall.Errno) syscall.Errno { return e }
