package conformance

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

// localAddresses connects from two addresses in turn. All of 127.0.0.0/8 is Linux's own.
func localAddresses(t *testing.T, open Open) {
	from := make(chan string, fewCount)
	s := serve(t, "tcp", func(v *visit) {
		from <- netip.MustParseAddrPort(v.RemoteAddr().String()).Addr().String()
		answer(alive)(v)
	})
	target := s.target()
	target.LocalAddrs = []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}
	r := offer(t, open, target, few)
	r.check(t, 0, 200, loadgen.OK)
	counts := map[string]int{}
	for range len(from) {
		counts[<-from]++
	}
	if counts["127.0.0.2"] != fewCount/2 || counts["127.0.0.3"] != fewCount/2 {
		t.Errorf("the server was connected to from %v, want half from each", counts)
	}
	target.LocalAddrs[1] = netip.IPv6Loopback()
	if _, err := open(target); err == nil {
		t.Error("a local address from which the server cannot be reached is no error")
	}
}

// sharedPorts connects from an address all of whose ports are in use, towards another destination: there they
// are still free, which the kernel sees where it chooses the port when it connects, not when the address is
// bound. It is also where engines connect over IPv6.
func sharedPorts(t *testing.T, open Open) {
	const ports = 4
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40003"), 0); err != nil {
		t.Fatal(err)
	}
	four := plan.Plan{Stages: []plan.Stage{{From: 200, To: 200, Duration: ports * 5 * time.Millisecond}}}
	for _, host := range []string{"127.0.0.1", "::1"} {
		other, err := net.Listen("tcp", net.JoinHostPort(host, "8000"))
		if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
			t.Logf("NOT TESTED: this machine has no %s", host)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { other.Close() })
		for range ports {
			c, err := net.Dial("tcp", other.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
		}
		l, err := net.Listen("tcp", net.JoinHostPort(host, "8001"))
		if err != nil {
			t.Fatal(err)
		}
		s := serveOn(t, l, answer(alive))
		target := s.target()
		target.LocalAddrs = []netip.Addr{netip.MustParseAddr(host)}
		r := offer(t, open, target, four)
		r.check(t, 0, 200, loadgen.OK)
		used := map[int]bool{}
		for _, res := range r.All {
			used[res.LocalPort] = true
		}
		if n := int(s.accepted.Load()); n != ports || len(used) != ports {
			t.Errorf("%s: %d connections from ports %v, want each of the %d once", host, n, used, ports)
		}
	}
}

// timeWait counts what our closing first leaves behind: a TIME_WAIT for each connection, or none after an
// RST.
func timeWait(t *testing.T, open Open) {
	for _, c := range []struct {
		how  loadgen.Closing
		want int
	}{{loadgen.Reset, 0}, {loadgen.Orderly, fewCount}} {
		s := serve(t, "tcp", answer(alive))
		target := s.target()
		target.Close = c.how
		offer(t, open, target, few).check(t, 0, 200, loadgen.OK)
		s.left(t)
		if n, err := inTimeWait(); err != nil || n != c.want {
			t.Errorf("%s: %d connections in TIME_WAIT, want %d: %v", c.how, n, c.want, err)
		}
	}
}

func inTimeWait() (n int, err error) {
	text, err := os.ReadFile("/proc/thread-self/net/sockstat")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), " tw ")
	_, err = fmt.Sscan(rest, &n)
	return n, err
}
