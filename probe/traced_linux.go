package probe

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"weir/probe/trace"
)

// traced is the slow source of the counters trace.*, which exists only where Config.Trace asks for it.
//
// Meaning: how long each connection stood in the watched listeners' accept queues, and each RST that was sent
// from, or came to, their ports. Scope: the watched ports in one network namespace. Privilege: CAP_BPF and
// CAP_PERFMON outside of any user namespace. Cost: nothing here; see package trace for what the machine pays.
// Gotcha: a bucket's or a reason's counter is absent until there was one; while trace.accept.count is there,
// that means 0.
type traced struct{ tracer *trace.Tracer }

func newTraced(ports []uint16) (*traced, error) {
	info, err := os.Stat("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, errors.New("the network namespace has no inode")
	}
	t, err := trace.Open(trace.Config{NetNS: uint32(stat.Ino), Ports: ports})
	if err != nil {
		return nil, err
	}
	return &traced{t}, nil
}

func (t *traced) Name() string { return "trace" }
func (t *traced) Close() error { return t.tracer.Close() }

func (t *traced) Read(s *Sample) error {
	got, err := t.tracer.Read()
	if err != nil {
		return err
	}
	s.Counters[traceAccepts] = got.Accepted
	s.Counters[traceUnaccounted] = got.Unaccounted
	s.Counters[traceWaitSum] = uint64(got.WaitSum)
	s.Counters[traceReceived] = got.ReceivedRST
	for b, n := range got.Waits {
		s.Counters[traceWaits+strconv.Itoa(int(b))] = n
	}
	for r, n := range got.SentRST {
		s.Counters[traceSent+string(r.For)+"."+r.Reason] = n
	}
	return nil
}
