package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// tcpTable is the source of the gauges listen.sockets and listen.depth, from /proc/<pid>/net/tcp and tcp6:
// how many sockets listen on the watched ports, and how many connections wait in the fullest of their queues.
// It is read where the network namespace may not be entered, and inet_diag asked in it: the table is open to
// everyone who sees the process.
//
// Scope: the namespace of the process. Privilege: none. Cost: some 50 µs: listeners come first in the table
// (net/ipv4/tcp_ipv4.c, tcp_get_idx), and what comes after them, 80 ms of it at 26,000 connections, is not
// read. Gotcha: rx_queue of a listener is its Recv-Q; the limit, the drops and the socket's cookie are not in
// the table, so a full queue is not known to be full.
type tcpTable struct {
	files []*procFile // tcp, and tcp6 where there is IPv6
	ports []uint16
}

func newTCPTable(dir string, ports []uint16) (*tcpTable, error) {
	t := &tcpTable{ports: slices.Clone(ports)}
	for _, name := range []string{"tcp", "tcp6"} {
		f, err := openProc(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) && name == "tcp6" {
			continue
		}
		if err != nil {
			return nil, errors.Join(err, t.Close())
		}
		t.files = append(t.files, f)
	}
	return t, nil
}

func (t *tcpTable) Name() string { return "tcp_table" }

func (t *tcpTable) Close() (err error) {
	for _, f := range t.files {
		err = errors.Join(err, f.Close())
	}
	return err
}

func (t *tcpTable) Read(s *Sample) error {
	var sockets, deepest uint64
	for _, f := range t.files {
		if err := t.readListeners(f, func(depth uint64) {
			sockets, deepest = sockets+1,
				max(deepest, depth)
		}); err != nil {
			return err
		}
	}
	s.Gauges["listen.sockets"] = sockets
	if sockets > 0 {
		s.Gauges["listen.depth"] = deepest
	}
	return nil
}

// readListeners reads a page at a time, as the kernel hands the table out, until a socket does not listen.
func (t *tcpTable) readListeners(f *procFile, each func(depth uint64)) error {
	var rest []byte
	header := true
	for offset := int64(0); offset < maxProcFile; {
		n, err := f.f.ReadAt(f.buf[:4096], offset)
		if n == 0 {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		offset += int64(n)
		rest = append(rest, f.buf[:n]...)
		for {
			line, after, whole := bytes.Cut(rest, newline)
			if !whole {
				break
			}
			rest = after
			if header {
				header = false
				continue
			}
			more, err := t.parse(line, each)
			if err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// parse reads " 0: 0100007F:1F40 00000000:0000 0A 00000000:00000003 …": the local address and port, the
// remote one's, the state, tx_queue and rx_queue, all in hexadecimal. It reports whether the socket listens.
func (t *tcpTable) parse(line []byte, each func(depth uint64)) (listens bool, err error) {
	f := bytes.Fields(line)
	if len(f) < 5 {
		return false, fmt.Errorf("a line of %d columns, not five or more: %.60q", len(f), line)
	}
	if string(f[3]) != "0A" {
		return false, nil
	}
	_, local, ok := bytes.Cut(f[1], colon)
	_, queued, ok2 := bytes.Cut(f[4], colon)
	port, err := strconv.ParseUint(string(local), 16, 16)
	if err == nil && ok && ok2 {
		var depth uint64
		if depth, err = strconv.ParseUint(string(queued), 16, 64); err == nil {
			if slices.Contains(t.ports, uint16(port)) {
				each(depth)
			}
			return true, nil
		}
	}
	return false, fmt.Errorf("not an address, or not a queue: %.60q", line)
}
