package probe

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// cgroupMount is a mounted hierarchy that may control the CPU.
type cgroupMount struct {
	root, dir string // what of the hierarchy is mounted, and where
	v2        bool
}

// parseCgroupMounts finds the hierarchies in /proc/self/mountinfo (proc_pid_mountinfo(5)): that of version
// 2, and that of version 1 with the cpu controller. On a hybrid system both are there, and the controller is
// in one of them: the other's cpu.stat has no throttling.
func parseCgroupMounts(mountinfo string) (mounts []cgroupMount) {
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		f, g := strings.Fields(before), strings.Fields(after)
		if !ok || len(f) < 5 || len(g) < 3 {
			continue
		}
		v2 := g[0] == "cgroup2"
		if v2 || g[0] == "cgroup" && slices.Contains(strings.Split(g[2], ","), "cpu") {
			mounts = append(mounts, cgroupMount{unescapeMount(f[3]), unescapeMount(f[4]), v2})
		}
	}
	return mounts
}

// unescapeMount undoes mountinfo's octal escapes.
func unescapeMount(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// maxCgroupDepth bounds how many levels of a path are looked at.
const maxCgroupDepth = 32

// cgroupDirs returns the directories that may hold the quotas of a process: its cgroup and all above it
// up to the mount's root, because a parent's quota stops its children too. membership is
// /proc/<pid>/cgroup: lines "5:cpu,cpuacct:/path" or "0::/path". A path outside of what is mounted here, a
// container's seen from another's cgroup namespace, is left out.
func cgroupDirs(membership string, mounts []cgroupMount) (dirs []string) {
	for line := range strings.Lines(membership) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(f) != 3 {
			continue
		}
		v2 := f[0] == "0" && f[1] == ""
		if !v2 && !slices.Contains(strings.Split(f[1], ","), "cpu") {
			continue
		}
		for _, m := range mounts {
			if m.v2 != v2 {
				continue
			}
			rest, ok := below(f[2], m.root)
			if !ok {
				continue
			}
			for range maxCgroupDepth {
				dirs = append(dirs, path.Join(m.dir, rest))
				if rest == "/" {
					break
				}
				rest = path.Dir(rest)
			}
			break // bind mounts show the same twice
		}
	}
	return dirs
}

// below is name as seen from root, which begins with "/"; false if it is not below.
func below(name, root string) (string, bool) {
	if !strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..") {
		return "", false
	}
	if root == "/" {
		return path.Clean(name), true
	}
	rest, ok := strings.CutPrefix(name, root)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return path.Clean("/" + rest), true
}

// cpuStat is what a cgroup's cpu.stat says of its quota.
type cpuStat struct {
	periods, throttled, throttledUs uint64
	// there is such an account: not in a root, nor without the controller
	known bool
}

// parseCPUStat reads both versions: throttled_usec of version 2, throttled_time of version 1 in nanoseconds.
func parseCPUStat(text []byte) (c cpuStat, err error) {
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(bytes.TrimSpace(line), space)
		unit := uint64(1)
		var to *uint64
		switch string(name) {
		case "nr_periods":
			to = &c.periods
		case "nr_throttled":
			to = &c.throttled
		case "throttled_usec":
			to = &c.throttledUs
		case "throttled_time":
			to, unit = &c.throttledUs, 1000
		default:
			continue
		}
		v, err := strconv.ParseUint(string(value), 10, 64)
		if err != nil {
			return cpuStat{}, fmt.Errorf("%s: %w", name, err)
		}
		*to = v / unit
		c.known = c.known || to == &c.throttled
	}
	return c, nil
}
