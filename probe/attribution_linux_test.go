package probe

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// fillAndKnock fills a listener's queue and sends it extra SYNs more, one connect each.
func fillAndKnock(t *testing.T, p *Probe, port uint16, extra int) {
	t.Helper()
	full := func(s Sample) bool {
		for _, l := range s.Listeners {
			if l.Depth <= l.Limit {
				return false
			}
		}
		return len(s.Listeners) > 0
	}
	for n := 0; !full(p.Read(time.Now())); n++ {
		if n > 200 {
			t.Fatal("the queue does not fill")
		}
		c, err := dial(port, 50*time.Millisecond)
		if err == nil {
			t.Cleanup(func() { c.Close() })
		}
	}
	for range extra {
		if c, err := dial(port, 50*time.Millisecond); err == nil {
			c.Close()
			t.Fatal("connected to a full queue")
		} else if ne := net.Error(nil); !errors.As(err, &ne) || !ne.Timeout() {
			t.Fatal(err)
		}
	}
}

// TestOverflowOfReusePortGroup: every member has a queue and drops of its own; the kernel picks one for a
// SYN, and tries no other. Their drops add up to the namespace's overflows.
func TestOverflowOfReusePortGroup(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	reuse := func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }
	fd, port, err := listenTCP(1, reuse)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	fd2, _, err := listenOn(port, 3, reuse)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd2)
	p := open(t, Config{Ports: []uint16{port}})
	var account Account
	account.Add(p.Read(time.Now()))
	fillAndKnock(t, p, port, 10)
	s := p.Read(time.Now())
	account.Add(s)
	all, own := account.Sum(), account.State(s.Listeners[0].Addr)
	if *all.Namespace < 10 || *all.Drops != *all.Namespace || *all.Others != 0 || own.Sockets != 2 ||
		own.Sum != 6 || own.Places != 6 || own.Restarts != 0 {
		t.Errorf("%s: %+v", show(all), own)
	}
	if one, two := s.Listeners[0], s.Listeners[1]; len(s.Listeners) != 2 || one.Depth+two.Depth != 6 ||
		*one.Drops == 0 || *two.Drops == 0 {
		t.Errorf("two full members, both of which dropped: %+v %+v, %d and %d", one, two, *one.Drops,
			*two.Drops)
	}
	groupAgreesWithSS(t, s.Listeners)
	agreesWithNstat(t, p)
}

// TestAnotherListenerDidIt overflows a listener beside the watched one, then the watched one, and then
// restarts it and overflows it again.
func TestAnotherListenerDidIt(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	fd, port, err := listenTCP(1)
	if err != nil {
		t.Fatal(err)
	}
	other, otherPort, err := listenTCP(1)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(other)
	p, watcher := open(t, Config{Ports: []uint16{port}}), open(t, Config{Ports: []uint16{otherPort}})
	var account Account
	account.Add(p.Read(time.Now()))
	began := TakeSnapshot(Config{})

	fillAndKnock(t, watcher, otherPort, 4)
	if d := Droppers(began, TakeSnapshot(Config{})); len(d) != 1 ||
		d[0] != (Dropper{fmt.Sprintf("127.0.0.1:%d", otherPort), 4}) {
		t.Errorf("who dropped: %+v, want port %d and 4", d, otherPort)
	}
	account.Add(p.Read(time.Now()))
	if got := show(account.Sum()); got != "4 0 0 4" {
		t.Errorf("another did it: %s", got)
	}

	fillAndKnock(t, p, port, 4)
	account.Add(p.Read(time.Now()))
	if got := show(account.Sum()); got != "8 4 4 4" {
		t.Errorf("half each: %s", got)
	}

	unix.Close(fd)
	account.Add(p.Read(time.Now()))
	fd, _, err = listenOn(port, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	fillAndKnock(t, p, port, 2)
	account.Add(p.Read(time.Now()))
	if own := slices.Collect(account.Listeners()); show(account.Sum()) != "10 6 6 4" || len(own) != 1 ||
		own[0].Restarts != 1 || own[0].Came != 1 {
		t.Errorf("restarted: %s, %+v", show(account.Sum()), own)
	}
}

// TestUnixOverflowMovesNoCounter: what unix_diag shows of a full queue is all there is.
func TestUnixOverflowMovesNoCounter(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	dir := labtest.ShortDir(t)
	path := filepath.Join(dir, "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err := errors.Join(err, unix.Bind(fd, &unix.SockaddrUnix{Name: path}),
		unix.Listen(fd, 1)); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	p := open(t, Config{UnixPaths: []string{path}})
	before := p.Read(time.Now())
	for i := range 5 {
		c, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(c)
		if err := unix.Connect(c, &unix.SockaddrUnix{Name: path}); (i >= 2) != errors.Is(err, unix.EAGAIN) {
			t.Errorf("connect %d: %v", i, err)
		}
	}
	after := p.Read(time.Now())
	for name := range after.Counters {
		if name != "stat.cpu.steal" {
			wantDelta(t, before, after, name, 0)
		}
	}
	if l := after.Listeners[0]; l.Depth != 2 || l.Limit != 1 || l.Drops != nil {
		t.Errorf("%+v", l)
	}
	agreesWithNstat(t, p)
}
