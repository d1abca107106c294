package probe

import (
	"fmt"
	"strings"
)

// Offer is how many workers accept from the listener, to be the default of --workers, and the evidence for
// it. It is made only where the count is what it looks like: one parent whose children run the same program
// and share its sockets, or processes of one program that have each a socket of their own of an SO_REUSEPORT
// group; each with one thread and no event loop, so that each serves one request at a time. Else workers is
// 0, and the text says what was seen instead. Whether the parent sleeps in poll(2) on the socket like its
// children cannot be seen from here: see Process.Waits.
func (d Discovery) Offer() (workers int, text string) {
	var seen []string
	for _, s := range d.Servers {
		seen = append(seen, s.String())
	}
	if addr, ok := d.group(); ok {
		return len(d.Servers), fmt.Sprintf("%d processes `%s` (%s) have a socket each of the SO_REUSEPORT group at %s",
			len(d.Servers), shortened(d.Servers[0].Command, shownCommand), d.pids(), addr)
	}
	why := d.ambiguity()
	if why == "" {
		s := d.Servers[0]
		return len(s.Workers), fmt.Sprintf("%s `%s` share the socket with their parent, pid %d",
			many(uint64(len(s.Workers)), "process", "processes"),
			shortened(s.Workers[0].Command, shownCommand), s.Pid)
	}
	return 0, strings.Join(append([]string{why}, seen...), "; ")
}

const shownCommand = 60 // characters of a command line within a sentence

// group tells whether the servers are what an SO_REUSEPORT group is made for: each process has one socket of
// each address for itself, all sockets have a holder, and all run the same program.
func (d Discovery) group() (addr string, ok bool) {
	if len(d.Servers) < 2 || d.Cut != "" {
		return "", false
	}
	addrs := make(map[uint32]string, len(d.Listeners))
	for _, l := range d.Listeners {
		addrs[l.Inode] = l.Addr
		addr = l.Addr
	}
	sockets := len(addrs)
	for _, s := range d.Servers {
		first := d.Servers[0]
		if len(s.Workers) > 0 || s.Threads != 1 || s.EventLoop || s.Program == "" ||
			s.Program != first.Program || len(s.Inodes) != len(first.Inodes) {
			return "", false
		}
		own := map[string]bool{}
		for _, inode := range s.Inodes {
			at, there := addrs[inode]
			if !there || own[at] { // another process has it too, or this one has two of the group
				return "", false
			}
			own[at] = true
			delete(addrs, inode)
		}
	}
	return addr, len(addrs) == 0 && sockets > 1
}

// pids are the servers', as many as a line holds.
func (d Discovery) pids() string {
	const shown = 4
	var texts []string
	for _, s := range d.Servers[:min(len(d.Servers), shown)] {
		texts = append(texts, fmt.Sprint(s.Pid))
	}
	text := "pid " + strings.Join(texts, ", ")
	if more := len(d.Servers) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// ambiguity is why the workers cannot be counted; "" if they can.
func (d Discovery) ambiguity() string {
	var heirs, parents []Server
	for _, s := range d.Servers {
		if len(s.Workers) > 0 {
			parents = append(parents, s)
		} else {
			heirs = append(heirs, s)
		}
	}
	switch {
	case len(d.Servers) == 0:
		return strings.TrimPrefix(d.Doubt()+"; no process was seen that holds the listener", "; ")
	case d.Cut != "":
		return "the search was cut short " + d.Cut
	case len(parents) == 0 && len(heirs) > 1:
		return "several processes have the socket, or sockets of a SO_REUSEPORT group, and none is the parent of the others"
	case len(parents) == 0:
		return "there are no pre-forked workers; how many requests the process serves at once, by threads or in an event loop, is not seen from outside"
	case len(parents) > 1 || len(heirs) > 0:
		return "several servers, or a program that merely inherited it, hold the socket"
	}
	s := parents[0]
	if s.Threads > 1 || s.EventLoop || strings.Contains(s.Waiting, "accept") {
		return "the parent may accept connections too"
	}
	for _, w := range s.Workers {
		switch {
		case w.EventLoop:
			return "the workers wait in an event loop (epoll or io_uring), and may serve many connections each"
		case w.Threads != 1:
			return "the workers have several threads, and may serve a request with each"
		}
	}
	return ""
}

func many(n uint64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func shortened(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
