package probe

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxFdInfo bounds what is read of one epoll instance: some 60 bytes for each descriptor that it watches.
const maxFdInfo = 64 << 10

// watchesInLoop tells whether a process has an epoll instance that watches one of the sockets, or an
// io_uring, which shows nothing of what it waits for: then one thread may serve many connections at once
// (proc_pid_fdinfo(5)). It needs what looking into /proc/<pid>/fd needs, and answers true where the
// descriptors cannot be told apart.
func watchesInLoop(pid int, inodes []uint32) bool {
	dir := "/proc/" + strconv.Itoa(pid)
	names, err := filepath.Glob(dir + "/fd/*")
	if err != nil || len(names) > maxFiles {
		return true
	}
	sockets := map[string]bool{} // descriptors of the listeners
	var polls []string
	for _, name := range names {
		link, err := os.Readlink(name)
		if err != nil {
			continue // closed meanwhile
		}
		inode, ok := socketInode(link)
		switch {
		case ok && slices.Contains(inodes, inode):
			sockets[filepath.Base(name)] = true
		case link == "anon_inode:[io_uring]":
			return true
		case link == "anon_inode:[eventpoll]":
			polls = append(polls, filepath.Base(name))
		}
	}
	for _, fd := range polls {
		text, err := readSome(dir+"/fdinfo/"+fd, maxFdInfo)
		if err != nil || len(text) == maxFdInfo || pollsOne(string(text), sockets) {
			return true
		}
	}
	return false
}

// pollsOne reads lines such as "tfd:        5 events:       19 data: …" (fs/eventpoll.c, ep_show_fdinfo).
func pollsOne(fdinfo string, fds map[string]bool) bool {
	for line := range strings.Lines(fdinfo) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "tfd:" && fds[f[1]] {
			return true
		}
	}
	return false
}

// Waits is how often the process' main thread has gone to sleep of itself (voluntary_ctxt_switches of
// proc_pid_status(5)). One that waits in poll(2) or select(2) on a shared listener is woken by every
// connection, whoever then accepts it (net/core/sock.c, sock_def_readable wakes all that do not wait
// exclusively); so a parent whose number stands still while requests are served does not accept.
func (p Process) Waits() (uint64, error) {
	text, err := readSome("/proc/"+strconv.Itoa(p.Pid)+"/status", 8<<10)
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), "\nvoluntary_ctxt_switches:")
	line, _, _ := strings.Cut(after, "\n")
	return strconv.ParseUint(strings.TrimSpace(line), 10, 64)
}
