package probe

import (
	"net"
	"slices"
	"testing"
	"time"

	"weir/scenarios/lab/labtest"
)

// TestInetDump: one walk for both families finds what two walks find.
func TestInetDump(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	var want []string
	for _, at := range []string{"127.0.0.1:7001", "[::1]:7001", "0.0.0.0:7002", "[::]:7003",
		"127.0.0.1:7004"} {
		l, err := net.Listen("tcp"+map[bool]string{true: "6", false: "4"}[at[0] == '['], at)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		want = append(want, at)
	}
	slices.Sort(want)
	read := func(ports []uint16, both bool) (addrs []string) {
		d, err := newInetDiag(ports)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if !both {
			d.dump.both = nil
		}
		var s Sample
		if err := d.Read(&s); err != nil || both && d.dump.both == nil {
			t.Fatalf("%v; the old form was refused: %v", err, both)
		}
		for _, l := range s.Listeners {
			addrs = append(addrs, l.Addr)
			if l.Drops == nil || l.Cookie == 0 || l.Limit == 0 {
				t.Errorf("%+v", l)
			}
		}
		slices.Sort(addrs)
		return addrs
	}
	for _, both := range []bool{true, false} {
		if got := read(nil, both); !slices.Equal(got, want) {
			t.Errorf("all, in one walk %v: %v, want %v", both, got, want)
		}
		if got := read([]uint16{7001}, both); !slices.Equal(got, []string{"127.0.0.1:7001", "[::1]:7001"}) {
			t.Errorf("one port, in one walk %v: %v", both, got)
		}
		if got := read([]uint16{7002, 7003}, both); !slices.Equal(got,
			[]string{"0.0.0.0:7002", "[::]:7003"}) {
			t.Errorf("two ports, in one walk %v: %v", both, got)
		}
	}
	s := open(t, Config{All: true}).ReadAll(time.Now())
	if len(s.Listeners) != len(want) || len(s.Errors) > 0 {
		t.Errorf("all that listen: %+v, %v", s.Listeners, s.Errors)
	}
}
