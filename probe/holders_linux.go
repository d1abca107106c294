package probe

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// What bounds a walk through /proc/*/fd: a host may have any number of processes and descriptors.
const (
	maxProcesses = 32768
	maxFiles     = 1 << 20 // descriptors, all processes together
	maxWalk      = 2 * time.Second
	walkEvery    = 10 * time.Second
)

// walk is what a look through the descriptors of all processes found.
type walk struct {
	held   map[int][]uint32 // by pid: the inodes, of those asked for, that it holds; sorted
	looked int              // processes
	barred int              // that could not be looked into: another user's
	cut    string           // why the walk ended early; "" if it did not
}

// findHolders looks for the processes that have one of the sockets open, whose inodes are sorted.
// /proc/<pid>/fd may be read by the process' own user and by CAP_SYS_PTRACE (fs/proc/fd.c,
// proc_fd_permission); inode numbers of sockets are of the host, whatever namespace they are in.
func findHolders(inodes []uint32) (walk, error) {
	w := walk{held: make(map[int][]uint32)}
	pids, err := processIDs()
	if err != nil {
		return w, err
	}
	files := 0
	end := time.Now().Add(maxWalk)
	for i, pid := range pids {
		if i == maxProcesses || files >= maxFiles || time.Now().After(end) {
			w.cut = fmt.Sprintf("after %d of %d processes and %d descriptors", i, len(pids), files)
			break
		}
		found, n, err := socketsOf(pid, inodes, maxFiles-files)
		files += n
		switch {
		case errors.Is(err, os.ErrPermission):
			w.barred++
		case err != nil: // it has ended, or is a zombie
		default:
			w.looked++
			if len(found) > 0 {
				w.held[pid] = found
			}
		}
	}
	return w, nil
}

func processIDs() ([]int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids, nil
}

// socketsOf returns which of the sockets the process has open, and how many descriptors were looked at.
func socketsOf(pid int, inodes []uint32, limit int) (found []uint32, looked int, err error) {
	dir, err := os.Open("/proc/" + strconv.Itoa(pid) + "/fd")
	if err != nil {
		return nil, 0, err
	}
	defer dir.Close()
	var link [64]byte
	for looked < limit {
		names, err := dir.Readdirnames(min(1024, limit-looked))
		if len(names) == 0 {
			if err != nil && len(found) == 0 && errors.Is(err, os.ErrPermission) {
				return nil, looked, err
			}
			break
		}
		looked += len(names)
		for _, name := range names {
			n, err := unix.Readlinkat(int(dir.Fd()), name, link[:])
			if errors.Is(err, unix.EACCES) {
				return nil, looked, os.ErrPermission
			}
			if err != nil { // closed meanwhile
				continue
			}
			inode, ok := socketInode(string(link[:n]))
			if _, asked := slices.BinarySearch(inodes, inode); ok && asked && !slices.Contains(found, inode) {
				found = append(found, inode)
			}
		}
	}
	slices.Sort(found)
	return found, looked, nil
}

// socketInode reads "socket:[12345]".
func socketInode(link string) (uint32, bool) {
	text, ok := strings.CutPrefix(link, "socket:[")
	if !ok {
		return 0, false
	}
	text, ok = strings.CutSuffix(text, "]")
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), ok && err == nil
}

// listenerProcesses keeps track of the processes that hold the watched listeners, for the slow sources
// that read them. The walk is made again when the sockets are other ones, and every ten seconds for
// the workers that were started since; less often where it would take more than 5 % of a CPU.
type listenerProcesses struct {
	listeners []Source // inet_diag and unix_diag, for their inodes
	fixed     int      // the process to take where no listener can be seen; 0: none
	inodes    []uint32
	pids      []int
	err       error
	walked    time.Time
	rest      time.Duration
}

// refresh returns the processes as they are known now, and why there are none.
func (l *listenerProcesses) refresh() ([]int, error) {
	if len(l.listeners) == 0 && l.fixed != 0 {
		return []int{l.fixed}, nil
	}
	s := Sample{Counters: map[string]uint64{}, Gauges: map[string]uint64{}}
	for _, source := range l.listeners {
		if source.Read(&s) != nil { // the fast source of that name tells it
			return l.pids, l.err
		}
	}
	inodes := make([]uint32, 0, len(s.Listeners))
	for _, x := range s.Listeners {
		inodes = append(inodes, x.Inode)
	}
	slices.Sort(inodes)
	since := time.Since(l.walked)
	if since < l.rest || slices.Equal(inodes, l.inodes) && since < walkEvery {
		return l.pids, l.err
	}
	began := time.Now()
	l.inodes, l.walked, l.pids, l.err = inodes, began, nil, nil
	if len(inodes) > 0 {
		l.look(inodes)
	}
	l.rest = 20 * time.Since(began)
	return l.pids, l.err
}

func (l *listenerProcesses) look(inodes []uint32) {
	w, err := findHolders(inodes)
	for pid := range w.held {
		l.pids = append(l.pids, pid)
	}
	slices.Sort(l.pids)
	if l.err = err; err == nil && len(l.pids) == 0 {
		l.err = fmt.Errorf("no process was found that holds the listener: %s", w.doubt())
	}
}

// doubt says what a walk did not see; "" if it saw all.
func (w walk) doubt() string {
	var parts []string
	if w.barred > 0 {
		parts = append(parts, barredText(w.barred, w.looked, os.Geteuid() == 0))
	}
	if w.cut != "" {
		parts = append(parts, "the search was cut short "+w.cut)
	}
	if len(parts) == 0 {
		return fmt.Sprintf("none of the %d processes here has it (a listener of another PID namespace is not seen from this one)", w.looked)
	}
	return strings.Join(parts, "; ")
}

func (l *listenerProcesses) Close() error { return closeAll(l.listeners) }
