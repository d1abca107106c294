package lab

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is one that Start started. Its owner waits for it; the lab only looks.
type process struct {
	cmd  *exec.Cmd
	host string
}

const (
	termWait = 3 * time.Second // from SIGTERM to SIGKILL
	killWait = 3 * time.Second // from SIGKILL to giving up
)

// Start starts cmd in the host, as leader of a process group of its own, and has Close end it. The
// caller waits for it by cmd.Wait, as always.
func (h *Host) Start(cmd *exec.Cmd) error {
	h.lab.mu.Lock()
	defer h.lab.mu.Unlock()
	if h.lab.closed {
		return errors.New("lab: start a process: the lab is closed")
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Pgid = true, 0
	if err := h.Do(func() error { return h.onItsProcessors(cmd.Start) }); err != nil {
		return fmt.Errorf("lab: start %s on %s: %w", cmd.Path, h.name, err)
	}
	h.lab.processes = append(h.lab.processes, process{cmd, h.name})
	if err := h.quota.take(cmd.Process.Pid); err != nil {
		return fmt.Errorf("lab: start %s on %s: %w", cmd.Path, h.name, errors.Join(err, cmd.Process.Kill()))
	}
	return nil
}

// endProcesses asks all that are left to leave, then kills them with what they started.
func (l *Lab) endProcesses() error {
	left := l.processes
	for _, p := range left {
		if !p.ended() {
			_ = unix.Kill(p.cmd.Process.Pid, unix.SIGTERM)
		}
	}
	left = awaitEnd(left, termWait)
	for _, p := range left {
		_ = unix.Kill(-p.cmd.Process.Pid, unix.SIGKILL)
	}
	var errs []error
	for _, p := range awaitEnd(left, killWait) {
		errs = append(errs, fmt.Errorf("lab: process %d (%s) on %s did not end when it was killed",
			p.cmd.Process.Pid, p.cmd.Path, p.host))
	}
	return errors.Join(errs...)
}

// awaitEnd returns those that still run when the time is over.
func awaitEnd(left []process, limit time.Duration) []process {
	for deadline := time.Now().Add(limit); ; time.Sleep(2 * time.Millisecond) {
		var running []process
		for _, p := range left {
			if !p.ended() {
				running = append(running, p)
			}
		}
		if len(running) == 0 || time.Now().After(deadline) {
			return running
		}
		left = running
	}
}

// ended looks without reaping (WNOWAIT), so that the exit status stays for cmd.Wait. ECHILD: its owner
// has had it already. Within the lab's short life a PID is not given out twice.
func (p process) ended() bool {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_PID, p.cmd.Process.Pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return errors.Is(err, unix.ECHILD) || info.Signo != 0
		}
	}
}
