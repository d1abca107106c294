package epoll

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"weir/loadgen/wire"
)

// address is a socket address as the kernel reads it, made once for all connections.
type address struct {
	raw unix.RawSockaddrAny
	len uint32
}

func (a *address) family() int { return int(a.raw.Addr.Family) }

// addresses returns where connections go and where they come from.
func addresses(r wire.Remote, locals []netip.Addr) (to address, from []address, err error) {
	if r.Network == "unix" {
		to, err = unixAddress(r.Address)
		return to, nil, err
	}
	if to, err = tcpAddress(r.TCP); err != nil {
		return to, nil, err
	}
	if err = r.CheckFamily(locals); err != nil {
		return to, nil, err
	}
	for _, local := range locals {
		a, err := tcpAddress(netip.AddrPortFrom(local.Unmap(), 0))
		if err != nil {
			return to, nil, err
		}
		from = append(from, a)
	}
	return to, from, nil
}

func tcpAddress(at netip.AddrPort) (a address, err error) {
	if at.Addr().Is4() {
		sa := (*unix.RawSockaddrInet4)(unsafe.Pointer(&a.raw))
		sa.Family, sa.Addr = unix.AF_INET, at.Addr().As4()
		networkOrder(&sa.Port, at.Port())
		a.len = unix.SizeofSockaddrInet4
		return a, nil
	}
	sa := (*unix.RawSockaddrInet6)(unsafe.Pointer(&a.raw))
	sa.Family, sa.Addr = unix.AF_INET6, at.Addr().As16()
	networkOrder(&sa.Port, at.Port())
	sa.Scope_id, err = scope(at.Addr().Zone())
	a.len = unix.SizeofSockaddrInet6
	return a, err
}

func networkOrder(field *uint16, port uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(field))[:], port)
}

func hostOrder(field *uint16) int {
	return int(binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(field))[:]))
}

func scope(zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n), nil
	}
	i, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, fmt.Errorf("zone %s: %w", zone, err)
	}
	return uint32(i.Index), nil
}

// unixAddress is a path, or with @ before it an abstract name (unix(7)).
func unixAddress(path string) (a address, err error) {
	sa := (*unix.RawSockaddrUnix)(unsafe.Pointer(&a.raw))
	if path == "" || len(path) >= len(sa.Path) {
		return a, fmt.Errorf("unix socket %q: a path of 1 to %d bytes is needed", path, len(sa.Path)-1)
	}
	sa.Family = unix.AF_UNIX
	for i, c := range []byte(path) {
		sa.Path[i] = int8(c)
	}
	a.len = uint32(unsafe.Offsetof(sa.Path)) + uint32(len(path))
	if path[0] == '@' {
		sa.Path[0] = 0
	} else {
		a.len++ // the NUL that ends it
	}
	return a, nil
}

// localPort returns the port that a socket was given, 0 if it has none.
func localPort(fd int) int {
	var a address
	if !a.of(unix.SYS_GETSOCKNAME, fd) {
		return 0
	}
	return a.port()
}

func (a *address) port() int {
	switch a.family() {
	case unix.AF_INET:
		return hostOrder(&(*unix.RawSockaddrInet4)(unsafe.Pointer(&a.raw)).Port)
	case unix.AF_INET6:
		return hostOrder(&(*unix.RawSockaddrInet6)(unsafe.Pointer(&a.raw)).Port)
	}
	return 0
}

// of asks for one of a socket's two addresses, by the number of that system call.
func (a *address) of(call uintptr, fd int) bool {
	a.len = unix.SizeofSockaddrAny
	_, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)),
		uintptr(unsafe.Pointer(&a.len)))
	return errno == 0
}

func selfConnected(fd int) bool {
	var local, peer address
	return local.of(unix.SYS_GETSOCKNAME, fd) && peer.of(unix.SYS_GETPEERNAME, fd) && local == peer
}
