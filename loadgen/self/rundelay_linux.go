package self

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

const maxThreads = 10_000 // of ours; Go itself stops at this number

// readDelays returns each thread's run delay: the second field of /proc/PID/task/TID/schedstat,
// nanoseconds on a run queue (Documentation/scheduler/sched-stats.rst). /proc/self/schedstat would be
// the main thread's alone. It is nil on a kernel without CONFIG_SCHED_INFO.
func readDelays() map[int]time.Duration {
	dir, err := os.Open("/proc/self/task")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(maxThreads)
	delays := make(map[int]time.Duration, len(names))
	for _, name := range names {
		thread, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		text, err := os.ReadFile("/proc/self/task/" + name + "/schedstat")
		if err != nil {
			continue // it ended meanwhile, or the kernel has no such file
		}
		if d, ok := parseDelay(text); ok {
			delays[thread] = d
		}
	}
	if len(delays) == 0 {
		return nil
	}
	return delays
}

// parseDelay reads "on-cpu waiting timeslices".
func parseDelay(text []byte) (time.Duration, bool) {
	fields := bytes.Fields(text)
	if len(fields) != 3 {
		return 0, false
	}
	ns, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return time.Duration(ns), err == nil && ns >= 0
}
