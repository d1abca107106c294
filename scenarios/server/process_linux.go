package server

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// ownGroup makes the server the leader of a process group, so that all of it can be ended.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// endGroup kills what is left of the group. Its number stays taken for as long as one of it lives.
func endGroup(leader int) { _ = syscall.Kill(-leader, syscall.SIGKILL) }

// WorkerPids lists the server's workers: the children of its first process, which do not have children that
// serve.
func (s *Server) WorkerPids() ([]int, error) { return children(s.Pid()) }

// children looks through /proc, whose stat has the parent (proc(5)). /proc/PID/task/TID/children would say it
// at once and is not in every kernel (CONFIG_PROC_CHILDREN).
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

// listens reports whether somebody listens at the server's address in the network namespace of its first
// process, by proc(5)'s tables: no connection is made, which under load would wait in the queue.
func (s *Server) listens() bool {
	network, address := s.address()
	// TCP_LISTEN, include/net/tcp_states.h
	tables, column, want, state, listening := []string{"tcp", "tcp6"}, 1, "", 3, "0A"
	if network == "unix" {
		// __SO_ACCEPTCON, include/uapi/linux/net.h
		tables, column, want, state, listening = []string{"unix"}, 7, address, 3, "00010000"
	} else if _, port, err := net.SplitHostPort(address); err == nil {
		n, _ := strconv.ParseUint(port, 10, 16)
		want = fmt.Sprintf(":%04X", n)
	}
	for _, table := range tables {
		// gone with its process: nobody listens
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", s.Pid(), table))
		for line := range bytes.Lines(text) {
			fields := bytes.Fields(line)
			if len(fields) > max(column, state) && bytes.HasSuffix(fields[column], []byte(want)) &&
				string(fields[state]) == listening {
				return true
			}
		}
	}
	return false
}
