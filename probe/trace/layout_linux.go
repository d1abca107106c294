//go:build amd64 || arm64

package trace

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// layout is where this kernel keeps what the programs read, in bytes from the beginning of each struct.
type layout struct {
	// of struct sock: its namespace (a pointer), its local port, its state
	skNet, skPort, skState            int32
	inetSport                         int32 // of struct inet_sock: the port that it sends from, as it is sent
	netInode                          int32 // of struct net
	skbDev, skbHead, skbTransport     int32 // of struct sk_buff
	devNet                            int32 // of struct net_device: its namespace (a pointer)
	taskFiles, filesTable, tableFiles int32 // the way from a task to its array of open files
	filePrivate, socketSock           int32 // and from a file to its socket
	syscallNumber                     int32 // of struct pt_regs
	resetReason                       bool  // tcp_send_reset has a third argument
	reasons                           map[uint32]string
}

// numberField is where an interrupted task's registers have the number of its system call.
var numberField = map[string]string{"amd64": "orig_ax", "arm64": "syscallno"}[runtime.GOARCH]

func readLayout() (l layout, err error) {
	spec, err := btf.LoadKernelSpec()
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, btf.ErrNotFound) {
		return l, fmt.Errorf("%w: the kernel does not describe itself (CONFIG_DEBUG_INFO_BTF): %w",
			ErrUnsupported, err)
	}
	if err != nil {
		return l, fmt.Errorf("read the kernel's BTF: %w", err)
	}
	for _, f := range []struct {
		to       *int32
		in, path string
	}{
		{&l.skNet, "sock", "__sk_common.skc_net.net"},
		{&l.skPort, "sock", "__sk_common.skc_num"},
		{&l.inetSport, "inet_sock", "inet_sport"},
		{&l.skState, "sock", "__sk_common.skc_state"},
		{&l.netInode, "net", "ns.inum"},
		{&l.skbDev, "sk_buff", "dev"},
		{&l.skbHead, "sk_buff", "head"},
		{&l.skbTransport, "sk_buff", "transport_header"},
		{&l.devNet, "net_device", "nd_net.net"},
		{&l.taskFiles, "task_struct", "files"},
		{&l.filesTable, "files_struct", "fdt"},
		{&l.tableFiles, "fdtable", "fd"},
		{&l.filePrivate, "file", "private_data"},
		{&l.socketSock, "socket", "sk"},
		{&l.syscallNumber, "pt_regs", numberField},
	} {
		if *f.to, err = offset(spec, f.in, f.path); err != nil {
			return l, err
		}
	}
	l.resetReason, err = hasReason(spec)
	l.reasons = reasonNames(spec)
	return l, err
}

// offset finds a member, through unions and structs without a name.
func offset(spec *btf.Spec, in, path string) (int32, error) {
	var s *btf.Struct
	if err := spec.TypeByName(in, &s); err != nil {
		return 0, fmt.Errorf("%w: struct %s in the kernel's BTF: %w", ErrUnsupported, in, err)
	}
	var at uint32
	var inside btf.Type = s
	for name := range strings.SplitSeq(path, ".") {
		m, ok := member(inside, name)
		if !ok {
			return 0, fmt.Errorf("%w: this kernel's struct %s has no member %s", ErrUnsupported, in, path)
		}
		at += m.Offset.Bytes()
		inside = btf.UnderlyingType(m.Type)
	}
	return int32(at), nil
}

func member(t btf.Type, name string) (btf.Member, bool) {
	for _, m := range members(t) {
		if m.Name == name {
			return m, true
		}
		if m.Name == "" {
			if inner, ok := member(btf.UnderlyingType(m.Type), name); ok {
				inner.Offset += m.Offset
				return inner, true
			}
		}
	}
	return btf.Member{}, false
}

func members(t btf.Type) []btf.Member {
	switch t := t.(type) {
	case *btf.Struct:
		return t.Members
	case *btf.Union:
		return t.Members
	}
	return nil
}

// hasReason tells whether tcp_send_reset says why: its probe then takes its own data, the socket, the packet
// and the reason.
func hasReason(spec *btf.Spec) (bool, error) {
	var probe *btf.Typedef
	if err := spec.TypeByName("btf_trace_tcp_send_reset", &probe); err != nil {
		return false, fmt.Errorf("%w: the kernel has no tracepoint tcp_send_reset: %w", ErrUnsupported, err)
	}
	pointer, ok := probe.Type.(*btf.Pointer)
	if !ok {
		return false, nil
	}
	proto, ok := pointer.Target.(*btf.FuncProto)
	return ok && len(proto.Params) >= 4, nil
}

// reasonNames are the kernel's names of why an RST was sent; none where it has none.
func reasonNames(spec *btf.Spec) map[uint32]string {
	var enum *btf.Enum
	names := map[uint32]string{}
	if spec.TypeByName("sk_rst_reason", &enum) != nil {
		return names
	}
	for _, v := range enum.Values {
		names[uint32(v.Value)] = strings.TrimPrefix(v.Name, "SK_RST_REASON_")
	}
	return names
}
