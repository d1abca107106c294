package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// maxAddresses bounds --local-addr: a /20, some 100 million ports.
const maxAddresses = 4096

var errSize = errors.New("write a number of bytes from 1 to below 2G, as 4096, 500k or 16M")

// addresses expands a list of addresses and networks. Of an IPv4 network the hosts are taken, without its own
// and its broadcast address (but all of a /31, RFC 3021), of an IPv6 one all but the routers' anycast
// address (RFC 4291 section 2.6.1).
func addresses(list string) (out []netip.Addr, err error) {
	if list == "" {
		return nil, nil
	}
	seen := map[netip.Addr]bool{}
	add := func(a netip.Addr) error {
		if seen[a] = true; len(seen) > maxAddresses {
			return fmt.Errorf("more than %d addresses: take smaller networks", maxAddresses)
		}
		out = append(out, a)
		return nil
	}
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		if one, err := netip.ParseAddr(text); err == nil {
			if err := expand(netip.PrefixFrom(one, one.BitLen()), seen, add); err != nil {
				return nil, err
			}
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an IP address nor a network like 10.0.0.8/29", text)
		}
		if err := expand(network.Masked(), seen, add); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// expand gives the hosts of a network to add, those left out that were seen.
func expand(network netip.Prefix, seen map[netip.Addr]bool, add func(netip.Addr) error) error {
	hosts := network.Addr().BitLen() - network.Bits() // bits of a host's number
	for a := network.Addr(); network.Contains(a); a = a.Next() {
		own := a == network.Addr() && hosts > 1
		broadcast := a.Is4() && hosts > 1 && !network.Contains(a.Next())
		if own || broadcast || seen[a] {
			continue
		}
		if err := add(a); err != nil {
			return err
		}
	}
	return nil
}
