package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// quota is a control group that stops what is in it for the rest of each period once it has run for its share
// (cgroups(7); Documentation/scheduler/sched-bwc.rst). It is the one thing of a lab that does not end with
// it, so it is locked as long as the lab lives. Enter takes those away that nobody has locked, of whichever
// lab: when its own has ended, however that was killed, and before it begins, if Enter itself was killed with
// it.
type quota struct {
	dir  string
	lock *os.File
}

const (
	quotaPrefix = "weir-lab-"
	quotaPeriod = 100_000 // µs, the kernel's default
	quotaLeast  = 1_000   // µs: the kernel takes no less (min_cfs_quota_period in kernel/sched/core.c)
)

// newQuota makes a group for a share of one processor. Where none can be made, the error wraps ErrNoQuota.
func newQuota(host string, share float64) (*quota, error) {
	membership, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoQuota, err)
	}
	why := ErrNoQuota
	for _, parent := range quotaParents(string(membership)) {
		q, err := quotaBelow(parent, host, share)
		if err == nil {
			return q, nil
		}
		why = fmt.Errorf("%w; %w", why, err)
	}
	return nil, why
}

// quotaParents are where a group with a CPU quota may be made: where we are in the hierarchy of version 1
// that has the cpu controller, and in that of version 2 where we are or at the root, because a group that has
// processes may have no groups with controllers below it.
func quotaParents(membership string) (dirs []string) {
	for line := range strings.Lines(membership) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		switch {
		case len(f) != 3:
		case f[0] == "0" && f[1] == "":
			dirs = append(dirs, filepath.Join("/sys/fs/cgroup", f[2]), "/sys/fs/cgroup")
		case strings.Contains(","+f[1]+",", ",cpu,"):
			dirs = append(dirs, filepath.Join("/sys/fs/cgroup", f[1], f[2]),
				filepath.Join("/sys/fs/cgroup/cpu", f[2]))
		}
	}
	return slices.Compact(dirs)
}

// quotaBelow makes the group below parent. Another lab's sweep may find it before it is locked, and take it
// away: then it is made again.
func quotaBelow(parent, host string, share float64) (q *quota, err error) {
	for range 3 {
		q, err = tryQuota(parent, host, share)
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	return q, err
}

func tryQuota(parent, host string, share float64) (*quota, error) {
	dir, err := os.MkdirTemp(parent, quotaPrefix+host+"-")
	if err != nil {
		return nil, err
	}
	q := &quota{dir: dir}
	if q.lock, err = os.Open(dir); err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	if err := unix.Flock(int(q.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), q.close())
	}
	us := strconv.Itoa(max(quotaLeast, int(share*quotaPeriod)))
	err = write(filepath.Join(dir, "cpu.max"), us+" "+strconv.Itoa(quotaPeriod)) // version 2
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		err = errors.Join(write(filepath.Join(dir, "cpu.cfs_period_us"), strconv.Itoa(quotaPeriod)),
			write(filepath.Join(dir, "cpu.cfs_quota_us"), us))
	}
	if err != nil {
		return nil, errors.Join(err, q.close())
	}
	return q, nil
}

// write sets a file of a control group, which is there or not: nobody can make one.
func write(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// sweepQuotas takes away what labs that were killed have left, wherever this user's labs make groups.
func sweepQuotas() {
	membership, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return // then there were none
	}
	for _, parent := range quotaParents(string(membership)) {
		sweep(parent)
	}
}

// sweep takes away the groups of labs that were killed. One that has processes, or whose lab lives, stays.
func sweep(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, quotaPrefix+"*"))
	for _, dir := range left {
		f, err := os.Open(dir)
		if err != nil {
			continue
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			_ = os.Remove(dir)
		}
		_ = f.Close()
	}
}

// take puts a process with all its threads into the group; what it starts later is in it too.
func (q *quota) take(pid int) error {
	if q == nil {
		return nil
	}
	if err := write(filepath.Join(q.dir, "cgroup.procs"), strconv.Itoa(pid)); err != nil {
		return fmt.Errorf("%w: %w", ErrNoQuota, err)
	}
	return nil
}

// close takes the group away, which must be empty.
func (q *quota) close() error {
	if q == nil {
		return nil
	}
	return errors.Join(os.Remove(q.dir), q.lock.Close())
}
