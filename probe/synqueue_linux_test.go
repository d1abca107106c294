package probe

import (
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// TestSYNQueue fills the queue of connections whose handshake is not over, which a deferring listener
// keeps there until data comes. A full one is no accept queue overflow: with SYN cookies nothing is lost,
// without them SYNs are dropped that ListenOverflows does not count.
func TestSYNQueue(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	const backlog, extra = 4, 3
	for _, test := range []struct {
		cookies string
		want    map[string]uint64
		drops   uint32
		fail    int
	}{
		{"1", map[string]uint64{
			"TcpExtTCPReqQFullDoCookies": extra, "TcpExtSyncookiesSent": extra, "TcpExtSyncookiesRecv": extra,
			"TcpExtTCPReqQFullDrop": 0, "TcpExtListenDrops": 0, "TcpExtListenOverflows": 0,
		}, 0, 0},
		{"0", map[string]uint64{
			"TcpExtTCPReqQFullDoCookies": 0, "TcpExtSyncookiesSent": 0,
			"TcpExtTCPReqQFullDrop": extra, "TcpExtListenDrops": extra, "TcpExtListenOverflows": 0,
		}, extra, extra},
	} {
		t.Run("cookies="+test.cookies, func(t *testing.T) {
			setSysctl(t, "net.ipv4.tcp_syncookies", test.cookies)
			fd, port, err := listenTCP(backlog, func(fd int) error {
				return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 30)
			})
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			p := open(t, Config{Ports: []uint16{port}})
			for range backlog + 1 { // as in the accept queue, one more fits
				c, err := dial(port, time.Second)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
			}
			before := p.Read(time.Now())
			// p is held against nstat, which knows no slow sources
			all := open(t, Config{Ports: []uint16{port}})
			if n := all.ReadAll(time.Now()).Gauges["listen.syn_recv"]; n != backlog+1 {
				t.Errorf("the SYN queue holds %d, want %d", n, backlog+1)
			}
			synQueueAgreesWithSS(t, port, backlog+1)
			var account Account
			account.Add(before)
			failed := 0
			for range extra {
				c, err := dial(port, 300*time.Millisecond)
				if ne, ok := err.(net.Error); ok && ne.Timeout() {
					failed++
				} else if err != nil {
					t.Fatal(err)
				} else {
					defer c.Close()
				}
			}
			after := p.Read(time.Now())
			account.Add(after)
			l := after.Listeners[0]
			for name, want := range test.want {
				wantDelta(t, before, after, name, want)
			}
			// The ACKs that the listener deferred are drops too, before and apart from these.
			if dropped := *l.Drops - *before.Listeners[0].Drops; failed != test.fail ||
				dropped != test.drops {
				t.Errorf("%d connects failed, the listener %+v dropped %d", failed, l, dropped)
			}
			if got := show(account.Sum()); got != fmt.Sprintf("0 %d 0 0", test.drops) {
				t.Errorf("%s, with %d drops", got, test.drops)
			}
			agreesWithSS(t, "-ltnH", l, l.Addr)
			agreesWithNstat(t, p)
		})
	}
}
