package scenarios

import (
	"net/netip"

	"weir/loadgen/wire"
	"weir/probe"
)

// backendAddress is where connections to the backend's listener go: as it was named, or as the lane's engine
// reaches it. It is not valid where neither says so.
func backendAddress(name string, lane LaneOptions) netip.Addr {
	if at, err := netip.ParseAddrPort(name); err == nil {
		return at.Addr()
	}
	if throughProxy := lane.HopConnectTimeout != 0; throughProxy || probe.IsUnix(name) {
		return netip.Addr{}
	}
	return wire.Resolve(lane.Target).TCP.Addr()
}

// listenerFor chooses, of the listeners that have the port, the one that takes connections to an address. The
// kernel gives them to the socket that is bound to it, else to one for all addresses of its family, else to
// one for those of both (net/ipv4/inet_hashtables.c and net/ipv6/inet6_hashtables.c, compute_score). Where no
// listener can take them, or the address is not known, it is the first.
func listenerFor(to netip.Addr, found []probe.Listener) probe.Listener {
	best, score := found[0], 0
	for _, l := range found {
		if s := affinity(to, l); s > score {
			best, score = l, s
		}
	}
	return best
}

func affinity(to netip.Addr, l probe.Listener) int {
	at, err := netip.ParseAddrPort(l.Addr)
	if err != nil || !to.IsValid() {
		return 0
	}
	switch bound := at.Addr().Unmap(); {
	case bound == to.Unmap():
		return 3
	case bound.IsUnspecified() && bound.Is4() == to.Unmap().Is4():
		return 2
	case bound.IsUnspecified() && bound.Is6(): // of both families, unless it says IPV6_V6ONLY
		return 1
	}
	return 0
}
