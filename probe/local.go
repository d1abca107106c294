package probe

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// lookupTimeout bounds the resolver: a name that takes longer is not taken for local.
const lookupTimeout = 2 * time.Second

// IsLocal tells whether host, a URL's name or address without its port, is this machine: loopback,
// unspecified or an address of one of its interfaces. A name is local if all its addresses are. The
// listener may still live in another network namespace: a published container port is an address of
// this host, and its queue is the container's.
func IsLocal(host string) bool {
	if host == "" || host == "localhost" {
		return true
	}
	own := ownAddresses()
	if ip, err := netip.ParseAddr(host); err == nil {
		return isOwn(ip, own)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(ips) == 0 {
		return false
	}
	for _, ip := range ips {
		if !isOwn(ip, own) {
			return false
		}
	}
	return true
}

func isOwn(ip netip.Addr, own map[netip.Addr]bool) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsLoopback() || ip.IsUnspecified() || own[ip]
}

// ownAddresses are those of the interfaces; none where they cannot be listed.
func ownAddresses() map[netip.Addr]bool {
	own := make(map[netip.Addr]bool)
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own[p.Addr().Unmap().WithZone("")] = true
		}
	}
	return own
}
