package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"weir/loadgen"
)

const lookupTimeout = 5 * time.Second

// Remote is where connections go, with every name resolved.
type Remote struct {
	Network string // "tcp" or "unix"
	Address string // for people and net.Dial; empty where Err is set
	TCP     netip.AddrPort
	Err     error // the name did not resolve
}

// Resolve looks the target's name up, once. Of several addresses it takes the first IPv4 one, or of
// the family of the local address, and stays with it: trying the next after a failure would be the
// hidden retry that hides failures.
func Resolve(t loadgen.Target) Remote {
	if t.Network == "unix" {
		return Remote{Network: "unix", Address: t.Address}
	}
	addr, err := lookup(t)
	if err != nil {
		return Remote{Network: "tcp", Err: err}
	}
	return Remote{Network: "tcp", Address: addr.String(), TCP: addr}
}

func lookup(t loadgen.Target) (netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(t.Address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("port %q: %w", service, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", cmp.Or(host, "localhost"))
	if err != nil {
		return netip.AddrPort{}, err
	}
	wantIPv4 := len(t.LocalAddrs) == 0 || t.LocalAddrs[0].Unmap().Is4()
	chosen := netip.Addr{}
	for _, a := range found {
		if a = a.Unmap(); a.Is4() == wantIPv4 {
			return netip.AddrPortFrom(a, uint16(port)), nil
		} else if !chosen.IsValid() {
			chosen = a
		}
	}
	if !chosen.IsValid() {
		return netip.AddrPort{}, errors.New("the name has no address")
	}
	return netip.AddrPortFrom(chosen, uint16(port)), nil
}

// CheckLocal reports whether connections can be made from each of the addresses, by listening on it for a
// moment. That all its ports are in use is no error: towards another destination they are free.
func CheckLocal(addrs []netip.Addr) error {
	for _, a := range addrs {
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return fmt.Errorf("local address %v: %w: it must be one of this machine's", a, err)
		}
		_ = l.Close()
	}
	return nil
}

// CheckFamily reports whether the remote is of the family of each local address, without which it cannot be
// reached from there.
func (r Remote) CheckFamily(addrs []netip.Addr) error {
	for _, a := range addrs {
		if a.Unmap().Is4() != r.TCP.Addr().Is4() {
			return fmt.Errorf("local address %v cannot reach %s: name addresses of one family, IPv4 or IPv6",
				a, r.Address)
		}
	}
	return nil
}
