package probe

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// TestOverflowBySYN fills a queue of N+1 and knocks three times more: every SYN is one ListenOverflow,
// one ListenDrop and one drop of this listener, whatever tcp_abort_on_overflow says.
func TestOverflowBySYN(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	for _, abort := range []string{"0", "1"} {
		for _, backlog := range []uint32{0, 1, 4} {
			t.Run(fmt.Sprintf("abort=%s,backlog=%d", abort, backlog), func(t *testing.T) {
				setSysctl(t, "net.ipv4.tcp_abort_on_overflow", abort)
				fd, port, err := listenTCP(int(backlog))
				if err != nil {
					t.Fatal(err)
				}
				defer unix.Close(fd)
				overflowBySYN(t, port, backlog)
			})
		}
	}
}

func overflowBySYN(t *testing.T, port uint16, backlog uint32) {
	p := open(t, Config{Ports: []uint16{port}})
	before := p.Read(time.Now())
	for range backlog + 1 {
		c, err := dial(port, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	waitFor(t, p, "a full queue", func(s Sample) bool { return s.Listeners[0].Depth == backlog+1 })
	const extra = 3
	for range extra {
		if c, err := dial(port, 100*time.Millisecond); err == nil {
			c.Close()
			t.Fatal("connected to a full queue")
		} else if ne := net.Error(nil); !errors.As(err, &ne) || !ne.Timeout() {
			t.Fatalf("want a timeout, got %v", err)
		}
	}
	after := p.Read(time.Now())

	l := after.Listeners[0]
	if len(after.Listeners) != 1 || l.Limit != backlog || l.Depth != l.Limit+1 {
		t.Errorf("a full queue of %d: %+v", backlog, after.Listeners)
	}
	if want := fmt.Sprintf("127.0.0.1:%d", port); l.Addr != want {
		t.Errorf("Addr %q, want %q", l.Addr, want)
	}
	if l.Drops == nil || *l.Drops != extra {
		t.Errorf("the listener dropped %v, want %d", l.Drops, extra)
	}
	for name, want := range map[string]uint64{
		"TcpExtListenOverflows": extra, "TcpExtListenDrops": extra, "TcpExtEmbryonicRsts": 0, "TcpOutRsts": 0,
		"TcpActiveOpens": uint64(backlog) + 1 + extra, "TcpExtTCPReqQFullDrop": 0,
	} {
		wantDelta(t, before, after, name, want)
	}
	agreesWithSS(t, "-ltnH", l, fmt.Sprintf("127.0.0.1:%d", port))
	agreesWithNstat(t, p)
}

// TestOverflowByFinalACK lets the queue fill only after the handshakes were begun, which
// TCP_DEFER_ACCEPT makes certain: now tcp_abort_on_overflow decides what the client sees. Which two of
// the four clients lose is the kernel's affair: the later ones may be let in early by a SYN cookie,
// which knows of no deferral.
func TestOverflowByFinalACK(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	for _, abort := range []int{1, 0} /* the clients of 0 go on retransmitting into what follows */ {
		t.Run(fmt.Sprintf("abort=%d", abort), func(t *testing.T) {
			setSysctl(t, "net.ipv4.tcp_abort_on_overflow", strconv.Itoa(abort))
			fd, port, err := listenTCP(1, func(fd int) error {
				return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 10)
			})
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			p := open(t, Config{Ports: []uint16{port}})
			before := p.Read(time.Now())
			var conns []net.Conn
			for range 4 {
				c, err := dial(port, time.Second)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				conns = append(conns, c)
			}
			for _, c := range conns {
				if _, err := c.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
			}
			resets, waits := 0, 0
			for _, c := range conns {
				c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
				switch _, err := c.Read(make([]byte, 1)); {
				case errors.Is(err, unix.ECONNRESET):
					resets++
				case errors.Is(err, os.ErrDeadlineExceeded):
					waits++
				default:
					t.Errorf("client sees %v", err)
				}
			}
			if resets != 2*abort || waits != 4-resets { // two fit in a queue of 1
				t.Errorf("%d resets, %d clients wait", resets, waits)
			}
			after := p.Read(time.Now())
			overflows := after.Counters["TcpExtListenOverflows"] - before.Counters["TcpExtListenOverflows"]
			deferred := after.Counters["TcpExtTCPDeferAcceptDrop"] - before.Counters["TcpExtTCPDeferAcceptDrop"]
			l := after.Listeners[0]
			if overflows < 2 || l.Depth != 2 || l.Limit != 1 || l.Drops == nil ||
				uint64(*l.Drops) < overflows {
				t.Fatalf("%d overflows, listener %+v", overflows, l)
			}
			t.Logf("%d overflows by final ACK, %d ACKs without data, sk_drops %d", overflows, deferred,
				*l.Drops)
			wantDelta(t, before, after, "TcpExtListenDrops", overflows)
			wantDelta(t, before, after, "TcpExtEmbryonicRsts", uint64(2*abort))
			wantDelta(t, before, after, "TcpOutRsts", uint64(2*abort))
			agreesWithSS(t, "-ltnH", l, l.Addr)
			agreesWithNstat(t, p)
		})
	}
}

// TestOverflowOfUnixSocket: no counter anywhere, only the queue itself; the path may lead through a
// link or have been bound relative.
func TestOverflowOfUnixSocket(t *testing.T) {
	dir := labtest.ShortDir(t)
	t.Chdir(dir)
	link := filepath.Join(dir, "link.sock")
	if err := os.Symlink("real.sock", link); err != nil {
		t.Fatal(err)
	}
	abstract := fmt.Sprintf("@weir-probe-test-%d", os.Getpid())
	for _, test := range []struct{ bound, asked string }{
		{filepath.Join(dir, "full.sock"), filepath.Join(dir, "full.sock")},
		{"real.sock", link},
		{abstract, abstract},
	} {
		const backlog = 2
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: test.bound}),
			unix.Listen(fd, backlog)); err != nil {
			t.Fatal(err)
		}
		p := open(t, Config{UnixPaths: []string{test.asked, filepath.Join(dir, "none.sock")}})
		for i := range backlog + 2 {
			c, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(c)
			err = unix.Connect(c, &unix.SockaddrUnix{Name: test.bound})
			if full := i > backlog; full != errors.Is(err, unix.EAGAIN) {
				t.Errorf("%s: connection %d: %v", test.bound, i, err)
			}
		}
		s := p.Read(time.Now())
		if len(s.Errors) != 0 || len(s.Listeners) != 1 {
			t.Fatalf("%s: %+v", test.asked, s)
		}
		l := s.Listeners[0]
		if l.Addr != test.asked || l.Depth != backlog+1 || l.Limit != backlog || l.Drops != nil ||
			l.Cookie == 0 || l.Inode == 0 {
			t.Errorf("%s: %+v", test.asked, l)
		}
		agreesWithSS(t, "-lxnH", l, test.bound)
	}
}

// TestDeferredACKsAreNoOverflow: clients that connect to a listener with TCP_DEFER_ACCEPT and say nothing
// make its drops grow, and no overflow and no ListenDrops.
func TestDeferredACKsAreNoOverflow(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	fd, port, err := listenTCP(100, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 10)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	p := open(t, Config{Ports: []uint16{port}})
	before := p.Read(time.Now())
	const clients = 5
	for range clients {
		c, err := dial(port, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	after := waitFor(t, p, "a drop for each bare ACK",
		func(s Sample) bool { return *s.Listeners[0].Drops >= clients })
	wantDelta(t, before, after, "TcpExtListenOverflows", 0)
	wantDelta(t, before, after, "TcpExtListenDrops", 0)
	if got := after.Counters["TcpExtTCPDeferAcceptDrop"] - before.Counters["TcpExtTCPDeferAcceptDrop"]; got < clients || got > uint64(*after.Listeners[0].Drops) {
		t.Errorf("%d TCPDeferAcceptDrop beside %d drops", got, *after.Listeners[0].Drops)
	}
}
