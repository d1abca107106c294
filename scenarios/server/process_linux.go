package server

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// ownGroup makes the server the leader of a process group, so that all of it can be ended.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// endGroup kills what is left of the group. Its number stays taken for as long as one of it lives.
func endGroup(leader int) { _ = syscall.Kill(-leader, syscall.SIGKILL) }

// WorkerPids lists the server's workers: the children of its first process, which do not have children that serve.
func (s *Server) WorkerPids() ([]int, error) { return children(s.Pid()) }

// children looks through /proc, whose stat has the parent (proc(5)). /proc/PID/task/TID/children would say it at once and
// is not in every kernel (CONFIG_PROC_CHILDREN).
func children(parent int) (pids []int, err error) {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("server: its processes: %w", err)
		}
		// pid (comm) state ppid …: the name may have spaces and parentheses.
		fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		if len(fields) < 2 || string(fields[0]) == "Z" || string(fields[1]) != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
