package lab

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// addHogs starts the busy processes that a host's description asks for and has them share one processor, the
// last that this process may use, with whatever is started there later. To that it is what steal is to a
// virtual machine: it can run and has nothing to run on. The hogs have no special priority, so that n of them
// leave a busy server 1/(n+1). Everything else, this process too, keeps off that processor for as long as it
// lives, if there is another: who measures must not starve.
func (l *Lab) addHogs(specs []HostSpec) error {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return fmt.Errorf("lab: processors: %w", err)
	}
	if !slices.ContainsFunc(specs, func(s HostSpec) bool { return s.Hogs > 0 }) {
		return nil
	}
	shared, rest := divide(all)
	for i, spec := range specs {
		l.hosts[i].cpus = &rest
		if spec.Hogs > 0 {
			l.hosts[i].cpus = &shared
		}
		for range spec.Hogs {
			hog := exec.Command("/bin/sh", "-c", "while :; do :; done")
			if err := l.hosts[i].Start(hog); err != nil {
				return err
			}
			go func() { _ = hog.Wait() }() // Close ends it
		}
	}
	return moveThreads(&rest)
}

// divide takes the last processor from the others; of one alone both have it.
func divide(all unix.CPUSet) (last, rest unix.CPUSet) {
	rest = all
	for cpu, seen := 0, 0; seen < all.Count(); cpu++ {
		if !all.IsSet(cpu) {
			continue
		}
		if seen++; seen == all.Count() {
			last.Set(cpu)
			if seen > 1 {
				rest.Clear(cpu)
			}
		}
	}
	return last, rest
}

// moveThreads has this process run on these processors only. A thread that is made meanwhile has those of the
// one that makes it, so that a second look finds what the first missed.
func moveThreads(to *unix.CPUSet) error {
	for range 2 {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("lab: own threads: %w", err)
		}
		for _, t := range threads {
			if tid, err := strconv.Atoi(t.Name()); err == nil {
				_ = unix.SchedSetaffinity(tid, to) // it may have ended
			}
		}
	}
	return nil
}

// onItsProcessors calls start on the caller's thread, which must be locked, with the host's processors: a
// child has those of the thread that made it (sched_setaffinity(2)).
func (h *Host) onItsProcessors(start func() error) error {
	if h.cpus == nil {
		return start()
	}
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("its processors: %w", err)
	}
	if err := unix.SchedSetaffinity(0, h.cpus); err != nil {
		return fmt.Errorf("its processors: %w", err)
	}
	defer func() { _ = unix.SchedSetaffinity(0, &before) }()
	return start()
}
