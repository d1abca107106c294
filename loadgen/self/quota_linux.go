package self

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// readQuota is how many processors this process's control groups let it have on average, the strictest of
// them; 0 where none bounds it, or where that is not known.
func readQuota() float64 {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	return quota("/sys/fs/cgroup", string(groups))
}

// quota is readQuota, given where the control groups are mounted and what /proc/self/cgroup says
// (cgroups(7)). In a container that may be a path of the host's, which is not there: the group that is
// mounted is looked at all the same.
func quota(mount, groups string) (least float64) {
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(fields) != 3 {
			continue
		}
		root, read := mount, unified
		if slices.Contains(strings.Split(fields[1], ","), "cpu") {
			root, read = filepath.Join(mount, "cpu"), version1
		} else if fields[1] != "" {
			continue
		}
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			if n := read(filepath.Join(root, group)); n > 0 && (least == 0 || n < least) {
				least = n
			}
			if group == "/" {
				break
			}
		}
	}
	return least
}

// unified reads "50000 100000", µs of processor time in each so many µs, or "max 100000"
// (Documentation/admin-guide/cgroup-v2.rst, cpu.max).
func unified(group string) float64 {
	text, _ := os.ReadFile(filepath.Join(group, "cpu.max"))
	quota, period, _ := bytes.Cut(bytes.TrimSpace(text), []byte(" "))
	return share(quota, period)
}

// version1 reads the same from two files, where -1 is no bound (Documentation/scheduler/sched-bwc.rst).
func version1(group string) float64 {
	quota, _ := os.ReadFile(filepath.Join(group, "cpu.cfs_quota_us"))
	period, _ := os.ReadFile(filepath.Join(group, "cpu.cfs_period_us"))
	return share(bytes.TrimSpace(quota), bytes.TrimSpace(period))
}

func share(quota, period []byte) float64 {
	q, errQ := strconv.ParseUint(string(quota), 10, 63)
	p, errP := strconv.ParseUint(string(period), 10, 63)
	if errQ != nil || errP != nil || p == 0 {
		return 0
	}
	return float64(q) / float64(p)
}
