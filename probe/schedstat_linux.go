package probe

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// schedstat is the slow source of sched.listener.*: how long the threads of the processes that hold the
// listening socket ran, and how long they could have run but waited for a CPU, from
// /proc/<pid>/task/*/schedstat. A queue can overflow because accept() was called late, and this is the
// only source that says so of the very processes that should have called it.
//
// Scope: the listener's processes. Privilege: none to read it; finding the processes takes their user's or
// CAP_SYS_PTRACE (findHolders). Cost: some 10 µs a thread. Gotcha: /proc/<pid>/schedstat alone would be the
// main thread's; a quota's throttling is not run delay on every kernel, so see cgroup.cpu.throttled_us; what
// a thread did that came and went between two readings is not seen. Needs CONFIG_SCHED_INFO (fs/proc/base.c,
// proc_pid_schedstat); nanoseconds.
type schedstat struct {
	listener   *listenerProcesses
	run, delay tally[[2]int] // by pid and tid
}

// maxThreads bounds a reading: some 40 ms.
const maxThreads = 4096

func (s *schedstat) Name() string { return "schedstat" }
func (s *schedstat) Close() error { return s.listener.Close() }

func (s *schedstat) Read(to *Sample) error {
	pids, err := s.listener.refresh()
	if len(pids) == 0 {
		return err
	}
	processes, threads := 0, 0
	for _, pid := range pids {
		n, e := s.readProcess(pid, maxThreads-threads)
		if e != nil && !errors.Is(e, os.ErrNotExist) && err == nil {
			err = e
		}
		if threads += n; n > 0 {
			processes++
		}
	}
	to.Gauges["sched.listener.processes"] = uint64(processes)
	to.Gauges["sched.listener.threads"] = uint64(threads)
	if run, delay := s.run.sum(), s.delay.sum(); threads > 0 {
		to.Counters["sched.listener.cpu_ns"], to.Counters["sched.listener.run_delay_ns"] = run, delay
	}
	if threads >= maxThreads && err == nil {
		err = fmt.Errorf("more than %d threads: the rest is not counted", maxThreads)
	}
	return err
}

// readProcess adds the process' threads and returns how many they are.
func (s *schedstat) readProcess(pid, limit int) (threads int, err error) {
	base := "/proc/" + strconv.Itoa(pid) + "/task"
	dir, err := os.Open(base)
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	for _, name := range names[:min(len(names), limit)] {
		text, e := os.ReadFile(base + "/" + name + "/schedstat")
		if e != nil { // it ended, or the kernel keeps no account
			err = errors.Join(err, ifNot(e, os.ErrNotExist))
			continue
		}
		run, delay, e := parseSchedstat(text)
		if e != nil {
			err = e
			continue
		}
		tid, e := strconv.Atoi(name)
		if e != nil {
			continue
		}
		s.run.add([2]int{pid, tid}, run)
		s.delay.add([2]int{pid, tid}, delay)
		threads++
	}
	return threads, err
}

// ifNot is err, unless it is the one that is expected.
func ifNot(err, expected error) error {
	if errors.Is(err, expected) || errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// parseSchedstat reads "1377505 892102 14": time run, time waited, timeslices.
func parseSchedstat(text []byte) (run, delay uint64, err error) {
	f := bytes.Fields(text)
	if len(f) < 2 {
		return 0, 0, fmt.Errorf("schedstat is %.40q, not two numbers or more", text)
	}
	run, err = strconv.ParseUint(string(f[0]), 10, 64)
	if err == nil {
		delay, err = strconv.ParseUint(string(f[1]), 10, 64)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("schedstat: %w", err)
	}
	return run, delay, nil
}
