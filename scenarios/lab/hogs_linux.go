package lab

import (
	"fmt"
	"os/exec"

	"golang.org/x/sys/unix"
)

// addHogs starts so many busy processes on the host and has them share one processor, the last that this process may
// use, with whatever is started there later. To that it is what steal is to a virtual machine: it can run and has
// nothing to run on. The hogs have no special priority, so that n of them leave a busy server 1/(n+1).
func (h *Host) addHogs(n int) error {
	if n == 0 {
		return nil
	}
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return fmt.Errorf("lab: processors of %s: %w", h.name, err)
	}
	last := -1
	for cpu, seen := 0, 0; seen < all.Count(); cpu++ {
		if all.IsSet(cpu) {
			last, seen = cpu, seen+1
		}
	}
	h.cpus = new(unix.CPUSet)
	h.cpus.Set(last)
	for range n {
		hog := exec.Command("/bin/sh", "-c", "while :; do :; done")
		if err := h.Start(hog); err != nil {
			return err
		}
		go func() { _ = hog.Wait() }() // Close ends it
	}
	return nil
}

// onItsProcessor calls start on the caller's thread, which must be locked, with the host's processors: a child has those
// of the thread that made it (sched_setaffinity(2)).
func (h *Host) onItsProcessor(start func() error) error {
	if h.cpus == nil {
		return start()
	}
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("its processor: %w", err)
	}
	if err := unix.SchedSetaffinity(0, h.cpus); err != nil {
		return fmt.Errorf("its processor: %w", err)
	}
	defer func() { _ = unix.SchedSetaffinity(0, &before) }()
	return start()
}
