package conformance

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"weir/loadgen"
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

// timeWait counts what our closing first leaves behind: a TIME_WAIT for each connection, or none after an RST.
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
