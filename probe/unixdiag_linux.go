package probe

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// unixDiag is the source of the AF_UNIX stream listeners: queue depth and limit.
//
// Meaning: Depth is the number of connections that wait for accept(), Limit the backlog; a full one
// holds Limit+1, and then connect() fails at once with EAGAIN. This is the only view of such a queue: no
// counter anywhere moves when it overflows, so Drops is nil. Scope: the network namespace in which the
// socket was made, although its path is of the mount namespace. Privilege: none. Cost: walks all unix
// sockets of the namespace, so it grows with them (net/unix/diag.c, unix_diag_dump; restAfter). Gotcha: the
// kernel knows the name that was given to bind(), which may be relative or lead through a link, and a
// socket keeps it when its file has been unlinked and another listens there; so what counts is the file
// that is at the path now, in the mount namespace of the process that is watched, and the name only where
// no socket has that file (likeness). Addr is the path as it was configured.
type unixDiag struct {
	conn   *diagConn
	paths  []unixPath // none: all that have a name
	req    []byte
	out    *Sample
	listed int // of the walk under way
	add    func([]byte) error
	rest   time.Duration // after the last walk
	began  time.Time     // the last walk
	last   []Listener    // that it found
	err    error         // or that it ended with
}

// After a walk there is a rest of fifty times the processor time that it took, so that walks take 2 % of a
// processor at any rate of readings; but two are made each second, however long they take. At a hundred
// readings a second one in each is made where it takes less than 200 µs, which it does beside some hundreds
// of unix sockets; and at a single reading, of Probe.Read, too. What the last one found, or its error, is
// told again meanwhile, with its age in unix_diag.age_us. To ask for a socket by its inode would be no
// cheaper: the kernel looks through the same table for it (net/unix/diag.c, unix_lookup_by_ino).
const (
	restPerWalk = 50
	longestUnix = 500 * time.Millisecond
	shortRest   = 10 * time.Millisecond // after 200 µs
)

// restAfter is how long no walk is made after one that took so much processor time.
func restAfter(took time.Duration) time.Duration {
	return min(restPerWalk*took, longestUnix)
}

// unixPath is one that is watched.
type unixPath struct {
	name  string
	seen  string // the same path as it is reached from here
	file  fileID // what is there now; zero: nothing, or it cannot be seen
	loose bool   // the server may see another file there than we do: whose mounts it has is not known
	best  likeness
	found []Listener // those that are as like as the best
}

// fileID is a socket's file as unix_diag shows it; zero where there is none.
type fileID struct{ inode, dev uint32 }

type unixListener struct {
	name         string // "@…" where abstract
	file         fileID
	cookie       uint64
	inode        uint32
	depth, limit uint32
	hasDepth     bool
}

const (
	unixReqLen = 24 // struct unix_diag_req, include/uapi/linux/unix_diag.h
	unixMsgLen = 16 // struct unix_diag_msg
	unixName   = 0  // UNIX_DIAG_NAME
	unixVFS    = 1  // UNIX_DIAG_VFS: struct unix_diag_vfs
	unixRQLen  = 4  // UNIX_DIAG_RQLEN: struct unix_diag_rqlen
	unixShow   = 0x01 | 0x02 | 0x10
)

func newUnixDiag(cfg Config, paths []string) (*unixDiag, error) {
	conn, err := dialDiag()
	if err != nil {
		return nil, err
	}
	d := &unixDiag{conn: conn}
	for _, name := range paths {
		d.paths = append(d.paths, unixPath{name: name, seen: cfg.pathFromHere(name), loose: cfg.NetNS != ""})
	}
	d.add = d.addMessage
	msg, req := newDiagRequest(unixReqLen)
	req[0] = unix.AF_UNIX
	binary.NativeEndian.PutUint32(req[4:], 1<<tcpListen)
	binary.NativeEndian.PutUint32(req[12:], unixShow)
	d.req = msg
	return d, nil
}

func (d *unixDiag) Name() string { return "unix_diag" }
func (d *unixDiag) Close() error { return d.conn.Close() }

func (d *unixDiag) Read(s *Sample) error {
	now := time.Now()
	if age := now.Sub(d.began); age < d.rest {
		s.Listeners = append(s.Listeners, d.last...)
		s.Gauges[UnixAge] = uint64(age.Microseconds())
		return d.err
	}
	before := len(s.Listeners)
	took := processorTime(func() { d.err = d.walk(s) })
	d.began, d.rest = now, restAfter(took)
	d.last = append(d.last[:0], s.Listeners[before:]...)
	return d.err
}

// anew has the next reading walk, unless that is dear: a single look is never an old one for the sake of a
// millisecond.
func (d *unixDiag) anew() {
	if d.rest <= shortRest {
		d.rest = 0
	}
}

// processorTime is what do takes of a processor: a walk that was interrupted is no dearer for it. The
// goroutine keeps to its thread meanwhile, whose time it is. Where the kernel does not tell that, it is the
// whole time.
func processorTime(do func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, after unix.Timespec
	began, had := time.Now(), unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &before)
	do()
	whole, has := time.Since(began), unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &after)
	if had != nil || has != nil {
		return whole
	}
	return time.Duration(after.Nano() - before.Nano())
}

func (d *unixDiag) walk(s *Sample) error {
	for i := range d.paths {
		p := &d.paths[i]
		p.file = fileIDOf(p.seen) // each time: a restarted server makes a new file
		p.best, p.found = unlike, p.found[:0]
	}
	d.out, d.listed = s, 0
	defer func() { d.out = nil }()
	err := d.conn.dump(d.req, d.add)
	for _, p := range d.paths {
		s.Listeners = append(s.Listeners, p.found...)
	}
	return err
}

func (d *unixDiag) addMessage(b []byte) error {
	l, err := parseUnixListener(b)
	if err != nil || !l.hasDepth {
		return err
	}
	if len(d.paths) == 0 && l.name != "" {
		if d.listed++; d.listed > maxListeners {
			return fmt.Errorf("more than %d unix listeners: the rest is not shown", maxListeners)
		}
		d.out.Listeners = append(d.out.Listeners, l.as(l.name))
	}
	for i := range d.paths {
		d.paths[i].offer(l)
	}
	return nil
}

func (l unixListener) as(addr string) Listener {
	return Listener{Addr: addr, Cookie: l.cookie, Inode: l.inode, Depth: l.depth, Limit: l.limit}
}

// likeness is how sure it is that a socket listens at a path.
type likeness int

const (
	unlike   likeness = iota
	sameName          // it was bound to that name, and no other file is seen there
	// and its file has the inode, but on another device: stat(2) tells subvolumes (btrfs) and layers
	// (overlayfs) apart, the kernel's socket diagnostics do not
	sameInode
	sameFile // connect(2) to the path reaches it
)

func (p *unixPath) likeness(l unixListener) likeness {
	switch there := p.file != (fileID{}); {
	case there && l.file == p.file:
		return sameFile
	case l.name != p.name:
		return unlike
	case there && l.file.inode == p.file.inode:
		return sameInode
	case there && !p.loose:
		return unlike // another's file has taken its place
	}
	return sameName
}

// offer keeps the sockets that are the most like the path.
func (p *unixPath) offer(l unixListener) {
	how := p.likeness(l)
	if how == unlike || how < p.best {
		return
	}
	if how > p.best {
		p.best, p.found = how, p.found[:0]
	}
	if len(p.found) < maxListeners {
		p.found = append(p.found, l.as(p.name))
	}
}

// fileIDOf is what unix_diag shows for the socket at path: the inode's low half and the kernel's own
// device number, 12 bits of major and 20 of minor (include/linux/kdev_t.h).
func fileIDOf(path string) fileID {
	var st unix.Stat_t
	if strings.HasPrefix(path, "@") || unix.Stat(path, &st) != nil {
		return fileID{}
	}
	dev := uint64(st.Dev)
	return fileID{inode: uint32(st.Ino), dev: unix.Major(dev)<<20 | unix.Minor(dev)}
}

// parseUnixListener reads struct unix_diag_msg and its attributes.
func parseUnixListener(b []byte) (l unixListener, err error) {
	if len(b) < unixMsgLen {
		return l, errShort
	}
	l.inode = binary.NativeEndian.Uint32(b[4:])
	l.cookie = uint64(binary.NativeEndian.Uint32(b[8:])) | uint64(binary.NativeEndian.Uint32(b[12:]))<<32
	err = eachAttr(b[unixMsgLen:], func(kind uint16, value []byte) {
		switch {
		case kind == unixName:
			l.name = unixAddress(value)
		case kind == unixVFS && len(value) >= 8:
			l.file = fileID{binary.NativeEndian.Uint32(value), binary.NativeEndian.Uint32(value[4:])}
		case kind == unixRQLen && len(value) >= 8:
			l.depth, l.limit, l.hasDepth = binary.NativeEndian.Uint32(value),
				binary.NativeEndian.Uint32(value[4:]), true
		}
	})
	return l, err
}

// unixAddress writes sun_path as people do: an abstract name begins with a NUL, shown as "@"; a path
// may end in one.
func unixAddress(name []byte) string {
	if len(name) > 0 && name[0] == 0 {
		return "@" + string(name[1:])
	}
	text, _, _ := strings.Cut(string(name), "\x00")
	return text
}
