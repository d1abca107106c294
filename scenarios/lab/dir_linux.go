package lab

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mountPoints are where Dir may be. They are on every Linux, and nobody can put a file there: the kernel
// makes them, always empty, for file systems to be mounted over. So a mount hides nothing of the user's,
// swallows no output that is meant for the disk (as one over /mnt would), and leaves no folder behind.
var mountPoints = []string{
	"/sys/fs/fuse/connections", "/sys/fs/pstore", "/sys/kernel/security", "/sys/kernel/debug",
	"/proc/sys/fs/binfmt_misc",
}

// mountDir mounts a file system in memory, in this mount namespace only.
func mountDir() (string, error) {
	var errs []error
	for _, dir := range mountPoints {
		if _, err := os.Stat(dir); err != nil {
			errs = append(errs, err)
			continue
		}
		// At most half of the memory, tmpfs's own default; servers that drop their rights must get in.
		err := unix.Mount("weir", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755")
		if err == nil {
			return dir, nil
		}
		errs = append(errs, &os.PathError{Op: "mount a tmpfs over", Path: dir, Err: err})
	}
	return "", fmt.Errorf("lab: no place for its folder; mount /sys: %w", errors.Join(errs...))
}
