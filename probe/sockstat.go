package probe

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// sockstat is the source of the gauges sockstat.TCP.tw (sockets in TIME_WAIT), inuse (TCP sockets over
// IPv4 that hold a port, listeners among them), orphan (closed by their owner while data or a FIN was
// still to send) and mem (pages of buffers, against tcp_mem), from /proc/<pid>/net/sockstat.
//
// Scope: tw and inuse are of the network namespace, orphan and mem of the whole host, whichever
// namespace is watched. Privilege: none. Cost: some 5 µs. Gotcha: it tells how many are in TIME_WAIT,
// not towards whom; ports run out per destination. tw counts IPv4 and IPv6 together (net/ipv4/proc.c,
// sockstat_seq_show). Orphans over tcp_max_orphans, and memory over tcp_mem, end in resets
// (TCPAbortOnMemory) that no listen queue is to blame for.
type sockstat struct{ file *procFile }

func (s *sockstat) Name() string { return "sockstat" }
func (s *sockstat) Close() error { return s.file.Close() }

func (s *sockstat) Read(sample *Sample) error {
	text, err := s.file.read()
	if err != nil {
		return err
	}
	return parseSockstat(text, sample.Gauges)
}

func parseSockstat(text []byte, into map[string]uint64) error {
	line, ok := lineAfter(text, "TCP: ")
	if !ok {
		return errors.New("no line that begins with \"TCP:\"")
	}
	for len(line) > 0 {
		var name, value []byte
		name, line, _ = bytes.Cut(line, space)
		value, line, _ = bytes.Cut(line, space)
		var gauge string
		switch string(name) {
		case "tw":
			gauge = "sockstat.TCP.tw"
		case "inuse":
			gauge = "sockstat.TCP.inuse"
		case "orphan":
			gauge = "sockstat.TCP.orphan"
		case "mem":
			gauge = "sockstat.TCP.mem"
		default:
			continue
		}
		v, err := strconv.ParseUint(string(value), 10, 64)
		if err != nil {
			return fmt.Errorf("%s: %w", gauge, err)
		}
		into[gauge] = v
	}
	return nil
}

// lineAfter returns the rest of the first line that begins with prefix.
func lineAfter(text []byte, prefix string) ([]byte, bool) {
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, newline)
		if rest, ok := bytes.CutPrefix(line, []byte(prefix)); ok {
			return rest, true
		}
	}
	return nil, false
}
