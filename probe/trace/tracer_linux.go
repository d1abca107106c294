//go:build amd64 || arm64

package trace

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"
)

// maxQueued bounds the connections whose time of queueing is remembered; the oldest are forgotten, and
// unaccounted later.
const maxQueued = 1 << 16

// Tracer counts since it was opened. Close takes its programs out of the kernel.
type Tracer struct {
	counts  *ebpf.Map
	reasons map[uint32]string
	closers []io.Closer
}

// Open loads the programs. An error that is EPERM, or ErrUnsupported, says that this user or this kernel does
// not let us.
func Open(conf Config) (_ *Tracer, err error) {
	if err := conf.check(); err != nil {
		return nil, err
	}
	t := &Tracer{}
	defer func() {
		if err != nil {
			err = fmt.Errorf("eBPF: %w", errors.Join(explain(err), t.Close()))
		}
	}()
	// before Linux 5.11 maps count as locked memory; where that is the limit, making them fails
	_ = rlimit.RemoveMemlock()
	// The layout is large and slow to read: what forbids everything is found first.
	queued, err := t.open(&ebpf.MapSpec{Name: "weir_queued", Type: ebpf.LRUHash, KeySize: 8, ValueSize: 8,
		MaxEntries: maxQueued})
	if err != nil {
		return nil, err
	}
	if t.counts, err = t.open(&ebpf.MapSpec{Name: "weir_counts", Type: ebpf.PerCPUArray, KeySize: 4,
		ValueSize: words * 8, MaxEntries: 1}); err != nil {
		return nil, err
	}
	l, err := readLayout()
	if err != nil {
		return nil, err
	}
	if l.resetReason {
		t.reasons = l.reasons
	}
	p := &programs{layout: l, conf: conf, queued: queued.FD(), counts: t.counts.FD()}
	for _, a := range []struct {
		tracepoint string
		code       asm.Instructions
	}{
		{"sys_exit", p.accepted()},
		// after it: what is queued before is unaccounted, not forgotten
		{"inet_sock_set_state", p.enqueued()},
		{"tcp_send_reset", p.sentReset()},
		{"tcp_receive_reset", p.receivedReset()},
	} {
		if err := t.attach(a.tracepoint, a.code); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Tracer) open(spec *ebpf.MapSpec) (*ebpf.Map, error) {
	m, err := ebpf.NewMap(spec)
	// no bpf(2), or not these maps; of a program EINVAL would say that it is wrong
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	if err != nil {
		return nil, err
	}
	t.closers = append(t.closers, m)
	return m, nil
}

func (t *Tracer) attach(tracepoint string, code asm.Instructions) error {
	// Reading the kernel's memory is for programs under the GPL (kernel/trace/bpf_trace.c,
	// bpf_probe_read_kernel).
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Name: "weir", Type: ebpf.RawTracepoint,
		License: "Dual MIT/GPL", Instructions: code})
	if err != nil {
		return fmt.Errorf("program for %s: %w", tracepoint, err)
	}
	t.closers = append(t.closers, prog)
	l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: tracepoint, Program: prog})
	if err != nil {
		return fmt.Errorf("attach to %s: %w", tracepoint, err)
	}
	t.closers = append(t.closers, l)
	return nil
}

// explain says what a refusal asks for.
func explain(err error) error {
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("loading a program into the kernel: %w: it takes CAP_BPF and CAP_PERFMON outside of any user namespace: run weir as the machine's root", unix.EPERM)
	}
	return err
}

// Read returns what was counted since Open.
func (t *Tracer) Read() (Snapshot, error) {
	var each [][words]uint64 // of each processor
	if err := t.counts.Lookup(uint32(0), &each); err != nil {
		return Snapshot{}, fmt.Errorf("trace: read counters: %w", err)
	}
	sum := make([]uint64, words)
	for _, one := range each {
		for i, n := range one {
			sum[i] += n
		}
	}
	s := Snapshot{
		Waits: map[Bucket]uint64{}, WaitSum: time.Duration(sum[atWaitSum]), Unaccounted: sum[atUnaccounted],
		SentRST: map[Reset]uint64{}, ReceivedRST: sum[atReceived],
	}
	for i, n := range sum[atWaits : atWaits+buckets] {
		if n > 0 {
			s.Waits[Bucket(i)] = n
			s.Accepted += n
		}
	}
	for i, n := range sum[atReasons:] {
		if n > 0 {
			s.SentRST[Reset{parties[i/reasons], t.reasons[uint32(i%reasons)]}] += n
		}
	}
	return s, nil
}

// Close takes the programs out of the kernel.
func (t *Tracer) Close() error {
	var errs []error
	for _, c := range slices.Backward(t.closers) {
		errs = append(errs, c.Close())
	}
	t.closers = nil
	return errors.Join(errs...)
}
