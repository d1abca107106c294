package probe

import (
	"encoding/binary"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// unixDiag is the source of the AF_UNIX stream listeners: queue depth and limit.
//
// Meaning: Depth is the number of connections that wait for accept(), Limit the backlog; a full one
// holds Limit+1, and then connect() fails at once with EAGAIN. This is the only view of such a queue: no
// counter anywhere moves when it overflows, so Drops is nil. Scope: the network namespace in which the
// socket was made, although its path is of the mount namespace. Privilege: none. Cost: walks all unix
// sockets of the namespace, so it grows with them (net/unix/diag.c, unix_diag_dump). Gotcha: the
// kernel knows the name that was given to bind(), which may be relative or lead through a link; so a
// socket is found by name or by the file's inode, and Addr is the path as it was configured.
type unixDiag struct {
	conn  *diagConn
	paths []string // none: all that have a name
	files []fileID // of paths, as they are now
	req   []byte
	out   *Sample
	add   func([]byte) error
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

func newUnixDiag(paths []string) (*unixDiag, error) {
	conn, err := dialDiag()
	if err != nil {
		return nil, err
	}
	d := &unixDiag{conn: conn, paths: slices.Clone(paths), files: make([]fileID, len(paths))}
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
	for i, path := range d.paths {
		d.files[i] = fileIDOf(path) // each time: a restarted server makes a new file
	}
	d.out = s
	defer func() { d.out = nil }()
	return d.conn.dump(d.req, d.add)
}

func (d *unixDiag) addMessage(b []byte) error {
	l, err := parseUnixListener(b)
	if err != nil || !l.hasDepth {
		return err
	}
	if len(d.paths) == 0 && l.name != "" && len(d.out.Listeners) < maxListeners {
		d.out.Listeners = append(d.out.Listeners, Listener{Addr: l.name, Cookie: l.cookie, Inode: l.inode, Depth: l.depth, Limit: l.limit})
	}
	for i, path := range d.paths {
		if l.name == path || (d.files[i] != fileID{} && l.file == d.files[i]) {
			d.out.Listeners = append(d.out.Listeners, Listener{Addr: path, Cookie: l.cookie, Inode: l.inode, Depth: l.depth, Limit: l.limit})
		}
	}
	return nil
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
			l.depth, l.limit, l.hasDepth = binary.NativeEndian.Uint32(value), binary.NativeEndian.Uint32(value[4:]), true
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
