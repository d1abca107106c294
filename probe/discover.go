package probe

import (
	"fmt"
	"slices"
	"strings"
)

// Discovery is what can be found out about a listener from its port or path alone: to be offered as
// defaults, with the evidence beside it, and never to be taken for more than that.
type Discovery struct {
	Listeners []Listener `json:"listeners,omitempty"` // in the order of Addr, then Cookie
	// of the listener's namespace; nil where it cannot be read
	Somaxconn *uint64  `json:"somaxconn,omitempty"`
	Servers   []Server `json:"servers,omitempty"` // who holds the listeners, in the order of pid
	// inode of the network namespace that was looked at; 0: not known
	NetNS    uint64 `json:"netns,omitempty"`
	OwnNetNS bool   `json:"own_netns,omitempty"` // it is the one that the probe is in
	Looked   int    `json:"looked,omitempty"`    // processes that were looked into
	Barred   int    `json:"barred,omitempty"`    // processes that could not be: mostly another user's
	Cut      string `json:"cut,omitempty"`       // why not all were looked at; "" if they were
	AsRoot   bool   `json:"as_root,omitempty"`   // who looked was root
}

// Server is a process that holds a listener, with those of its children that hold it too.
type Server struct {
	Process
	// pre-forked: children that run the same program and share the socket. None: it serves by itself
	Workers []Process `json:"workers,omitempty"`
	Inodes  []uint32  `json:"inodes,omitempty"` // the listening sockets that it or a worker holds
}

// Process is one that holds a listener. Texts come from the process itself, which may write what it
// likes: they are bounded, and hold no control characters.
type Process struct {
	Pid    int    `json:"pid"`
	Parent int    `json:"parent"`
	Name   string `json:"name,omitempty"` // the kernel's: 15 bytes
	// the command line, cut; passwords that someone put there are in it
	Command string   `json:"command,omitempty"`
	Backlog *Backlog `json:"backlog,omitempty"` // that it says it asks listen() for; nil: it does not say
	Threads uint64   `json:"threads"`
	// of its main thread; 0: not known. A socket stays in the namespace it was made in
	NetNS uint64 `json:"netns,omitempty"`
	// an epoll instance of its watches the listener, or it has an io_uring
	EventLoop bool `json:"event_loop,omitempty"`
	// the kernel's function that its main thread sleeps in (/proc/<pid>/wchan); "" where not told
	Waiting string `json:"waiting,omitempty"`
	// identity of its executable on its host, to be compared and nothing else; "" where it may not be seen
	Program string `json:"program,omitempty"`
}

// String is the evidence: "pid 812 gunicorn: master + 8 workers share inode 12345".
func (s Server) String() string {
	text := fmt.Sprintf("pid %d %s: ", s.Pid, s.Name)
	switch len(s.Workers) {
	case 0:
		text += fmt.Sprintf("one process of %s holds ", count(s.Threads, "thread"))
	default:
		text += fmt.Sprintf("master + %s share ", count(uint64(len(s.Workers)), "worker"))
	}
	return text + inodesText(s.Inodes)
}

func count(n uint64, what string) string { return many(n, what, what+"s") }

func inodesText(inodes []uint32) string {
	const shown = 4
	var texts []string
	for _, n := range inodes[:min(len(inodes), shown)] {
		texts = append(texts, fmt.Sprint(n))
	}
	text := "inode " + strings.Join(texts, ", ")
	if len(inodes) > shown {
		text += fmt.Sprintf(" and %d more", len(inodes)-shown)
	}
	return text
}

// Doubt says which processes were not seen; "" if all were.
func (d Discovery) Doubt() string {
	var parts []string
	if d.Barred > 0 {
		parts = append(parts, barredText(d.Barred, d.Looked, d.AsRoot))
	}
	if d.Cut != "" {
		parts = append(parts, "the search was cut short "+d.Cut)
	}
	if len(d.Listeners) > 0 && len(d.Servers) == 0 && len(parts) == 0 {
		parts = append(parts, fmt.Sprintf("none of the %d processes seen here holds the listener: its server may be in another PID namespace", d.Looked))
	}
	return strings.Join(parts, "; ")
}

// Unheld is how many of the listeners no process was seen to hold.
func (d Discovery) Unheld() (n int) {
	for _, l := range d.Listeners {
		if !slices.ContainsFunc(d.Servers,
			func(s Server) bool { return slices.Contains(s.Inodes, l.Inode) }) {
			n++
		}
	}
	return n
}

// barredText says what keeps processes closed: proc(5) asks for their user or CAP_SYS_PTRACE, and a security
// module may ask for more.
func barredText(barred, looked int, asRoot bool) string {
	why := "another user's: run weir as root or as the server's user"
	if asRoot {
		why = "not even root may: they are protected, or of a user namespace above"
	}
	return fmt.Sprintf("%d of %d processes could not be looked into (%s)", barred, barred+looked, why)
}

// Clamped tells whether the listener may have less than its server asked for, or would have at its next
// listen(): then Clamp is worth a line.
func (d Discovery) Clamped(l Listener) bool {
	if d.Somaxconn == nil || uint64(l.Limit) < *d.Somaxconn {
		return false
	}
	asked := d.Asked(l)
	return uint64(l.Limit) > *d.Somaxconn || asked == nil || !asked.Sure || asked.N != uint64(l.Limit)
}

// Clamp says whether the listener's limit looks like somaxconn's rather than the server's choice. What the
// server asked for in listen() is kept nowhere in the kernel, so without its command line (Asked) this is as
// much as can be said.
func (d Discovery) Clamp(l Listener) string {
	if d.Somaxconn == nil {
		return ""
	}
	switch limit, most, asked := uint64(l.Limit), *d.Somaxconn, d.Asked(l); {
	case limit == most && asked != nil && asked.N > most:
		return fmt.Sprintf("%v, has %d = net.core.somaxconn: raise the setting and restart the server",
			*asked, limit)
	case limit == most && asked != nil && asked.Sure && asked.N == limit:
		return fmt.Sprintf("%v, has %d: all of it", *asked, limit)
	case limit == most:
		return fmt.Sprintf("has %d = net.core.somaxconn: the server may have asked for more; raise the setting and restart it to know", limit)
	case limit > most:
		return fmt.Sprintf("has %d, more than net.core.somaxconn = %d: that was lowered since, and holds from the next listen() on", limit, most)
	default:
		return fmt.Sprintf("has %d, less than net.core.somaxconn = %d: the server asked for that", limit,
			most)
	}
}

// maxWorkerDepth bounds how far wrappers are followed: a cycle of parents is no tree.
const maxWorkerDepth = 8

// servers makes trees of the processes that hold a listener. A child counts as its parent's worker if both
// have a listener in common and run the same program: service managers hold their services' sockets too
// (systemd.socket(5)), and a program that a worker started may have inherited one.
func servers(processes map[int]Process, held map[int][]uint32) (all []Server) {
	children := make(map[int][]int)
	var roots []int
	for pid, p := range processes {
		if parent, ok := processes[p.Parent]; ok && p.Parent != pid && sameProgram(parent, p) &&
			share(held[p.Parent], held[pid]) {
			children[p.Parent] = append(children[p.Parent], pid)
		} else {
			roots = append(roots, pid)
		}
	}
	slices.Sort(roots)
	for _, pid := range roots {
		for range maxWorkerDepth { // a wrapper: one child, that has children itself
			only := children[pid]
			if len(only) != 1 || len(children[only[0]]) == 0 {
				break
			}
			pid = only[0]
		}
		s := Server{Process: processes[pid], Inodes: slices.Clone(held[pid])}
		workers := children[pid]
		slices.Sort(workers)
		for _, w := range workers {
			s.Workers = append(s.Workers, processes[w])
			s.Inodes = append(s.Inodes, held[w]...)
		}
		slices.Sort(s.Inodes)
		s.Inodes = slices.Compact(s.Inodes)
		all = append(all, s)
	}
	return dropManager(all)
}

// share tells whether two processes hold a socket in common, by their sorted inodes.
func share(a, b []uint32) bool {
	return slices.ContainsFunc(a, func(inode uint32) bool {
		_, both := slices.BinarySearch(b, inode)
		return both
	})
}

// dropManager leaves systemd out, which keeps the sockets that it hands to services and does not accept
// from them. Any other process that has a socket in common with a child of another program may well
// be the server, and the child its heir.
func dropManager(all []Server) []Server {
	isManager := func(s Server) bool { return s.Name == "systemd" && len(s.Workers) == 0 }
	if slices.ContainsFunc(all, func(s Server) bool { return !isManager(s) }) {
		all = slices.DeleteFunc(all, isManager)
	}
	return all
}

// sameProgram goes by the executable; where it may not be seen the two are given the benefit of the doubt.
func sameProgram(a, b Process) bool {
	if a.Program != "" && b.Program != "" {
		return a.Program == b.Program
	}
	return true
}
