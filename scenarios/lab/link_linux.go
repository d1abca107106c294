package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// The few rtnetlink(7) requests that a lab needs, so that it asks for no ip(8) on the machine.

const (
	loopback    = 1 // the kernel gives lo this index in every namespace (LOOPBACK_IFINDEX)
	vethPeer    = 1 // VETH_INFO_PEER, include/uapi/linux/veth.h
	operUp      = 6 // IF_OPER_UP, include/uapi/linux/if.h
	carrierWait = 2 * time.Second
)

// linkName and linkIndex name the end of a cable after the host at the other end. Indices from 100 stay
// clear of the tunnel devices that some kernels put into every new namespace.
func linkName(to *Host) string  { return "to-" + to.name }
func linkIndex(to *Host) uint32 { return 100 + uint32(to.addr.As4()[3]) }

// bringUp starts lo and gives it the host's address, so that the address does not hang on any cable.
func bringUp(addr netip.Addr) error {
	if err := setUp(loopback); err != nil {
		return fmt.Errorf("lab: start lo: %w", err)
	}
	err := request(unix.RTM_NEWADDR, netlink.Create|netlink.Replace,
		unix.IfAddrmsg{Family: unix.AF_INET, Prefixlen: 32, Index: loopback},
		func(ae *netlink.AttributeEncoder) {
			ae.Bytes(unix.IFA_LOCAL, addr.AsSlice())
			ae.Bytes(unix.IFA_ADDRESS, addr.AsSlice())
		})
	if err != nil {
		return fmt.Errorf("lab: give lo %s: %w", addr, err)
	}
	return nil
}

// join lays a cable: a veth pair with one end in each host, both up, and a route at each end.
func join(a, b *Host) error {
	if err := a.Do(func() error { return addVeth(a, b) }); err != nil {
		return err
	}
	ends := [][2]*Host{{a, b}, {b, a}}
	for _, e := range ends {
		if err := e[0].Do(func() error { return setUp(linkIndex(e[1])) }); err != nil {
			return fmt.Errorf("start %s: %w", linkName(e[1]), err)
		}
	}
	for _, e := range ends {
		if err := e[0].Do(func() error { return addRoute(e[0], e[1]) }); err != nil {
			return err
		}
	}
	return nil
}

func addVeth(a, b *Host) error {
	err := request(unix.RTM_NEWLINK, netlink.Create|netlink.Excl, unix.IfInfomsg{Index: int32(linkIndex(b))},
		func(ae *netlink.AttributeEncoder) {
			ae.String(unix.IFLA_IFNAME, linkName(b))
			ae.Nested(unix.IFLA_LINKINFO, func(info *netlink.AttributeEncoder) error {
				info.String(unix.IFLA_INFO_KIND, "veth")
				info.Nested(unix.IFLA_INFO_DATA, func(data *netlink.AttributeEncoder) error {
					data.Do(vethPeer, func() ([]byte, error) {
						return encode(unix.IfInfomsg{Index: int32(linkIndex(a))},
							func(peer *netlink.AttributeEncoder) {
								peer.String(unix.IFLA_IFNAME, linkName(a))
								peer.Uint32(unix.IFLA_NET_NS_FD, uint32(b.netns))
							})
					})
					return nil
				})
				return nil
			})
		})
	if errors.Is(err, unix.EOPNOTSUPP) {
		return fmt.Errorf("veth: %w: the kernel has no such device; load it with `modprobe veth` as root",
			err)
	}
	return err
}

// addRoute waits until the cable's end is in operation (RFC 2863's ifOperStatus). Until the kernel has seen
// its carrier (net/core/link_watch.c) the end drops what is sent, and a lost first SYN costs a second.
// IFF_RUNNING does not tell: it counts a state that is not known yet as running (netif_oper_up).
func addRoute(from, to *Host) error {
	for deadline := time.Now().Add(carrierWait); ; time.Sleep(time.Millisecond) {
		if state, err := operState(linkIndex(to)); err != nil {
			return fmt.Errorf("state of %s: %w", linkName(to), err)
		} else if state == operUp {
			break
		} else if time.Now().After(deadline) {
			return fmt.Errorf("%s is not in operation after %v: its state is %d", linkName(to), carrierWait,
				state)
		}
	}
	return request(unix.RTM_NEWROUTE, netlink.Create|netlink.Replace,
		unix.RtMsg{
			Family: unix.AF_INET, Dst_len: 32, Table: unix.RT_TABLE_MAIN,
			Protocol: unix.RTPROT_STATIC, Scope: unix.RT_SCOPE_LINK, Type: unix.RTN_UNICAST,
		},
		func(ae *netlink.AttributeEncoder) {
			ae.Bytes(unix.RTA_DST, to.addr.AsSlice())
			ae.Bytes(unix.RTA_PREFSRC, from.addr.AsSlice())
			ae.Uint32(unix.RTA_OIF, linkIndex(to))
		})
}

// unjoin takes the cable away; the kernel removes both ends and their routes. It is no error where it
// was never laid.
func unjoin(to *Host) error {
	err := request(unix.RTM_DELLINK, 0, unix.IfInfomsg{Index: int32(linkIndex(to))}, nil)
	if err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("lab: remove %s: %w", linkName(to), err)
	}
	return nil
}

func operState(index uint32) (state uint8, err error) {
	replies, err := exchange(unix.RTM_GETLINK, 0, unix.IfInfomsg{Index: int32(index)}, nil)
	if err != nil {
		return 0, err
	}
	for _, m := range replies {
		if len(m.Data) < unix.SizeofIfInfomsg {
			continue
		}
		ad, err := netlink.NewAttributeDecoder(m.Data[unix.SizeofIfInfomsg:])
		if err != nil {
			return 0, err
		}
		for ad.Next() {
			if ad.Type() == unix.IFLA_OPERSTATE {
				state = ad.Uint8()
			}
		}
		if err := ad.Err(); err != nil {
			return 0, err
		}
	}
	return state, nil
}

func setUp(index uint32) error {
	return request(unix.RTM_NEWLINK, 0, unix.IfInfomsg{Index: int32(index), Flags: unix.IFF_UP,
		Change: unix.IFF_UP}, nil)
}

// request has the kernel do something and waits until it has acknowledged it.
func request(kind netlink.HeaderType, flags netlink.HeaderFlags, header any,
	attributes func(*netlink.AttributeEncoder)) error {
	_, err := exchange(kind, flags|netlink.Acknowledge, header, attributes)
	return err
}

// exchange sends one message to the namespace that this thread is in and returns the replies.
func exchange(kind netlink.HeaderType, flags netlink.HeaderFlags, header any,
	attributes func(*netlink.AttributeEncoder)) ([]netlink.Message, error) {
	data, err := encode(header, attributes)
	if err != nil {
		return nil, err
	}
	conn, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.Execute(netlink.Message{
		Header: netlink.Header{Type: kind, Flags: netlink.Request | flags},
		Data:   data,
	})
}

// encode lays out a fixed header, in the machine's byte order as netlink wants it, and its attributes.
func encode(header any, attributes func(*netlink.AttributeEncoder)) ([]byte, error) {
	data, err := binary.Append(nil, binary.NativeEndian, header)
	if err != nil || attributes == nil {
		return data, err
	}
	ae := netlink.NewAttributeEncoder()
	attributes(ae)
	tail, err := ae.Encode()
	return append(data, tail...), err
}
