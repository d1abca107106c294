package probe

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
)

// cgroup is the slow source of cgroup.cpu.*: how often and how long the CPU quotas (Kubernetes limits,
// docker --cpus, systemd CPUQuota=) that the listener's processes are under stopped them, from cpu.stat of
// their cgroups and of those above. A stopped server accepts nothing, at an average load that looks low.
//
// Scope: the listener's cgroups, added up, each once; everything in them shares the quota. Privilege: none,
// beyond finding the processes. Cost: some 15 µs a cgroup and level. Gotcha: without a quota
// the numbers stand still at 0; stops of a parent and of its child may overlap; times are of CPUs, so that
// four threads stopped for 50 ms may be 200 ms on version 1. Absent where no cpu.stat with throttling is
// reached: no cpu controller, or a cgroup beyond our cgroup namespace (kernel/sched/core.c, cpu_cfs_stat_show
// and cpu_extra_stat_show).
type cgroup struct {
	listener                      *listenerProcesses // shared with schedstat, which closes it
	mounts                        []cgroupMount
	periods, throttled, stoppedUs tally[string] // by directory
}

func newCgroup(l *listenerProcesses) (*cgroup, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return &cgroup{listener: l, mounts: parseCgroupMounts(string(text))}, nil
}

func (c *cgroup) Name() string { return "cgroup" }

func (c *cgroup) Read(to *Sample) error {
	pids, _ := c.listener.refresh() // schedstat tells the error
	seen := make(map[string]bool)
	known := false
	var errs []error
	for _, pid := range pids {
		membership, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
		if err != nil {
			continue // it has ended
		}
		for _, dir := range cgroupDirs(string(membership), c.mounts) {
			if seen[dir] || len(seen) >= maxCgroups {
				continue
			}
			seen[dir] = true
			ok, err := c.readOne(dir)
			errs = append(errs, err)
			known = known || ok
		}
	}
	periods, throttled, stopped := c.periods.sum(), c.throttled.sum(), c.stoppedUs.sum()
	if known {
		to.Counters["cgroup.cpu.nr_periods"] = periods
		to.Counters["cgroup.cpu.nr_throttled"] = throttled
		to.Counters["cgroup.cpu.throttled_us"] = stopped
	}
	return errors.Join(errs...)
}

// maxCgroups bounds a reading: workers may each have a cgroup of their own.
const maxCgroups = 256

func (c *cgroup) readOne(dir string) (known bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "cpu.stat"))
	if err != nil { // a root of version 2 has none before 5.15; a cgroup may be gone, or not ours to read
		return false, nil
	}
	stat, err := parseCPUStat(text)
	if err != nil || !stat.known {
		return false, err
	}
	c.periods.add(dir, stat.periods)
	c.throttled.add(dir, stat.throttled)
	c.stoppedUs.add(dir, stat.throttledUs)
	return true, nil
}
